"""The least rights in Kafka of each role, as entries of its authoriser."""

import shlex
from typing import Literal, NamedTuple

from operations.rights.roles import Role
from stream_app.deployment import READERS_GROUP, Deployment, KafkaConnection

ResourceKind = Literal["topic", "group", "transactional-id"]
Operation = Literal["Create", "Describe", "DescribeConfigs", "Read", "Write"]


class Right(NamedTuple):
    """One operation on what has this name, or on all whose names begin with it."""

    operation: Operation
    kind: ResourceKind
    name: str
    prefixed: bool = False

    @property
    def pattern(self) -> str:
        """What it is on, for people."""
        return f"{self.name}*" if self.prefixed else self.name


def kafka_rights(role: Role, deployment: Deployment) -> list[Right]:
    """All that a role needs. Read and Write bring Describe with them."""
    topics, app_id = deployment.topics, deployment.app_id
    transactions = Right("Write", "transactional-id", f"{app_id}-", prefixed=True)
    configs = [Right("DescribeConfigs", "topic", name) for name in topics.names]
    reads = [Right("Read", "topic", name) for name in topics.names]
    match role:
        case "worker":
            written = [Right("Write", "topic", name) for name in (topics.alerts, topics.letters)]
            return [*reads, *written, *configs, Right("Read", "group", app_id), transactions]
        case "producer":
            return [Right("Write", "topic", topics.events)]
        case "subscriber":
            return [Right("Read", "topic", topics.alerts), Right("Describe", "group", READERS_GROUP)]
        case "operations":
            made = [Right("Create", "topic", name) for name in topics.names]
            written = [Right("Write", "topic", name) for name in (topics.events, topics.letters)]
            groups = [Right("Describe", "group", name) for name in (app_id, READERS_GROUP)]
            return [*made, *reads, *written, *configs, *groups, transactions]


def kafka_command(right: Right, principal: str, kafka: KafkaConnection) -> str:
    """How an administrator grants a right, with the tool that comes with Kafka."""
    on = ["--resource-pattern-type", "prefixed"] if right.prefixed else []
    words = [
        "kafka-acls.sh",
        *("--bootstrap-server", kafka.bootstrap, "--command-config", "admin.properties"),
        *("--add", "--allow-principal", principal, "--operation", right.operation),
        *(f"--{right.kind}", right.name, *on),
    ]
    return shlex.join(words)
