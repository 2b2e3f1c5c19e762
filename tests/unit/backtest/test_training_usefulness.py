"""Alerts are worth something when they come before a churner's first cancel."""

from collections.abc import Callable

import msgspec
import pytest

from backtest.usefulness import Audience, Moment, Usefulness, usefulness
from schemas import examples
from schemas.alerts import Alert
from schemas.instants import format_instant
from stream_app.core.intake.sorting import take_in
from tests.support.event_logs import LogWriter, at

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


def audience(*acts: tuple[str, int, int, str | None]) -> Audience:
    seen = Audience()
    for act in acts:
        seen.see(*act)
    return seen


def test_an_alert_before_the_cancel_counts_with_the_time_it_left(alert: MakeAlert) -> None:
    seen = audience(("ana", 0, at(), "play"), ("ben", 1, at(), None), ("ana", 5, at(hours=30), "cancel"))
    assert usefulness(seen, [alert("ana", 3, at(hours=6))]) == Usefulness(
        churners=1, churners_alerted_before=1, lead_time_hours_p50=24.0, users_alerted=1, precision=1.0, base_rate=0.5
    )


def test_an_alert_at_or_behind_the_cancel_came_too_late_whatever_its_event_time(alert: MakeAlert) -> None:
    seen = audience(("ana", 5, at(hours=30), "cancel"), ("ben", 6, at(hours=30), "cancel"))
    found = usefulness(seen, [alert("ana", 5, at(hours=29)), alert("ben", 7, at(hours=1))])
    assert (found.churners_alerted_before, found.users_alerted, found.precision) == (0, 2, 0.0)
    assert found.lead_time_hours_p50 is None


def test_a_cancel_that_comes_after_the_first_one_changes_nothing(alert: MakeAlert) -> None:
    seen = audience(("ana", 2, at(hours=1), "cancel"), ("ana", 9, at(hours=9), "cancel"))
    assert usefulness(seen, [alert("ana", 5, at(hours=5))]).churners_alerted_before == 0


def test_a_user_with_several_alerts_counts_once_from_the_first(alert: MakeAlert) -> None:
    seen = audience(("ana", 9, at(hours=9), "cancel"))
    found = usefulness(seen, [alert("ana", 6, at(hours=6)), alert("ana", 2, at(hours=2)), alert("ana", 8, at(hours=8))])
    assert (found.users_alerted, found.churners_alerted_before, found.lead_time_hours_p50) == (1, 1, 7.0)


def test_only_firing_alerts_name_somebody(alert: MakeAlert) -> None:
    seen = audience(("ana", 9, at(hours=9), "cancel"))
    assert usefulness(seen, [alert("ana", 1, at(), "resolved"), alert("ana", 2, at(), "updated")]).users_alerted == 0


def test_precision_is_over_alerted_users_and_the_base_rate_over_all(alert: MakeAlert) -> None:
    users = [(f"u{number}", number, at(), None) for number in range(8)]
    cancels = [(f"u{number}", 100 + number, at(hours=10), "cancel") for number in range(2)]
    alerts = [alert(f"u{number}", 50, at(hours=1)) for number in (1, 2, 3, 4)]
    found = usefulness(audience(*users, *cancels), alerts)
    assert (found.precision, found.base_rate) == (0.25, 0.25)


def test_the_lead_time_is_the_median_over_churners_alerted_before(alert: MakeAlert) -> None:
    seen = audience(*((f"u{hours}", 100, at(hours=hours), "cancel") for hours in (2, 4, 9)))
    found = usefulness(seen, [alert(f"u{hours}", 1, at()) for hours in (2, 4, 9)])
    assert found.lead_time_hours_p50 == 4.0


def test_nobody_at_all_gives_zeros_and_no_lead_time() -> None:
    assert usefulness(Audience(), []) == Usefulness(0, 0, None, 0, 0.0, 0.0)


def test_an_audience_is_told_by_admitted_events_of_every_kind() -> None:
    log = LogWriter()
    log.says(at(), 0.5)
    log.does("cancel", at(hours=1), user="ben")
    log.becomes(at(hours=2), {"plan": "paid"}, user="eva")
    seen = Audience()
    seen.see_all(take_in(log.records(), 0, 1).events)
    assert seen == Audience({"ana", "ben", "eva"}, {"ben": Moment(1, at(hours=1))})
