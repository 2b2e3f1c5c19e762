"""A worker starts on topics that fit together and keep decisions for longer than events, and on no others."""

import time
from collections.abc import Mapping

import pytest
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    ResourceType,
)

from schemas.errors import ContractViolation, Transient
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS, TOPICS, Topic
from stack.local import Services
from stream_app.adapters.kafka import topic_agreement
from stream_app.adapters.kafka.topic_agreement import agreed_partitions
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.engine import first_control
from stream_app.settings import Settings
from tests.support.connections import NOWHERE, deployment_at

N = 3
SHOWN_WITHIN_S = 10.0
HOUR_MS = 3_600_000
every_topic = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
Changes = Mapping[Topic, Mapping[str, object]]


@pytest.fixture
def admin(stack: Services, prefix: str) -> AdminClient:
    """Of a broker with a deployment's topics as they are made."""
    create_topics(deployment_at(stack, prefix), N, first_control(Settings()))
    return AdminClient({"bootstrap.servers": stack.bootstrap})


def change(admin: AdminClient, prefix: str, changes: Changes) -> None:
    for topic, settings in changes.items():
        entries = [
            ConfigEntry(name, str(value), incremental_operation=AlterConfigOpType.SET)
            for name, value in settings.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, prefix + topic.name, incremental_configs=entries)
        admin.incremental_alter_configs([resource])[resource].result(10)


def wait_until_shown(admin: AdminClient, prefix: str, changes: Changes) -> None:
    deadline = time.monotonic() + SHOWN_WITHIN_S
    for topic, settings in changes.items():
        resource = ConfigResource(ResourceType.TOPIC, prefix + topic.name)
        wanted = {name: str(value) for name, value in settings.items()}
        while wanted != {name: admin.describe_configs([resource])[resource].result(10)[name].value for name in wanted}:
            assert time.monotonic() < deadline


def refusal(stack: Services, prefix: str) -> ContractViolation:
    """Why no worker would start, as soon as the broker shows what was changed."""
    deadline = time.monotonic() + SHOWN_WITHIN_S
    while time.monotonic() < deadline:
        try:
            agreed_partitions(deployment_at(stack, prefix))
        except ContractViolation as refused:
            return refused
    pytest.fail("the topics are taken as they are")


def wait_until_agreed(stack: Services, prefix: str) -> None:
    deadline = time.monotonic() + SHOWN_WITHIN_S
    while True:
        try:
            assert agreed_partitions(deployment_at(stack, prefix)) == N
            return
        except ContractViolation:
            assert time.monotonic() < deadline


@pytest.mark.usefixtures("admin")
def test_topics_as_they_are_made_fit_together(stack: Services, prefix: str) -> None:
    assert agreed_partitions(deployment_at(stack, prefix)) == N


@every_topic
def test_a_topic_that_is_not_there_is_named(stack: Services, admin: AdminClient, prefix: str, topic: Topic) -> None:
    name = prefix + topic.name
    admin.delete_topics([name])[name].result(10)
    found = refusal(stack, prefix)
    assert (found.state, str(found)) == ("missing_topic", f"there is no topic {name}: `churn up` makes it")


@every_topic
def test_a_topic_with_more_partitions_than_the_others_is_refused(
    stack: Services, admin: AdminClient, prefix: str, topic: Topic
) -> None:
    name = prefix + topic.name
    admin.create_partitions([NewPartitions(name, N + 1)])[name].result(10)
    found = refusal(stack, prefix)
    assert found.state == "other_partitions"
    assert f"{prefix}{CUSTOMER_EVENTS.name} has {N + (topic is CUSTOMER_EVENTS)} partitions and {prefix}" in str(found)


ENDLESS: Changes = {CUSTOMER_EVENTS: {"retention.ms": -1}}
AN_HOUR_IN_SEGMENTS_OF_ONE: Mapping[str, object] = {"retention.ms": HOUR_MS, "segment.ms": HOUR_MS}


@pytest.mark.parametrize(
    ("changes", "topic", "setting", "value"),
    [
        ({CUSTOMER_EVENTS: {"cleanup.policy": "compact"}}, CUSTOMER_EVENTS, "cleanup.policy", "delete"),
        ({CHURN_ALERTS: {"cleanup.policy": "compact,delete"}}, CHURN_ALERTS, "cleanup.policy", "delete"),
        ({DEAD_LETTERS: {"cleanup.policy": "compact"}}, DEAD_LETTERS, "cleanup.policy", "delete"),
        ({CHURN_ALERTS: {"retention.bytes": 1 << 30}}, CHURN_ALERTS, "retention.bytes", "-1"),
        ({DEAD_LETTERS: {"retention.bytes": 1 << 30}}, DEAD_LETTERS, "retention.bytes", "-1"),
        ({DEAD_LETTERS: {"retention.ms": 10**15}}, DEAD_LETTERS, "retention.ms", "-1"),
        (ENDLESS, CHURN_ALERTS, "retention.ms", "-1"),
        (
            {CUSTOMER_EVENTS: AN_HOUR_IN_SEGMENTS_OF_ONE, CHURN_ALERTS: {"retention.ms": 2 * HOUR_MS - 1}},
            CHURN_ALERTS,
            "retention.ms",
            str(2 * HOUR_MS),
        ),
    ],
)
def test_decisions_that_could_go_before_their_events_are_refused_with_the_command_that_mends_it(
    stack: Services, admin: AdminClient, prefix: str, changes: Changes, topic: Topic, setting: str, value: str
) -> None:
    change(admin, prefix, changes)
    found = refusal(stack, prefix)
    assert found.state == "short_retention"
    assert str(found).startswith(f"{prefix}{topic.name} has {setting}=")
    assert f"--entity-name {prefix}{topic.name} --add-config {setting}={value}`" in str(found)
    change(admin, prefix, {topic: {setting: value}})
    wait_until_agreed(stack, prefix)


@pytest.mark.parametrize(
    "changes",
    [
        {CUSTOMER_EVENTS: AN_HOUR_IN_SEGMENTS_OF_ONE, CHURN_ALERTS: {"retention.ms": 2 * HOUR_MS}},
        {CUSTOMER_EVENTS: {"retention.bytes": 1 << 30}},
        {CHURN_ALERTS: {"retention.ms": -1}},
        {**ENDLESS, CHURN_ALERTS: {"retention.ms": -1}},
    ],
)
def test_decisions_that_outlast_their_events_are_kept_long_enough(
    stack: Services, admin: AdminClient, prefix: str, changes: Changes
) -> None:
    change(admin, prefix, changes)
    wait_until_shown(admin, prefix, changes)
    assert agreed_partitions(deployment_at(stack, prefix)) == N


def test_a_broker_that_does_not_answer_is_a_transient_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topic_agreement, "_ANSWER_WITHIN_S", 0.5)
    with pytest.raises(Transient, match="did not answer, see that it runs"):
        agreed_partitions(NOWHERE)
