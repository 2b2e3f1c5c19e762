"""All states of a partition as of one position, taken from a deployment that may go on running."""

import asyncio
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass

from operations.states.stopping_replay import StoppingReplay
from operations.verify.state_account import packed_states
from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import barred_in_topic, event_log, stored_states, topic_log
from stream_app.core.engine import Engine
from stream_app.core.features.codec import unpack
from stream_app.deployment import Deployment
from stream_app.partition.effects import Meta
from stream_app.partition.refusals import refuse_foreign, refuse_other_log
from stream_app.ports.stored_states import Page


@dataclass(frozen=True)
class PartitionSnapshot:
    """The packed states of a partition by user, and what stands beside them."""

    meta: Meta
    states: Mapping[str, bytes]


def take(deployment: Deployment, engine: Engine, partition: int, partitions: int) -> PartitionSnapshot:
    """Snapshot one partition without holding up its worker.

    If the position moved while the pages were read, the log is applied to the earlier ones, as far as the last one is.
    """
    with stored_states(deployment) as states:
        stored = list(states.pages(partition))
    last = stored[-1].meta
    if last is None:
        return PartitionSnapshot(Meta(0, None, engine.compiled.state_digest, partitions, None), {})
    refuse_foreign(last, engine.compiled.state_digest, partition, partitions)
    if stored[0].position == last.position:
        return PartitionSnapshot(last, {user: state for page in stored for user, state in page.states.items() if state})
    return PartitionSnapshot(last, caught_up(deployment, engine, partition, stored))


def caught_up(deployment: Deployment, engine: Engine, partition: int, stored: list[Page]) -> dict[str, bytes]:
    """Pages of different positions brought to the position of the last one.

    Whoever is on no page is new since the first: the log alone makes that state. What it makes of users whose page
    comes later is overwritten by that page. Raises ContractViolation when the log is not what the worker applied.
    """
    barred = barred_in_topic(deployment.kafka, deployment.topics.letters, whole=False)[partition]
    log = topic_log(deployment.kafka, deployment.topics.events, whole=False, stable=True)
    first, last = stored[0].meta, stored[-1].meta
    with closing(StoppingReplay(engine, log, partition, barred, stored[0].position)) as replay:
        replay.anchor = first.anchor if first else None
        if first is not None and first.control is not None:
            replay.fold.put_in_force(first.control)
        for page in stored:
            for _ in replay.up_to(page.position):
                pass
            replay.fold.load(list(page.states), unpack(list(page.states.values()), engine.compiled.record))
        if last is None or replay.anchor != last.anchor:
            raise ContractViolation(
                f"the log of partition {partition} is not the one that was applied: run `churn verify`",
                state="rewritten_log",
            )
        return dict(packed_states(replay))


def refuse_unfit(deployment: Deployment, digest: str, partition: int, partitions: int, meta: Meta) -> None:
    """Raises ContractViolation when states with this meta cannot go on with the deployment's log."""
    refuse_foreign(meta, digest, partition, partitions)
    bounds = asyncio.run(event_log(deployment, partition).inspect(meta.anchor_offset))
    refuse_other_log(meta.position, meta.anchor, bounds, partition)
