"""Two workers that compete for one partition: a schedule says who acts when, and what befalls them."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any

from schemas.alerts import Alert
from schemas.errors import Transient
from stream_app.adapters.memory.decisions import MemoryDecisions
from stream_app.adapters.memory.events import MemoryFeed
from stream_app.adapters.memory.states import StateTable
from stream_app.core.blocks import Block
from stream_app.partition.driver import carry_out
from stream_app.partition.effects import Commit, Effect, PublishAlerts
from stream_app.partition.ports import DecisionLog, Ports
from stream_app.partition.session import Session
from tests.support.sessions import World, a_session, at_once

KILLED, ROLLED_BACK = "killed", "rolled back"
IN_TRANSACTION, BETWEEN_TRANSACTIONS = "killed in a transaction", "killed between two transactions of a batch"


@dataclass(frozen=True)
class Turn:
    """One worker carries out some effects; then something may befall it, or the states."""

    worker: int
    effects: int
    fault: str | None
    lost_commits: int


@dataclass
class Cluster:
    """A world with two workers and a memory of all that was committed."""

    world: World
    sizes: Sequence[int]
    workers: list["Worker"] = field(default_factory=list)
    history: list[StateTable] = field(default_factory=list)
    sessions: int = 0

    def __post_init__(self) -> None:
        self.workers = [Worker(self), Worker(self)]
        self.remember()

    def remember(self) -> None:
        """Keep the states as they are."""
        table = self.world.table
        self.history.append(replace(table, states=dict(table.states), connections=set()))

    def roll_back(self, commits: int) -> None:
        """Lose the last commits, as a Redis that was killed, and every connection."""
        self.history = self.history[: max(1, len(self.history) - commits)]
        table, kept = self.world.table, self.history[-1]
        table.states, table.meta, table.owner = dict(kept.states), kept.meta, kept.owner
        table.cut_connections()

    def play(self, turns: Sequence[Turn]) -> None:
        """A whole schedule."""
        for turn in turns:
            worker = self.workers[turn.worker]
            for _ in range(turn.effects):
                worker.step()
            if turn.fault == ROLLED_BACK:
                self.roll_back(turn.lost_commits)
            elif turn.fault is not None:
                worker.die(turn.fault)

    def settle(self) -> None:
        """One worker goes on alone until it has applied the whole log."""
        worker = Worker(self)
        for _ in range(40 * (self.world.events.end + 1)):
            if self.world.position == self.world.events.end and worker.idle:
                return
            worker.step()
        raise AssertionError(f"still at {self.world.position} of {self.world.events.end}")


@dataclass
class Worker:
    """One process: sessions that follow one another, each until it is in doubt."""

    cluster: Cluster
    session: Session | None = None
    ports: Ports | None = None
    protocol: Generator[Effect[Any], Any, None] | None = None
    effect: Effect[Any] | None = None
    idle: bool = False

    def step(self) -> None:
        """Carry out one effect, or open the next session."""
        if self.session is None or self.ports is None or self.protocol is None or self.effect is None:
            self._open()
            return
        try:
            reply = at_once(carry_out(self.effect, self.session, self.ports))
            if isinstance(self.effect, Commit) and reply:
                self.cluster.remember()
            self.idle = isinstance(reply, Block) and reply.begin == reply.end
            self.effect = self.protocol.send(reply)
        except Transient:
            self.protocol = None

    def die(self, how: str) -> None:
        """Leave everything as it stands, and alerts that were about to be published half published."""
        if self.protocol is not None and self.ports is not None and isinstance(self.effect, PublishAlerts):
            with suppress(Transient):
                self._publish_half(self.ports.decisions, self.effect.alerts, how)
        self.protocol = None

    def _publish_half(self, log: DecisionLog, alerts: Sequence[Alert], how: str) -> None:
        if how == IN_TRANSACTION:
            assert isinstance(log, MemoryDecisions)
            log.write(alerts)
        elif how == BETWEEN_TRANSACTIONS:
            at_once(log.publish_alerts(alerts[: len(alerts) // 2]))

    def _open(self) -> None:
        self.cluster.sessions += 1
        self.session = a_session(token=b"%d" % self.cluster.sessions)
        self.ports = self.cluster.world.ports(MemoryFeed(self.cluster.world.events, cycle(self.cluster.sizes)))
        self.protocol = self.session.run()
        self.effect = next(self.protocol)
        self.idle = False
