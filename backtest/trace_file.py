"""Reads what workers wrote with `churn work --trace`."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from stream_app.core.trace import TRACE


def read_trace(path: Path) -> NDArray[np.void]:
    """All records of a trace file. Raises ContractViolation when there is none or it ends within a record."""
    if not path.is_file():
        raise ContractViolation(f"there is no trace {path}: let the worker write one with `churn work --trace {path}`")
    surplus = path.stat().st_size % TRACE.itemsize
    if surplus:
        raise ContractViolation(f"{path} ends {surplus} bytes into a record: it is no whole trace, write it anew")
    return np.fromfile(path, TRACE)
