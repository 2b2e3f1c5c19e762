"""Turns between commands that change the same directory."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from schemas.errors import ContractViolation


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait until no other process is inside a block with the same lock file, then enter."""
    with _made(path) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """Be one of those who are inside a block with the same lock file; a process that is killed no longer is."""
    with _made(path) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def is_free(path: Path) -> bool:
    """Whether nobody is inside a block with this lock file."""
    with _made(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _made(path: Path) -> IO[str]:
    """Raises ContractViolation where the directory cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("w")
    except OSError as error:
        raise ContractViolation(
            f"the local stack's directory {path.parent.resolve()} cannot be written ({error.strerror}): work in "
            "another one, or name running services with CHURN_KAFKA_BOOTSTRAP and CHURN_REDIS_URL"
        ) from error
