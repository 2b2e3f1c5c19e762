"""Waits for one request on its way, and decides what becomes of it or of its reply."""

import asyncio
import threading
from collections.abc import Callable
from typing import Literal

from proofs.chaos.requests import Request

Where = Literal["request", "reply"]
Fate = Literal["deliver", "cut"]

_LOOK_EVERY_S = 0.01


class Trap:
    """Holds the first request that `wanted` picks, before it goes out or before its reply comes back.

    A thread waits until it is caught, does what it likes, and then lets it go: delivered, or its connection cut.
    """

    def __init__(self, wanted: Callable[[Request], bool], where: Where) -> None:
        self.where = where
        self.request: Request | None = None
        self._wanted = wanted
        self._caught = threading.Event()
        self._decided = threading.Event()
        self._settled = threading.Event()
        self._fate: Fate = "deliver"

    @property
    def set(self) -> bool:
        """Whether it still waits for a request."""
        return self.request is None and not self._decided.is_set()

    def take(self, request: Request) -> bool:
        """Whether this request is the one; only one is ever taken."""
        if not self.set or not self._wanted(request):
            return False
        self.request = request
        return True

    async def hold(self) -> Fate:
        """Say that it is caught, wait for what is to become of it."""
        self._caught.set()
        while not self._decided.is_set():
            await asyncio.sleep(_LOOK_EVERY_S)
        return self._fate

    def settle(self) -> None:
        """Note that it has gone its way."""
        self._settled.set()

    @property
    def caught(self) -> Request | None:
        """The request that is held."""
        return self.request if self._caught.is_set() else None

    def let_go(self, fate: Fate) -> None:
        """Decide what becomes of it."""
        self._fate = fate
        self._decided.set()

    def settled_within(self, seconds: float) -> bool:
        """Wait until it has gone its way."""
        return self._settled.wait(seconds)
