"""Kafka's requests: a length of four bytes, then key and version of the call, and who asks."""

import struct
from collections.abc import Iterator

from proofs.chaos.requests import OTHER, Request

PRODUCE, ADD_PARTITIONS, END_TXN = "produce", "add_partitions", "end_txn"
_NAMES = {0: PRODUCE, 24: ADD_PARTITIONS, 26: END_TXN}
"""The calls of a transaction. In the versions that the worker's client speaks each begins with the transaction's id."""
_LENGTH_BYTES = 4


class KafkaDialogue:
    """One connection to a broker."""

    def __init__(self) -> None:
        self._held = bytearray()

    def asked(self, data: bytes) -> list[Request]:
        """The requests that these bytes complete."""
        self._held += data
        return [_request(frame) for frame in frames(self._held)]

    def answered(self, data: bytes) -> bytes:
        """Replies are not looked into."""
        return data


def frames(held: bytearray) -> Iterator[bytes]:
    """The whole requests or replies at the head of what has come; they are taken out of it."""
    while len(held) >= _LENGTH_BYTES:
        end = _LENGTH_BYTES + struct.unpack_from(">i", held)[0]
        if len(held) < end:
            return
        frame = bytes(held[:end])
        del held[:end]
        yield frame


def _request(frame: bytes) -> Request:
    (call,) = struct.unpack_from(">h", frame, _LENGTH_BYTES)
    name = _NAMES.get(call, OTHER)
    if name == OTHER:
        return Request(OTHER, None, frame)
    transaction = _text(frame, _after_text(frame, _LENGTH_BYTES + 8))
    if transaction is None:
        return Request(OTHER, None, frame)
    return Request(name, int(transaction.rpartition("-")[2]), frame)


def _text(frame: bytes, at: int) -> str | None:
    (size,) = struct.unpack_from(">h", frame, at)
    return None if size < 0 else frame[at + 2 : at + 2 + size].decode()


def _after_text(frame: bytes, at: int) -> int:
    (size,) = struct.unpack_from(">h", frame, at)
    return at + 2 + max(0, int(size))
