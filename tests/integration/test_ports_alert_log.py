"""The alerts of a partition, in Kafka and in memory: the log of decisions, with one publisher at a time."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from schemas import examples
from schemas.alerts import Alert
from schemas.errors import Transient
from schemas.instants import parse_instant
from schemas.topics import CHURN_ALERTS
from stack.local import Services
from stream_app.adapters.kafka_alert_log import HEADERS, KafkaAlertLog
from stream_app.adapters.memory.alert_log import AlertPartition, MemoryAlertLog
from stream_app.core.engine import Recorded
from stream_app.partition.ports import AlertLog
from tests.outages import standing_still

BEFORE_ALL_MS = parse_instant("2026-01-01T00:00:00.000Z")
EXAMPLE = msgspec.json.decode(examples.valid("alert")["firing-as-a-warning"], type=Alert)


def alert(offset: int, user: str = "ana") -> Alert:
    """A decision on the event at this offset."""
    source = msgspec.structs.replace(EXAMPLE.data.src, offset=offset)
    data = msgspec.structs.replace(EXAMPLE.data, user_ref=user, src=source, front=offset)
    return msgspec.structs.replace(EXAMPLE, subject=user, data=data)


def unstamped(alerts: Iterable[Alert]) -> list[Alert]:
    """Alerts without the time of their publication, which only Kafka's publisher knows."""
    return [
        msgspec.structs.replace(a, data=msgspec.structs.replace(a.data, detected_at=EXAMPLE.data.detected_at))
        for a in alerts
    ]


class Deployment(Protocol):
    """Partitions of an alerts topic."""

    def log(self, partition: int = 0) -> AlertLog:
        """What one session holds of it."""

    async def leave_open(self, log: AlertLog, alerts: Sequence[Alert]) -> None:
        """Let a publisher that is open die in the middle of a transaction with these alerts."""


class InMemory:
    def __init__(self) -> None:
        self._partitions = [AlertPartition(), AlertPartition()]

    def log(self, partition: int = 0) -> MemoryAlertLog:
        return MemoryAlertLog(self._partitions[partition])

    async def leave_open(self, log: AlertLog, alerts: Sequence[Alert]) -> None:
        assert isinstance(log, MemoryAlertLog)
        log.write(alerts)


