"""Every peer that is there reads a small topic to its end, and tells what it took."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient

from benchmarks.peers.catalogue import PEERS, STOCK_FAUST, Peer
from benchmarks.peers.running import run
from benchmarks.speed import deployments
from benchmarks.speed.filling import fill
from benchmarks.speed.load import drawn
from stack.local import Services
from tests.support.connections import kafka_of, redis_of

EVENTS = 20_000


@pytest.fixture
def filled(stack: Services, prefix: str, committed_models: Path) -> Iterator[deployments.Testbed]:
    site = deployments.Site(kafka_of(stack), redis_of(stack), deployments.Pids(None, None))
    with deployments.a_testbed(site, prefix + "peers") as made:
        fill(made.deployment, drawn(EVENTS, 2_000, "zipf", 3))
        yield made


@pytest.mark.parametrize(
    "peer",
    [pytest.param(peer, id=peer.name, marks=[] if peer is STOCK_FAUST else pytest.mark.nightly) for peer in PEERS],
)
@pytest.mark.timeout(600)
def test_a_peer_reads_the_topic_to_its_end(filled: deployments.Testbed, peer: Peer) -> None:
    if peer.runtime.missing is not None:
        pytest.skip(peer.runtime.missing)
    took = run(peer, filled.deployment, filled.model, EVENTS)
    assert 0 < took.events <= EVENTS
    assert took.cold > 0
    left = AdminClient({"bootstrap.servers": filled.deployment.kafka.bootstrap}).list_topics(timeout=30).topics
    assert not [name for name in left if name.startswith("peer-")]
