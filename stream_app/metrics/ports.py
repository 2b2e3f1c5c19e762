"""Ports around the ports of a session: they measure what its batches spend where, and note what is in force.

The session and the core have no clock. What passes between two calls of ports is the session's own computing.
"""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from schemas.alerts import Alert
from schemas.events import ControlData
from stream_app.core.blocks import Block
from stream_app.core.intake.outcome import DeadLetter
from stream_app.metrics.catalogue import COMMIT, COMPUTE, DEAD_LETTERS, LOAD, PUBLISH, SESSIONS_OPENED, STAGE_SECONDS
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.effects import Claim, Commit, Decisions, Meta, Report
from stream_app.partition.ports import DecisionLog, Feed, Ports, StateStore, Watcher

Answer = TypeVar("Answer")
ControlsInForce = dict[int, ControlData]
"""What is in force on each partition, as far as it was committed."""


def measured(ports: Ports, partition: int, metrics: WorkerMetrics, in_force: ControlsInForce) -> Ports:
    """The same ports, measured. `in_force` is kept up to date for this partition."""
    stages = Stages(metrics, ports.watcher)
    return replace(
        ports,
        states=_States(ports.states, stages, partition, in_force),
        decisions=_Decisions(ports.decisions, stages),
        feed=_Feed(ports.feed, stages),
        watcher=stages,
    )


class Stages:
    """Where the time of the present batch goes; once it is committed, its stages are observed."""

    def __init__(
        self, metrics: WorkerMetrics, watcher: Watcher, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self.metrics = metrics
        self._watcher = watcher
        self._clock = clock
        self._since = clock()
        self._spent: dict[str, float] = {}

    def begin(self) -> None:
        """Records arrived; what was spent on waiting for them belongs to no batch."""
        self._spent.clear()
        self._since = self._clock()

    async def wait(self, stage: str, answer: Awaitable[Answer]) -> Answer:
        """Wait for a port: what passed since the last one was computing, what passes now is this stage."""
        began = self._clock()
        self._add(COMPUTE, began - self._since)
        try:
            return await answer
        finally:
            self._since = self._clock()
            self._add(stage, self._since - began)

    def committed(self, partition: int, report: Report) -> None:
        """A batch was committed: observe its stages, tell the watcher."""
        self.flush()
        self._watcher.committed(partition, report)

    def flush(self) -> None:
        """Observe the stages of a batch that is done."""
        for stage, seconds in self._spent.items():
            self.metrics.observe(STAGE_SECONDS, seconds, stage)
        self._spent.clear()

    def _add(self, stage: str, seconds: float) -> None:
        self._spent[stage] = self._spent.get(stage, 0.0) + seconds


class _States:
    def __init__(self, states: StateStore, stages: Stages, partition: int, in_force: ControlsInForce) -> None:
        self._states = states
        self._stages = stages
        self._partition = partition
        self._in_force = in_force

    async def claim(self, claim: Claim) -> Meta:
        meta = await self._states.claim(claim)
        self._stages.metrics.count(SESSIONS_OPENED, 1)
        self._note(meta.control)
        return meta

    async def check(self, token: bytes, position: int) -> bool:
        return await self._states.check(token, position)

    async def load(self, users: Sequence[str]) -> Sequence[bytes | None]:
        return await self._stages.wait(LOAD, self._states.load(users))

    async def commit(self, commit: Commit) -> bool:
        done = await self._stages.wait(COMMIT, self._states.commit(commit))
        if done:
            self._note(commit.control)
        return done

    async def close(self) -> None:
        await self._states.close()

    def _note(self, control: ControlData | None) -> None:
        if control is not None:
            self._in_force[self._partition] = control


class _Decisions:
    def __init__(self, decisions: DecisionLog, stages: Stages) -> None:
        self._decisions = decisions
        self._stages = stages

    async def open(self) -> None:
        await self._decisions.open()

    async def read_back(self, position: int, rejected_from: int) -> Decisions:
        return await self._decisions.read_back(position, rejected_from)

    async def read_alerts(self, before: int) -> Sequence[Alert]:
        return await self._decisions.read_alerts(before)

    async def publish_alerts(self, alerts: Sequence[Alert]) -> None:
        await self._stages.wait(PUBLISH, self._decisions.publish_alerts(alerts))

    async def publish_dead_letters(self, letters: Sequence[DeadLetter], front: int, session: str) -> None:
        await self._stages.wait(DEAD_LETTERS, self._decisions.publish_dead_letters(letters, front, session))

    async def close(self) -> None:
        await self._decisions.close()


class _Feed:
    def __init__(self, feed: Feed, stages: Stages) -> None:
        self._feed = feed
        self._stages = stages

    async def seek(self, position: int) -> None:
        await self._feed.seek(position)

    async def receive(self) -> Block:
        block = await self._feed.receive()
        self._stages.begin()
        return block
