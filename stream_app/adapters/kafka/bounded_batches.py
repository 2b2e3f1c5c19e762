"""Bounds what a compressed batch of records may grow to. aiokafka has no bound: a small batch may need gigabytes.

A batch beyond the bound is passed over with a line in the log. To a session it is a hole, at which its partition stops
(`hole_in_log`); other partitions go on.
"""

import logging
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from aiokafka import codec
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record import default_records
from aiokafka.record._crecords import default_records as compiled_records

from stream_app.adapters.kafka.decompressed_sizes import SIZES

MOST_BYTES: Final = 64 << 20
"""Of one batch, decompressed: 64 times what the topic lets a compressed one have."""
_GZIP_WINDOW = 31
_log = logging.getLogger(__name__)
_unpack_records = PartitionRecords._unpack_records


class BatchTooLarge(Exception):
    """A batch grows beyond the bound."""


def bound_batches() -> None:
    """Have all consumers of this process refuse batches that grow beyond the bound."""
    decoders = {name: _within_bounds(getattr(codec, name), size) for name, size in SIZES.items()}
    decoders["gzip_decode"] = gunzip
    for module in (default_records, compiled_records):
        for name, decoder in decoders.items():
            setattr(module, name, decoder)
    PartitionRecords._unpack_records = _unpack_within_bounds


def gunzip(payload: Any) -> bytes:  # noqa: ANN401 - any buffer
    """Raises BatchTooLarge."""
    stream = zlib.decompressobj(_GZIP_WINDOW)
    found = stream.decompress(payload, MOST_BYTES)
    if stream.unconsumed_tail:
        raise BatchTooLarge
    return found


def _within_bounds(decode: Callable[[Any], bytes], size: Callable[[memoryview], int]) -> Callable[[Any], bytes]:
    """The same decoder, asked only if what comes out has a bounded size."""

    def decoder(payload: Any) -> bytes:  # noqa: ANN401 - any buffer
        if size(memoryview(payload)) > MOST_BYTES:
            raise BatchTooLarge
        return decode(payload)

    return decoder


class _Remembering:
    """Batches, of which the last one that was taken is remembered."""

    def __init__(self, batches: Any) -> None:  # noqa: ANN401 - aiokafka's own
        self._batches = batches
        self.last: Any = None

    def has_next(self) -> bool:
        """Whether there is one more."""
        return bool(self._batches.has_next())

    def next_batch(self) -> Any:  # noqa: ANN401 - aiokafka's own
        """The next one."""
        self.last = self._batches.next_batch()
        return self.last


def _unpack_within_bounds(self: PartitionRecords) -> Iterator[Any]:
    batches = self._records = _Remembering(self._records)
    while True:
        try:
            yield from _unpack_records(self)
        except BatchTooLarge:
            first, behind = batches.last.base_offset, batches.last.next_offset
            _log.error("batch_too_large: %s offsets %d to %d, above %d bytes", self._tp, first, behind - 1, MOST_BYTES)
            self.next_fetch_offset = behind
        else:
            return
