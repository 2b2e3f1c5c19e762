"""Rebuilds a deployment's states from an export."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException

from operations.states.files import ExportManifest, read_partition
from operations.states.snapshot import PartitionSnapshot, refuse_unfit
from schemas.errors import ContractViolation, Transient
from stream_app.bootstrap.deployment import admin, decisions, stored_states, topic_log
from stream_app.deployment import Deployment
from stream_app.ports.stored_states import PAGE, StoredStates, occupied

_ANSWER_WITHIN_S = 10.0
_ASK_EVERY_S = 0.1
_STARTING = (
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
)


def refuse_workers(deployment: Deployment) -> None:
    """Raises ContractViolation while workers belong to the deployment's group, Transient without a broker."""
    if members := _members(deployment):
        raise ContractViolation(
            f"{members} workers of {deployment.app_id} are alive: stop them first; one that was killed counts "
            "until its session time-out (CHURN_SESSION_TIMEOUT_S) is over"
        )


def _members(deployment: Deployment) -> int:
    """How many workers the group has. A broker that has just started is asked until it knows who keeps the group."""
    client = admin(deployment.kafka)
    deadline = time.monotonic() + _ANSWER_WITHIN_S
    while True:
        asked = client.describe_consumer_groups([deployment.app_id], request_timeout=_ANSWER_WITHIN_S)
        try:
            return len(asked[deployment.app_id].result().members)
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return 0
            if code not in _STARTING or time.monotonic() > deadline:
                raise Transient(f"Kafka does not answer as it should, see that it runs: {error}") from error
        time.sleep(_ASK_EVERY_S)


def restore(
    deployment: Deployment,
    digest: str,
    directory: Path,
    manifest: ExportManifest,
    advance: Callable[[int], None],
    *,
    replace: bool,
) -> None:
    """Import all partitions of an export; nothing is touched before all of them are known to fit.

    Raises ContractViolation when workers are alive, Redis has states that are not to be replaced, or the export is
    damaged, of another layout, or does not fit the log.
    """
    refuse_workers(deployment)
    partitions = topic_log(deployment.kafka, deployment.topics.events, whole=False).partitions
    if manifest.partitions != partitions:
        raise ContractViolation(
            f"the export has {manifest.partitions} partitions, the topic {partitions}: it is of another deployment"
        )
    with stored_states(deployment) as stored:
        for partition in range(partitions):
            meta = read_partition(directory, manifest, partition).meta
            refuse_unfit(deployment, digest, partition, partitions, meta)
            if not replace:
                _refuse_states(stored, partition)
        for partition in range(partitions):
            snapshot = read_partition(directory, manifest, partition)
            _import(stored, deployment, partition, snapshot, advance, replace=replace)


def _refuse_states(stored: StoredStates, partition: int) -> None:
    """A partition that was only claimed, or into which an import was cut off, may be imported into."""
    position = stored.position(partition)
    if position > 0 or (position == 0 and stored.users(partition)):
        raise occupied(partition)


def _import(
    stored: StoredStates,
    deployment: Deployment,
    partition: int,
    snapshot: PartitionSnapshot,
    advance: Callable[[int], None],
    *,
    replace: bool,
) -> None:
    under_way = stored.an_import(partition)
    under_way.begin(snapshot.meta, replace=replace)
    asyncio.run(_fence(deployment, partition))
    left = sorted(stored.users(partition))
    for start in range(0, len(left), PAGE):
        under_way.remove(left[start : start + PAGE])
    names, states = list(snapshot.states), list(snapshot.states.values())
    for start in range(0, len(names), PAGE):
        page = slice(start, start + PAGE)
        under_way.write(names[page], states[page])
        advance(len(names[page]))
    under_way.finish(snapshot.meta)


async def _fence(deployment: Deployment, partition: int) -> None:
    """End the transaction that a session may have left open, and keep it from beginning another."""
    log = decisions(deployment, partition)
    try:
        await log.open()
    finally:
        await log.close()
