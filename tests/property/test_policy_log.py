"""The alerts are the log of decisions: a policy state follows from them alone, and none of them is taken twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from schemas.alerts import Alert
from schemas.events import Policy
from stream_app.core.decisions.policy import restore
from stream_app.core.durations import DAY_MS
from stream_app.core.engine import InForce, Recorded
from stream_app.core.features import codec
from stream_app.core.features.plan import compile_workload
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at
from tests.support.fake_scorers import dial, engine

COMPILED = compile_workload(every_kind.WORKLOAD)
POLICY = every_kind.WORKLOAD.policy
DIAL = dial(COMPILED)
ENGINE = engine(COMPILED, DIAL)
IN_FORCE = ENGINE.put_in_force(DIAL.control(POLICY))
OTHERWISE = ENGINE.put_in_force(
    DIAL.control(Policy(name="otherwise", version=1, enter=0.2, leave=0.1, critical=0.4, cooldown_s=0))
)

USERS = ("ana", "ben")
POLICY_FIELDS = ["episode", "sequence", "band", "opened_at", "cooldown_until", "alert_score"]
NOTHING_RECORDED = Recorded({}, -1)


@dataclass
class Partition:
    """States of a partition's users, as a worker holds them, and the alerts that it published."""

    records: NDArray[np.void]

    def run(
        self, log: Sequence[PlainRecord], recorded: Recorded = NOTHING_RECORDED, in_force: InForce = IN_FORCE
    ) -> list[Alert]:
        """Apply a part of the log in one batch."""
        if not log:
            return []
        events = take_in(log, 0, 1).events
        places = [USERS.index(user) for user in events.names]
        records = self.records[places]
        alerts = ENGINE.advance(records, events, in_force, recorded, 0).alerts
        self.records[places] = records
        return alerts

    def committed(self) -> list[bytes]:
        """What stands in the store after a commit."""
        return codec.pack(self.records)


def _fresh() -> Partition:
    return Partition(np.zeros(len(USERS), COMPILED.record))


def _resumed(committed: list[bytes]) -> Partition:
    return Partition(codec.unpack(committed, COMPILED.record))


def _log(steps: Sequence[tuple[str, int, float]]) -> list[PlainRecord]:
    """Users say things, hours apart, and leave instead when the sentiment is above 1."""
    log, hours = LogWriter(), 0
    for user, step_hours, sentiment in steps:
        hours += step_hours
        if sentiment > 1:
            log.does("leave", at(hours=hours), user=user)
        else:
            log.says(at(hours=hours), sentiment, user=user)
    return log.records()


SENTIMENTS = st.sampled_from([0.0, 0.25, 0.29, 0.3, 0.5, 0.6, 0.8, 0.9] * 3 + [2.0])
LOGS = st.lists(st.tuples(st.sampled_from(USERS), st.sampled_from([0, 1, 12, 24, 72]), SENTIMENTS), max_size=50).map(
    _log
)


def _as_read_back(alerts: Sequence[Alert]) -> list[Alert]:
    return [msgspec.json.decode(msgspec.json.encode(alert), type=Alert) for alert in alerts]


def _recorded(alerts: Sequence[Alert]) -> Recorded:
    by_offset: Mapping[int, Alert] = {alert.data.src.offset: alert for alert in _as_read_back(alerts)}
    return Recorded(by_offset, max(by_offset, default=-1))


@given(LOGS)
def test_the_policy_state_follows_from_the_alerts_alone(log: list[PlainRecord]) -> None:
    live, rebuilt = _fresh(), _fresh()
    for alert in _as_read_back(live.run(log)):
        restore(rebuilt.records[USERS.index(alert.data.user_ref)], alert.data)
    assert rebuilt.records[POLICY_FIELDS].tolist() == live.records[POLICY_FIELDS].tolist()


@given(LOGS)
def test_the_identities_of_alerts_are_unique_and_each_front_is_its_own_offset(log: list[PlainRecord]) -> None:
    alerts = _fresh().run(log)
    identities = [(alert.data.user_ref, alert.data.episode, alert.data.sequence) for alert in alerts]
    assert len(set(identities)) == len(identities) == len({alert.id for alert in alerts})
    offsets = [alert.data.src.offset for alert in alerts]
    assert offsets == sorted(set(offsets)) == [alert.data.front for alert in alerts]


@settings(max_examples=200)
@given(log=LOGS, cuts=st.tuples(*[st.integers(0, 50)] * 3))
def test_after_a_crash_what_was_published_is_not_published_again_and_states_are_as_without_it(
    log: list[PlainRecord], cuts: tuple[int, int, int]
) -> None:
    committed_to, published_to, next_cut = sorted(cuts)
    undisturbed = _fresh()
    expected = undisturbed.run(log)

    crashing = _fresh()
    published = crashing.run(log[:committed_to])
    committed = crashing.committed()
    published += crashing.run(log[committed_to:published_to])

    resumed = _resumed(committed)
    recorded = _recorded(published)
    published += resumed.run(log[committed_to:next_cut], recorded)
    published += resumed.run(log[next_cut:], recorded)
    assert published == expected
    assert resumed.committed() == undisturbed.committed()


@given(log=LOGS, committed_to=st.integers(0, 50))
def test_decisions_up_to_the_front_stand_whatever_would_be_decided_now(
    log: list[PlainRecord], committed_to: int
) -> None:
    first = _fresh()
    alerts = first.run(log[:committed_to])
    committed = first.committed()
    alerts += first.run(log[committed_to:])
    recorded = replace(_recorded(alerts), front=len(log))
    second = _resumed(committed)
    assert second.run(log[committed_to:], recorded, OTHERWISE) == []
    assert second.committed() == first.committed()


@given(LOGS)
def test_states_that_are_lost_are_rebuilt_from_the_log_and_the_alerts(log: list[PlainRecord]) -> None:
    live, rebuilt = _fresh(), _fresh()
    alerts = live.run(log)
    assume(alerts)
    assert rebuilt.run(log, _recorded(alerts)) == []
    assert rebuilt.committed() == live.committed()


def test_a_user_goes_through_every_transition() -> None:
    day = DAY_MS // 3_600_000
    steps = [(0.5, 1), (0.4, 1), (0.85, 1), (0.1, 1), (0.9, 1), (0.9, day), (2.0, 1), (0.9, 9 * day)]
    alerts = _fresh().run(_log([("ana", hours, sentiment) for sentiment, hours in steps]))
    seen = [(a.id, a.data.status, a.data.severity, a.data.resolution, a.data.src.offset) for a in alerts]
    assert seen == [
        ("ana:1:1", "firing", "warning", None, 0),
        ("ana:1:2", "updated", "critical", None, 2),
        ("ana:1:3", "resolved", "info", "recovered", 3),
        ("ana:2:1", "firing", "critical", None, 5),
        ("ana:2:2", "resolved", "info", "churned", 6),
    ]
