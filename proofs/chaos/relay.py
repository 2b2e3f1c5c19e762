"""A relay between clients and a server: a fixed address, behind it a server that may change, and traps on the way."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

from proofs.chaos.connection import CHUNK_BYTES, Connection
from proofs.chaos.requests import NewDialogue, Request
from proofs.chaos.trap import Trap
from stack.ports import HOST, free_port

_WITHIN_S = 10.0
_LOOK_EVERY_S = 0.01

Result = TypeVar("Result")


class RelayLoop:
    """The thread in which relays run."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relays", daemon=True)
        self._thread.start()
        self.relays: list[Relay] = []

    def run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        """Its result, from another thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_WITHIN_S)

    def close(self) -> None:
        """End all relays."""
        for relay in self.relays:
            relay.close()
        self.run(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_WITHIN_S)
        self._loop.close()


class Relay:
    """One address. `upstream` is the port of this machine that is behind it."""

    def __init__(self, loop: RelayLoop, upstream: int, new_dialogue: NewDialogue) -> None:
        self.port = free_port()
        self._upstream = upstream
        self._loop = loop
        self._new_dialogue = new_dialogue
        self._traps: list[Trap] = []
        self._open: set[Connection] = set()
        self._held_back = False
        self._server = loop.run(asyncio.start_server(self._serve, HOST, self.port, limit=CHUNK_BYTES))
        loop.relays.append(self)

    @property
    def address(self) -> str:
        """host:port for the clients."""
        return f"{HOST}:{self.port}"

    def turn_to(self, upstream: int) -> None:
        """Connections to come go to another server, and those that are open are cut."""
        self._upstream = upstream
        self.cut()

    def cut(self) -> None:
        """Cut all connections."""
        self._loop.run(self._cut())

    def close(self) -> None:
        """Cut all connections and take no more."""
        self._held_back = False
        self._loop.run(self._close())

    def hold_back(self) -> None:
        """Let nothing through to the clients any more; what has come so far is lost once the connections are cut."""
        self._held_back = True

    def lay(self, trap: Trap) -> Trap:
        """Have a trap catch the next request that it wants."""
        self._traps = [other for other in self._traps if other.set] + [trap]
        return trap

    def trap_for(self, request: Request) -> Trap | None:
        """The trap that takes this request, if one does."""
        return next((trap for trap in self._traps if trap.take(request)), None)

    async def while_held_back(self) -> None:
        """Wait while nothing is let through."""
        while self._held_back:
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _cut(self) -> None:
        for connection in self._open:
            connection.abort()

    async def _close(self) -> None:
        self._server.close()
        await self._cut()

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self._upstream, limit=CHUNK_BYTES)
        except OSError:
            to_client.transport.abort()
            return
        connection = Connection((from_client, to_client), (from_server, to_server), self._new_dialogue(), self)
        self._open.add(connection)
        try:
            await connection.carry()
        except asyncio.CancelledError:
            return  # the loop closes, and nobody waits for this connection
        finally:
            self._open.discard(connection)
            connection.abort()


async def _cancel_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
