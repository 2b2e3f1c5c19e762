"""Which transactions are open on a partition, and for how long: Kafka's DescribeProducers, which aiokafka lacks."""

import time
from collections.abc import Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, NoError, for_code
from aiokafka.protocol.admin import DescribeConfigsRequest
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Int64, Schema, TaggedFields

from schemas.errors import ChurnError, ContractViolation, Transient

_BROKER = 4
_LONGEST_SETTING = "transaction.max.timeout.ms"
_LONGEST_MS = 900_000
"""Of a transaction, unless the brokers are told otherwise."""
_HANGS_AFTER = 2
"""Times the longest: by then the coordinator has ended every transaction that it knows of."""


class OpenTransaction(NamedTuple):
    """A producer's, on one partition: since when it wrote nothing more, and where it began."""

    producer_id: int
    epoch: int
    last_ms: int
    begin: int


class _Producers(Response):  # type: ignore[misc]
    API_KEY = 61
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "topics",
            CompactArray(
                ("name", CompactString("utf-8")),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("error_code", Int16),
                        ("error_message", CompactString("utf-8")),
                        (
                            "producers",
                            CompactArray(
                                ("producer_id", Int64),
                                ("producer_epoch", Int32),
                                ("last_sequence", Int32),
                                ("last_timestamp", Int64),
                                ("coordinator_epoch", Int32),
                                ("txn_start_offset", Int64),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeProducersV0(RequestStruct):  # type: ignore[misc]
    API_KEY = 61
    API_VERSION = 0
    FLEXIBLE_VERSION = True
    RESPONSE_TYPE = _Producers
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("name", CompactString("utf-8")),
                ("partitions", CompactArray(Int32)),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeProducers(Request[_DescribeProducersV0]):  # type: ignore[misc]
    API_KEY = 61

    def __init__(self, at: TopicPartition) -> None:
        self._at = at

    def build(self, request_struct_class: type[_DescribeProducersV0]) -> _DescribeProducersV0:
        return request_struct_class([(self._at.topic, [self._at.partition], {})], {})


async def still_open(consumer: AIOKafkaConsumer, at: TopicPartition) -> ChurnError:
    """What it means that a transaction on a partition has not ended: ContractViolation for one that hangs.

    The coordinator ends what has lasted for longer than its producer has promised. What is open for far longer is open
    for ever.
    """
    try:
        found, longest_ms = await _open_on(consumer, at), await _longest_ms(consumer)
    except (KafkaError, OSError) as error:
        return Transient(
            f"a transaction on {at.topic} partition {at.partition} has not ended, whose is not known: {error}"
        )
    now_ms = time.time_ns() // 1_000_000
    if not found:
        return Transient(f"a transaction on {at.topic} partition {at.partition} has just ended")
    oldest = min(found, key=lambda one: one.last_ms)
    waits_s = max(0, now_ms - oldest.last_ms) / 1000
    said = (
        f"a transaction of producer {oldest.producer_id} (epoch {oldest.epoch}) is open on {at.topic} partition "
        f"{at.partition} from offset {oldest.begin} on, for {waits_s:,.0f} s"
    )
    if waits_s * 1000 <= _HANGS_AFTER * longest_ms:
        return Transient(f"{said}: decisions can be read once it ends, by itself after its own time-out at the latest")
    return ContractViolation(
        f"{said}, and no coordinator will end it any more: find whose it is, and end it with `kafka-transactions.sh "
        f"--bootstrap-server … abort --topic {at.topic} --partition {at.partition} --start-offset {oldest.begin}`",
        "open_transaction",
    )


async def _open_on(consumer: AIOKafkaConsumer, at: TopicPartition) -> Sequence[OpenTransaction]:
    client = consumer._client
    answer = await client.send(client.cluster.leader_for_partition(at), _DescribeProducers(at))
    ((_, ((_, code, _, producers, _),), _),) = answer.topics
    if (error := for_code(code)) is not NoError:
        raise error
    return [
        OpenTransaction(producer_id, epoch, last_ms, begin)
        for producer_id, epoch, _, last_ms, _, begin, _ in producers
        if begin >= 0
    ]


async def _longest_ms(consumer: AIOKafkaConsumer) -> int:
    """How long the brokers let a transaction last; their own default if this user may not ask."""
    client = consumer._client
    node = client.get_random_node()
    answer = await client.send(node, DescribeConfigsRequest([(_BROKER, str(node), [_LONGEST_SETTING])]))
    for code, _, _, _, entries in answer.resources:
        if for_code(code) is NoError:
            return int(entries[0][1])
    return _LONGEST_MS
