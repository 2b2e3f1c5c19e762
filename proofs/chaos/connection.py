"""One client's connection through a relay, and the connection to the server that belongs to it."""

import asyncio
from typing import Protocol

from proofs.chaos.requests import Dialogue, Request
from proofs.chaos.trap import Trap

CHUNK_BYTES = 1 << 18
_LAST_REPLY_WITHIN_S = 3.0

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Watch(Protocol):
    """Whoever says what happens on the way."""

    def trap_for(self, request: Request) -> Trap | None:
        """The trap that takes this request."""

    async def while_held_back(self) -> None:
        """Wait while nothing is let through."""


class Connection:
    """Carries requests one by one and replies as they come, until one side closes.

    A request that was held is delivered even if its client is gone by then: that is what makes it dangerous.
    """

    def __init__(self, client: Streams, server: Streams, dialogue: Dialogue, watch: Watch) -> None:
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._dialogue = dialogue
        self._watch = watch
        self._trap: Trap | None = None
        self._was_held = False

    async def carry(self) -> None:
        """Return when the connection has ended, for whatever reason."""
        replies = asyncio.create_task(self._carry_replies())
        try:
            await self._carry_requests()
            if self._was_held:
                await asyncio.wait([replies], timeout=_LAST_REPLY_WITHIN_S)
        except ConnectionError:
            pass
        finally:
            replies.cancel()
            await asyncio.gather(replies, return_exceptions=True)

    def abort(self) -> None:
        """Cut it on both sides."""
        self._to_client.transport.abort()
        self._to_server.transport.abort()

    async def _carry_requests(self) -> None:
        while data := await self._from_client.read(CHUNK_BYTES):
            for request in self._dialogue.asked(data):
                if not await self._pass_on(request):
                    return
            await self._to_server.drain()

    async def _pass_on(self, request: Request) -> bool:
        """Send a request out; False if it was cut off."""
        trap = self._watch.trap_for(request)
        if trap is not None and trap.where == "request":
            self._was_held = True
            if await trap.hold() == "cut":
                trap.settle()
                return False
        self._trap = trap
        self._to_server.write(request.raw)
        if trap is not None and trap.where == "request":
            await self._to_server.drain()
            trap.settle()
        return True

    async def _carry_replies(self) -> None:
        """A server that was killed resets its connections instead of closing them."""
        try:
            await self._carry_replies_while_open()
        except ConnectionError:
            pass
        finally:
            self.abort()

    async def _carry_replies_while_open(self) -> None:
        client_listens = True
        while data := await self._from_server.read(CHUNK_BYTES):
            data = self._dialogue.answered(data)
            await self._watch.while_held_back()
            trap, self._trap = self._trap, None
            if trap is not None and trap.where == "reply" and await self._reply_is_cut(trap):
                return
            client_listens = client_listens and await self._sent_back(data)

    async def _reply_is_cut(self, trap: Trap) -> bool:
        self._was_held = True
        fate = await trap.hold()
        trap.settle()
        return fate == "cut"

    async def _sent_back(self, data: bytes) -> bool:
        """Whether the client still listens."""
        try:
            self._to_client.write(data)
            await self._to_client.drain()
        except ConnectionError:
            return False
        return True
