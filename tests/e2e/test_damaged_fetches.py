"""Damaged record batches in the replies to a living worker's fetches: it lives, and the other partitions go on."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from proofs.batches import Batch
from proofs.chaos.broker_site import BrokerSite
from proofs.chaos.fetch_replies import RewrittenFetches
from proofs.chaos.relay import RelayLoop
from proofs.damaged_batches import DAMAGES
from stack.local import Services
from stream_app.adapters.kafka.record_batches import BatchReader
from stream_app.ports.fetching import UnreadableBatch
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.e2e.test_worker import Writer, activity, home_of, user_of
from tests.support.waiting import wait_until

IN_THE_SUITE, FUZZED = 24, 300
PATIENCE_S = 120.0
DAMAGED = 0
"""The partition whose fetches are damaged."""


class Damager:
    """Damages every batch of one partition once, so that it cannot be read or its headers are foul; or for good."""

    def __init__(self, seed: int) -> None:
        self.kinds: Counter[str] = Counter()
        self.topic = ""
        self.for_good = False
        self._draw = random.Random(seed)
        self._reader = BatchReader(1 << 20)
        self._told: set[int] = set()
        self._lock = threading.Lock()

    def __call__(self, topic: str, partition: int, fetched: bytes) -> bytes:
        """What is told in the place of what was fetched."""
        if (topic, partition) != (self.topic, DAMAGED):
            return fetched
        with self._lock:
            if self.for_good:
                return fetched[:-1] + bytes([fetched[-1] ^ 1])
            end = 12 + int.from_bytes(fetched[8:12], "big")
            batch = Batch.parse(fetched[:end])
            if batch.base_offset in self._told:
                return fetched
            self._told.add(batch.base_offset)
            return self._damaged(batch) + fetched[end:]

    def _damaged(self, batch: Batch) -> bytes:
        while True:
            kind = self._draw.choice(list(DAMAGES))
            damaged = DAMAGES[kind](self._draw, batch)
            if kind == "header keys" or self._is_refused(damaged, batch.base_offset):
                self.kinds[kind] += 1
                return damaged

    def _is_refused(self, damaged: bytes, wanted: int) -> bool:
        try:
            self._reader.read("events", damaged, wanted)
        except UnreadableBatch:
            return True
        return False


@pytest.fixture
def damager() -> Damager:
    return Damager(7)


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path, jars: Path, damager: Damager) -> Iterator[Deployment]:
    """A deployment whose worker reaches its broker through a relay."""
    loop = RelayLoop()
    site = BrokerSite(tmp_path / "broker", lambda: jars, loop, new_dialogue=lambda: RewrittenFetches(damager))
    try:
        services = replace(stack, kafka=replace(stack.kafka, uri=site.direct.bootstrap))
        with deployment(services, prefix, tmp_path) as it:
            damager.topic = it.topic()
            it.start_worker(more={"CHURN_KAFKA_BOOTSTRAP": site.relayed.bootstrap}).wait_until_ready()
            yield it
    finally:
        site.stop()
        loop.close()


def until(made: Deployment, reached: Callable[[], bool]) -> None:
    """Wait for something, as long as the worker lives."""

    def reached_alive() -> bool:
        made.workers[-1].must_run()
        return reached()

    wait_until(reached_alive, "the worker comes on", PATIENCE_S)


def send_one_each(made: Deployment, number: int) -> None:
    """An event of one user in each partition, each a batch of its own."""
    writer = Writer(made)
    for user in map(user_of, range(PARTITIONS)):
        writer.write(home_of(user), activity(user, number), user.encode())
    writer.flush()


@pytest.mark.timeout(1800)
def test_a_worker_applies_what_was_damaged_once_and_stops_one_partition_at_what_stays_damaged(
    made: Deployment, damager: Damager, request: pytest.FixtureRequest
) -> None:
    batches = IN_THE_SUITE if request.config.getoption("--fuzz") is None else FUZZED
    for number in range(batches):
        before = damager.kinds.total()
        send_one_each(made, number)
        until(made, lambda before=before: damager.kinds.total() > before)  # type: ignore[misc]
    made.wait_until_applied([batches + 1] * PARTITIONS)
    assert len(damager.kinds) > 4, damager.kinds
    made.must_equal_one_uninterrupted_fold(may_be_silent=True)
    damager.for_good = True
    send_one_each(made, batches)
    until(made, lambda: made.workers[-1].probe()["partitions"][str(DAMAGED)]["state"] == "unreadable_batch")
    until(made, lambda: made.positions() == [batches + 1, *[batches + 2] * (PARTITIONS - 1)])
    assert "its checksum does not hold" in made.workers[-1].log.read_text()
