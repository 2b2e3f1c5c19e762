"""Owns the partitions assigned to this worker: one task each, which keeps a session alive until it is told to stop."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from faust.types import TP

from schemas.errors import MENDED_ELSEWHERE, ContractViolation, FailedEvent, Transient
from stream_app.core.blocks import Block
from stream_app.metrics.catalogue import FETCHED_RECORDS, SESSIONS_ENDED
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.driver import Stopping, drive
from stream_app.partition.effects import Report
from stream_app.partition.ports import Ports
from stream_app.partition.session import Session
from stream_app.ports.fetching import UnreadableBatch
from stream_app.worker.movement import Movement
from stream_app.worker.transport import ChunkConsumer, Ends

_log = structlog.get_logger()

_MOST_CHUNKS, _MOST_BYTES = 4, 32 << 20
"""Chunks of a partition that wait at most, and their bytes; then it is paused."""
_NOTHING = Block.of(())
_IDLE_S = 1.0
_FIRST_BACK_OFF_S = 0.1
_LONGEST_BACK_OFF_S = 2.0
_SUSPICION_S = 2.0
"""Between the first failure on an event and the next attempt."""
_LOOK_AGAIN_S = 15.0
"""At a stop whose cause is mended elsewhere."""
_RELEASE_WITHIN_S = 15.0

OPENING, RUNNING, BACKING_OFF = "opening", "running", "backing_off"

OpenSession = Callable[[int, "PartitionTask"], tuple[Session, Ports]]
"""Makes the session of a partition and what it needs; the partition's task is its feed. May raise as a session does."""


class PartitionTask:
    """One assigned partition: its queue of chunks, and the sessions that follow one another.

    It is fetched from while a session that has sought its position keeps up. Before that, in back-off and in a stop it
    is held: paused, and what still arrives is dropped.
    """

    def __init__(
        self, consumer: ChunkConsumer, topic: str, partition: int, open_session: OpenSession, metrics: WorkerMetrics
    ) -> None:
        self.partition = partition
        self.state = OPENING
        self.why = ""
        self.position: int | None = None
        self.suspects: set[int] = set()
        self.movement = Movement()
        self._consumer = consumer
        self._topic = topic
        self._open_session = open_session
        self._metrics = metrics
        self._chunks: deque[Any] = deque()
        self._arrived = asyncio.Event()
        self._stop = asyncio.Event()
        self._paused = False
        self._next = 0
        self._hold()
        self.task = asyncio.create_task(self._keep_alive())

    @property
    def ended(self) -> bool:
        """Whether it has ended though nobody has asked it to."""
        return self.task.done() and not self._stop.is_set()

    @property
    def ready(self) -> bool:
        """Whether a session runs and comes on."""
        return self.state == RUNNING and not self.ended and not self.movement.stands_still

    def look(self) -> None:
        """Take note of whether the partition comes on."""
        ends = self.ends
        self.movement.look(self.position, None if ends is None else ends.stable)

    @property
    def ends(self) -> Ends | None:
        """Where the partition's log ended when it was last fetched or looked at, None if it was not yet."""
        return self._consumer.ends(self.partition, self._topic)

    @property
    def topic_partitions(self) -> int | None:
        """How many partitions the topic has, as far as the consumer has heard; None or 0 if it has not."""
        found: int | None = self._consumer.topic_partitions(self._topic)
        return found

    def put(self, event: Any) -> None:
        """Take a chunk over from Faust."""
        if self._held:
            event.ack()
            self._pause()  # again: Faust resumes every partition at the end of a rebalance
            return
        self._chunks.append(event)
        self._arrived.set()
        if len(self._chunks) >= _MOST_CHUNKS or self._waiting_bytes() >= _MOST_BYTES:
            self._pause()

    def stop(self) -> None:
        """Finish the running batch, then end."""
        self._stop.set()
        self._drop_chunks()
        self._arrived.set()

    async def seek(self, position: int) -> None:
        """Drop what was delivered and fetch from the position on."""
        self._drop_chunks()
        await self._consumer.seek_to(self.partition, self._topic, position)
        self.position = self._next = position
        self.state, self.why = RUNNING, ""
        self._held = False
        self._resume()

    async def receive(self) -> Block:
        """The next chunk; none after a second of silence. Raises Stopping once the partition is to be given up, and
        UnreadableBatch where the log cannot be read on."""
        if not self._chunks and not self._stop.is_set():
            self._arrived.clear()
            try:
                async with asyncio.timeout(_IDLE_S):
                    await self._arrived.wait()
            except TimeoutError:
                return _NOTHING
        if self._stop.is_set():
            raise Stopping
        event = self._chunks.popleft()
        if self._paused and len(self._chunks) <= _MOST_CHUNKS // 2:
            self._resume()
        event.ack()
        return self._read_on(event.value)

    def _read_on(self, found: Block | UnreadableBatch) -> Block:
        """What was fetched, unless it is a refusal from before a seek."""
        if isinstance(found, Block):
            if found.begin == self._next:
                self._next = found.end
            return found
        if found.wanted == self._next:
            raise found
        return _NOTHING

    def _waiting_bytes(self) -> int:
        return sum(event.value.text.nbytes for event in self._chunks if isinstance(event.value, Block))

    def committed(self, _partition: int, report: Report) -> None:
        """A batch was committed."""
        self.position = report.position
        self.suspects = {offset for offset in self.suspects if offset >= report.position}

    async def _keep_alive(self) -> None:
        back_off_s, now_s = _FIRST_BACK_OFF_S, asyncio.get_running_loop().time
        while not self._stop.is_set():
            log = _log.bind(partition=self.partition)
            if self.state not in MENDED_ELSEWHERE:
                self.state, self.why = OPENING, ""
            began_s = now_s()
            try:
                session, ports = self._open_session(self.partition, self)
                log = log.bind(session=session.token.hex()[:8])
                await drive(session, ports)
            except Transient as error:
                log.warning("session_ended", cause=error.cause, why=str(error))
                self._metrics.count(SESSIONS_ENDED, 1, error.cause)
                if now_s() - began_s > _LONGEST_BACK_OFF_S:
                    back_off_s = _FIRST_BACK_OFF_S
                if isinstance(error, FailedEvent):
                    self.suspects.add(error.offset)
                    back_off_s = _SUSPICION_S
                await self._stand_still(BACKING_OFF, str(error), back_off_s)
                back_off_s = min(2 * back_off_s, _LONGEST_BACK_OFF_S)
            except ContractViolation as error:
                if (self.state, self.why) != (error.state, str(error)):
                    log.error("partition_stopped", state=error.state, why=str(error))
                look_again_s = _LOOK_AGAIN_S if error.state in MENDED_ELSEWHERE else None
                await self._stand_still(error.state, str(error), look_again_s)
            except Exception as error:
                log.exception("partition_stopped", state="bug", why=repr(error))
                await self._stand_still("bug", repr(error))
        self._drop_chunks()

    async def _stand_still(self, state: str, why: str, seconds: float | None = None) -> None:
        """Hold the partition for so long, by default until it is given up: another worker would stop there too."""
        self.state, self.why = state, why
        self._hold()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()

    def _hold(self) -> None:
        """Fetch nothing until a session seeks."""
        self._held = True
        self._drop_chunks()
        self._pause()

    def _drop_chunks(self) -> None:
        while self._chunks:
            self._chunks.popleft().ack()

    def _pause(self) -> None:
        self._paused = True
        self._consumer.pause_partitions({self._tp()})

    def _resume(self) -> None:
        self._paused = False
        self._consumer.resume_partitions({self._tp()})

    def _tp(self) -> TP:
        """As Faust names it: it crashes over aiokafka's own type."""
        return TP(self._topic, self.partition)


