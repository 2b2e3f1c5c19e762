"""What is set past the arguments of a worker's consumer: what a broker is asked for, and what comes, shows it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import faust
import pytest
from aiokafka.consumer import fetcher
from aiokafka.protocol.fetch import FetchRequest

from schemas.topics import CUSTOMER_EVENTS
from stack.local import Services
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.faust_broker import faust_arguments
from stream_app.core.blocks import Block
from stream_app.deployment import Deployment
from stream_app.worker.transport import FETCH_MAX_BYTES, FETCH_MAX_WAIT_MS, FETCH_MIN_BYTES, ChunkTransport
from tests.integration.test_topics import CONTROL
from tests.support.connections import deployment_at


@contextmanager
def worker_thread(at: Deployment, directory: Path) -> Iterator[Any]:
    """The thread, not started, in which Faust would have a worker's consumer."""
    app = faust.App(at.app_id, **faust_arguments(at.kafka), datadir=directory)
    app.transport = ChunkTransport(app.conf.broker, app)
    thread = app.consumer._thread
    yield thread
    thread.thread_loop.close()


def test_a_worker_asks_the_broker_for_its_own_sizes_of_a_fetch_and_delivers_blocks(
    stack: Services, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_topics(deployment_at(stack, prefix), 1, CONTROL)
    asked: list[tuple[object, ...]] = []

    def seen(*sizes_and_topics: object, **more: object) -> object:
        asked.append(sizes_and_topics[:3])
        return FetchRequest(*sizes_and_topics, **more)

    monkeypatch.setattr(fetcher, "FetchRequest", seen)
    with worker_thread(deployment_at(stack, prefix), tmp_path) as thread:

        async def read_a_block() -> None:
            consumer = thread._create_worker_consumer(thread.transport)
            consumer.subscribe([prefix + CUSTOMER_EVENTS.name])
            await consumer.start()
            try:
                assert type(await consumer.getone()) is Block
            finally:
                await consumer.stop()

        asyncio.run(read_a_block())
    assert set(asked) == {(FETCH_MAX_WAIT_MS, FETCH_MIN_BYTES, FETCH_MAX_BYTES)}
