"""Runs partition sessions by hand, effect by effect, over in-memory ports that outlive them."""

from collections import deque
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, TypeVar

from schemas.alerts import Alert
from schemas.events import ControlData, Policy
from stream_app.adapters.memory.decisions import DecisionPartition, MemoryDecisions
from stream_app.adapters.memory.events import EventPartition, MemoryEventLog, MemoryFeed
from stream_app.adapters.memory.states import MemoryStates, StateTable
from stream_app.adapters.memory.watcher import MemoryWatcher
from stream_app.core.blocks import Block
from stream_app.core.engine import Engine
from stream_app.core.features.codec import pack
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import LogRecord, PlainRecord
from stream_app.core.partition_fold import PartitionFold
from stream_app.core.replay import Replay
from stream_app.partition.driver import Stopping, carry_out
from stream_app.partition.effects import Effect
from stream_app.partition.ports import Feed, Ports
from stream_app.partition.session import Session
from tests.support import every_kind
from tests.support.event_logs import START_MS
from tests.support.fake_scorers import TOPIC, dial, engine

COMPILED = compile_workload(every_kind.WORKLOAD)
DIAL = dial(COMPILED)
ENGINE = engine(COMPILED, DIAL)
CONTROL = DIAL.control(every_kind.WORKLOAD.policy)
"""The score is the latest sentiment: at 0.5 an alert fires, at 0.8 it becomes critical, below 0.3 it is over."""
EASY = DIAL.control(Policy(name="easy", version=1, enter=0.2, leave=0.1, critical=0.4, cooldown_s=0))

Result = TypeVar("Result")


def at_once(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """The result of a coroutine that has no need to wait."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: Result = done.value
        return result
    coroutine.close()
    raise AssertionError("a port in memory has waited")


class HandFeed:
    """Delivers exactly these chunks, then is told to stop; remembers where it was sent."""

    def __init__(self, *chunks: Sequence[LogRecord]) -> None:
        self.seeks: list[int] = []
        self._chunks = deque(chunks)

    async def seek(self, position: int) -> None:
        """Take note."""
        self.seeks.append(position)

    async def receive(self) -> Block:
        """The next chunk."""
        if not self._chunks:
            raise Stopping
        return Block.of(self._chunks.popleft())


@dataclass
class World:
    """All that stands outside of a session, for the only partition of a topic."""

    events: EventPartition
    table: StateTable = field(default_factory=StateTable)
    decisions: DecisionPartition = field(default_factory=lambda: DecisionPartition(TOPIC))
    watcher: MemoryWatcher = field(default_factory=MemoryWatcher)

    @property
    def position(self) -> int:
        """Next offset to apply."""
        return self.table.meta.position if self.table.meta else 0

    def ports(self, feed: Feed) -> Ports:
        """What one session gets to hold."""
        return Ports(
            states=MemoryStates(self.table),
            decisions=MemoryDecisions(self.decisions),
            log=MemoryEventLog(self.events),
            feed=feed,
            watcher=self.watcher,
        )

    def run(self, feed: Feed, session: Session | None = None) -> Iterator[Effect[Any]]:
        """Each effect of a session before it is carried out, until its feed stops."""
        session, ports = session or a_session(), self.ports(feed)
        protocol = session.run()
        effect = next(protocol)
        while True:
            yield effect
            try:
                reply = at_once(carry_out(effect, session, ports))
            except Stopping:
                return
            effect = protocol.send(reply)

    def run_to_the_end(self, sizes: Iterable[int] = repeat(500)) -> list[Effect[Any]]:
        """All effects of a session that applies the rest of the log, in chunks of these sizes."""
        feed, effects = MemoryFeed(self.events, sizes), []
        for effect in self.run(feed):
            effects.append(effect)
            if self.position == self.events.end:
                feed.stop()
        return effects


def world_of(records: Iterable[LogRecord]) -> World:
    """A world whose log has these records."""
    return World(EventPartition(records))


def a_session(token: bytes = b"a token", the_engine: Engine = ENGINE, partitions: int = 1) -> Session:
    """A session for partition 0."""
    return Session(PartitionFold(the_engine, 0, partitions), 0, partitions, token, rejected_share=1.0)


@dataclass(frozen=True)
class Outcome:
    """What a log comes to: each user's state, the alerts, the offsets of poison."""

    states: dict[str, bytes]
    alerts: list[Alert]
    dead: list[int]


def undisturbed(records: Sequence[PlainRecord], control: ControlData | None = None) -> Outcome:
    """What comes of the log if nothing ever fails."""
    replay = Replay(ENGINE)
    if control is not None:
        replay.put_in_force(control)
    steps = list(replay.apply(records))
    return Outcome(
        states=dict(zip(replay.users, pack(replay.records[: len(replay.users)]), strict=True)),
        alerts=[alert for step in steps for alert in step.advance.alerts],
        dead=[letter.record.offset for step in steps for letter in step.intake.dead],
    )


def poison(offset: int) -> PlainRecord:
    """A record that can never be applied."""
    return PlainRecord(offset, START_MS, b"ana", b"{")
