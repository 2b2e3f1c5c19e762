"""What every command says and how: results on stdout, progress and errors on stderr."""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from schemas.display import escaped

OUT = Console(highlight=False)
ERR = Console(stderr=True, highlight=False)

EXIT_FAILED = 1
EXIT_WRONG_USAGE = 2
EXIT_UNREACHABLE = 3
_PLAIN_LINE_EVERY_S = 5.0

OnProgress = Callable[[int], None]
"""Is told how many more are done."""
Item = TypeVar("Item")


def say(text: str) -> None:
    """One sentence on stderr, as it stands: data in it are neither markup nor a terminal's codes."""
    ERR.print(escaped(text, but="\n"), markup=False, soft_wrap=True)


def print_json(result: Mapping[str, Any]) -> None:
    """One object on stdout and nothing else."""
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()


@contextmanager
def progress(title: str, total: int | None, unit: str = "events") -> Iterator[OnProgress]:
    """Show how far a long command is: a bar with rate on a terminal, a plain line every few seconds elsewhere."""
    if ERR.is_terminal:
        yield from _bar(title, total, unit)
    else:
        yield from _lines(title, total, unit)


def tell_of_another_digest(alerts: int) -> None:
    """Say how many alerts were compared by what was decided alone, if any."""
    if alerts:
        OUT.print(
            f"{alerts:,} of the alerts were published under another digest: compared by user, episode, sequence, "
            "status, source offset, vector and score alone",
            soft_wrap=True,
        )


def counting(chunks: Iterable[Sequence[Item]], advance: OnProgress) -> Iterator[Sequence[Item]]:
    """The same chunks; `advance` is told of each when it has been dealt with."""
    for chunk in chunks:
        yield chunk
        advance(len(chunk))


def _bar(title: str, total: int | None, unit: str) -> Iterator[OnProgress]:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:,.0f} " + unit + " · {task.fields[rate]:,.0f}/s"),
        TimeRemainingColumn(),
    )
    started = time.monotonic()
    with Progress(*columns, console=ERR) as bars:
        task = bars.add_task(title, total=total, rate=0.0)

        def advance(count: int) -> None:
            bars.advance(task, count)
            elapsed = max(time.monotonic() - started, 1e-3)
            bars.update(task, rate=bars.tasks[task].completed / elapsed)

        yield advance


def _lines(title: str, total: int | None, unit: str) -> Iterator[OnProgress]:
    started = said = time.monotonic()
    done = 0

    def line() -> None:
        share = f" of {total:,}" if total is not None else ""
        rate = done / max(time.monotonic() - started, 1e-3)
        ERR.print(f"{title}: {done:,}{share} {unit} · {rate:,.0f}/s", markup=False, soft_wrap=True)

    def advance(count: int) -> None:
        nonlocal done, said
        done += count
        if time.monotonic() - said >= _PLAIN_LINE_EVERY_S:
            said = time.monotonic()
            line()

    try:
        yield advance
    finally:
        line()
