"""Puts events on the customer-events topic of the deployment that the settings name, with a report at the end."""

import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final

import typer

from cli.console import OUT, OnProgress, print_json, progress
from schemas.errors import ContractViolation
from schemas.outgoing import OutgoingEvent
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.deployment import sender as new_sender
from stream_app.ports.pacing import Pace, at_speed, flat_out
from stream_app.ports.sending import Sender
from stream_app.settings import Settings

_INTERRUPTED: Final = 130

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON lines, plain or gzip.")]
Speed = Annotated[
    float | None,
    typer.Option(min=0.001, help="Factor of event time: 1 is real time, 3600 an hour a second. Unset: flat out."),
]


def send(title: str, source: Iterable[OutgoingEvent | None], speed: float | None, *, as_json: bool) -> None:
    """Send events at a speed, flat out for None; the first Ctrl-C stops it cleanly, with exit code 130."""
    sender = new_sender(deployment_of(Settings()))
    started_s = time.monotonic()
    with _stopping_on_interrupt(sender), progress(title, None) as advance:
        _send_all(sender, source, flat_out() if speed is None else at_speed(speed), advance)
    counts = {"sent": sender.counts.sent, "skipped": sender.counts.skipped}
    say_done(counts | {"users": len(sender.users), "bytes": sender.counts.bytes}, started_s, as_json=as_json)
    if sender.stopped:
        raise typer.Exit(_INTERRUPTED)


def _send_all(sender: Sender, source: Iterable[OutgoingEvent | None], pace: Pace, advance: OnProgress) -> None:
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


def say_done(counts: dict[str, int], started_s: float, *, as_json: bool) -> None:
    """Say how many events were sent or written in what time."""
    seconds = max(time.monotonic() - started_s, 1e-3)
    done = counts["sent"] if "sent" in counts else counts["written"]
    if as_json:
        print_json(counts | {"seconds": round(seconds, 3), "events_per_second": round(done / seconds)})
    else:
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        OUT.print(f"{told} in {seconds:,.1f} s ({done / seconds:,.0f} events/s)")
