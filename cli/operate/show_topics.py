"""`churn topics show`: how the deployment's topics are kept and how far they reach, and what is in force."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import msgspec
from rich.table import Table

from cli.console import OUT, print_json
from cli.options import AsJson
from schemas.topics import FOR_EVER
from stream_app.bootstrap.deployment import deployment_of, stored_states, topic_facts
from stream_app.core.durations import DAY_MS
from stream_app.deployment import Deployment
from stream_app.partition.effects import Meta
from stream_app.ports.topic_log import TopicFacts
from stream_app.settings import Settings


def show_topics(as_json: AsJson = False) -> None:
    """Show how the topics are kept, where they begin and end, how far the workers are, and what is in force.

    What is in force stands beside the states in Redis; a control record behind the position is yet to take effect.

    Example: churn topics show
    """
    deployment = deployment_of(Settings())
    topics = [topic_facts(deployment.kafka, name) for name in deployment.topics.names]
    metas = _metas(deployment, len(topics[0].ends))
    if as_json:
        partitions = [None if meta is None else _applied(meta) for meta in metas]
        print_json({"topics": [asdict(topic) for topic in topics], "applied": partitions})
        return
    OUT.print(_topics(topics))
    OUT.print("", _partitions(topics, metas), sep="\n")


def _metas(deployment: Deployment, partitions: int) -> list[Meta | None]:
    """What stands beside the states of each partition, None where no worker has begun."""
    with stored_states(deployment) as states:
        return [next(states.pages(partition)).meta for partition in range(partitions)]


def _applied(meta: Meta) -> dict[str, Any]:
    control = None if meta.control is None else msgspec.to_builtins(meta.control)
    return {"position": meta.position, "state_digest": meta.state_digest, "in_force": control}


def _topics(topics: Sequence[TopicFacts]) -> Table:
    table = _empty("Topics", "topic", "partitions", "replicas", "kept for", "offsets")
    for topic in topics:
        kept = "ever" if topic.retention_ms == FOR_EVER else f"{topic.retention_ms / DAY_MS:g} days"
        offsets = sum(topic.ends) - sum(topic.begins)
        table.add_row(topic.name, str(len(topic.ends)), str(topic.replication), kept, f"{offsets:,}")
    return table


def _partitions(topics: Sequence[TopicFacts], metas: Sequence[Meta | None]) -> Table:
    """From where to where each partition reaches; the position is the next event that its worker applies."""
    table = _empty("Partitions", "", "events", "alerts", "dead letters", "position", "in force")
    for partition, meta in enumerate(metas):
        spans = [_span(topic, partition) for topic in topics]
        table.add_row(str(partition), *spans, *(("-", "no worker yet") if meta is None else _position(meta)))
    return table


def _span(topic: TopicFacts, partition: int) -> str:
    begin, end = (topic.begins[partition], topic.ends[partition]) if partition < len(topic.ends) else (0, 0)
    return f"{begin:,} to {end:,}"


def _position(meta: Meta) -> tuple[str, str]:
    if meta.control is None:
        return f"{meta.position:,}", "nothing"
    model, policy = meta.control.model, meta.control.policy
    return f"{meta.position:,}", f"{model.name}/{model.version}, policy {policy.name} {policy.version}"


def _empty(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for heading in headings:
        table.add_column(heading)
    return table
