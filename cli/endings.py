"""How commands are ended from outside: Ctrl-C, SIGTERM and SIGHUP alike, each with the exit code that shells know."""

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final, TypeVar

Item = TypeVar("Item")

_ENDING: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NAMES: Final = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM", signal.SIGHUP: "SIGHUP"}


class _Received:
    """The first signal that asked this process to end. There is one such process, as there is one such signal."""

    number: signal.Signals | None = None


def install() -> None:
    """Have each of the signals interrupt the command as Ctrl-C does, so that it takes away what it has begun.

    One that the caller has this process ignore (`nohup`, a shell's background job) goes on being ignored.
    """
    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)


def leave_to_worker() -> None:
    """A worker heeds SIGTERM and Ctrl-C by itself, and SIGHUP as SIGTERM; before it does, they end it at once."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


def was_asked() -> bool:
    """Whether one of the signals came."""
    return _Received.number is not None


def exit_code() -> int:
    """130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP: 128 and the signal's number."""
    return 128 + (_Received.number or signal.SIGINT)


def asked_by() -> str:
    """The signal as people call it."""
    return _NAMES[_Received.number or signal.SIGINT]


@contextmanager
def finishing(stop: Callable[[], None]) -> Iterator[Callable[[Iterable[Item]], Iterator[Item]]]:
    """Within the block the first signal calls `stop` and interrupts nothing; a Ctrl-C after it does.

    What is yielded hands a source's items on and ends the source when the signal comes while it is waited for.
    """
    waits = asked = False

    def ask(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        _note(number)
        signal.signal(signal.SIGINT, _interrupt)
        stop()
        if waits:
            raise _SourceLeftError

    def until_asked(source: Iterable[Item]) -> Iterator[Item]:
        nonlocal waits
        items = iter(source)
        while True:
            try:
                waits = True
                if asked:
                    return
                item = next(items)
            except (StopIteration, _SourceLeftError):
                return
            finally:
                waits = False
            yield item

    before = {number: signal.getsignal(number) for number in _ENDING}
    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, ask)
    try:
        yield until_asked
    finally:
        if not was_asked():
            for number, handler in before.items():
                signal.signal(number, handler)


class _SourceLeftError(BaseException):
    """Nobody waits for the source any more."""


def _interrupt(number: int, _frame: FrameType | None) -> None:
    _note(number)
    raise KeyboardInterrupt


def _note(number: int) -> None:
    """Terminals and supervisors send one after the other: what follows must not interrupt the taking away.

    A handler that does nothing, for one that is ignored would be ignored by every process that is started from now on.
    """
    _Received.number = _Received.number or signal.Signals(number)
    for other in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(other) is not signal.SIG_IGN:
            signal.signal(other, _nothing)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """Has been heard already."""
