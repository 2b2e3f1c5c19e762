"""What version 0.4 has left behind is read by this one, and the log that it kept gives the decisions that it took."""

import json
from collections import Counter
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from backtest.parity import compare, read_trace
from operations.states.files import read_manifest, read_partition
from schemas.alerts import Alert
from schemas.dead_letters import HEADER_PREFIX, read_rejection
from schemas.errors import ContractViolation
from schemas.events import ControlData
from schemas.redrives import read_entry
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS
from stream_app.adapters.redis.states import META_FIELDS, read_meta
from stream_app.bootstrap.engine import engine_of, load_manifest
from stream_app.core.decisions.contents import digests
from stream_app.core.engine import Engine
from stream_app.core.features.plan import compile_workload
from stream_app.core.replay import Replay, Step
from stream_app.core.trace import traced
from stream_app.partition.refusals import refuse_foreign
from stream_app.settings import Settings
from stream_app.workloads import music
from tests.support.recording import PARTITIONS, RECORDING, recorded, recorded_meta

DIGEST = "a38b54e5ace42828"
LETTERS = list(chain(*recorded(DEAD_LETTERS)))
REJECTIONS = [found for letter in LETTERS if (found := read_rejection(letter.headers))]
ALERTS = [msgspec.json.decode(record.value or b"", type=Alert) for record in chain(*recorded(CHURN_ALERTS))]


def holds(found: Any, told: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether all that was told is there; more may be."""
    if isinstance(told, dict):
        return all(name in found and holds(found[name], value) for name, value in told.items())
    if isinstance(told, list):
        return len(found) == len(told) and all(map(holds, found, told))
    return bool(found == told)


def test_alerts_are_read_with_all_that_they_say() -> None:
    said = [json.loads(record.value or b"") for record in chain(*recorded(CHURN_ALERTS))]
    assert holds(msgspec.to_builtins(ALERTS), said)
    assert {alert.data.status for alert in ALERTS} == {"firing", "updated", "resolved"}
    assert {alert.data.resolution for alert in ALERTS} == {None, "recovered", "churned"}
    assert {alert.data.state_digest for alert in ALERTS} == {DIGEST}


def test_dead_letters_and_the_ledger_of_what_was_sent_again_are_read() -> None:
    assert Counter(found.reason for found in REJECTIONS) == {
        "undecodable": 2 * PARTITIONS,
        "schema": PARTITIONS,
        "no_user": PARTITIONS,
        "future": PARTITIONS,
        "bug": 1,
    }
    ledger = [letter for letter in LETTERS if not read_rejection(letter.headers)]
    assert [type(read_entry(entry.headers)).__name__ for entry in ledger] == ["Begun", "Done"]


def test_a_letter_whose_reason_this_version_does_not_know_is_a_letter() -> None:
    reason = HEADER_PREFIX + "reason"
    headers = [(name, b"of_another_version" if name == reason else value) for name, value in LETTERS[0].headers]
    found = read_rejection(headers)
    assert found is not None
    assert found == msgspec.structs.replace(REJECTIONS[0], reason="of_another_version")


@pytest.mark.parametrize("partition", range(PARTITIONS))
def test_meta_and_exports_are_read_and_refused_with_a_sentence_that_names_the_way_out(partition: int) -> None:
    fields = recorded_meta()[partition]
    meta = read_meta([str(fields[name]).encode() if name in fields else None for name in META_FIELDS])
    snapshot = read_partition(RECORDING / "export", read_manifest(RECORDING / "export"), partition)
    assert snapshot.meta == meta
    assert (meta.position, meta.state_digest) == (recorded(CUSTOMER_EVENTS)[partition][-1].offset + 1, DIGEST)
    here = compile_workload(music.WORKLOAD).state_digest
    with pytest.raises(ContractViolation, match=r"new app id, as docs/runbook/upgrading\.md says") as refusal:
        refuse_foreign(snapshot.meta, here, partition, PARTITIONS)
    assert refusal.value.state == "foreign_state"


@pytest.fixture(scope="module")
def engine(committed_bytes: Path) -> Engine:
    """The code of today with the models under which that version decided."""
    return engine_of(Settings(models_directory=committed_bytes))


@pytest.fixture(scope="module")
def replayed(engine: Engine) -> list[tuple[int, Step]]:
    """The recorded log under the code of today, with what was set aside left out."""
    steps = []
    for partition, records in enumerate(recorded(CUSTOMER_EVENTS)):
        barred = {found.offset for found in REJECTIONS if (found.partition, found.reason) == (partition, "bug")}
        replay = Replay(engine, partition, PARTITIONS, barred)
        steps += [(partition, step) for step in replay.apply(records)]
    return steps


def test_the_recorded_log_gives_the_recorded_vectors_scores_and_decisions(
    replayed: list[tuple[int, Step]],
) -> None:
    trace = np.concatenate([traced(partition, step.advance) for partition, step in replayed])
    decided = [alert for _, step in replayed for alert in step.advance.alerts]
    found = compare(read_trace(RECORDING / "trace.bin"), ALERTS, trace, decided)
    assert (found.exact, found.first_differences) == (True, [])
    assert (found.vectors, found.alerts_of_another_digest) == (len(trace), len(ALERTS))
    assert not {digests(alert) for alert in decided} & {digests(alert) for alert in ALERTS}
    assert Counter(alert.data.model for alert in decided) == Counter(alert.data.model for alert in ALERTS)


def test_the_recorded_log_gives_the_recorded_dead_letters(replayed: list[tuple[int, Step]]) -> None:
    due = [(partition, dead.record.offset, dead.reason) for partition, step in replayed for dead in step.intake.dead]
    assert Counter(reason for _, _, reason in due)["tombstone"] == PARTITIONS
    told = [
        (partition, offset, "undecodable" if reason == "tombstone" else reason) for partition, offset, reason in due
    ]
    assert sorted(told) == sorted((found.partition, found.offset, found.reason) for found in REJECTIONS)


@pytest.mark.parametrize(("version", "fitting"), [("0.3.0", "0.3.2"), ("0.4.0", "0.6.0")])
def test_the_models_of_that_version_are_put_in_force_by_the_records_that_pin_them(
    version: str, fitting: str, engine: Engine, committed_bytes: Path
) -> None:
    manifest = load_manifest(committed_bytes / "music" / version)
    in_force = engine.put_in_force(ControlData(model=manifest.reference(), policy=manifest.policy))
    found = in_force.scorer.manifest
    assert (found.sha256, found.features, found.baseline) == (manifest.sha256, manifest.features, manifest.baseline)
    assert (in_force.control.model.version, found.version) == (version, fitting)
