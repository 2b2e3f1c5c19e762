"""The alerts of a partition, in Kafka and in memory: the log of decisions, with one publisher at a time."""

import asyncio

import pytest

from schemas.errors import Transient
from stack.local import Services
from stream_app.core.engine import Recorded
from tests.support.connections import deployment_at
from tests.support.decision_deployments import Deployment, InKafka, InMemory, alert, alerts_from, unstamped


@pytest.fixture
def in_kafka(stack: Services, prefix: str) -> InKafka:
    return InKafka(deployment_at(stack, prefix))


@pytest.fixture(params=["memory", "kafka"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    if request.param == "memory":
        return InMemory()
    found: InKafka = request.getfixturevalue("in_kafka")
    return found


def test_a_log_without_alerts_has_no_front(deployment: Deployment) -> None:
    async def scenario() -> None:
        log = deployment.log()
        await log.open()
        assert await alerts_from(log, 0) == await alerts_from(log, 1000) == Recorded({}, -1)
        await log.close()

    asyncio.run(scenario())


def test_decisions_from_the_position_on_are_read_back_and_the_front_whatever_the_position(
    deployment: Deployment,
) -> None:
    alerts = [alert(offset, f"user-{offset}") for offset in range(0, 1050, 3)]

    async def scenario() -> None:
        log = deployment.log()
        await log.open()
        for first in range(0, len(alerts), 50):
            await log.publish_alerts(alerts[first : first + 50])
        for position in (0, 1, 3, 500, 501, 855, 856, 858, 1046, 1047, 1048, 5000):
            recorded = await alerts_from(log, position)
            expected = [one for one in alerts if one.data.src.offset >= position]
            assert unstamped(recorded.alerts[offset] for offset in sorted(recorded.alerts)) == expected
            assert recorded.alerts.keys() == {one.data.src.offset for one in expected}
            assert recorded.front == 1047
        await log.close()

    asyncio.run(scenario())


def test_alerts_are_read_back_by_the_next_session_too(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.log(), deployment.log()
        await first.open()
        await first.publish_alerts([alert(7)])
        await first.close()
        await second.open()
        recorded = await alerts_from(second, 7)
        assert (unstamped(recorded.alerts.values()), recorded.front) == ([alert(7)], 7)
        await second.close()

    asyncio.run(scenario())


def test_as_many_alerts_as_a_batch_may_bring_are_published_in_order(deployment: Deployment) -> None:
    alerts = [alert(offset) for offset in range(1500)]

    async def scenario() -> None:
        log = deployment.log()
        await log.open()
        await log.publish_alerts(alerts)
        recorded = await alerts_from(log, 0)
        assert unstamped(recorded.alerts[offset] for offset in range(1500)) == alerts
        assert (len(recorded.alerts), recorded.front) == (1500, 1499)
        await log.close()

    asyncio.run(scenario())


def test_a_second_publisher_fences_the_first(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.log(), deployment.log()
        await first.open()
        await first.publish_alerts([alert(1)])
        await second.open()
        for _ in range(2):
            with pytest.raises(Transient):
                await first.publish_alerts([alert(2)])
        await second.publish_alerts([alert(3)])
        recorded = await alerts_from(second, 0)
        assert (set(recorded.alerts), recorded.front) == ({1, 3}, 3)
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_a_transaction_that_was_left_open_is_never_seen(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.log(), deployment.log()
        await first.open()
        await first.publish_alerts([alert(1)])
        await deployment.leave_open(first, [alert(2), alert(3)])
        await second.open()
        recorded = await alerts_from(second, 0)
        assert (set(recorded.alerts), recorded.front) == ({1}, 1)
        await second.publish_alerts([alert(2)])
        recorded = await alerts_from(second, 2)
        assert (set(recorded.alerts), recorded.front) == ({2}, 2)
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_partitions_are_nothing_to_one_another(deployment: Deployment) -> None:
    async def scenario() -> None:
        zeroth, first = deployment.log(0), deployment.log(1)
        await zeroth.open()
        await first.open()
        await zeroth.publish_alerts([alert(1)])
        await first.publish_alerts([alert(2)])
        assert set((await alerts_from(zeroth, 0)).alerts) == {1}
        assert set((await alerts_from(first, 0)).alerts) == {2}
        await zeroth.close()
        await first.close()

    asyncio.run(scenario())


def test_nothing_is_published_before_the_log_is_open_nor_after_it_is_closed(deployment: Deployment) -> None:
    async def scenario() -> None:
        log = deployment.log()
        with pytest.raises(Transient, match="not open"):
            await log.publish_alerts([alert(1)])
        await log.open()
        await log.close()
        await log.close()
        with pytest.raises(Transient, match="not open"):
            await log.publish_alerts([alert(1)])
        assert await alerts_from(log, 0) == Recorded({}, -1)

    asyncio.run(scenario())
