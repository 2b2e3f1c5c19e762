"""Puts events on the customer-events topic of the deployment that the settings name, with a report at the end."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Annotated

import typer

from cli import endings
from cli.console import OUT, OnProgress, print_json, progress, say
from cli.event_logs import described, looked_through, sorted_as_told
from cli.options import readable
from producers.openings import is_stream, name_of
from producers.time_order import OrderWatch
from schemas.errors import ContractViolation
from schemas.outgoing import OutgoingEvent, address
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.deployment import sender as new_sender
from stream_app.ports.pacing import Pace, at_speed, flat_out
from stream_app.ports.sending import Sender
from stream_app.settings import Settings

Source = Iterable[OutgoingEvent | None]
Read = Callable[[Path], Iterator[OutgoingEvent | None]]
"""Reads a file as events, None for each row of which no event can be made."""

File = Annotated[
    Path,
    typer.Argument(parser=readable, metavar="FILE", help="JSON lines, plain, gzip, bzip2 or xz; - for stdin."),
]
Speed = Annotated[
    float | None,
    typer.Option(min=0.001, help="Factor of event time: 1 is real time, 3600 an hour a second. Unset: flat out."),
]
FromLine = Annotated[
    int, typer.Option("--from-line", min=1, help="Begin with this line: where an earlier run says that it stopped.")
]


def send_file(file: Path, read: Read, speed: float | None, from_line: int, *, as_json: bool) -> None:
    """Send a file once all of its lines have been found good, and a stream as it comes."""
    watch = OrderWatch()
    source = _as_it_comes(read(file), watch) if is_stream(file) else _checked(name_of(file), lambda: read(file))
    send(name_of(file), islice(source, from_line - 1, None), speed, as_json=as_json, from_line=from_line)
    if watch.disorder is not None:
        say(f"churn: {described(name_of(file), watch.disorder)}: such events count as late")


def send(title: str, source: Source, speed: float | None, *, as_json: bool, from_line: int | None = None) -> None:
    """Send events at a speed, flat out for None. Ctrl-C, SIGTERM and SIGHUP stop it cleanly, with their exit codes.

    `from_line` is the line that the source begins with, if it comes from lines.
    """
    sender = new_sender(deployment_of(Settings()))
    started_s = time.monotonic()
    with endings.finishing(sender.stop) as until_asked, progress(title, None) as advance:
        _send_all(sender, until_asked(source), flat_out() if speed is None else at_speed(speed), advance, from_line)
    counts = {"sent": sender.counts.sent, "skipped": sender.counts.skipped}
    say_done(counts | {"users": len(sender.users), "bytes": sender.counts.bytes}, started_s, as_json=as_json)
    if sender.stopped:
        say(f"churn: stopped by {endings.asked_by()}{_going_on(sender, from_line)}")
        raise typer.Exit(endings.exit_code())


def _checked(name: str, read: Callable[[], Iterator[OutgoingEvent | None]]) -> Source:
    skipped = 0

    def lines() -> Iterator[bytes]:
        nonlocal skipped
        skipped = 0
        for event in read():
            if event is None:
                skipped += 1
            else:
                yield event.value

    watch = looked_through(name, lines())
    if watch.disorder is None:
        return read()
    return chain(repeat(None, skipped), address(sorted_as_told(name, watch, lines)))


def _as_it_comes(source: Source, watch: OrderWatch) -> Source:
    for event in source:
        if event is not None:
            watch.note(event.value)
        yield event


def _send_all(sender: Sender, source: Source, pace: Pace, advance: OnProgress, from_line: int | None) -> None:
    try:
        sender.send(source, pace, advance)
    except ContractViolation as error:
        raise ContractViolation(
            f"{error}; {sender.counts.sent} events before it were sent, none behind it{_going_on(sender, from_line)}"
        ) from error


def _going_on(sender: Sender, from_line: int | None) -> str:
    if from_line is None:
        return ""
    return f": go on with --from-line {from_line + sender.counts.sent + sender.counts.skipped}"


def say_done(counts: dict[str, int], started_s: float, *, as_json: bool) -> None:
    """Say how many events were sent or written in what time."""
    seconds = max(time.monotonic() - started_s, 1e-3)
    done = counts["sent"] if "sent" in counts else counts["written"]
    if as_json:
        print_json(counts | {"seconds": round(seconds, 3), "events_per_second": round(done / seconds)})
    else:
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
        OUT.print(f"{told} in {seconds:,.1f} s ({done / seconds:,.0f} events/s)")
