"""The alerts of a partition as only Kafka has them: bounded scans, open transactions, a broker that falls silent."""

import asyncio
import time

import msgspec
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import RequestTimedOutError
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from schemas.alerts import Alert
from schemas.errors import ChurnError, ContractViolation, Transient
from schemas.instants import parse_instant
from stack.local import Services
from stream_app.adapters.kafka.decisions import KafkaDecisions
from stream_app.adapters.kafka.scan import MOST_AT_ONCE
from stream_app.ports.sending import HEADERS
from tests.support.connections import NOWHERE, deployment_at
from tests.support.decision_deployments import InKafka, alert, alerts_from, unstamped
from tests.support.outages import standing_still

BEFORE_ALL_MS = parse_instant("2026-01-01T00:00:00.000Z")


@pytest.fixture
def in_kafka(stack: Services, prefix: str) -> InKafka:
    return InKafka(deployment_at(stack, prefix))


def test_reading_back_looks_no_further_than_the_first_alert_below_the_position(in_kafka: InKafka) -> None:
    """The oldest record cannot be read at all: who goes there fails."""
    unreadable = Producer({"bootstrap.servers": in_kafka.bootstrap})
    unreadable.produce(in_kafka.topic, b"no alert", partition=0)
    assert unreadable.flush(10.0) == 0

    async def scenario() -> None:
        log = in_kafka.log()
        await log.open()
        await log.publish_alerts([alert(offset) for offset in range(200)])
        assert len((await alerts_from(log, 199)).alerts) == 1
        assert len((await alerts_from(log, 150)).alerts) == 50
        with pytest.raises(msgspec.DecodeError):
            await alerts_from(log, 0)
        await log.close()

    asyncio.run(scenario())


def test_many_alerts_are_read_beside_the_replay_and_few_of_them_are_held(in_kafka: InKafka) -> None:
    """Offsets rise by two, so that a position can lie between alerts."""
    many = 9_000

    async def scenario() -> None:
        log = in_kafka.log()
        await log.open()
        await log.publish_alerts([alert(2 * number) for number in range(many)])
        for begin in (0, 1, 2 * 3_000, 2 * 8_990, 2 * many):
            assert (await log.read_back(begin, 0)).front == 2 * (many - 1)
            found: list[int] = []
            for before in (*range(begin, 2 * many, 1_500), 2 * many):
                step = [one.data.src.offset for one in await log.read_alerts(before)]
                assert all(offset < before for offset in step)
                assert log._ahead is not None
                assert len(log._ahead._waiting) <= MOST_AT_ONCE
                found += step
            assert found == list(range(begin + begin % 2, 2 * many, 2))
        await log.close()

    asyncio.run(scenario())


def test_reading_back_waits_until_an_open_transaction_has_ended(in_kafka: InKafka) -> None:
    async def scenario() -> None:
        log, other = in_kafka.log(), f"{in_kafka.app_id}-other"
        await log.open()
        await log.publish_alerts([alert(1)])
        await in_kafka.transaction(other, [alert(2)])
        reading = asyncio.ensure_future(alerts_from(log, 0))
        await asyncio.wait([reading], timeout=0.5)
        assert not reading.done()
        ending = AIOKafkaProducer(bootstrap_servers=in_kafka.bootstrap, transactional_id=other)
        await ending.start()
        assert set((await reading).alerts) == {1}
        await ending.stop()
        await log.close()

    asyncio.run(scenario())


