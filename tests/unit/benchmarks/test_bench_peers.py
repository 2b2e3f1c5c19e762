"""The peers of the benchmark: what they are pinned to, how they are started, and what becomes of their figures."""

import dataclasses
import json
import re
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.peers import running, runtimes
from benchmarks.peers.catalogue import BY_NAME, PEERS, STOCK_FAUST, Peer
from benchmarks.peers.running import Took
from benchmarks.peers.runtimes import Here, JavaClasses
from benchmarks.speed.beside_peers import PeerRow
from schemas.errors import Transient
from stream_app.deployment import Deployment, KafkaConnection, Tls, Topics

REPOSITORY = Path(__file__).parents[3]
PROJECTS = REPOSITORY / "benchmarks" / "peers" / "java"
LOCK = REPOSITORY / "benchmarks" / "peers" / "requirements.lock"
NOWHERE = Deployment("peers", Topics("t-"), KafkaConnection("127.0.0.1:1"))
WRITES = "import json, os, pathlib; pathlib.Path(os.environ['PEER_DIRECTORY'], 'took.json').write_text({!r})"


class Scripted:
    """A runtime whose process runs these lines."""

    missing = None

    def __init__(self, lines: str) -> None:
        self.command = [sys.executable, "-c", lines]


def a_peer(lines: str) -> Peer:
    return Peer("scripted", "Scripted", "counts", "nothing", Scripted(lines))


def test_the_peers_lock_names_versions_and_hashes_and_no_host() -> None:
    text = LOCK.read_text()
    names = re.findall(r"^([a-z0-9-]+)(?:\[[a-z,-]+\])?==", text, re.MULTILINE)
    assert names
    assert "://" not in text
    for block in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=sha256:" in block, block


def test_the_peers_lock_holds_what_the_bench_extra_asks_for() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    for wanted in project["optional-dependencies"]["bench"]:
        name, version = re.match(r"([a-z0-9]+)(?:\[\w+\])?(?:==([0-9.]+))?", wanted).groups()  # type: ignore[union-attr]
        pinned = re.search(rf"^{name}(?:\[\w+\])?==([0-9.]+)", LOCK.read_text(), re.MULTILINE)
        assert pinned is not None, name
        assert version in (None, pinned[1])


@pytest.mark.parametrize("pom", sorted(PROJECTS.rglob("pom.xml")), ids=lambda pom: pom.parent.name)
def test_maven_projects_pin_exact_versions_and_name_no_repository(pom: Path) -> None:
    root = ElementTree.parse(pom).getroot()
    name = "{http://maven.apache.org/POM/4.0.0}"
    assert not [each.tag for each in root.iter() if "epositor" in each.tag]
    for dependency in root.iter(f"{name}dependency"):
        assert re.fullmatch(r"[0-9][0-9A-Za-z.-]*|\$\{flink\.version\}", dependency.findtext(f"{name}version", ""))


def test_only_stock_faust_is_always_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "PEERS_DIRECTORY", tmp_path / "peers")
    monkeypatch.setattr(runtimes, "CLASSES_DIRECTORY", tmp_path / "java")
    assert [peer for peer in PEERS if peer.runtime.missing is None] == [STOCK_FAUST]
    (tmp_path / "peers/lib/python3.11/site-packages/pathway").mkdir(parents=True)
    found = [peer.name for peer in PEERS if peer.runtime.missing is None]
    assert found == ["stock_faust", "pathway", "pathway_batches"]


def test_what_is_missing_is_said_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtimes, "PEERS_DIRECTORY", tmp_path)
    monkeypatch.setattr(runtimes, "CLASSES_DIRECTORY", tmp_path)
    assert "`make peers` " in str(BY_NAME["quix"].runtime.missing)
    assert "`make peers-java` " in str(BY_NAME["flink"].runtime.missing)


def test_built_classes_without_a_java_are_missing_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "CLASSES_DIRECTORY", tmp_path)
    (tmp_path / "flink").mkdir()
    (tmp_path / "flink" / "flink-1.jar").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert "install a JDK or JRE" in str(JavaClasses("flink", "Main", ()).missing)


def test_every_peer_has_a_name_of_its_own_and_says_what_it_does() -> None:
    assert len(BY_NAME) == len(PEERS)
    assert all(peer.does for peer in PEERS)
    assert {peer.work for peer in PEERS} == {"counts", "scores each event", "scores in batches"}


def test_cold_is_the_whole_run_and_warm_its_second_half() -> None:
    took = Took(events=1_000, cpu_s=4.0, half_events=500, half_cpu_s=3.0)
    assert (took.cold, took.warm) == (250.0, 500.0)


def test_a_run_taken_in_one_step_has_no_second_half() -> None:
    assert Took(events=1_000, cpu_s=4.0, half_events=1_000, half_cpu_s=4.0).warm is None


def test_a_peer_is_told_what_to_read_and_its_result_is_read(tmp_path: Path) -> None:
    lines = (
        "import json, os, pathlib; events = int(os.environ['PEER_EVENTS']);"
        "took = dict(events=events, cpu_s=2.0, half_events=events // 2, half_cpu_s=1.5, alerts=3);"
        "assert os.environ['PEER_TOPIC'] == 't-customer-events' and os.environ['PEER_BOOTSTRAP'] == '127.0.0.1:1';"
        "pathlib.Path(os.environ['PEER_DIRECTORY'], 'took.json').write_text(json.dumps(took))"
    )
    assert running.run(a_peer(lines), NOWHERE, tmp_path / "model.onnx", 40) == Took(40, 2.0, 20, 1.5, 3)


def test_a_peer_that_ends_early_is_refused_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(Transient, match=r"Scripted.*last event.*no broker"):
        running.run(a_peer("import sys; sys.exit('no broker')"), NOWHERE, tmp_path, 40)


def test_a_peer_without_measurable_time_is_refused(tmp_path: Path) -> None:
    nothing = json.dumps({"events": 0, "cpu_s": 0.0, "half_events": 0, "half_cpu_s": 0.0})
    with pytest.raises(Transient, match="take more events"):
        running.run(a_peer(WRITES.format(nothing)), NOWHERE, tmp_path, 40)


def test_peers_are_left_out_where_the_broker_wants_more_than_plain_text() -> None:
    guarded = dataclasses.replace(NOWHERE, known_kafka=KafkaConnection("127.0.0.1:1", tls=Tls()))
    assert running.hindrance(STOCK_FAUST, NOWHERE) is None
    assert "churn up" in str(running.hindrance(STOCK_FAUST, guarded))


def test_a_row_without_figures_says_why() -> None:
    shown = PeerRow("flink", "Flink", "counts", "counts", 10, why="not built").shown
    assert shown["events_per_cpu_second_cold"] is None
    assert shown["why_not"] == "not built"


def test_the_peers_beside_the_product_run_under_its_interpreter() -> None:
    assert Here("a.module").command == [sys.executable, "-m", "a.module"]
