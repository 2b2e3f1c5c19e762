"""A worker's partition without Faust and Kafka: a consumer and a delivery by hand, sessions over ports in memory."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import cast

from faust.types import TP

from stream_app.adapters.memory.states import MemoryStates
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.effects import Claim, Commit, Meta, Report
from stream_app.partition.ports import Ports, Watcher
from stream_app.partition.session import Session
from stream_app.worker.owner import PartitionOwner, PartitionTask
from stream_app.worker.transport import ChunkConsumer
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.fake_scorers import TOPIC
from tests.support.sessions import CONTROL, World, a_session, world_of
from tests.support.virtual_time import now_s

PARTITION = 0


class HandConsumer:
    """What Faust's consumer keeps about pauses, and where it was sent; it fetches nothing."""

    def __init__(self) -> None:
        self.paused: set[TP] = set()
        self.seeks: list[int] = []

    def pause_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch nothing of them. Faust crashes over any other type than its own."""
        assert all(type(tp) is TP for tp in tps)
        self.paused.update(tps)

    def resume_partitions(self, tps: Iterable[TP]) -> None:
        """Fetch of them again."""
        assert all(type(tp) is TP for tp in tps)
        self.paused.difference_update(tps)

    async def seek_to(self, partition: int, topic: str, offset: int) -> None:
        """Take note."""
        assert (partition, topic) == (PARTITION, TOPIC)
        self.seeks.append(offset)


@dataclass
class Chunk:
    """A stream event of Faust: records, and whether they were let go."""

    value: Block
    acknowledged: bool = False

    def ack(self) -> None:
        """Let them go; once is enough."""
        assert not self.acknowledged
        self.acknowledged = True


class Refusing(MemoryStates):
    """States that nobody can claim."""

    def __init__(self, world: World, error: Exception) -> None:
        super().__init__(world.table)
        self._error = error

    async def claim(self, claim: Claim) -> Meta:
        """Raises the error."""
        raise self._error


class Failing(MemoryStates):
    """States that nothing can be committed to."""

    def __init__(self, world: World, error: Exception) -> None:
        super().__init__(world.table)
        self._error = error

    async def commit(self, commit: Commit) -> bool:
        """Raises the error."""
        raise self._error


class Slow(MemoryStates):
    """States that take their time over each commit."""

    def __init__(self, world: World, seconds: float) -> None:
        super().__init__(world.table)
        self._seconds = seconds

    async def commit(self, commit: Commit) -> bool:
        """The answer, after a while."""
        await asyncio.sleep(self._seconds)
        return await super().commit(commit)


class Watched(MemoryStates):
    """States that remember when they were asked who owns them."""

    def __init__(self, world: World, asked_s: list[float]) -> None:
        super().__init__(world.table)
        self._asked_s = asked_s

    async def check(self, token: bytes, position: int) -> bool:
        """Take note, and answer."""
        self._asked_s.append(now_s())
        return await super().check(token, position)


MakeStates = Callable[[World], MemoryStates]


class Both:
    """Two watchers."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def committed(self, partition: int, report: Report) -> None:
        """Tell both."""
        for watcher in self._watchers:
            watcher.committed(partition, report)


@dataclass
class Room:
    """One partition, its owner, and what stands outside of both; `began_s` is when each session did."""

    log: list[PlainRecord] = field(default_factory=list)
    make_states: MakeStates | None = None
    consumer: HandConsumer = field(default_factory=HandConsumer)
    metrics: WorkerMetrics = field(default_factory=WorkerMetrics)
    began_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.world = world_of(self.log)
        self.owner = PartitionOwner(TOPIC, self._open_session, self.metrics)

    @property
    def task(self) -> PartitionTask:
        """The partition that was assigned."""
        return self.owner.tasks[PARTITION]

    @property
    def faust_consumer(self) -> ChunkConsumer:
        """The consumer, as the owner takes it."""
        return cast("ChunkConsumer", self.consumer)

    def is_paused(self) -> bool:
        """Whether nothing is fetched."""
        return bool(self.consumer.paused)

    @property
    def waits_s(self) -> list[float]:
        """How long it took from the beginning of each session to that of the next one."""
        return [after - before for before, after in pairwise(self.began_s)]

    async def assign(self) -> None:
        """Give the partition to the worker, and let its first session come as far as it can."""
        self.owner.assign(self.faust_consumer, {PARTITION})
        await settle()

    def deliver(self, begin: int, end: int) -> Chunk:
        """The records from one offset up to another arrive in one chunk."""
        chunk = Chunk(Block.of(self.log[begin:end]))
        self.owner.deliver(PARTITION, chunk)
        return chunk

    def refuse(self, error: Exception) -> None:
        """From now on nobody can claim the states."""
        self.make_states = lambda world: Refusing(world, error)

    def _open_session(self, _partition: int, feed: PartitionTask) -> tuple[Session, Ports]:
        self.began_s.append(now_s())
        ports = replace(self.world.ports(feed), watcher=Both(self.world.watcher, feed))
        if self.make_states is not None:
            ports = replace(ports, states=self.make_states(self.world))
        return a_session(token=f"session {len(self.began_s)}".encode()), ports


async def settle() -> None:
    """Let everybody do what can be done at this moment."""
    for _ in range(20):
        await asyncio.sleep(0)


def a_log(records: int) -> list[PlainRecord]:
    """A model is put in force, then ana talks, minute by minute."""
    log = LogWriter()
    for number in range(records - 1):
        log.says(at(minutes=number), 0.4)
    return records_of([control(CONTROL), *log.events])