@pytest.mark.parametrize(("age_s", "kind"), [(10, Transient), (3600, ContractViolation)])
def test_a_foreign_transaction_that_does_not_end_is_named_with_its_producer_and_stops_when_it_hangs(
    in_kafka: InKafka, age_s: int, kind: type[ChurnError]
) -> None:
    """The broker knows since when from the record's own timestamp, and lets no transaction last beyond 900 s."""

    async def scenario() -> None:
        foreign = AIOKafkaProducer(
            bootstrap_servers=in_kafka.bootstrap,
            transactional_id=f"{in_kafka.app_id}-foreign",
            transaction_timeout_ms=600_000,
        )
        await foreign.start()
        await foreign.begin_transaction()
        sent_ms = int(time.time() * 1000) - 1000 * age_s
        await foreign.send_and_wait(in_kafka.topic, b"{}", partition=0, timestamp_ms=sent_ms)
        log = in_kafka.log()
        await log.open()
        with pytest.raises(kind, match=r"producer \d+ \(epoch 0\) is open on .* from offset 0 on") as waited:
            await alerts_from(log, 0)
        if isinstance(waited.value, ContractViolation):
            assert waited.value.state == "open_transaction"
            assert "kafka-transactions.sh" in str(waited.value)
        await foreign.abort_transaction()
        assert not (await alerts_from(log, 0)).alerts
        await log.close()
        await foreign.stop()

    asyncio.run(scenario())


def test_subscribers_get_keys_content_type_and_the_time_of_publication(in_kafka: InKafka) -> None:
    async def scenario() -> None:
        log = in_kafka.log(1)
        await log.open()
        await log.publish_alerts([alert(1, "ana"), alert(2, "Zoë")])
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
        await first.publish_alerts([alert(1)])
        with monkeypatch.context() as impatient, standing_still(stack.kafka):
            impatient.setattr("stream_app.adapters.kafka.publisher._ANSWER_WITHIN_S", 0.5)
            with pytest.raises(Transient):
                await first.publish_alerts([alert(2)])
            await asyncio.wait_for(first.close(), 3.0)
        await second.open()
        await second.publish_alerts([alert(3)])
        recorded = await alerts_from(second, 0)
        assert {1, 3} <= recorded.alerts.keys() <= {1, 2, 3}
        await second.close()

    asyncio.run(scenario())


def test_kafka_that_is_not_there_is_a_transient_error() -> None:
    async def scenario() -> None:
        log = KafkaDecisions(NOWHERE, 0)
        with pytest.raises(Transient):
            await log.open()
        with pytest.raises(Transient):
            await alerts_from(log, 0)
        await log.close()

    asyncio.run(scenario())


def test_the_end_of_a_transaction_is_asked_for_once_and_a_lost_reply_leaves_it_in_doubt(in_kafka: InKafka) -> None:
    async def scenario() -> None:
        log, next_owner = in_kafka.log(), in_kafka.log()
        await log.open()
        asked = losing_replies(log)
        with pytest.raises(Transient) as doubt:
            await log.publish_alerts([alert(1)])
        assert doubt.value.cause == "transaction_in_doubt"
        assert asked == ["EndTxnRequest"]
        await log.close()
        await next_owner.open()
        assert set((await alerts_from(next_owner, 0)).alerts) == {1}
        await next_owner.close()

    asyncio.run(scenario())


def test_a_transaction_whose_end_the_broker_never_saw_is_ended_by_the_next_owner(in_kafka: InKafka) -> None:
    async def scenario() -> None:
        log, next_owner = in_kafka.log(), in_kafka.log()
        await log.open()
        losing_replies(log, carried_out=False)
        with pytest.raises(Transient, match="not confirmed"):
            await log.publish_alerts([alert(1)])
        await log.close()
        await next_owner.open()
        assert (await alerts_from(next_owner, 0)).alerts == {}
        await next_owner.publish_alerts([alert(1)])
        assert set((await alerts_from(next_owner, 0)).alerts) == {1}
        await next_owner.close()

    asyncio.run(scenario())


def losing_replies(log: KafkaDecisions, carried_out: bool = True) -> list[str]:
    """Let every request to end a transaction time out, whether the broker carries it out or not; who was asked."""
    producer, asked = log._publisher._producer, list[str]()
    assert producer is not None
    send = producer.client.send

    async def losing(node_id: int, request: object, **options: object) -> object:
        if type(request).__name__ != "EndTxnRequest":
            return await send(node_id, request, **options)
        asked.append(type(request).__name__)
        if carried_out:
            await send(node_id, request, **options)
        raise RequestTimedOutError

    producer.client.send = losing
    return asked
