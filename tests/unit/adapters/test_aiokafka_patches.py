"""What the patches of aiokafka rely on is there, and another version of it is refused."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.producer.sender import AddPartitionsToTxnHandler, Sender

from schemas.errors import ContractViolation
from stream_app.adapters.kafka import aiokafka_patches
from stream_app.adapters.kafka.aiokafka_patches import demand_versions, seeing

PATCHED = [
    (AIOKafkaConsumer.start, "Fetcher"),
    (Fetcher._proc_fetch_request, "MemoryRecords"),
    (Fetcher._proc_fetch_request, "PartitionRecords"),
    (Sender._do_txn_commit, "EndTxnHandler"),
    (Sender._do_add_partitions_to_txn, "AddPartitionsToTxnHandler"),
    (AddPartitionsToTxnHandler.handle_response, "BACKOFF_OVERRIDE"),
]


@pytest.mark.parametrize(("function", "name"), PATCHED, ids=[name for _, name in PATCHED])
def test_the_name_under_which_aiokafka_is_to_find_something_of_ours_is_one_that_it_uses(
    function: Callable[..., Any], name: str
) -> None:
    assert name in function.__globals__
    assert seeing(function, **{name: None}).__globals__[name] is None
    assert function.__globals__[name] is not None


def test_a_name_that_aiokafka_does_not_use_is_refused() -> None:
    with pytest.raises(ContractViolation, match=r"_do_txn_commit does not use EndHandler"):
        seeing(Sender._do_txn_commit, EndHandler=None)


def test_another_version_of_aiokafka_is_refused() -> None:
    demand_versions("the patches were", aiokafka_patches.TESTED)
    with pytest.raises(ContractViolation, match=r"tested with aiokafka 0.13.0, here is 0.14.0: install what"):
        demand_versions("the patches were", {"aiokafka": "0.13.0"})


def test_what_is_set_past_the_arguments_of_a_consumer_or_a_producer_is_there() -> None:
    async def looking() -> None:
        consumer = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
        assert {"_fetch_min_bytes", "_fetch_max_wait_ms", "_fetch_max_bytes", "_subscription"} <= vars(consumer).keys()
        await consumer.stop()
        producer = AIOKafkaProducer(bootstrap_servers="127.0.0.1:1", enable_idempotence=True)
        assert {"_closed", "_sender", "_message_accumulator", "_txn_manager"} <= vars(producer).keys()
        assert {"_pid_and_epoch", "_transaction_waiter"} <= vars(producer._txn_manager).keys()
        assert {"_batches", "_pending_batches"} <= vars(producer._message_accumulator).keys()
        await producer.stop()

    asyncio.run(looking())
