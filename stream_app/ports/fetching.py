"""What the fetch of a partition may come to beside a Block."""

from schemas.errors import ContractViolation


class UnreadableBatch(ContractViolation):
    """The batch at an offset that is to be read next cannot be read. `begin` and `end` are its offsets, as it says."""

    def __init__(self, at: object, wanted: int, begin: int, end: int, cause: str) -> None:
        super().__init__(
            f"the batch of {at} with offsets {begin} to {end - 1} cannot be read from {wanted} on: {cause}; see "
            "docs/runbook/stopped-partitions.md",
            state="unreadable_batch",
        )
        self.wanted, self.begin, self.end, self.cause = wanted, begin, end, cause