class PartitionOwner:
    """All partitions that this worker has."""

    def __init__(self, topic: str, open_session: OpenSession, metrics: WorkerMetrics) -> None:
        self.tasks: dict[int, PartitionTask] = {}
        self._topic = topic
        self._open_session = open_session
        self._metrics = metrics
        self.assigned = False
        self._stopped = False
        self._ended = asyncio.Event()
        self._leaving: set[int] = set()

    def assign(self, consumer: ChunkConsumer, partitions: Iterable[int]) -> None:
        """Begin a session for each partition; refused once the worker stops, when no loop would run it."""
        if self._stopped:
            return
        self.assigned = True
        for partition in sorted(set(partitions) - self.tasks.keys()):
            made = PartitionTask(consumer, self._topic, partition, self._open_session, self._metrics)
            made.task.add_done_callback(partial(self._left, made))
            self.tasks[partition] = made
        _log.info("partitions_assigned", partitions=sorted(self.tasks))

    async def release(self, partitions: Iterable[int] | None) -> None:
        """End the sessions of partitions (None: of all, for good) after their running batch."""
        if partitions is None:
            self._stopped = True
            partitions = list(self.tasks)
        leaving = [self.tasks.pop(partition) for partition in partitions if partition in self.tasks]
        self._leaving |= {task.partition for task in leaving}
        for partition_task in leaving:
            partition_task.stop()
        tasks = [partition_task.task for partition_task in leaving]
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=_RELEASE_WITHIN_S)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self._leaving -= {task.partition for task in leaving}
        _log.info("partitions_released", partitions=sorted(task.partition for task in leaving))

    @property
    def partitions(self) -> set[int]:
        """Those that have not been released yet."""
        return {*self.tasks, *self._leaving}

    @property
    def ready(self) -> bool:
        """Whether every assigned partition has a session that runs and comes on."""
        return self.assigned and all(task.ready for task in self.tasks.values())

    def look(self) -> None:
        """Take note of which partitions come on."""
        for task in self.tasks.values():
            task.look()

    async def until_one_has_ended(self) -> None:
        """Return when a partition's task has ended though nobody has asked it to."""
        await self._ended.wait()

    def _left(self, task: PartitionTask, _: "asyncio.Task[None]") -> None:
        if task.ended:
            self._ended.set()

    def position(self, partition: int) -> int | None:
        """Next offset to apply."""
        return self.tasks[partition].position if partition in self.tasks else None

    def deliver(self, partition: int, event: Any) -> None:
        """A chunk arrived; if the partition has left already, it is dropped: the next owner reads it again."""
        if isinstance(event.value, Block):
            self._metrics.count(FETCHED_RECORDS, len(event.value))
        if partition in self.tasks:
            self.tasks[partition].put(event)
        else:
            event.ack()
