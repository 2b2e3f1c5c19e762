"""`churn produce`: puts events on the customer-events topic, from a real log, an event file or the simulator."""

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import typer

from cli.console import OUT, Advance, print_json, progress
from producers import sparkify
from producers.event_files import read_events, write_events
from producers.simulator import refuse_unfinished_period, simulate
from schemas.errors import ContractViolation
from schemas.events import USER_EVENTS
from schemas.instants import parse_instant
from schemas.outgoing import Outgoing, address
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.deployment import sender as new_sender
from stream_app.ports.pacing import Pace, at_speed, flat_out
from stream_app.ports.sending import Sender
from stream_app.settings import Settings

_INTERRUPTED: Final = 130
_STEP: Final = 1_000

app = typer.Typer(no_args_is_help=True, help="Put events on the customer-events topic.")

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines, plain or gzip.")]
Speed = Annotated[
    float | None,
    typer.Option(min=0.001, help="Factor of event time: 1 is real time, 3600 an hour a second. Unset: flat out."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a sentence.")]


@app.command()
def log(file: File, speed: Speed = None, as_json: AsJson = False) -> None:
    """Send a Sparkify activity log: its rows as canonical events; rows without a user are skipped.

    Example: churn produce log sparkify_mini_events_68users.jsonl.gz
    """
    _send(file.name, sparkify.read_log(file), speed, as_json=as_json)


@app.command()
def events(file: File, speed: Speed = None, as_json: AsJson = False) -> None:
    """Send an event file, one CloudEvent a line: your own data. The first line that is no event stops it.

    Example: churn produce events my_customers.jsonl.gz --speed 3600
    """
    _send(file.name, _user_events(file), speed, as_json=as_json)


@app.command(name="simulate")
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
        _send(f"{users} simulated users", simulated, None, as_json=as_json)
    else:
        _write(out, simulated, as_json=as_json)


def _instant_ms(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--start") from error


def _user_events(file: Path) -> Iterator[Outgoing]:
    for line in read_events(file):
        if not isinstance(line.record, USER_EVENTS) or line.record.subject is None:
            raise ContractViolation(
                f"{file}:{line.number}: control and clock records are addressed to a partition and cannot be sent from "
                "a file: take the line out, and change models with `churn models promote`"
            )
        yield Outgoing(line.record.subject.encode(), line.raw, line.time_ms)


def _send(title: str, source: Iterable[Outgoing | None], speed: float | None, *, as_json: bool) -> None:
    sender = new_sender(deployment_of(Settings()))
    started_s = time.monotonic()
    with _stopping_on_interrupt(sender), progress(title, None) as advance:
        _send_all(sender, source, flat_out() if speed is None else at_speed(speed), advance)
    counts = {"sent": sender.counts.sent, "skipped": sender.counts.skipped}
    _report(counts | {"users": len(sender.users), "bytes": sender.counts.bytes}, started_s, as_json=as_json)
    if sender.stopped:
        raise typer.Exit(_INTERRUPTED)


def _send_all(sender: Sender, source: Iterable[Outgoing | None], pace: Pace, advance: Advance) -> None:
    try:
        sender.send(source, pace, advance)
    except ContractViolation as error:
        raise ContractViolation(f"{error}; {sender.counts.sent} events before it were sent, none behind it") from error


@contextmanager
def _stopping_on_interrupt(sender: Sender) -> Iterator[None]:
    """The first Ctrl-C stops the sender cleanly, the second one the program."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        sender.stop()
        signal.signal(signal.SIGINT, before)

    before: Any = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _write(out: Path, simulated: Iterable[Outgoing], *, as_json: bool) -> None:
    tally = _Tally()
    started_s = time.monotonic()
    with progress(out.name, None) as advance:
        written = write_events(out, tally.values(simulated, advance))
    _report({"written": written, "users": len(tally.users), "bytes": tally.bytes}, started_s, as_json=as_json)


class _Tally:
    """Hands on the events' bytes and counts users and bytes, line ends included, on the way."""

    def __init__(self) -> None:
        self.users: set[bytes] = set()
        self.bytes = 0

    def values(self, events: Iterable[Outgoing], advance: Advance) -> Iterator[bytes]:
        place = 0
        for place, event in enumerate(events, start=1):
            self.users.add(event.key)
            self.bytes += len(event.value) + 1
            if place % _STEP == 0:
                advance(_STEP)
            yield event.value
        advance(place % _STEP)


def _report(counts: dict[str, int], started_s: float, *, as_json: bool) -> None:
    seconds = max(time.monotonic() - started_s, 1e-3)
    done = counts["sent"] if "sent" in counts else counts["written"]
    if as_json:
        print_json(counts | {"seconds": round(seconds, 3), "events_per_second": round(done / seconds)})
    else:
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        OUT.print(f"{told} in {seconds:,.1f} s ({done / seconds:,.0f} events/s)")
