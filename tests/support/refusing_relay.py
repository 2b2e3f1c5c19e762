"""A relay before a server that puts other answers into its replies: error codes of Kafka, error lines of Redis."""

import asyncio
import struct
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any, NamedTuple, Protocol, TypeVar

import hiredis
from aiokafka.protocol.api import RequestStruct
from aiokafka.protocol.produce import ProduceRequest_v8
from aiokafka.protocol.transaction import AddPartitionsToTxnRequest, EndTxnRequest, InitProducerIdRequest
from aiokafka.protocol.types import Array, Schema

from stack.ports import HOST

INIT, ADD_PARTITIONS, PRODUCE, END = (
    InitProducerIdRequest.API_KEY,
    AddPartitionsToTxnRequest.API_KEY,
    ProduceRequest_v8.API_KEY,
    EndTxnRequest.API_KEY,
)
_WITHIN_S = 10.0

Result = TypeVar("Result")


class Lies(Protocol):
    """What is put into the replies of one connection."""

    def asked(self, data: bytes) -> None:
        """A client has said this."""

    def answered(self, data: bytes) -> bytes:
        """What the client hears in the place of this."""


class KafkaRefusal:
    """The code with which requests of a kind are answered, None for the truth; kept for all connections."""

    def __init__(self) -> None:
        self.kind = INIT
        self.code: int | None = None

    def refuse(self, kind: int, code: int | None) -> None:
        """From now on."""
        self.kind, self.code = kind, code

    def lies(self) -> "KafkaLies":
        """Those of a new connection."""
        return KafkaLies(self)


class KafkaLies:
    """Reads requests, and replaces the error codes in the replies to those of the kind that is refused."""

    def __init__(self, refusal: KafkaRefusal) -> None:
        self._refusal = refusal
        self._requests, self._replies = bytearray(), bytearray()
        self._asked: dict[int, tuple[int, int]] = {}

    def asked(self, data: bytes) -> None:
        """A client has said this."""
        self._requests += data
        for frame in _frames(self._requests):
            kind, version, correlation = struct.unpack_from(">hhi", frame, 4)
            self._asked[correlation] = (kind, version)

    def answered(self, data: bytes) -> bytes:
        """What the client hears in the place of this."""
        self._replies += data
        return b"".join(map(self._told, _frames(self._replies)))

    def _told(self, frame: bytes) -> bytes:
        (correlation,) = struct.unpack_from(">i", frame, 4)
        kind, version = self._asked.pop(correlation, (-1, 0))
        if self._refusal.code is None or kind != self._refusal.kind:
            return frame
        schema = _reply_schema(kind, version)
        values = schema.decode(BytesIO(frame[8:]))
        body: bytes = frame[4:8] + schema.encode(_with_code(schema, values, self._refusal.code))
        return struct.pack(">i", len(body)) + body


class RedisRefusal:
    """The line with which commands that begin with some word are answered, none for the truth."""

    def __init__(self) -> None:
        self.line = ""
        self.word = b"EVALSHA"

    def lies(self) -> "RedisLies":
        """Those of a new connection."""
        return RedisLies(self)


class RedisLies:
    """Clients of Redis ask one command at a time here, so that a reply is the one to the last command."""

    def __init__(self, refusal: RedisRefusal) -> None:
        self._refusal = refusal
        self._reader = hiredis.Reader()
        self._last = b""

    def asked(self, data: bytes) -> None:
        """A client has said this."""
        self._reader.feed(data)
        while (words := self._reader.gets()) is not False:
            self._last = bytes(words[0])

    def answered(self, data: bytes) -> bytes:
        """What the client hears in the place of this."""
        if self._refusal.line and self._last == self._refusal.word:
            return f"-{self._refusal.line}\r\n".encode()
        return data


class _Server(NamedTuple):
    loop: asyncio.AbstractEventLoop
    thread: threading.Thread


class RefusingRelay:
    """One address of this machine, which passes everything on to a port of it, and lies."""

    def __init__(self, port: int, upstream: int, new_lies: Callable[[], Lies]) -> None:
        self._upstream, self._new_lies = upstream, new_lies
        loop = asyncio.new_event_loop()
        self._on = _Server(loop, threading.Thread(target=loop.run_forever, name="lies", daemon=True))
        self._on.thread.start()
        self._server = self._run(asyncio.start_server(self._serve, HOST, port))

    def close(self) -> None:
        """Take no more, and cut what there is."""
        self._run(self._cancel_all())
        self._on.loop.call_soon_threadsafe(self._on.loop.stop)
        self._on.thread.join(_WITHIN_S)
        self._on.loop.close()

    def _run(self, coroutine: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(coroutine, self._on.loop).result(_WITHIN_S)

    async def _cancel_all(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        lies = self._new_lies()
        try:
            from_server, to_server = await asyncio.open_connection(HOST, self._upstream)
        except OSError:
            to_client.close()
            return
        with suppress(OSError, asyncio.CancelledError):
            await asyncio.wait(
                [
                    asyncio.ensure_future(_carry(from_client, to_server, partial(_heard, lies))),
                    asyncio.ensure_future(_carry(from_server, to_client, lies.answered)),
                ],
                return_when=asyncio.FIRST_COMPLETED,
            )
        to_client.close()
        to_server.close()


def _heard(lies: Lies, data: bytes) -> bytes:
    lies.asked(data)
    return data


async def _carry(source: asyncio.StreamReader, to: asyncio.StreamWriter, told: Callable[[bytes], bytes]) -> None:
    with suppress(OSError):
        while data := await source.read(1 << 18):
            to.write(told(data))
            await to.drain()


def _frames(held: bytearray) -> list[bytes]:
    """The whole ones that have come, each with its length before it."""
    found = []
    while len(held) >= 4 and len(held) >= (end := 4 + struct.unpack_from(">i", held)[0]):
        found.append(bytes(held[:end]))
        del held[:end]
    return found


def _reply_schema(kind: int, version: int) -> Schema:
    for request in RequestStruct.__subclasses__():
        if (kind, version) == (request.API_KEY, request.API_VERSION):
            return request.RESPONSE_TYPE.SCHEMA
    raise AssertionError(f"aiokafka knows no version {version} of the request {kind}")


def _with_code(schema: Schema, values: tuple[Any, ...], code: int) -> tuple[Any, ...]:
    return tuple(
        code if name == "error_code" else _nested(kind, value, code)
        for name, kind, value in zip(schema.names, schema.fields, values, strict=True)
    )


def _nested(kind: Any, value: Any, code: int) -> Any:  # noqa: ANN401 - whatever a schema is made of
    if isinstance(kind, Array) and isinstance(kind.array_of, Schema):
        return [_with_code(kind.array_of, one, code) for one in value]
    return value
