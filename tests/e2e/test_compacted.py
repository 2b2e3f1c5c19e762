"""Compaction is switched on under a running worker: it stops before records go missing, and says what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType

from stack.local import Services
from stream_app.worker.topics_watch import EVERY_S
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.support.waiting import wait_until

STOPPED_WITHIN_S = 2 * EVERY_S + 40.0


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        yield it


def compact(made: Deployment) -> None:
    policy = ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ResourceType.TOPIC, made.topic(), incremental_configs=[policy])
    admin = AdminClient({"bootstrap.servers": made.services.bootstrap})
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result(30)


def test_a_worker_whose_topic_is_compacted_stops_and_names_the_setting(made: Deployment) -> None:
    worker = made.start_worker()
    worker.wait_until_ready()
    compact(made)

    def stopped() -> bool:
        worker.must_run()
        return {one["state"] for one in worker.probe()["partitions"].values()} == {"short_retention"}

    wait_until(stopped, "every partition stops", STOPPED_WITHIN_S)
    found = worker.probe()["partitions"]
    assert len(found) == PARTITIONS
    assert all("cleanup.policy=compact" in partition["why"] for partition in found.values())
