"""A rule holds new episodes back, by numbers that stand in the policy."""

import msgspec
import numpy as np
import pytest

from schemas.alerts import Alert
from schemas.errors import ContractViolation
from schemas.events import Policy
from stream_app.core.decisions.facts import Facts
from stream_app.core.decisions.rules import RULES, held_back
from stream_app.core.durations import HOUR_MS
from stream_app.core.features.plan import compile_workload
from stream_app.core.replay import Replay
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.fake_scorers import dial, engine

COMPILED = compile_workload(every_kind.WORKLOAD)
DIAL = dial(COMPILED)
RULELESS = msgspec.structs.replace(every_kind.WORKLOAD.policy, cooldown_s=0)


def _policy(**rules: dict[str, float]) -> Policy:
    return msgspec.structs.replace(RULELESS, rules=rules)


def _facts(known_ms: list[int]) -> Facts:
    """Facts about customers who have been known for so long."""
    n = len(known_ms)
    return Facts(
        as_of_ms=at() + np.array(known_ms, np.int64),
        first_ms=np.full(n, at(), np.int64),
        events=np.ones(n, np.uint32),
        churned=np.zeros(n, np.uint8),
        score=np.ones(n, np.float32),
    )


def _alerts(log: LogWriter, policy: Policy) -> list[Alert]:
    records = records_of([control(DIAL.control(policy)), *log.events])
    return [alert for step in Replay(engine(COMPILED, DIAL)).apply(records) for alert in step.advance.alerts]


def test_customers_are_held_back_until_they_have_been_known_for_so_many_hours() -> None:
    facts = _facts([0, HOUR_MS, 36 * HOUR_MS - 1, 36 * HOUR_MS, 720 * HOUR_MS])
    assert held_back(facts, _policy(known_for={"hours": 36})).tolist() == [True, True, True, False, False]
    assert held_back(facts, _policy(known_for={"hours": 0.5})).tolist() == [True, False, False, False, False]
    assert not held_back(facts, _policy(known_for={"hours": 0})).any()
    assert not held_back(facts, RULELESS).any()


def test_what_was_held_back_is_alerted_on_at_the_next_event_that_no_rule_forbids() -> None:
    log = LogWriter()
    for hours in (0, 1, 23, 25, 26):
        log.says(at(hours=hours), 0.9)
    assert [alert.data.src.offset for alert in _alerts(log, RULELESS)] == [1]
    assert [alert.data.src.offset for alert in _alerts(log, _policy(known_for={"hours": 24}))] == [4]


def test_an_earlier_event_that_comes_late_makes_a_customer_known_for_longer() -> None:
    log = LogWriter()
    log.says(at(hours=20), 0.9)
    log.does("play", at(hours=1))
    assert [alert.data.src.offset for alert in _alerts(log, _policy(known_for={"hours": 10}))] == [2]


def test_an_episode_that_has_begun_goes_its_way_whatever_the_rules_say() -> None:
    log = LogWriter()
    log.says(at(), 0.6)
    before = len(log.events)
    log.says(at(hours=1), 0.9)
    log.says(at(hours=2), 0.1)
    strict = control(DIAL.control(_policy(known_for={"hours": 1000})))
    events = [control(DIAL.control(RULELESS)), *log.events[:before], strict, *log.events[before:]]
    steps = Replay(engine(COMPILED, DIAL)).apply(records_of(events))
    assert [a.data.status for step in steps for a in step.advance.alerts] == ["firing", "updated", "resolved"]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"no_such": {"hours": 1}}, "has a rule 'no_such' that is not known here: use"),
        (
            {"known_for": {}},
            "rule 'known_for' of policy default, version 1, takes the numbers hours: it was given no",
        ),
        ({"known_for": {"days": 1}}, "takes the numbers hours: it was given days"),
        ({"known_for": {"hours": 1, "days": 1}}, "takes the numbers hours: it was given days, hours"),
    ],
)
def test_a_policy_whose_rules_are_not_known_does_not_come_into_force(
    rules: dict[str, dict[str, float]], said: str
) -> None:
    with pytest.raises(ContractViolation, match=said) as refused:
        engine(COMPILED, DIAL).put_in_force(DIAL.control(_policy(**rules)))
    assert refused.value.state == "wrong_policy"


def test_every_rule_says_what_it_does() -> None:
    assert all(rule.__doc__ for rule in RULES.values())


@pytest.mark.parametrize("number", ["-1", "1e10", "nan", "inf"])
def test_a_rule_takes_no_number_below_zero_and_none_without_an_end(number: str) -> None:
    text = f'name="a"\nversion=1\nenter=0.5\nleave=0.5\ncritical=0.5\ncooldown_s=0\n[rules.known_for]\nhours={number}'
    with pytest.raises(msgspec.ValidationError, match=r"\$\.rules"):
        msgspec.toml.decode(text, type=Policy)


def test_a_policy_without_rules_is_written_as_it_was_before_there_were_rules() -> None:
    assert msgspec.json.encode(RULELESS) == (
        b'{"name":"default","version":1,"enter":0.5,"leave":0.3,"critical":0.8,"cooldown_s":0}'
    )
    ruled = _policy(known_for={"hours": 24})
    assert msgspec.json.decode(msgspec.json.encode(ruled), type=Policy) == ruled
