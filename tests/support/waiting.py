"""Waits for what must come to pass, with a deadline."""

import time
from collections.abc import Callable


def wait_until(reached: Callable[[], object], what: str, patience_s: float = 60.0) -> None:
    """Look again and again; fails with what was waited for."""
    deadline = time.monotonic() + patience_s
    while not reached():
        assert time.monotonic() < deadline, f"waited {patience_s:.0f} s in vain: {what}"
        time.sleep(0.02)
