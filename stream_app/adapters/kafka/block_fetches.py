"""Has an aiokafka consumer read what it fetches with our reader, before aiokafka looks into a byte of it.

aiokafka keeps connections, group and fetching. What goes wrong while a fetch is read belongs to its partition: it is
fetched once more, and then told; nothing is raised where the fetches of all partitions are handed out.
"""

import logging
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.structs import TopicPartition

from stream_app.adapters.kafka.aiokafka_patches import seeing
from stream_app.adapters.kafka.record_batches import Aborted, BatchReader
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.ports.fetching import UnreadableBatch

_log = logging.getLogger(__name__)

Unpacked = Callable[["_Fetch", "Block | UnreadableBatch"], Iterator[Any]]


def deliver_blocks(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer that has not started deliver one Block a fetch and partition, or the UnreadableBatch at which it
    stands, in the place of records."""
    _read_by(consumer, _Fetches(_as_told))


def deliver_records(consumer: AIOKafkaConsumer) -> None:
    """Have a consumer that has not started deliver plain tuples, and raise the UnreadableBatch at which it stands."""
    _read_by(consumer, _Fetches(_as_records))


def _read_by(consumer: AIOKafkaConsumer, fetches: "_Fetches") -> None:
    """Have the fetcher that a consumer is going to start hand the bytes of its fetches over."""
    start = consumer.start.__func__
    fetcher = start.__globals__["Fetcher"]
    fetch = seeing(fetcher._proc_fetch_request, MemoryRecords=_Bytes, PartitionRecords=fetches)
    patched = type("Fetcher", (fetcher,), {"_proc_fetch_request": fetch})
    consumer.start = MethodType(seeing(start, Fetcher=patched), consumer)


class _Bytes:
    """Stands for aiokafka's MemoryRecords: what a fetch brought of a partition, not looked into."""

    def __init__(self, fetched: bytes) -> None:
        self.fetched = fetched

    def has_next(self) -> bool:
        """Whether it brought anything."""
        return bool(self.fetched)

    def size_in_bytes(self) -> int:
        """How much it brought."""
        return len(self.fetched)


class _Fetches:
    """The fetches of a consumer; knows at which offset each partition could not be read when it was tried last."""

    def __init__(self, unpacked: Unpacked) -> None:
        self.unpacked = unpacked
        self._reader = BatchReader()
        self._failed: dict[TopicPartition, int] = {}

    def __call__(self, at: TopicPartition, found: _Bytes, aborted: Aborted | None, wanted: int, *_: object) -> "_Fetch":
        """In the place of aiokafka's PartitionRecords."""
        return _Fetch(self, at, found.fetched, aborted or (), wanted)

    def read(self, at: TopicPartition, fetched: bytes, aborted: Aborted, wanted: int) -> Block | UnreadableBatch | None:
        """What was fetched; why it cannot be read, if it could not be the time before either; else None."""
        name = f"{at.topic}[{at.partition}]"
        try:
            block = self._reader.read(name, fetched, wanted, aborted)
        except UnreadableBatch as error:
            unreadable = error
        except Exception as error:  # noqa: BLE001 - a defect of the reader belongs to the partition, too
            unreadable = UnreadableBatch(name, wanted, wanted, wanted + 1, repr(error))
        else:
            self._failed.pop(at, None)
            return block
        if self._failed.get(at) == wanted:
            return unreadable
        self._failed[at] = wanted
        _log.warning("batch_fetched_again: %s", unreadable)
        return None


class _Fetch:
    """Stands for aiokafka's PartitionRecords: one fetch of a partition, read when it is asked for."""

    def __init__(self, fetches: _Fetches, at: TopicPartition, fetched: bytes, aborted: Aborted, wanted: int) -> None:
        self.next_fetch_offset = wanted
        self._items = self._read(fetches, at, fetched, aborted)

    def __iter__(self) -> Iterator[Any]:
        return self._items

    def __next__(self) -> Any:  # noqa: ANN401 - what the consumer was asked to deliver
        return next(self._items)

    def _read(self, fetches: _Fetches, at: TopicPartition, fetched: bytes, aborted: Aborted) -> Iterator[Any]:
        found = fetches.read(at, fetched, aborted, self.next_fetch_offset)
        if found is not None:
            yield from fetches.unpacked(self, found)


def _as_told(fetch: _Fetch, found: Block | UnreadableBatch) -> Iterator[Block | UnreadableBatch]:
    if isinstance(found, Block):
        fetch.next_fetch_offset = found.end
    yield found


def _as_records(fetch: _Fetch, found: Block | UnreadableBatch) -> Iterator[PlainRecord]:
    if isinstance(found, UnreadableBatch):
        raise found
    for record in found:
        fetch.next_fetch_offset = record.offset + 1
        yield record
    fetch.next_fetch_offset = found.end
