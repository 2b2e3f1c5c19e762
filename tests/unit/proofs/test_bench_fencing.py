"""What the fencing bench concludes from two sides' figures, and how it holds a process's partitions together."""

import asyncio
from typing import Any

import pytest

from proofs.fencing import price
from proofs.fencing.feed import Gate
from proofs.fencing.price import compared, demand
from proofs.fencing.side import Spent
from schemas.errors import ContractViolation


def spent(worker_s: float, redis_s: float | None = 0.1, broker_s: float | None = 0.1) -> Spent:
    return Spent(
        events=100_000, scored=100_000, alerts=1_000, batches=200, worker_s=worker_s, redis_s=redis_s, broker_s=broker_s
    )


def a_result(ratio: float) -> dict[str, Any]:
    return {"512": {"ratio": 1.0}, "4000": {"ratio": ratio}}


def test_the_ratio_is_that_of_the_medians_so_one_slow_round_does_not_decide() -> None:
    found: dict[str, Any] = compared(
        {"fenced": [spent(0.9), spent(5.0), spent(1.0)], "unfenced": [spent(0.8), spent(0.1), spent(0.9)]}
    )
    assert found["fenced"]["worker_cpu_us_per_event"] == 10.0
    assert found["unfenced"]["worker_cpu_us_per_event"] == 8.0
    assert found["ratio"] == 1.25
    assert found["ratio_with_services"] == 1.2
    assert found["fenced"]["events_per_batch"] == 500


def test_a_service_that_is_not_ours_to_look_into_leaves_its_figures_empty() -> None:
    found: dict[str, Any] = compared({"fenced": [spent(1.0, None)], "unfenced": [spent(1.0, None)]})
    assert found["fenced"]["redis_cpu_us_per_event"] is None
    assert (found["ratio"], found["ratio_with_services"]) == (1.0, None)


def test_the_fence_may_cost_so_much_and_no_more() -> None:
    demand(a_result(price.MOST))
    with pytest.raises(ContractViolation, match="at batches of 4000"):
        demand(a_result(price.MOST + 0.01))


async def _through_a_gate(parties: int) -> list[str]:
    said: list[str] = []
    gate = Gate(parties, lambda: said.append("opened"))

    async def arrive() -> None:
        said.append("came")
        await gate.arrive()
        said.append("went on")

    await asyncio.gather(*(arrive() for _ in range(parties)))
    return said


def test_a_gate_opens_once_when_the_last_has_come_and_before_anybody_goes_on() -> None:
    assert asyncio.run(_through_a_gate(3)) == [*["came"] * 3, "opened", *["went on"] * 3]
