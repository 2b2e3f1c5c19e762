"""What the transport replaces of Faust is Faust's own, and other versions of it are refused."""

import pytest
from faust.app import App
from faust.transport.drivers import aiokafka as stock

from schemas.errors import ContractViolation
from stream_app.adapters.kafka.aiokafka_patches import demand_versions
from stream_app.metrics.worker_metrics import WorkerMetrics
from stream_app.partition.ports import Ports
from stream_app.partition.session import Session
from stream_app.worker import transport
from stream_app.worker.owner import PartitionOwner, PartitionTask
from stream_app.worker.transport import ChunkApp, ChunkConsumer, ChunkTransport

OURS = {"ends", "seek_to", "_end_with_a_partition", "_in_thread", "_look_at", "_look_after_the_paused"}
REPLACED = [
    (stock.AIOKafkaConsumerThread, "_create_worker_consumer"),
    (stock.AIOKafkaConsumerThread, "_commit"),
    (App, "_create_directories"),
    (App, "_new_transport"),
    (stock.Transport, "Consumer"),
]


def nothing_opens(partition: int, task: PartitionTask) -> tuple[Session, Ports]:
    raise AssertionError(partition, task)


@pytest.mark.parametrize(("owner", "name"), REPLACED, ids=[name for _, name in REPLACED])
def test_what_is_replaced_of_faust_is_fausts_own(owner: type, name: str) -> None:
    assert hasattr(owner, name)


def test_every_method_of_the_consumer_is_fausts_own_but_for_those_that_are_ours() -> None:
    methods = {name for name in vars(ChunkConsumer) if callable(getattr(ChunkConsumer, name))}
    assert {name for name in methods if not hasattr(stock.Consumer, name)} == OURS


def test_an_app_reads_through_our_transport_and_knows_whom_its_partitions_belong_to() -> None:
    owner = PartitionOwner("topic", nothing_opens, WorkerMetrics())
    app = ChunkApp("app", owner=owner, broker="kafka://127.0.0.1:1")
    assert type(app.transport) is ChunkTransport
    assert type(app.consumer) is ChunkConsumer
    assert app.consumer.app.owner is owner
    app.consumer._thread.thread_loop.close()


@pytest.mark.parametrize("package", transport.TESTED)
def test_another_version_of_faust_is_refused(package: str) -> None:
    demand_versions("the transport was", transport.TESTED)
    with pytest.raises(ContractViolation, match=rf"tested with {package} 0.0.1, here is .*: install what requirements"):
        demand_versions("the transport was", {**transport.TESTED, package: "0.0.1"})
