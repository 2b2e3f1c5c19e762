"""Where the worker's time goes: the shipped session runs over the topic's records, its stages under a stopwatch.

The core has no clock, so the time is taken from outside: in one process, with the states as packed bytes in a dict in
place of Redis, the functions that session and engine call are wrapped one by one. What a worker spends beyond them
(fetching, Faust, asyncio, Redis and Kafka clients, transactions) is `everything_else`.
"""

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import Any, Final

from benchmarks.speed.deployments import Testbed
from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import topic_log
from stream_app.bootstrap.engine import ComparedScorer, Comparisons, engine_of, warm_up
from stream_app.core import engine as engine_module
from stream_app.core import partition_fold as fold_module
from stream_app.core.blocks import Block
from stream_app.core.engine import Engine
from stream_app.core.log import LogRecord
from stream_app.core.partition_fold import PartitionFold
from stream_app.partition.effects import (
    Claim,
    Commit,
    Decisions,
    Effect,
    InspectLog,
    LoadStates,
    LogBounds,
    Meta,
    ReadDecisions,
    Receive,
)
from stream_app.partition.session import Session

STAGES: Final[Mapping[str, Sequence[tuple[Any, str]]]] = {
    "decode": [(fold_module, "take_in")],
    "columns": [(engine_module, "to_columns")],
    "unpack": [(fold_module, "unpack")],
    "fold": [(engine_module, "fold")],
    "score": [(ComparedScorer, "score")],
    "decide": [(engine_module, name) for name in ("decide", "explain", "fingerprints", "compose")],
    "pack": [(fold_module, "pack")],
}
"""The functions of each stage, and the module or class that they are looked up in when they are called."""
_WARM_UP_BATCHES = 20
_TOKEN = b"stages"


class _EndOfLog(Exception):
    """Every record has been delivered."""


class StageTimes:
    """Seconds of this thread's processor time by stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def watched(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time added to the stage."""

        def timed(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - whatever the function takes and gives
            began = time.thread_time()
            try:
                return function(*arguments, **named)
            finally:
                self.seconds[stage] += time.thread_time() - began

        return timed


@contextmanager
def _watching(stopwatch: StageTimes) -> Iterator[None]:
    """Have every stage's functions watched; they are put back at the end."""
    with ExitStack() as undo:
        for stage, places in STAGES.items():
            for holder, name in places:
                function = getattr(holder, name)
                setattr(holder, name, stopwatch.watched(stage, function))
                undo.callback(setattr, holder, name, function)
        undo.callback(gc.enable)
        gc.disable()
        yield


class _World:
    """What a session asks for, answered at once: records in chunks of one size, states in a dict."""

    def __init__(self, engine: Engine, partitions: int, records: Sequence[LogRecord], batch: int) -> None:
        self._digest = engine.compiled.state_digest
        self._partitions = partitions
        self._chunks = iter([Block.of(records[at : at + batch]) for at in range(0, len(records), batch)])
        self._states: dict[str, bytes] = {}

    def reply(self, effect: Effect[Any]) -> Any:  # noqa: ANN401 - see Effect[Reply]
        """The reply to one effect. Raises _EndOfLog when there are no records left."""
        match effect:
            case Claim():
                return Meta(0, None, self._digest, self._partitions, None)
            case ReadDecisions():
                return Decisions(-1, {}, -1)
            case InspectLog():
                return LogBounds(0, 1 << 62, None)
            case Receive():
                chunk = next(self._chunks, None)
                if chunk is None:
                    raise _EndOfLog
                return chunk
            case LoadStates():
                return [self._states.get(user) for user in effect.users]
            case Commit():
                self._states.update(zip(effect.users, effect.states, strict=True))
        return True


def stages_us(made: Testbed, batch: int, worker_us: float) -> dict[str, float]:
    """µs of processor time per event by stage, for batches of so many records, beside the worker's whole."""
    partitions = made.settings.partitions
    topic = topic_log(made.deployment.kafka, made.deployment.topics.events)
    logs = (list(chain.from_iterable(topic.read(partition))) for partition in range(partitions))
    return measured(engine_of(made.settings, Comparisons().scorer), logs, partitions, batch, worker_us)


def measured(
    engine: Engine, logs: Iterable[Sequence[LogRecord]], partitions: int, batch: int, worker_us: float
) -> dict[str, float]:
    """The same for the records of each partition in turn. Raises ContractViolation when a stage was never reached."""
    warm_up(engine)
    stopwatch, events = StageTimes(), 0
    for partition, records in enumerate(logs):
        if partition == 0:
            _run(engine, partition, partitions, records[: _WARM_UP_BATCHES * batch], batch)
        with _watching(stopwatch):
            began = time.thread_time()
            _run(engine, partition, partitions, records, batch)
            stopwatch.seconds["session"] += time.thread_time() - began
        events += len(records)
    return _shares(stopwatch.seconds, events, worker_us)


def _run(engine: Engine, partition: int, partitions: int, records: Sequence[LogRecord], batch: int) -> None:
    world = _World(engine, partitions, records, batch)
    protocol = Session(PartitionFold(engine, partition, partitions), partition, partitions, _TOKEN).run()
    try:
        effect = next(protocol)
        while True:
            effect = protocol.send(world.reply(effect))
    except _EndOfLog:
        protocol.close()


def _shares(seconds: Mapping[str, float], events: int, worker_us: float) -> dict[str, float]:
    missing = [stage for stage in STAGES if stage not in seconds]
    if missing:
        raise ContractViolation(
            f"the session never called {', '.join(missing)}: correct benchmarks.speed.stages.STAGES"
        )
    by_stage = {stage: seconds[stage] / events * 1e6 for stage in STAGES}
    session_us = seconds["session"] / events * 1e6
    by_stage["between_stages"] = session_us - sum(by_stage.values())
    by_stage["everything_else"] = worker_us - session_us
    return {stage: round(us, 2) for stage, us in by_stage.items()}
