"""A worker of a version with a defect: it fails on the event that CHURN_TEST_FLAW holds. Run it as a module."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from unittest.mock import patch

from cli.main import main
from stream_app.core.engine import Advance, InForce, Recorded
from stream_app.core.intake.outcome import Intake
from stream_app.core.partition_fold import PartitionFold

FLAW = "CHURN_TEST_FLAW"


@dataclass(frozen=True)
class Flawed(PartitionFold):
    """Divides by nothing when it comes to the event."""

    def advance(
        self, intake: Intake, stored: Sequence[bytes | None], in_force: InForce | None, recorded: Recorded
    ) -> tuple[Advance, list[bytes]]:
        if os.environ[FLAW].encode() in [record.value for record in intake.events.records]:
            raise ZeroDivisionError("a share of nothing")
        return super().advance(intake, stored, in_force, recorded)


if __name__ == "__main__":
    with patch("stream_app.bootstrap.worker.PartitionFold", Flawed):
        main()
