"""Replies to aiokafka's fetches, rewritten on their way."""

import struct
from collections.abc import Callable
from io import BytesIO
from typing import Any

from aiokafka.protocol import fetch

from proofs.chaos.kafka_frames import KafkaDialogue, frames
from proofs.chaos.requests import Request

_FETCH, _VERSIONS, _LENGTH_BYTES, _CORRELATION_BYTES = 1, range(4, 12), 4, 4

Rewrite = Callable[[str, int, bytes], bytes]
"""From a topic, a partition and the batches that were fetched of it to what is told instead."""


class RewrittenFetches(KafkaDialogue):
    """One connection to a broker, whose replies to fetches may be changed."""

    def __init__(self, rewrite: Rewrite) -> None:
        super().__init__()
        self._rewrite = rewrite
        self._versions: dict[int, int] = {}
        self._replies = bytearray()

    def asked(self, data: bytes) -> list[Request]:
        """The requests that these bytes complete; fetches are remembered."""
        requests = super().asked(data)
        for request in requests:
            call, version, correlation = struct.unpack_from(">hhi", request.raw, _LENGTH_BYTES)
            if call == _FETCH and version in _VERSIONS:
                self._versions[correlation] = version
        return requests

    def answered(self, data: bytes) -> bytes:
        """The whole replies that these bytes complete, rewritten where they bring batches."""
        self._replies += data
        return b"".join(map(self._rewritten, frames(self._replies)))

    def _rewritten(self, frame: bytes) -> bytes:
        (correlation,) = struct.unpack_from(">i", frame, _LENGTH_BYTES)
        version = self._versions.pop(correlation, None)
        if version is None:
            return frame
        schema = getattr(fetch, f"FetchResponse_v{version}").SCHEMA
        *head, topics = schema.decode(BytesIO(frame[_LENGTH_BYTES + _CORRELATION_BYTES :]))
        told = [(topic, [self._told(topic, one) for one in partitions]) for topic, partitions in topics]
        body: bytes = frame[_LENGTH_BYTES : _LENGTH_BYTES + _CORRELATION_BYTES] + schema.encode((*head, told))
        return struct.pack(">i", len(body)) + body

    def _told(self, topic: str, partition: tuple[Any, ...]) -> tuple[Any, ...]:
        number, *others, fetched = partition
        return (number, *others, self._rewrite(topic, number, fetched) if fetched else fetched)
