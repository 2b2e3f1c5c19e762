"""What a session will not go on with. Each refusal names the state in which the partition then stands still."""

from schemas.errors import ContractViolation, Transient
from stream_app.partition.effects import Anchor, LogBounds, Meta


def refuse_foreign(meta: Meta, state_digest: str, partition: int, partitions: int) -> None:
    """Raises ContractViolation when the states belong to another number of partitions or another layout."""
    if meta.partitions != partitions:
        raise ContractViolation(
            f"partition {partition} was kept with {meta.partitions} partitions, the topic now has {partitions}: users "
            "would lose their state; go back, or replay into a new app id",
            state="other_partitions",
        )
    if meta.state_digest != state_digest:
        raise ContractViolation(
            f"the states of partition {partition} were made by another layout ({meta.state_digest}, here "
            f"{state_digest}): replay the log into a new app id, as docs/runbook/upgrading.md says, or run the version "
            "that made them",
            state="foreign_state",
        )


def refuse_other_log(position: int, anchor: Anchor | None, bounds: LogBounds, partition: int) -> None:
    """Raises ContractViolation when the log is not the one that the states were folded from.

    It was asked for the record of the anchor; one that is gone from the beginning of the log is not held against it.
    """
    if not bounds.begin <= position <= bounds.end:
        raise ContractViolation(
            f"the position {position} of partition {partition} lies outside its log ({bounds.begin} to "
            f"{bounds.end}): import an export that reaches into the log, or replay into a new app id",
            state="position_outside_log",
        )
    if anchor is not None and anchor.offset >= bounds.begin and bounds.hashed != anchor.hashed:
        raise ContractViolation(
            f"the record at offset {anchor.offset} of partition {partition} is not the one that was applied: the topic "
            "was recreated, or has other offsets than the one before; restore it, or replay into a new app id",
            state="rewritten_log",
        )


def refuse_hole(bounds: LogBounds, offset: int, partition: int) -> None:
    """Say what it means that the feed goes on behind this offset; the log was asked for the record that stands there.

    Raises ContractViolation when there is none, Transient when there is one, or none by right: then the feed was at
    fault.
    """
    if offset < bounds.begin:
        raise ContractViolation(
            f"the log of partition {partition} was cut off up to {bounds.begin} while offset {offset} was still to be "
            "applied: import an export that reaches into the log, and keep the topic for longer",
            state="position_outside_log",
        )
    if bounds.hashed is None and not bounds.nothing:
        raise ContractViolation(
            f"partition {partition} has no record at offset {offset} and goes on behind it: its topic was compacted, "
            "or lost records; docs/runbook/stopped-partitions.md says how to mend it",
            state="hole_in_log",
        )
    raise Transient(f"what stands at offset {offset} of partition {partition} exists, and was not delivered")
