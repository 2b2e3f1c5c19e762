"""What aiokafka does not do as we need it, each patch for the consumer or producer that asks for it and for no other.

A patch is aiokafka's own function that finds something of ours under one of the names that it uses. Relies on internals
of the version named below: importing it under another one is refused, and so is a name that a function does not use.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import copy
from importlib.metadata import version
from itertools import chain
from types import FunctionType, MethodType
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import AIOKafkaClient, create_conn
from aiokafka.consumer.fetcher import READ_UNCOMMITTED
from aiokafka.errors import KafkaError, ProducerClosed
from aiokafka.producer.sender import AddPartitionsToTxnHandler, EndTxnHandler, Sender
from aiokafka.producer.transaction_manager import PidAndEpoch
from aiokafka.structs import TopicPartition

from schemas.errors import ContractViolation

TESTED: Final = {"aiokafka": "0.14.0"}

AGAIN_AFTER_S: Final = 0.002
"""While the broker finishes the transaction before, it tells the next one to try again: after 20 ms by default, which
was most of an alert's delay at many small batches a second."""

_DROPPED_WITHIN_S = 2.0


def demand_versions(who: str, tested: Mapping[str, str]) -> None:
    """Raises ContractViolation unless each package is there in the version that `who` was tested with."""
    for package, wanted in tested.items():
        if (found := version(package)) != wanted:
            raise ContractViolation(
                f"{who} tested with {package} {wanted}, here is {found}: install what requirements.lock names"
            )


demand_versions("the patches of aiokafka were", TESTED)


def seeing(function: Callable[..., Any], **names: object) -> Callable[..., Any]:
    """The same function, which sees other things under some of its module's names.

    Raises ContractViolation when it does not use such a name.
    """
    if unused := names.keys() - set(function.__code__.co_names):
        raise ContractViolation(
            f"aiokafka's {function.__qualname__} does not use {', '.join(sorted(unused))}, which is to be replaced in "
            "it: install what requirements.lock names"
        )
    patched = FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    patched.__kwdefaults__ = function.__kwdefaults__
    return patched


def fetch_in_sizes(consumer: AIOKafkaConsumer, min_bytes: int, max_wait_ms: int, max_bytes: int) -> None:
    """Have a consumer that somebody else has made, and that has not started, ask for fetches of these sizes."""
    consumer._fetch_min_bytes = min_bytes
    consumer._fetch_max_wait_ms = max_wait_ms
    consumer._fetch_max_bytes = max_bytes


def read_committed(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer that somebody else has made, and that has not started, read no record of an open transaction."""
    consumer._isolation_level = "read_committed"


async def high_watermarks(
    consumer: AIOKafkaConsumer, partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """Where logs end for those who read all, asked of a consumer that reads only what is committed."""
    asking = copy(consumer._fetcher)
    asking._isolation_level = READ_UNCOMMITTED
    found: dict[TopicPartition, int] = await asking.end_offsets(list(partitions), consumer._request_timeout_ms)
    return found


def be_seen_fetching(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer look as if it fetched: aiokafka leaves its group for good when nobody does."""
    with consumer._subscription.fetch_context():
        pass


def refuse_at_once(client: AIOKafkaClient, refusal: Callable[[BaseException], Exception | None]) -> None:
    """Have a client that has not started raise the `refusal` that an error means when it first connects.

    aiokafka knows why it is not let in, and says that it could not connect.
    """
    client.bootstrap = MethodType(seeing(AIOKafkaClient.bootstrap, create_conn=_connecting(refusal)), client)


def end_once(producer: AIOKafkaProducer) -> None:
    """Have a producer ask for the end of each transaction once."""
    sending = producer._sender
    sending._do_txn_commit = MethodType(seeing(Sender._do_txn_commit, EndTxnHandler=_EndOnce), sending)


def begin_soon(producer: AIOKafkaProducer) -> None:
    """Have a producer ask soon again when the broker still finishes the transaction before."""
    sending = producer._sender
    add = seeing(Sender._do_add_partitions_to_txn, AddPartitionsToTxnHandler=_BeginSoon)
    sending._do_add_partitions_to_txn = MethodType(add, sending)


def identity_of(producer: AIOKafkaProducer) -> tuple[int, int]:
    """The producer id and the epoch under which a started producer writes."""
    return producer._txn_manager.producer_id, producer._txn_manager.producer_epoch


def take_identity(producer: AIOKafkaProducer, producer_id: int, epoch: int) -> None:
    """Have an idempotent producer that has not started write under an identity that was given out before."""
    producer._txn_manager._pid_and_epoch = PidAndEpoch(producer_id, epoch)


async def drop(producer: AIOKafkaProducer) -> None:
    """Close a producer at once, whatever state it is in; what it has not sent is forgotten. Never fails.

    Its own stop waits for records that a broker which is gone may never take.
    """
    producer._closed = True
    await producer.client.close()
    sending = producer._sender.sender_task
    if sending is not None:
        sending.cancel()
        await asyncio.wait([sending], timeout=_DROPPED_WITHIN_S)
    _nobody_waits(producer)
    producer._message_accumulator.fail_all(ProducerClosed())
    await producer.client.close()


def look_at(future: "asyncio.Future[object]") -> None:
    """Take note of how a future ended."""
    if not future.cancelled():
        future.exception()


def _connecting(refusal: Callable[[BaseException], Exception | None]) -> Callable[..., Awaitable[Any]]:
    async def connect(*place: Any, **options: Any) -> Any:  # noqa: ANN401 - aiokafka's own
        try:
            return await create_conn(*place, **options)
        except (KafkaError, OSError) as error:
            if (found := refusal(error)) is not None:
                raise found from error
            raise

    return connect


def _nobody_waits(producer: AIOKafkaProducer) -> None:
    """Futures that fail from here on, or have failed, are not complained about when they are thrown away."""
    accumulator, transactions = producer._message_accumulator, producer._txn_manager
    batches = [*chain.from_iterable(accumulator._batches.values()), *accumulator._pending_batches]
    futures = [future for batch in batches for future in (batch.future, batch._drain_waiter)]
    if transactions is not None and transactions._transaction_waiter is not None:
        futures.append(transactions._transaction_waiter)
    for future in futures:
        future.add_done_callback(look_at)


class TransactionInDoubt(KafkaError):  # type: ignore[misc]
    """The end of a transaction was asked for, and not confirmed at the first attempt."""


class _EndOnce(EndTxnHandler):  # type: ignore[misc]
    """Asks for the end of a transaction; whatever is not a clear yes puts the transaction in doubt."""

    async def do(self, node_id: Any) -> bool:  # noqa: ANN401 - aiokafka's own
        confirmed: bool = await super().do(node_id)
        if not confirmed:
            self._sender._txn_manager.fatal_error(TransactionInDoubt("the transaction's end was not confirmed"))
        return True


class _BeginSoon(AddPartitionsToTxnHandler):  # type: ignore[misc]
    """Adds a partition to a transaction, or asks again after a shorter while."""

    handle_response = seeing(AddPartitionsToTxnHandler.handle_response, BACKOFF_OVERRIDE=AGAIN_AFTER_S)
