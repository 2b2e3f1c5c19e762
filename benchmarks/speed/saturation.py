"""Latency against load, up to the load that a worker can no longer follow."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from benchmarks.speed.deployments import Site
from benchmarks.speed.latency import bench

RATES: Final = (5_000, 10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 120_000, 140_000, 160_000)
WARM_UP_S: Final = 3.0
_FOLLOWED: Final = 0.95
_LATEST_MS: Final = 1000.0

Say = Callable[[str], None]
Point = Mapping[str, Any]


def measure(site: Site, app_id: str, rates: Sequence[int], seconds: float, say: Say) -> dict[str, Any]:
    """Rates one after another on the same worker, ending with the first that it does not keep up with."""
    points: list[Point] = []
    with bench(site, app_id) as ready:
        say("warming the broker up")
        ready.warm_broker()
        for rate in rates:
            say(f"{rate:,} events a second for {WARM_UP_S + seconds:.0f} s")
            points.append(ready.offer(rate, seconds, WARM_UP_S))
            if not keeps_up(points[-1]):
                break
    return {"limit": limit(points), "points": points}


def keeps_up(point: Point) -> bool:
    """Whether the worker applied what was offered, every alert arrived, and 99 % of them within a second."""
    delays = point["produce_to_alert_ms"]
    followed = point["applied_per_second"] >= _FOLLOWED * point["rate"]
    return bool(followed and not point["alerts_missing"] and delays is not None and delays["p99"] <= _LATEST_MS)


def limit(points: Sequence[Point]) -> float | None:
    """The highest rate that the worker kept up with, None if there is none."""
    return max((float(point["rate"]) for point in points if keeps_up(point)), default=None)
