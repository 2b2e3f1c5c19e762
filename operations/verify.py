"""Verifies a deployment partition by partition, while its workers go on."""

from collections.abc import Callable, Sequence

from operations.dead_letter_topic import read_letters_of
from operations.stored_states import Snapshot, StoredStates
from operations.verification import PartitionProof, Verdict
from schemas.alerts import Alert
from schemas.errors import ContractViolation
from stream_app.core.engine import Engine
from training.topic_log import TopicLog, read_alerts_of

Topics = tuple[str, str, str]
"""The names of the topics of events, alerts and dead letters."""


def verify(
    engine: Engine,
    bootstrap: str,
    topics: Topics,
    stored: StoredStates,
    export: Sequence[Snapshot] | None,
    advance: Callable[[int], None],
) -> Verdict:
    """What differs between what stands and one fold of the log, from an export on if one is given.

    Raises ContractViolation when states and log do not belong together, Transient when a service does not answer.
    """
    events, _, _ = topics
    verdict = Verdict()
    for partition in range(_log(bootstrap, events, export).partitions):
        _prove(verdict, engine, partition, bootstrap, topics, stored, export, advance)
    return verdict


def records_to_read(bootstrap: str, events: str, export: Sequence[Snapshot] | None) -> int:
    """How many offsets the logs of all partitions hold now."""
    return _log(bootstrap, events, export).offsets


def _prove(
    verdict: Verdict,
    engine: Engine,
    partition: int,
    bootstrap: str,
    topics: Topics,
    stored: StoredStates,
    export: Sequence[Snapshot] | None,
    advance: Callable[[int], None],
) -> None:
    """First the states, then what was published before them, then the log: so each holds what those before rest on."""
    events, alerts, letters = topics
    found = stored.read(partition)
    whole = export is None
    rejections = [letter.rejection for letter in read_letters_of(TopicLog(bootstrap, letters, whole=whole), partition)]
    published: list[Alert] = list(read_alerts_of(TopicLog(bootstrap, alerts, whole=whole), partition))
    log = _log(bootstrap, events, export)
    if found is None:
        found = Snapshot(0, None, engine.compiled.state_digest, log.partitions, None, {})
    _refuse_foreign(found, engine, log.partitions, partition)
    proof = PartitionProof(engine, partition, log.partitions, found, rejections, export[partition] if export else None)
    for records in log.read(partition, export[partition].position if export else 0):
        proof.feed(records)
        advance(len(records))
    proof.judge(verdict, published)


def _log(bootstrap: str, events: str, export: Sequence[Snapshot] | None) -> TopicLog:
    log = TopicLog(bootstrap, events, whole=export is None)
    for partition, begun in enumerate(export or ()):
        if log.begin(partition) > begun.position:
            raise ContractViolation(
                f"partition {partition} of {events} begins at offset {log.begin(partition)}, behind the export's "
                f"position {begun.position}: take a later export",
                state="position_outside_log",
            )
    return log


def _refuse_foreign(found: Snapshot, engine: Engine, partitions: int, partition: int) -> None:
    if (found.state_digest, found.partitions) != (engine.compiled.state_digest, partitions):
        raise ContractViolation(
            f"the states of partition {partition} were made by another layout or for another number of partitions: "
            "verify with the version that made them",
            state="foreign_state",
        )
