"""`churn produce simulate`: sends the events of simulated users, or writes them to a file."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from cli.console import OnProgress, progress
from cli.data.produce.sending import say_done, send
from cli.options import AsJson
from producers.event_files import write_events
from producers.simulator import refuse_unfinished_period, simulate
from schemas.instants import parse_instant
from schemas.outgoing import OutgoingEvent, address

_STEP: Final = 1_000


def simulate_users(
    users: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many users.")] = 300,
    days: Annotated[int, typer.Option(min=1, max=3_660, help="How many days.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same events.")] = 1,
    start: Annotated[str, typer.Option(help="First instant, RFC 3339.")] = "2024-01-01T00:00:00Z",
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Write an event file instead of sending.")] = None,
    as_json: AsJson = False,
) -> None:
    """Send, or write to a file, the events of simulated users of a music service with support chats.

    Example: churn produce simulate --users 300 --days 30 --seed 7 --out month.jsonl.gz
    """
    start_ms = _instant_ms(start)
    refuse_unfinished_period(start_ms, days, time.time_ns() // 1_000_000)
    simulated = address(simulate(users, days, seed, start_ms))
    if out is None:
        send(f"{users} simulated users", simulated, None, as_json=as_json)
    else:
        _write(out, simulated, as_json=as_json)


def _instant_ms(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--start") from error


def _write(out: Path, simulated: Iterable[OutgoingEvent], *, as_json: bool) -> None:
    tally = _Tally()
    started_s = time.monotonic()
    with progress(out.name, None) as advance:
        written = write_events(out, tally.values(simulated, advance))
    say_done({"written": written, "users": len(tally.users), "bytes": tally.bytes}, started_s, as_json=as_json)


class _Tally:
    """Hands on the events' bytes and counts users and bytes, line ends included, on the way."""

    def __init__(self) -> None:
        self.users: set[bytes] = set()
        self.bytes = 0

    def values(self, events: Iterable[OutgoingEvent], advance: OnProgress) -> Iterator[bytes]:
        place = 0
        for place, event in enumerate(events, start=1):
            self.users.add(event.key)
            self.bytes += len(event.value) + 1
            if place % _STEP == 0:
                advance(_STEP)
            yield event.value
        advance(place % _STEP)
