"""Outages of the tests' own services."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from stack.local import ServiceStatus


@contextmanager
def standing_still(service: ServiceStatus) -> Iterator[None]:
    """A process that takes connections and answers nothing. Skips the test when the service is not the tests' own."""
    if service.pid is None:
        pytest.skip(f"{service.name} is not the tests' own")
    os.kill(service.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(service.pid, signal.SIGCONT)
