"""States and a run of records go in; states, scores and alerts come out."""

from collections.abc import Callable, Sequence

import msgspec
import numpy as np
import pytest

from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.events import Policy
from schemas.instants import format_instant, parse_instant
from schemas.manifests import Manifest
from stream_app.core.engine import Advance, Recorded
from stream_app.core.features.plan import compile_workload
from stream_app.core.hashing import fingerprints
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay, Step
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.fake_scorers import LinearScorer, dial, engine, linear

COMPILED = compile_workload(every_kind.WORKLOAD)
DIAL = dial(COMPILED)
POLICY = every_kind.WORKLOAD.policy
DIALLED = control(DIAL.control(POLICY))


def _replayed(records: Sequence[PlainRecord], *scorers: LinearScorer) -> list[Step]:
    return list(Replay(engine(COMPILED, DIAL, *scorers)).apply(records))


def _advanced(log: LogWriter) -> Advance:
    [step] = _replayed(records_of([DIALLED, *log.events]))
    return step.advance


def _alerts(steps: list[Step]) -> list[Alert]:
    return [alert for step in steps for alert in step.advance.alerts]


CHANGES: dict[str, Callable[[Manifest], Manifest]] = {
    "another workload": lambda manifest: msgspec.structs.replace(manifest, workload="music"),
    "another state digest": lambda manifest: msgspec.structs.replace(manifest, state_digest="0" * 16),
    "another feature schema": lambda manifest: msgspec.structs.replace(manifest, feature_schema="0" * 16),
    "columns in another order": lambda manifest: msgspec.structs.replace(manifest, features=("plan", "dial")),
    "a feature that is not computed": lambda manifest: msgspec.structs.replace(manifest, features=("dial", "no_such")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_was_made_for_something_else_is_refused(change: str) -> None:
    made = linear(COMPILED, {"dial": 1.0, "plan": 0.0})
    unfit = LinearScorer(CHANGES[change](made.manifest), made.weights)
    with pytest.raises(ContractViolation, match="train it again"):
        engine(COMPILED, unfit).put_in_force(unfit.control(POLICY))


def test_the_model_sees_its_own_columns_in_its_own_order() -> None:
    scorer = linear(COMPILED, {"session_events": 0.25, "dial": 1.0}, name="mixed")
    log = LogWriter()
    log.says(at(), 0.5)
    log.does("play", at(minutes=1))
    [step] = _replayed(records_of([control(scorer.control(POLICY)), *log.events]), scorer)
    assert step.advance.vectors.tolist() == [[1, 0.5], [2, 0.5]]
    assert step.advance.scores.tolist() == [0.75, 1.0]
    assert step.advance.offsets.tolist() == [1, 2]


def test_events_before_the_first_control_record_are_folded_but_not_scored() -> None:
    log = LogWriter()
    log.says(at(), 0.9)
    log.does("play", at(minutes=1))
    before, after = _replayed([*records_of([*log.events, DIALLED]), *records_of(log.events[1:], first_offset=3)])
    assert (before.advance.applied, len(before.advance.scored), before.advance.alerts) == (2, 0, [])
    assert (after.advance.applied, after.advance.repeated) == (1, 0)
    assert [alert.data.src.offset for alert in after.advance.alerts] == [3]


def test_repeats_are_neither_scored_nor_decided_on_and_late_events_are() -> None:
    log = LogWriter()
    log.says(at(minutes=10), 0.4, event_id="one")
    log.says(at(minutes=10), 0.4, event_id="one")
    log.does("play", at(minutes=5))
    advance = _advanced(log)
    assert (advance.applied, advance.repeated, advance.late) == (2, 1, 1)
    assert advance.offsets.tolist() == [1, 3]
    assert advance.folded.as_of.tolist() == [at(minutes=10)] * 3


def test_a_churn_act_is_scored_and_ends_the_alert_and_nothing_after_it_raises_one() -> None:
    log = LogWriter()
    log.says(at(), 0.6)
    log.does("leave", at(hours=1))
    log.says(at(days=9), 0.9)
    advance = _advanced(log)
    assert advance.offsets.tolist() == [1, 2, 3]
    assert [(a.data.status, a.data.resolution) for a in advance.alerts] == [("firing", None), ("resolved", "churned")]


def test_poison_control_and_clock_records_are_not_scored() -> None:
    log = LogWriter()
    log.says(at(), 0.6, user="")
    log.says(at(), 0.6)
    [step] = _replayed(records_of([DIALLED, *log.events]))
    assert step.advance.offsets.tolist() == [2]
    assert [letter.reason for letter in step.intake.dead] == ["no_user"]


def test_a_policy_takes_effect_at_the_offset_of_its_control_record() -> None:
    strict = Policy(name="strict", version=2, enter=0.1, leave=0.1, critical=0.2, cooldown_s=0)
    log = LogWriter()
    log.says(at(), 0.4)
    log.does("play", at(minutes=1))
    events = [DIALLED, *log.events, control(DIAL.control(strict)), *log.events]
    alerts = _alerts(_replayed(records_of(events)))
    assert [(a.data.src.offset, a.data.severity, a.data.policy.name) for a in alerts] == [(4, "critical", "strict")]


def test_an_alert_carries_the_evidence_of_the_event_that_it_was_raised_on() -> None:
    log = LogWriter()
    log.does("play", at())
    log.says(at(days=2), 0.75)
    advance = _advanced(log)
    [alert] = advance.alerts
    assert alert.data.src.offset == alert.data.front == 2
    assert alert.data.score == float(advance.scores[1])
    assert alert.data.vector_hash == f"{int(fingerprints(advance.vectors[1:])[0]):016x}"
    assert [(r.feature, r.value) for r in alert.data.reasons] == [("dial", 0.75)]
    assert (alert.data.data_quality.events, alert.data.data_quality.age_days) == (2, 2)
    assert (alert.data.state_digest, alert.data.model) == (COMPILED.state_digest, DIAL.manifest.reference())
    assert alert.data.feature_schema == COMPILED.feature_schema(("dial",))


def test_an_alert_on_a_late_event_begins_at_the_users_clock() -> None:
    log = LogWriter()
    log.does("play", at(hours=9))
    log.says(at(hours=8), 0.75)
    [alert] = _advanced(log).alerts
    assert (alert.data.event_time, alert.data.starts_at) == (format_instant(at(hours=8)), format_instant(at(hours=9)))


def test_a_record_that_its_user_has_seen_means_that_the_log_was_rewritten() -> None:
    log = LogWriter()
    log.does("play", at())
    log.does("play", at(minutes=1))
    events = take_in(log.records(), 0, 1).events
    records = np.zeros(1, COMPILED.record)
    running = engine(COMPILED)
    running.advance(records, events, None, Recorded({}, -1), 0)
    with pytest.raises(ContractViolation, match="the log was rewritten"):
        running.advance(records, events[1:], None, Recorded({}, -1), 0)


def test_a_run_without_events_comes_to_nothing() -> None:
    [step] = _replayed(records_of([DIALLED]))
    assert (step.advance.applied, step.advance.alerts, step.advance.scores.shape) == (0, [], (0,))


def test_an_event_from_the_end_of_time_does_not_stop_the_partition() -> None:
    log = LogWriter()
    end_ms = parse_instant("9999-12-31T12:00:00Z")
    log.says(end_ms, 0.9)
    log.says(end_ms + 1, 0.0)
    log.says(at(), 0.9, user="ben")
    alerts = _alerts(_replayed(records_of([DIALLED, *log.events])))
    assert [alert.id for alert in alerts if alert.subject == "ben"] == ["ben:1:1"]


def test_users_are_numbered_as_they_appear_and_room_is_made_for_many() -> None:
    log = LogWriter()
    for number in range(150):
        log.does("play", at(seconds=number), user=f"u{number}")
    replay = Replay(engine(COMPILED, DIAL))
    for record in log.records():
        list(replay.apply([record]))
    assert replay.users == {f"u{number}": number for number in range(150)}
    assert replay.records["events"][:150].tolist() == [1] * 150
    assert replay.records["next_offset"][:150].tolist() == list(range(1, 151))
