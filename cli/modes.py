"""Who may read what a command writes: its user alone, as it may hold customers' data, unless it is meant for others."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

_PRIVATE = 0o077
_USUAL = 0o022


def keep_private() -> None:
    """Files from here on are 0600 and directories 0700, those of processes that are started included."""
    os.umask(_PRIVATE)


@contextmanager
def shared_with_others() -> Iterator[None]:
    """What is written meanwhile may be read by everybody: models and schemas, in which there is nobody's data."""
    before = os.umask(_USUAL)
    try:
        yield
    finally:
        os.umask(before)
