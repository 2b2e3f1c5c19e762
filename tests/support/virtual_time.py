"""An event loop whose time passes only while nothing is left to do: seconds of waiting take none, and are exact."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Never(selectors.DefaultSelector):
    """Waits for nothing, and tells how long it was to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.slept_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Whatever is ready now. Raises AssertionError when nothing could ever become ready."""
        ready = super().select(0)
        if not ready:
            assert timeout is not None, "everything waits for something that never happens"
            self.slept_s += max(0.0, timeout)
        return ready


class VirtualTime(asyncio.SelectorEventLoop):
    """Its clock begins at zero."""

    def __init__(self) -> None:
        self._never = _Never()
        super().__init__(self._never)

    def time(self) -> float:
        """Seconds that were slept."""
        return self._never.slept_s


def in_virtual_time(scenario: Coroutine[Any, Any, Result]) -> Result:
    """What a scenario returns."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        return runner.run(scenario)


def now_s() -> float:
    """Where the clock of the running loop stands."""
    return asyncio.get_running_loop().time()
