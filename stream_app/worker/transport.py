"""Faust's aiokafka transport, carrying one chunk of records of one partition per stream event.

Stock Faust spends some 200 µs on every message. Here a message's value is the block of records that a fetch brought,
so that the cost is per chunk. Faust keeps what it is good at (group membership, app, web, command line); positions
belong to the partition sessions: the group offset only shows, for dashboards, where they are.

Relies on internals of the versions named below; importing it under others is refused.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Coroutine, Iterable, Mapping
from typing import Any, Final, NamedTuple, Protocol

import faust
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.transport.drivers import aiokafka as stock
from faust.types import TP, ConsumerMessage

from stream_app.adapters.kafka import aiokafka_patches
from stream_app.adapters.kafka.block_fetches import deliver_blocks
from stream_app.core.blocks import Block
from stream_app.ports.fetching import UnreadableBatch
from stream_app.worker.twins import tell_of_twins

FETCH_MIN_BYTES = 32 * 1024
FETCH_MAX_WAIT_MS = 15
"""A fetch is answered with 32 kB or after 15 ms, and with far more when the worker is behind. The cost is per chunk: at
5,000 events a second the wait keeps chunks few, at 20,000 the size keeps the delay short."""
FETCH_MAX_BYTES = 16 << 20
"""Of one fetch, all partitions together, as they stand in the log."""
_PAUSED_POLL_S = 0.05
_LOOK_EVERY_S = 2.0
"""At partitions that are paused: the last fetch, which said where their logs end, may be long ago."""
TESTED: Final = {"faust-streaming": "0.15.3", "mode-streaming": "0.7.1"}
aiokafka_patches.demand_versions("the chunk transport was", TESTED)


class Ends(NamedTuple):
    """Where a log ends: `stable` for those who read what is committed, `high` with what an open transaction holds
    back."""

    stable: int
    high: int


class Owner(Protocol):
    """Who owns the partitions that are assigned to this worker."""

    @property
    def partitions(self) -> Collection[int]:
        """Those that it has not released yet."""

    def assign(self, consumer: "ChunkConsumer", partitions: Iterable[int]) -> None:
        """Partitions were assigned: begin a session for each."""

    async def release(self, partitions: Iterable[int] | None) -> None:
        """Partitions were taken away (None: all): finish the running batch of each and end its session."""

    def position(self, partition: int) -> int | None:
        """Next offset to apply, None if there is no session."""

    async def until_one_has_ended(self) -> None:
        """Return when what works on a partition has ended though nobody has asked it to."""


class _Blind(dict[TP, int | None]):
    """Faust drops records at or below the offset that it has read; after a seek back they must come again."""

    def __getitem__(self, key: TP) -> None:
        return None

    def __setitem__(self, key: TP, value: int | None) -> None:
        pass

    def update(self, *others: Any, **more: Any) -> None:
        pass


class _ChunkThread(stock.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The consumer's own thread, with our fetches, and a group commit that may fail."""

    def _create_worker_consumer(self, transport: Any) -> AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        aiokafka_patches.fetch_in_sizes(consumer, FETCH_MIN_BYTES, FETCH_MAX_WAIT_MS, FETCH_MAX_BYTES)
        aiokafka_patches.read_committed(consumer)
        deliver_blocks(consumer)
        return consumer

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit group offsets. They are for dashboards: stock Faust would crash the worker where this logs."""
        mine = self.assignment()
        try:
            await self._ensure_consumer().commit(
                {stock.ensure_aiokafka_TP(tp): OffsetAndMetadata(o, "") for tp, o in offsets.items() if tp in mine}
            )
        except KafkaError as error:
            self.log.warning("group offset not committed: %r", error)
            return False
        return True


class ChunkConsumer(stock.Consumer):  # type: ignore[misc]
    """Delivers chunks; leaves positions to the owner of the partitions."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _Blind()
        self._looked_up: dict[TP, Ends] = {}

    async def on_start(self) -> None:
        """Look after what is paused, and after the partitions' tasks, as long as the consumer runs."""
        await super().on_start()
        self.add_future(self._look_after_the_paused())
        self.add_future(self._end_with_a_partition())

    def _new_consumer_thread(self) -> _ChunkThread:
        return _ChunkThread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """One message per partition that was fetched: a Block, or the UnreadableBatch at which it stands."""
        records, _ = await self._wait_next_records(_PAUSED_POLL_S if self._paused_partitions else timeout)
        generation = self.app.consumer_generation_id
        if records is None:
            return
        for at, chunk in records.items():
            if self.should_stop or not self.flow_active or self.app.consumer_generation_id != generation:
                return
            tp = TP(at.topic, at.partition)
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            for found in chunk:
                yield tp, _message(tp, found, generation)

    async def _wait_next_records(self, timeout: float) -> tuple[Any, Any]:
        """Stock Faust sleeps a second when every partition is paused."""
        while self._paused_partitions and not self._get_active_partitions() and self.flow_active:
            if self.should_stop:
                break
            await asyncio.sleep(_PAUSED_POLL_S / 10)
        return await super()._wait_next_records(timeout)  # type: ignore[no-any-return]

    def ends(self, partition: int, topic: str) -> Ends | None:
        """Where the partition's log ended when it was last fetched or looked at, None if it was not yet."""
        consumer, at = self._thread._ensure_consumer(), TopicPartition(topic, partition)
        try:
            high, stable = consumer.highwater(at), consumer.last_stable_offset(at)
        except AssertionError:  # the consumer's thread has just given the partition up
            return None
        fetched = None if high is None or stable is None else Ends(stable, high)
        looked_up = self._looked_up.get(TP(topic, partition))
        return max((ends for ends in (fetched, looked_up) if ends is not None), default=None)

    async def _look_after_the_paused(self) -> None:
        while not self.should_stop:
            await self.sleep(_LOOK_EVERY_S)
            if self._paused_partitions and not self.should_stop:
                await self._look_at(stock.ensure_aiokafka_TPset(self._paused_partitions))

    async def _end_with_a_partition(self) -> None:
        """A worker that has lost a partition's task would keep the partition from all others: better that it ends."""
        await self.app.owner.until_one_has_ended()
        raise RuntimeError("the task of a partition has ended though nobody has asked it to: this worker ends")

    async def _look_at(self, paused: set[TopicPartition]) -> None:
        """Find out where their logs end, and be seen fetching meanwhile."""

        async def look() -> Any:
            consumer = self._thread._ensure_consumer()
            aiokafka_patches.be_seen_fetching(consumer)
            return await consumer.end_offsets(paused), await aiokafka_patches.high_watermarks(consumer, paused)

        try:
            stable, high = await self._in_thread(look())
            self._looked_up.update({TP(at.topic, at.partition): Ends(stable[at], high[at]) for at in stable})
        except KafkaError as error:
            self.log.warning("ends of paused partitions not known: %r", error)

    async def seek_to(self, partition: int, topic: str, offset: int) -> None:
        """Fetch from this offset on."""

        async def seek() -> None:
            self._thread._ensure_consumer().seek(TopicPartition(topic, partition), offset)

        await self._in_thread(seek())

    async def _in_thread(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run something in the consumer's own thread."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self._thread.thread_loop))

    async def perform_seek(self) -> None:
        """Nothing: every session seeks for itself."""

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Nothing: the group offset decides nothing."""
        return {}

    async def _add_gap(self, *_: Any) -> None:
        """Nothing: the sessions check for holes."""

    def _new_offset(self, tp: TP) -> int | None:
        """The group offset shows the session's position; acknowledgements only free what Faust holds in flight."""
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        position: int | None = self.app.owner.position(tp.partition)
        return position

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Sessions end before the partitions go to another worker."""
        await self.app.owner.release({tp.partition for tp in revoked})
        await self.commit()
        await super().on_partitions_revoked(revoked)

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Sessions begin once Faust knows of the assignment."""
        self._looked_up.clear()
        if (instance_id := self.app.conf.consumer_group_instance_id) is not None:
            tell_of_twins(self._thread._ensure_consumer()._coordinator, instance_id)
        await super().on_partitions_assigned(assigned, generation_id)
        self.app.owner.assign(self, {tp.partition for tp in assigned})

    async def on_stop(self) -> None:
        """Faust does not revoke on a stop: end the sessions while the consumer still runs."""
        await self.app.owner.release(None)
        await super().on_stop()


class ChunkTransport(stock.Transport):  # type: ignore[misc]
    """Faust's transport to Kafka, with our consumer."""

    Consumer = ChunkConsumer


class ChunkApp(faust.App):  # type: ignore[misc]
    """A Faust app that reads in chunks, and whose partitions belong to an owner."""

    def __init__(self, *args: Any, owner: Owner, **options: Any) -> None:
        super().__init__(*args, **options)
        self.owner = owner

    def _create_directories(self) -> None:
        """None: Faust's are for tables, and the working directory may be read-only."""

    def _new_transport(self) -> ChunkTransport:
        return ChunkTransport(self.conf.broker_consumer, self)


def _message(tp: TP, found: Block | UnreadableBatch, generation: int) -> ConsumerMessage:
    return ConsumerMessage(
        tp.topic,
        tp.partition,
        found.end - 1,
        0.0,
        None,
        None,
        None,
        found,
        None,
        0,
        0,
        tp,
        generation_id=generation,
    )
