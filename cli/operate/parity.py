"""`churn parity`: whether what was scored and decided live is what a replay of the topics comes to."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from backtest.parity import Parity, compare, read_trace
from backtest.replayed import Replayed
from backtest.usefulness import Usefulness, usefulness
from cli.console import OUT, print_json, progress, say, tell_of_another_digest
from cli.options import AsJson
from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import barred_in_topic, deployment_of, topic_log
from stream_app.bootstrap.engine import engine_of
from stream_app.core.engine import Engine
from stream_app.deployment import Deployment
from stream_app.ports.topic_log import read_alerts, read_telling
from stream_app.settings import Settings


def parity(
    trace: Annotated[Path, typer.Option(help="What the workers wrote with `churn work --trace`.")],
    as_json: AsJson = False,
) -> None:
    """Replay the events topic from nothing; compare every score and alert with the live ones. 1 if anything differs.

    Example: churn parity --trace trace.bin
    """
    settings = Settings()
    deployment = deployment_of(settings)
    live_trace = read_trace(trace)
    published = list(read_alerts(topic_log(deployment.kafka, deployment.topics.alerts)))
    replayed = _replayed(deployment, engine_of(settings))
    found = compare(live_trace, published, replayed.trace, replayed.alerts)
    worth = usefulness(replayed.audience, published)
    if as_json:
        print_json({"parity": asdict(found), "usefulness": asdict(worth)})
    else:
        _show(found, worth)
    if not found.exact:
        for difference in found.first_differences:
            say(difference)
        raise ContractViolation("live and replay differ: keep the topics and the trace, this is a defect of the worker")


def _replayed(deployment: Deployment, engine: Engine) -> Replayed:
    kafka, topics = deployment.kafka, deployment.topics
    replayed = Replayed(engine)
    events, barred = topic_log(kafka, topics.events, stable=True), barred_in_topic(kafka, topics.letters)
    with progress("Replaying", events.offsets, "records") as advance:
        for partition in range(events.partitions):
            chunks = read_telling(events, partition, advance)
            replayed.fold(partition, events.partitions, chunks, barred[partition])
    return replayed


def _show(found: Parity, worth: Usefulness) -> None:
    OUT.print(f"Same everywhere  {found.vectors:,} vectors and scores, {found.mismatches:,} mismatches")
    OUT.print(f"                 alerts: {found.alerts_missing:,} missing, {found.alerts_extra:,} too many")
    tell_of_another_digest(found.alerts_of_another_digest)
    OUT.print(
        f"Useful           {worth.churners_alerted_before:,} of {worth.churners:,} who churned were alerted before; "
        f"{worth.precision:.1%} of {worth.users_alerted:,} alerted users churn, {worth.base_rate:.1%} of all",
        soft_wrap=True,
    )
