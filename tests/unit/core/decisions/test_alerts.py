"""An alert says what was decided, on what, and what a rebuild needs."""

import json
from typing import Any

import msgspec
import pytest

from schemas.alerts import Alert, Reason
from schemas.instants import format_instant
from stream_app.core.decisions.alerts import Cause, Situation, compose
from stream_app.core.decisions.policy import CHURNED, CLOSED, CRITICAL, FIRING, RECOVERED, UPDATED, WARNING, Decision
from stream_app.core.features.plan import compile_workload
from stream_app.core.intake.sorting import take_in
from tests.support import every_kind
from tests.support.event_logs import Event, at
from tests.support.fake_scorers import TOPIC, dial

COMPILED = compile_workload(every_kind.WORKLOAD)
CONTROL = dial(COMPILED).control(every_kind.WORKLOAD.policy)
REASON = Reason(
    feature="dial",
    label="latest tone",
    value=900,
    baseline=0,
    contribution=0.9,
    direction="up",
    text="latest tone: 900, usually 0",
    group="dial",
)
EVENT = Event("activity", at(hours=5), {"action": "play"}, "ana", event_id="e-17", sent_ms=at(hours=6))
SITUATION = Situation(TOPIC, 3, CONTROL, "0123456789abcdef", "fedcba9876543210")
CAUSE = Cause(
    admitted=take_in([EVENT.record(41)], 0, 1).events[0],
    as_of_ms=at(hours=7),
    first_ms=at(hours=1),
    events=12,
    score=0.75,
    fingerprint=0xABC,
    reasons=[REASON],
)
DECISION = Decision(
    event=0,
    transition=FIRING,
    episode=2,
    sequence=1,
    band=WARNING,
    opened_at=at(hours=7),
    cooldown_until=at(hours=6),
    score_prev=0.25,
)


def _composed(decision: Decision = DECISION) -> dict[str, Any]:
    alert = compose(SITUATION, CAUSE, decision)
    encoded = msgspec.json.encode(alert)
    assert msgspec.json.decode(encoded, type=Alert) == alert
    document: dict[str, Any] = json.loads(encoded)
    return document


@pytest.mark.parametrize(
    ("transition", "band", "status", "severity", "resolution"),
    [
        (FIRING, WARNING, "firing", "warning", None),
        (FIRING, CRITICAL, "firing", "critical", None),
        (UPDATED, CRITICAL, "updated", "critical", None),
        (RECOVERED, CLOSED, "resolved", "info", "recovered"),
        (CHURNED, CLOSED, "resolved", "info", "churned"),
    ],
)
def test_each_transition_has_its_status_severity_and_resolution(
    transition: int, band: int, status: str, severity: str, resolution: str | None
) -> None:
    data = _composed(DECISION._replace(transition=transition, band=band))["data"]
    assert (data["status"], data["severity"], data["resolution"]) == (status, severity, resolution)
    assert (data["ends_at"] is None) == (resolution is None)


def test_an_alert_is_a_cloud_event_about_its_user_under_its_identity() -> None:
    alert = _composed()
    attributes = {name: value for name, value in alert.items() if name != "data"}
    assert attributes == {
        "type": "churn.alert.v1",
        "specversion": "1.0",
        "id": "ana:2:1",
        "source": "/churn/worker",
        "time": format_instant(at(hours=5)),
        "subject": "ana",
        "partitionkey": "ana",
        "datacontenttype": "application/json",
    }
    assert (alert["data"]["alert_id"], alert["data"]["dedup_key"]) == ("ana:2:1", "ana:default")
    assert (alert["data"]["user_ref"], alert["data"]["episode"], alert["data"]["sequence"]) == ("ana", 2, 1)


def test_an_alert_names_the_record_that_caused_it_and_what_was_known() -> None:
    data = _composed()["data"]
    assert data["src"] == {"topic": TOPIC, "partition": 3, "offset": 41, "sent_at": format_instant(at(hours=6))}
    assert (data["front"], data["trigger_event_id"]) == (41, "e-17")
    assert (data["score"], data["vector_hash"]) == (0.75, "0000000000000abc")
    assert (data["state_digest"], data["feature_schema"]) == ("0123456789abcdef", "fedcba9876543210")
    assert data["data_quality"] == {"events": 12, "age_days": 0.25}
    assert data["reasons"] == [msgspec.to_builtins(REASON)]
    assert (data["model"], data["policy"]) == (msgspec.to_builtins(CONTROL.model), msgspec.to_builtins(CONTROL.policy))


def test_a_reason_from_before_there_were_words_is_read_without_any() -> None:
    words = ("text", "group")
    old = {name: value for name, value in msgspec.to_builtins(REASON).items() if name not in words}
    assert msgspec.convert(old, Reason) == msgspec.structs.replace(REASON, text="", group="")


def test_an_alert_tells_the_events_time_from_the_users_clock() -> None:
    data = _composed(DECISION._replace(transition=RECOVERED, band=CLOSED))["data"]
    assert (data["event_time"], data["ends_at"]) == (format_instant(at(hours=5)), format_instant(at(hours=7)))
    assert data["starts_at"] == format_instant(at(hours=7))


def test_an_alert_carries_the_whole_policy_state_after_it() -> None:
    assert _composed()["data"]["policy_state"] == {
        "episode": 2,
        "sequence": 1,
        "band": WARNING,
        "opened_at": format_instant(at(hours=7)),
        "cooldown_until": format_instant(at(hours=6)),
        "score": 0.75,
    }
    assert _composed(DECISION._replace(cooldown_until=0))["data"]["policy_state"]["cooldown_until"] is None


def test_only_the_very_first_alert_of_a_user_has_no_score_before_it() -> None:
    assert _composed(DECISION._replace(episode=1, sequence=1, score_prev=0.0))["data"]["score_prev"] is None
    assert _composed(DECISION._replace(episode=1, sequence=2))["data"]["score_prev"] == 0.25
    assert _composed(DECISION._replace(episode=2, sequence=1))["data"]["score_prev"] == 0.25


def test_nothing_of_the_wall_clock_is_in_an_alert_until_it_is_published() -> None:
    data = _composed()["data"]
    assert (data["detected_at"], data["replay"]) == (data["event_time"], False)
