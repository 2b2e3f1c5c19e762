"""What the benchmarks conclude from figures: speed kept or lost, the limit of a worker, what lay between readings."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.speed import gate
from benchmarks.speed.curve import draw
from benchmarks.speed.readings import UsageReading, between
from benchmarks.speed.saturation import keeps_up, limit
from schemas.errors import ContractViolation, Transient

PNG = b"\x89PNG\r\n\x1a\n"


def a_point(rate: float, applied: float | None = None, p99: float = 50.0, missing: int = 0) -> dict[str, Any]:
    delays = {"p50": 20.0, "p99": p99, "p999": 2 * p99}
    return {
        "rate": rate,
        "applied_per_second": rate if applied is None else applied,
        "alerts_missing": missing,
        "produce_to_hand_ms": delays,
        "produce_to_alert_ms": delays,
        "worker_cores": 0.5,
        "redis_cores": 0.1,
        "broker_cores": 0.2,
        "loader_cores": 0.1,
    }


def test_speed_is_kept_at_the_floor_and_above() -> None:
    gate.demand(gate.FLOOR)


def test_a_slower_path_is_refused_with_the_command_that_shows_why() -> None:
    with pytest.raises(ContractViolation, match="churn bench throughput"):
        gate.demand(gate.FLOOR - 0.1)


@pytest.mark.parametrize(
    "point",
    [a_point(1000, applied=900), a_point(1000, p99=1500), a_point(1000, missing=1)],
    ids=["falls behind", "late", "loses alerts"],
)
def test_a_worker_that_falls_behind_is_late_or_loses_alerts_does_not_keep_up(point: dict[str, Any]) -> None:
    assert not keeps_up(point)


def test_the_limit_is_the_highest_rate_that_was_kept_up_with() -> None:
    assert limit([a_point(1000), a_point(2000), a_point(4000, applied=3000)]) == 2000
    assert limit([a_point(4000, applied=3000)]) is None


def test_the_curve_is_drawn_with_and_without_a_limit(tmp_path: Path) -> None:
    points = [a_point(1000), a_point(2000, p99=80), a_point(4000, applied=3000, p99=5000)]
    for name, found in (("with", limit(points)), ("without", None)):
        file = tmp_path / "plots" / f"{name}.png"
        draw({"limit": found, "points": points}, file)
        assert file.read_bytes().startswith(PNG)


def test_what_lay_between_two_readings_is_given_per_event_and_per_second() -> None:
    first = UsageReading(applied=100, batches=1, wall_s=10.0, worker_cpu_s=1.0, redis_cpu_s=0.5, kafka_cpu_s=0.25)
    last = UsageReading(applied=1100, batches=5, wall_s=12.0, worker_cpu_s=2.0, redis_cpu_s=1.0, kafka_cpu_s=0.5)
    used = between(first, last)
    assert (used.events, used.events_per_batch) == (1000, 250)
    assert (used.events_per_cpu_second, used.events_per_second, used.worker_cores) == (1000, 500, 0.5)
    assert (used.worker_us, used.redis_us, used.broker_us) == (1000, 500, 250)


def test_a_run_too_short_to_be_measured_is_refused() -> None:
    reading = UsageReading(100, 1, 10.0, 1.0, 0.5, 0.25)
    with pytest.raises(Transient, match="take more events"):
        between(reading, reading)
