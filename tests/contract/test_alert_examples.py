"""The examples of alerts are told apart by subscribers as the worker means them."""

import msgspec
import pytest

from schemas import examples
from schemas.alerts import Alert
from schemas.examples import InvalidExample

VALID = {name: msgspec.json.decode(value, type=Alert).data for name, value in examples.valid("alert").items()}
INVALID = examples.invalid("alert")

every_alert = pytest.mark.parametrize("name", VALID)


@pytest.mark.parametrize("example", INVALID.values(), ids=INVALID.keys())
def test_a_subscriber_refuses_an_invalid_alert_with_its_error(example: InvalidExample) -> None:
    with pytest.raises(msgspec.ValidationError) as refusal:
        msgspec.json.decode(example.value() or b"", type=Alert)
    assert example.expect.error in str(refusal.value)


def test_there_is_an_example_of_every_status_and_way_to_end() -> None:
    assert {(alert.status, alert.resolution) for alert in VALID.values()} == {
        ("firing", None),
        ("updated", None),
        ("resolved", "recovered"),
        ("resolved", "churned"),
        ("withdrawn", "erased"),
    }


def test_user_episode_and_sequence_identify_an_alert() -> None:
    identities = [(alert.user_ref, alert.episode, alert.sequence) for alert in VALID.values()]
    assert len(set(identities)) == len(identities)
    assert [alert.alert_id for alert in VALID.values()] == [":".join(map(str, identity)) for identity in identities]


@every_alert
def test_the_policy_state_is_the_one_after_the_alert(name: str) -> None:
    alert, state = VALID[name], VALID[name].policy_state
    assert (state.episode, state.sequence, state.score) == (alert.episode, alert.sequence, alert.score)
    assert state.opened_at == alert.starts_at
    assert {"info": 0, "warning": 1, "critical": 2}[alert.severity] == state.band


@every_alert
def test_an_episode_has_an_end_when_its_alert_is_over_and_not_before(name: str) -> None:
    alert = VALID[name]
    over = alert.status in ("resolved", "withdrawn")
    assert (alert.ends_at is not None, alert.resolution is not None) == (over, over)


@every_alert
def test_the_front_includes_the_alerts_own_source(name: str) -> None:
    assert VALID[name].front >= VALID[name].src.offset
