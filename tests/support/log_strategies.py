"""Draws event logs in which all happens that may happen: ties, late events, silence, repeats, wrong clocks."""

from dataclasses import dataclass, replace

from hypothesis import strategies as st

from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS
from stream_app.core.log import PlainRecord
from tests.support.event_logs import START_MS, Event, LogWriter, records_of

USERS = ("ana", "ben", "eva")
ORDINARY_STEPS_MS = (0, 0, 1, 1_000, MINUTE_MS, 4 * MINUTE_MS, 20 * MINUTE_MS)
EDGE_STEPS_MS = tuple(
    length + beside
    for length in (5 * MINUTE_MS, 10 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 90 * DAY_MS)
    for beside in (-1, 0, 1)
)
CLOCK_ERRORS_MS = (0, 5 * MINUTE_MS, 5 * MINUTE_MS + 1, HOUR_MS, DAY_MS, DAY_MS + 1)
FIRST_TIMES_MS = (START_MS, START_MS - 1, START_MS + 12 * HOUR_MS + 1, 31 * MINUTE_MS, 1)

MUSIC_ACTIONS = (
    "next_song",
    "thumbs_up",
    "thumbs_down",
    "roll_advert",
    "downgrade",
    "submit_upgrade",
    "cancel",
    "home",
)
EVERY_KIND_ACTIONS = ("play", "replay", "like", "love", "hate", "error", "upgrade", "leave", "elsewhere")
SENTIMENTS = (-1.0, -0.0005, 0.0, 0.0015, 0.3337, 0.55, 0.9, 1.0)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(("plan", "seats", "tier")), st.sampled_from(("free", "paid", "gold", 2, 2.5, 3)), min_size=1
) | st.fixed_dictionaries({"age": st.sampled_from((0, 17.25, 17.35, 33, -1))})
AMOUNTS = st.sampled_from((0, 12.5, -0.0005, 0.0015, 2.5, 3, 99.99, 1_099_511_627.776))
MEASURES = st.dictionaries(st.sampled_from(("amount", "minutes", "weight")), AMOUNTS, min_size=1)


@dataclass(frozen=True)
class Move:
    """One event relative to the newest of its user: so much later (or earlier), seen by a clock that is so wrong.

    `repeats` names the event whose id it takes, counted back from the log's end.
    """

    event: Event
    step_ms: int
    clock_error_ms: int = 0
    recorded: bool = True
    repeats: int | None = None


def _event(
    kind: str,
    action: str,
    measures: dict[str, float] | None,
    sentiment: float | None,
    attributes: dict[str, str | float],
) -> Event:
    """An event whose user and time are put in later."""
    log = LogWriter()
    match kind:
        case "activity":
            log.does(action, 1, measures)
        case "opened" | "closed":
            log.chats(kind, 1)
        case "profile":
            log.becomes(1, attributes)
        case direction:
            log.says(1, sentiment, direction)
    return log.events[0]


def _events() -> st.SearchStrategy[Event]:
    return st.builds(
        _event,
        st.sampled_from(("activity", "activity", "activity", "opened", "closed", "inbound", "outbound", "profile")),
        st.sampled_from(MUSIC_ACTIONS + EVERY_KIND_ACTIONS),
        st.none() | st.none() | MEASURES,
        st.none() | st.sampled_from(SENTIMENTS),
        ATTRIBUTES,
    )


def _moves() -> st.SearchStrategy[Move]:
    forward = st.sampled_from(ORDINARY_STEPS_MS) | st.sampled_from(EDGE_STEPS_MS) | st.integers(0, 40 * DAY_MS)
    backward = forward.map(lambda step_ms: -step_ms)
    rarely_wrong = st.sampled_from((0,) * 8 + CLOCK_ERRORS_MS)
    rarely_repeated = st.none() | st.none() | st.none() | st.integers(1, 40)
    users = st.sampled_from(USERS)
    events = st.builds(lambda event, user: replace(event, user=user), _events(), users)
    return st.builds(Move, events, forward | forward | backward, rarely_wrong, st.booleans(), rarely_repeated)


def _written(moves: list[Move], first_ms: int) -> list[PlainRecord]:
    newest: dict[str | None, int] = {}
    events: list[Event] = []
    for move in moves:
        user = move.event.user
        true_ms = max(1, newest.get(user, first_ms) + move.step_ms)
        newest[user] = max(true_ms, newest.get(user, 0))
        repeated = move.repeats if move.repeats and move.repeats <= len(events) else None
        event = replace(
            move.event,
            time_ms=true_ms + move.clock_error_ms,
            event_id=events[-repeated].event_id if repeated else f"event-{len(events)}",
            recorded_ms=true_ms if move.recorded else 0,
            sent_ms=true_ms if not move.recorded else START_MS,
        )
        events.append(event)
    return records_of(events)


def logs() -> st.SearchStrategy[list[PlainRecord]]:
    """A log of a few users, without control records: short, so that failures are short, or long, so that rings turn."""
    moves = st.lists(_moves(), min_size=1, max_size=8) | st.lists(_moves(), min_size=30, max_size=100)
    return st.builds(_written, moves, st.sampled_from(FIRST_TIMES_MS))
