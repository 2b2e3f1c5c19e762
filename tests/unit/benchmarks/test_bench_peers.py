"""The peers of the benchmark: what they are pinned to, and what happens where they are not installed."""

import re
import tomllib
from pathlib import Path

import pytest

from benchmarks.peers import running
from benchmarks.peers.running import PEERS, STOCK_FAUST, installed

REPOSITORY = Path(__file__).parents[3]
LOCK = REPOSITORY / "benchmarks" / "peers" / "requirements.lock"


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


def test_only_stock_faust_is_always_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PEERS_DIRECTORY", tmp_path)
    assert [peer for peer in PEERS if installed(peer)] == [STOCK_FAUST]
    (tmp_path / "lib" / "python3.11" / "site-packages" / "quixstreams").mkdir(parents=True)
    assert [peer.name for peer in PEERS if installed(peer)] == ["stock_faust", "quix"]