class InKafka:
    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap = bootstrap
        self.app_id = prefix + "app"
        self.topic = prefix + CHURN_ALERTS.name
        admin = AdminClient({"bootstrap.servers": bootstrap})
        admin.create_topics([NewTopic(self.topic, 2, 1, config=CHURN_ALERTS.config())])[self.topic].result()

    def log(self, partition: int = 0) -> KafkaAlertLog:
        return KafkaAlertLog(self.bootstrap, self.app_id, self.topic, partition)

    async def leave_open(self, log: AlertLog, alerts: Sequence[Alert]) -> None:
        del log
        await self.transaction(f"{self.app_id}-0", alerts)

    async def transaction(self, transactional_id: str, alerts: Sequence[Alert]) -> None:
        """Written and acknowledged, never ended."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=transactional_id, acks="all")
        await producer.start()
        await producer.begin_transaction()
        for one in alerts:
            await producer.send_and_wait(self.topic, msgspec.json.encode(one), partition=0)
        await producer.stop()


@pytest.fixture
def in_kafka(stack: Services, prefix: str) -> InKafka:
    return InKafka(stack.bootstrap, prefix)


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
        assert await log.read_back(0) == await log.read_back(1000) == Recorded({}, -1)
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
            await log.publish(alerts[first : first + 50])
        for position in (0, 1, 3, 500, 501, 855, 856, 858, 1046, 1047, 1048, 5000):
            recorded = await log.read_back(position)
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
        await first.publish([alert(7)])
        await first.close()
        await second.open()
        recorded = await second.read_back(7)
        assert (unstamped(recorded.alerts.values()), recorded.front) == ([alert(7)], 7)
        await second.close()

    asyncio.run(scenario())


def test_as_many_alerts_as_a_batch_may_bring_are_published_in_order(deployment: Deployment) -> None:
    alerts = [alert(offset) for offset in range(1500)]

    async def scenario() -> None:
        log = deployment.log()
        await log.open()
        await log.publish(alerts)
        recorded = await log.read_back(0)
        assert unstamped(recorded.alerts[offset] for offset in range(1500)) == alerts
        assert (len(recorded.alerts), recorded.front) == (1500, 1499)
        await log.close()

    asyncio.run(scenario())


def test_a_second_publisher_fences_the_first(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.log(), deployment.log()
        await first.open()
        await first.publish([alert(1)])
        await second.open()
        for _ in range(2):
            with pytest.raises(Transient):
                await first.publish([alert(2)])
        await second.publish([alert(3)])
        recorded = await second.read_back(0)
        assert (set(recorded.alerts), recorded.front) == ({1, 3}, 3)
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_a_transaction_that_was_left_open_is_never_seen(deployment: Deployment) -> None:
    async def scenario() -> None:
        first, second = deployment.log(), deployment.log()
        await first.open()
        await first.publish([alert(1)])
        await deployment.leave_open(first, [alert(2), alert(3)])
        await second.open()
        recorded = await second.read_back(0)
        assert (set(recorded.alerts), recorded.front) == ({1}, 1)
        await second.publish([alert(2)])
        recorded = await second.read_back(2)
        assert (set(recorded.alerts), recorded.front) == ({2}, 2)
        await first.close()
        await second.close()

    asyncio.run(scenario())


def test_partitions_are_nothing_to_one_another(deployment: Deployment) -> None:
    async def scenario() -> None:
        zeroth, first = deployment.log(0), deployment.log(1)
        await zeroth.open()
        await first.open()
        await zeroth.publish([alert(1)])
        await first.publish([alert(2)])
        assert set((await zeroth.read_back(0)).alerts) == {1}
        assert set((await first.read_back(0)).alerts) == {2}
        await zeroth.close()
        await first.close()

    asyncio.run(scenario())


def test_nothing_is_published_before_the_log_is_open_nor_after_it_is_closed(deployment: Deployment) -> None:
    async def scenario() -> None:
        log = deployment.log()
        with pytest.raises(Transient, match="not open"):
            await log.publish([alert(1)])
        await log.open()
        await log.close()
        await log.close()
        with pytest.raises(Transient, match="not open"):
            await log.publish([alert(1)])
        assert await log.read_back(0) == Recorded({}, -1)

    asyncio.run(scenario())


def test_reading_back_looks_no_further_than_the_first_alert_below_the_position(in_kafka: InKafka) -> None:
    """The oldest record cannot be read at all: who goes there fails."""
    unreadable = Producer({"bootstrap.servers": in_kafka.bootstrap})
    unreadable.produce(in_kafka.topic, b"no alert", partition=0)
    assert unreadable.flush(10.0) == 0

    async def scenario() -> None:
        log = in_kafka.log()
        await log.open()
        await log.publish([alert(offset) for offset in range(200)])
        assert len((await log.read_back(199)).alerts) == 1
        assert len((await log.read_back(150)).alerts) == 50
        with pytest.raises(msgspec.DecodeError):
            await log.read_back(0)
        await log.close()

    asyncio.run(scenario())


def test_reading_back_waits_until_an_open_transaction_has_ended(in_kafka: InKafka) -> None:
    async def scenario() -> None:
        log, other = in_kafka.log(), f"{in_kafka.app_id}-other"
        await log.open()
        await log.publish([alert(1)])
        await in_kafka.transaction(other, [alert(2)])
        reading = asyncio.ensure_future(log.read_back(0))
        await asyncio.wait([reading], timeout=0.5)
        assert not reading.done()
        ending = AIOKafkaProducer(bootstrap_servers=in_kafka.bootstrap, transactional_id=other)
        await ending.start()
        assert set((await reading).alerts) == {1}
        await ending.stop()
        await log.close()

    asyncio.run(scenario())


def test_subscribers_get_keys_content_type_and_the_time_of_publication(in_kafka: InKafka) -> None:
    async def scenario() -> None:
        log = in_kafka.log(1)
        await log.open()
        await log.publish([alert(1, "ana"), alert(2, "Zoë")])
        await log.close()

    asyncio.run(scenario())
    subscriber = Consumer(
        {"bootstrap.servers": in_kafka.bootstrap, "group.id": "unused", "isolation.level": "read_committed"}
    )
    subscriber.assign([TopicPartition(in_kafka.topic, 1, OFFSET_BEGINNING)])
    messages = subscriber.consume(2, 10.0)
    subscriber.close()
    assert [message.key() for message in messages] == [b"ana", "Zoë".encode()]
    assert [message.headers() for message in messages] == [HEADERS] * 2
    decoded = [msgspec.json.decode(message.value() or b"", type=Alert) for message in messages]
    assert unstamped(decoded) == [alert(1, "ana"), alert(2, "Zoë")]
    assert all(parse_instant(one.data.detected_at) > BEFORE_ALL_MS for one in decoded)


def test_a_broker_that_falls_silent_costs_the_session_at_once_and_nothing_more(
    stack: Services, in_kafka: InKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        first, second = in_kafka.log(), in_kafka.log()
        await first.open()
        await first.publish([alert(1)])
        with monkeypatch.context() as impatient, standing_still(stack.kafka):
            impatient.setattr("stream_app.adapters.kafka_alert_log._TIMEOUT_S", 0.5)
            with pytest.raises(Transient):
                await first.publish([alert(2)])
            await asyncio.wait_for(first.close(), 3.0)
        await second.open()
        await second.publish([alert(3)])
        recorded = await second.read_back(0)
        assert {1, 3} <= recorded.alerts.keys() <= {1, 2, 3}
        await second.close()

    asyncio.run(scenario())


def test_kafka_that_is_not_there_is_a_transient_error() -> None:
    async def scenario() -> None:
        log = KafkaAlertLog("127.0.0.1:1", "app", "alerts", 0)
        with pytest.raises(Transient):
            await log.open()
        with pytest.raises(Transient):
            await log.read_back(0)
        await log.close()

    asyncio.run(scenario())
