"""A TLS end before a server that has none: it lets in who trusts its certificate, and shows one when it is asked to."""

import asyncio
import ssl
import threading
from pathlib import Path
from types import TracebackType

from stack.ports import HOST, free_port
from tests.support.certificates import Authority

_STARTED_WITHIN_S = 10.0
_AT_ONCE = 1 << 16


class TlsEnd:
    """Clients reach at `address` what listens in plain text at `behind` (host:port)."""

    def __init__(self, behind: str, authority: Authority, *, mutual: bool = False, name: str = "tls-end") -> None:
        """`mutual`: clients must show a certificate of the authority."""
        self._host, _, port = behind.rpartition(":")
        self._port, self.port = int(port), free_port()
        self._context = _context(authority, name, authority.certificate if mutual else None)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    def __enter__(self) -> "TlsEnd":
        self._thread.start()
        asked = asyncio.start_server(self._serve, HOST, self.port, ssl=self._context)
        self._server = asyncio.run_coroutine_threadsafe(asked, self._loop).result(_STARTED_WITHIN_S)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_STARTED_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STARTED_WITHIN_S)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, ahead = await asyncio.open_connection(self._host, self._port)
        both = [asyncio.create_task(_carry(reader, ahead)), asyncio.create_task(_carry(behind, writer))]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            for end in (ahead, writer):
                end.transport.abort()


async def _carry(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    try:
        while data := await source.read(_AT_ONCE):
            to.write(data)
            await to.drain()
    except OSError:
        return


def _context(authority: Authority, name: str, believed: Path | None) -> ssl.SSLContext:
    own = authority.sign(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own.certificate, own.key)
    if believed is not None:
        context.load_verify_locations(believed)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
