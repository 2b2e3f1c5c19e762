"""When the next event is due: flat out, so many a second, or in step with event time."""

import time
from collections.abc import Callable
from typing import Final

Pace = Callable[[int, int], float]
"""From an event's place in the stream (0, 1, ...) and its time in ms to the `time.monotonic` second it is due."""

_MS: Final = 1000.0


def flat_out() -> Pace:
    """Everything is due at once."""
    return lambda _place, _time_ms: 0.0


def at_rate(events_per_second: float) -> Pace:
    """Evenly, from now on."""
    started_s = time.monotonic()
    return lambda place, _time_ms: started_s + place / events_per_second


def at_speed(factor: float) -> Pace:
    """As the events happened, `factor` times as fast; the first is due now, one dated before it at once."""
    started_s = time.monotonic()
    first_ms: int | None = None

    def due_s(_place: int, time_ms: int) -> float:
        nonlocal first_ms
        if first_ms is None:
            first_ms = time_ms
        return started_s + (time_ms - first_ms) / _MS / factor

    return due_s
