"""Fixed logs, each about one rule of the fold, in the terms of the workload `every_kind`."""

from collections.abc import Callable

from stream_app.core.log import PlainRecord
from tests.support.event_logs import LogWriter, at

Scenario = Callable[[], list[PlainRecord]]


def ties() -> list[PlainRecord]:
    """Of values with one time the largest is the latest, whichever comes first; an older one is not."""
    log = LogWriter()
    for minutes, tone in [(0, 0.2), (0, 0.7), (0, 0.5), (5, -0.9), (5, -0.4), (2, 0.9)]:
        log.says(at(minutes=minutes), tone)
    return log.records()


def session_edges() -> list[PlainRecord]:
    """A silence of 30 minutes is within a session, one of a millisecond more is not."""
    log = LogWriter()
    for time_ms in [at(), at(minutes=30), at(minutes=60), at(minutes=90, ms=1), at(minutes=120, ms=1)]:
        log.does("play", time_ms)
    return log.records()


def session_starts_that_move() -> list[PlainRecord]:
    """An event up to ten minutes late belongs to a session and may begin it; a later one leaves sessions alone."""
    log = LogWriter()
    for time_ms in [
        at(hours=1),
        at(minutes=50),
        at(minutes=49, seconds=59, ms=999),
        at(hours=9, minutes=3),
        at(hours=8, minutes=57),
        at(hours=8, minutes=55),
        at(hours=8, minutes=40),
        at(hours=24, minutes=1),
        at(hours=23, minutes=59),
    ]:
        log.does("play", time_ms)
    return log.records()


def sessions_that_meet() -> list[PlainRecord]:
    """A late event within 30 minutes of two sessions makes them one, also at 30 minutes exactly; of three only two."""
    log = LogWriter()
    for time_ms in [
        at(),
        at(minutes=35),
        at(minutes=30),
        at(hours=5),
        at(hours=5, minutes=31),
        at(hours=6, minutes=5),
        at(hours=6, minutes=1),
        at(hours=6),
        at(hours=12),
        at(hours=12, minutes=31),
        at(hours=12, minutes=30, ms=1),
        at(hours=12, minutes=29),
    ]:
        log.does("error", time_ms)
    return log.records()


def tile_edges() -> list[PlainRecord]:
    """Events at the last millisecond of a tile and at the first of the next, until they leave their windows."""
    log = LogWriter()
    for time_ms in [
        at(ms=-1),
        at(),
        at(minutes=5, ms=-1),
        at(minutes=5),
        at(hours=1, ms=-1),
        at(hours=1),
        at(hours=1, minutes=5),
        at(days=1, ms=-1),
        at(days=1),
        at(days=7, ms=-1),
        at(days=7),
        at(days=30, ms=-1),
        at(days=30),
    ]:
        log.does("play", time_ms)
        log.does("error", time_ms)
        log.does("love", time_ms)
    return log.records()


def silence() -> list[PlainRecord]:
    """After a silence as long as a window, or longer, nothing of before is left, wherever its slot was."""
    log = LogWriter()
    days = 0
    for gap_days in [0, 1, 2, 30, 1, 31, 29, 7, 8, 6, 100, 365]:
        days += gap_days
        log.does("play", at(days=days, hours=days % 24))
        log.does("like", at(days=days, hours=days % 24))
        log.says(at(days=days, hours=days % 24), 0.25)
    return log.records()


def late_events() -> list[PlainRecord]:
    """A late event counts wherever its tile still exists, and only there; last times and latest values always."""
    log = LogWriter()
    log.does("error", at(days=40))
    for days, hours, minutes in [
        (0, 0, 56),
        (0, 1, 0),
        (0, 23, 0),
        (1, 0, 0),
        (6, 0, 0),
        (7, 0, 0),
        (29, 0, 0),
        (30, 0, 0),
    ]:
        late_ms = at(days=40 - days, hours=-hours, minutes=-minutes)
        log.does("play", late_ms)
        log.does("error", late_ms)
        log.does("hate", late_ms)
        log.says(late_ms, 0.5)
    log.does("play", at(days=41))
    return log.records()


def repeats() -> list[PlainRecord]:
    """An id is a repeat as long as fewer than 32 others came after it; a repeat moves no clock and takes no place."""
    log = LogWriter()
    log.does("play", at(), event_id="first")
    log.does("play", at(minutes=1), event_id="second")
    log.does("play", at(days=3), event_id="first")
    for minute in range(2, 33):
        log.does("error", at(minutes=minute))
    log.does("play", at(minutes=34), event_id="second")
    log.does("play", at(minutes=35), event_id="first")
    log.does("play", at(minutes=36), event_id="first")
    return log.records()


def waits() -> list[PlainRecord]:
    """The first question since the last answer begins a wait of at most a day, which no answer of before it ends."""
    log = LogWriter()
    for minutes, direction in [
        (0, "outbound"),
        (1, "inbound"),
        (3, "inbound"),
        (7, "outbound"),
        (9, "outbound"),
        (20, "inbound"),
        (19, "outbound"),
        (18, "inbound"),
        (20, "outbound"),
        (60, "inbound"),
        (60, "outbound"),
        (70, "inbound"),
        (70 + 2 * 1440, "outbound"),
        (80 + 2 * 1440, "inbound"),
        (81 + 33 * 1440, "outbound"),
    ]:
        log.says(at(minutes=minutes), 0.5 if minutes % 2 else None, direction)
    log.does("play", at(days=40))
    log.does("love", at(days=40, seconds=50))
    log.does("love", at(days=40, minutes=1))
    return log.records()


def churn_acts() -> list[PlainRecord]:
    """A churn act changes nothing but that the user has churned, before anything else is known and after."""
    log = LogWriter()
    log.does("leave", at(), event_id="leaving")
    log.does("play", at(hours=1))
    log.does("leave", at(hours=1, minutes=20))
    log.does("play", at(hours=1, minutes=40), event_id="leaving")
    log.becomes(at(days=50), {"plan": "gone"})
    log.does("play", at(hours=1, minutes=10))
    return log.records()


def tones() -> list[PlainRecord]:
    """Values of several tiles, with and without sentiment, from both sides; facts that set two things at once."""
    log = LogWriter()
    log.becomes(at(), {"plan": "paid", "seats": 2})
    for step, tone in enumerate([0.1, -0.5, None, 0.3337, 0.0005, 0.0015, -1.0, 1.0]):
        log.says(at(days=2 * step, hours=step), tone)
        log.says(at(days=2 * step, hours=step, minutes=7), tone, "outbound")
        log.does("love" if step % 2 else "hate", at(days=2 * step, hours=step, minutes=8))
    log.becomes(at(days=14, hours=7, minutes=8), {"plan": "free"})
    log.does("upgrade", at(days=14, hours=7, minutes=8))
    return log.records()


def several_users() -> list[PlainRecord]:
    """The same ids and times for different users, which are nothing to one another."""
    log = LogWriter()
    for minute in range(3):
        for user in ("ana", "ben"):
            log.does("play" if user == "ana" else "error", at(minutes=minute), user=user, event_id=f"event-{minute}")
    return log.records()


SCENARIOS: tuple[Scenario, ...] = (
    ties,
    session_edges,
    session_starts_that_move,
    sessions_that_meet,
    tile_edges,
    silence,
    late_events,
    repeats,
    waits,
    churn_acts,
    tones,
    several_users,
)
