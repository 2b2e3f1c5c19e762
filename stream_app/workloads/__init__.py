"""One file per kind of customer base, and the registry of them. Data only: signals, features, label, policy."""

from typing import Final

from schemas.errors import ContractViolation
from stream_app.core.features.workload import Workload
from stream_app.workloads import music

WORKLOADS: Final = {workload.name: workload for workload in (music.WORKLOAD,)}
"""A new workload is a file in this folder and its name here."""


def workload_named(name: str) -> Workload:
    """A workload by name. Raises ContractViolation when there is none of that name."""
    if name not in WORKLOADS:
        raise ContractViolation(f"there is no workload {name!r}: choose one of {', '.join(sorted(WORKLOADS))}")
    return WORKLOADS[name]
