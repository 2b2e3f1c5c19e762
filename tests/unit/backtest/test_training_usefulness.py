"""Alerts are worth something when they come before a churner's first churn act."""

from collections.abc import Callable

import msgspec
import pytest

from backtest.usefulness import Audience, LogPoint, Usefulness, usefulness
from producers.simulator import simulate
from schemas import examples
from schemas.alerts import Alert
from schemas.instants import format_instant
from stream_app.core.event_lines import EventLines
from stream_app.core.features.sources import SignalSource, action
from stream_app.core.intake.sorting import take_in
from stream_app.workloads import music
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at

CHURN = music.WORKLOAD.churn
MakeAlert = Callable[..., Alert]


@pytest.fixture
def alert() -> MakeAlert:
    """An alert about a user at an offset and event time."""
    sample = msgspec.json.decode(examples.valid("alert")["firing-as-a-warning"], type=Alert)

    def make(user: str, offset: int, time_ms: int, status: str = "firing") -> Alert:
        src = msgspec.structs.replace(sample.data.src, offset=offset)
        data = {"user_ref": user, "src": src, "event_time": format_instant(time_ms), "status": status}
        return msgspec.structs.replace(sample, data=msgspec.structs.replace(sample.data, **data))

    return make


def audience(*users: str, **left: LogPoint) -> Audience:
    """Users who stay, and users who leave."""
    return Audience(CHURN, {*users, *left}, left)


def seen(log: LogWriter, churn: tuple[SignalSource, ...] = CHURN) -> Audience:
    found = Audience(churn)
    found.see(take_in(log.records(), 0, 1).events)
    return found


def test_an_alert_before_the_churn_counts_with_the_time_it_left(alert: MakeAlert) -> None:
    who = audience("ben", ana=LogPoint(5, at(hours=30)))
    assert usefulness(who, [alert("ana", 3, at(hours=6))]) == Usefulness(
        churners=1, churners_alerted_before=1, lead_time_hours_p50=24.0, users_alerted=1, precision=1.0, base_rate=0.5
    )


def test_an_alert_at_or_behind_the_churn_came_too_late_whatever_its_event_time(alert: MakeAlert) -> None:
    who = audience(ana=LogPoint(5, at(hours=30)), ben=LogPoint(6, at(hours=30)))
    found = usefulness(who, [alert("ana", 5, at(hours=29)), alert("ben", 7, at(hours=1))])
    assert (found.churners_alerted_before, found.users_alerted, found.precision) == (0, 2, 0.0)
    assert found.lead_time_hours_p50 is None


def test_a_user_with_several_alerts_counts_once_from_the_first(alert: MakeAlert) -> None:
    who = audience(ana=LogPoint(9, at(hours=9)))
    found = usefulness(who, [alert("ana", 6, at(hours=6)), alert("ana", 2, at(hours=2)), alert("ana", 8, at(hours=8))])
    assert (found.users_alerted, found.churners_alerted_before, found.lead_time_hours_p50) == (1, 1, 7.0)


def test_only_firing_alerts_name_somebody(alert: MakeAlert) -> None:
    who = audience(ana=LogPoint(9, at(hours=9)))
    assert usefulness(who, [alert("ana", 1, at(), "resolved"), alert("ana", 2, at(), "updated")]).users_alerted == 0


def test_precision_is_over_alerted_users_and_the_base_rate_over_all(alert: MakeAlert) -> None:
    left = {f"u{number}": LogPoint(100 + number, at(hours=10)) for number in range(2)}
    alerts = [alert(f"u{number}", 50, at(hours=1)) for number in (1, 2, 3, 4)]
    found = usefulness(audience(*(f"u{number}" for number in range(8)), **left), alerts)
    assert (found.precision, found.base_rate) == (0.25, 0.25)


def test_the_lead_time_is_the_median_over_churners_alerted_before(alert: MakeAlert) -> None:
    who = audience(**{f"u{hours}": LogPoint(100, at(hours=hours)) for hours in (2, 4, 9)})
    found = usefulness(who, [alert(f"u{hours}", 1, at()) for hours in (2, 4, 9)])
    assert found.lead_time_hours_p50 == 4.0


def test_nobody_at_all_gives_zeros_and_no_lead_time() -> None:
    assert usefulness(Audience(CHURN), []) == Usefulness(0, 0, None, 0, 0.0, 0.0)


def test_an_audience_is_told_by_admitted_events_of_every_kind() -> None:
    log = LogWriter()
    log.says(at(), 0.5)
    log.does("cancel", at(hours=1), user="ben")
    log.becomes(at(hours=2), {"plan": "paid"}, user="eva")
    assert seen(log) == audience("ana", "eva", ben=LogPoint(1, at(hours=1)))


def test_the_first_of_the_workloads_churn_acts_counts_whichever_it_is() -> None:
    log = LogWriter()
    log.does("cancel", at(hours=1))
    log.does("cancellation_confirmation", at(hours=2))
    log.does("cancellation_confirmation", at(hours=3), user="ben")
    log.does("cancel", at(hours=4))
    log.does("cancel", at(hours=4), user="ben")
    assert seen(log) == audience(ana=LogPoint(0, at(hours=1)), ben=LogPoint(2, at(hours=3)))


def test_a_churn_act_need_be_no_activity_and_is_another_one_in_another_workload() -> None:
    log = LogWriter()
    log.does("cancel", at())
    log.becomes(at(hours=1), {"seats": 2.0, "plan": "gone"}, user="ben")
    log.does("leave", at(hours=2), user="eva")
    found = seen(log, every_kind.WORKLOAD.churn)
    assert found.users == {"ana", "ben", "eva"}
    assert found.left == {"ben": LogPoint(1, at(hours=1)), "eva": LogPoint(2, at(hours=2))}


def test_simulated_users_of_the_music_service_churn_where_they_cancel() -> None:
    log = EventLines(simulate(60, 30, 7, at()))
    every, cancels = Audience(CHURN), Audience((action("cancel"),))
    for chunk in log.chunks():
        events = take_in(chunk, 0, 1).events
        every.see(events)
        cancels.see(events)
    assert every.left == cancels.left
    assert len(every.left) > 3
