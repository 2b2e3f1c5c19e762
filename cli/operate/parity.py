"""`churn parity`: whether what was scored and decided live is what a replay of the topics comes to."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from backtest.parity import Parity, compare, read_trace
from backtest.replayed import Replayed
from backtest.usefulness import Usefulness, usefulness
from cli.console import ERR, OUT, counting, print_json, progress
from schemas.errors import ContractViolation
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS
from stream_app import bootstrap
from stream_app.adapters.kafka.dead_letter_topic import barred_in_topic
from stream_app.adapters.kafka.topic_log import TopicLog, read_alerts
from stream_app.settings import Settings


def parity(
    trace: Annotated[Path, typer.Option(help="What the workers wrote with `churn work --trace`.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Replay the events topic from nothing; compare every score and alert with the live ones. 1 if anything differs.

    Example: churn parity --trace trace.bin
    """
    settings = Settings()
    kafka = ",".join(bootstrap.brokers(settings))
    live_trace = read_trace(trace)
    published = list(read_alerts(TopicLog(kafka, settings.topic_prefix + CHURN_ALERTS.name)))
    replayed = _replayed(settings, TopicLog(kafka, settings.topic_prefix + CUSTOMER_EVENTS.name))
    found = compare(live_trace, published, replayed.trace, replayed.alerts)
    worth = usefulness(replayed.audience, published)
    if as_json:
        print_json({"parity": asdict(found), "usefulness": asdict(worth)})
    else:
        _show(found, worth)
    if not found.exact:
        for difference in found.first_differences:
            ERR.print(difference, markup=False, soft_wrap=True)
        raise ContractViolation("live and replay differ: keep the topics and the trace, this is a defect of the worker")


def _replayed(settings: Settings, events: TopicLog) -> Replayed:
    replayed = Replayed(bootstrap.engine(settings))
    barred = barred_in_topic(",".join(bootstrap.brokers(settings)), settings.topic_prefix + DEAD_LETTERS.name)
    with progress("Replaying", events.offsets, "records") as advance:
        for partition in range(events.partitions):
            chunks = counting(events.read(partition), advance)
            replayed.fold(partition, events.partitions, chunks, barred[partition])
    return replayed


def _show(found: Parity, worth: Usefulness) -> None:
    OUT.print(f"Same everywhere  {found.vectors:,} vectors and scores, {found.mismatches:,} mismatches")
    OUT.print(f"                 alerts: {found.alerts_missing:,} missing, {found.alerts_extra:,} too many")
    OUT.print(
        f"Useful           {worth.churners_alerted_before:,} of {worth.churners:,} who churned were alerted before; "
        f"{worth.precision:.1%} of {worth.users_alerted:,} alerted users churn, {worth.base_rate:.1%} of all",
        soft_wrap=True,
    )
