"""`churn backtest`: what other models and policies would have decided on this deployment's events, or on a file's."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from backtest.figures import figures
from backtest.nothing import refuse_nothing, without_churn
from backtest.parity import Parity
from backtest.period import Period
from backtest.rerun import Backtest
from backtest.shared_models import SharedModels
from cli.console import counting, print_json, progress, say
from cli.event_logs import LogFile, log_file, ordered
from cli.measure.backtest_options import WantedRows, period_of, rows_of
from cli.measure.backtest_table import show
from cli.options import AsJson, readable
from producers.line_files import write_lines
from schemas.errors import ContractViolation
from schemas.instants import format_instant
from stream_app.bootstrap.deployment import barred_in_topic, deployment_of, topic_exists, topic_log
from stream_app.bootstrap.engine import Comparisons, models_for
from stream_app.core.engine import Engine
from stream_app.core.event_lines import EventLines
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import PlainRecord
from stream_app.ports.topic_log import read_alerts, read_telling
from stream_app.settings import Settings
from stream_app.workloads import workload_named

_FILE = Annotated[
    Path | None,
    typer.Option(
        parser=readable,
        metavar="FILE",
        help="Event file, - for stdin, in place of the deployment's topic. What is not in the order of time is sorted.",
    ),
]


def backtest(
    begin: Annotated[
        str | None, typer.Option("--from", help="Count what was taken down from here on: date or RFC 3339 instant.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="Count what was taken down before this.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="NAME/VERSION in place of the log's models, several with commas; live: the log's."),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            help="JSON or TOML file in place of the log's policies, with commas; live: the log's, own: each model's."
        ),
    ] = None,
    events: _FILE = None,
    alerts: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Write the alerts as JSON lines; takes one model, one policy.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Fold the log once more, from its beginning, under each model with each policy, and say what came of it.

    Reads the topic up to where it ends now; joins no consumer group, writes to no topic and no Redis. Without --model
    and --policy the log's control records decide, and the alerts must be those that were given live.

    Exit codes: 0 done, 1 failed or the live alerts are others, 2 wrong usage, 3 no broker, 130 Ctrl-C.

    Example: churn backtest --from 2024-01-08 --model live,music/0.6.0 --policy live,strict.json
    """
    period = period_of(begin, end)
    settings = Settings()
    with nullcontext() if events is None else log_file(events) as file:
        wanted = rows_of(settings, file, model, policy)
        if alerts is not None and len(wanted.variants) > 1:
            raise typer.BadParameter(
                f"takes one model and one policy, not {len(wanted.variants)} rows", param_hint="--alerts"
            )
        started_s = time.monotonic()
        run = _of_topic(settings, wanted, period) if file is None else _of_file(settings, wanted, period, file)
        seconds = max(time.monotonic() - started_s, 1e-3)
    _refuse_nothing(run, settings)
    if alerts is not None:
        write_lines(alerts, (msgspec.json.encode(alert) for alert in run.backtest.outcomes[0].alerts))
    summary = _summary(run, period, seconds)
    if as_json:
        print_json(summary)
    else:
        show(summary)
    _refuse_difference(run.difference)


def _refuse_nothing(run: "_Run", settings: Settings) -> None:
    workload = workload_named(settings.workload)
    refuse_nothing(run.source, run.backtest, workload)
    if told := without_churn(run.source, run.backtest, workload):
        say(f"churn: {told}")


@dataclass(frozen=True)
class _Run:
    """A finished backtest: of what, how many records it read, and how its live row differs from the live alerts."""

    source: str
    records: int
    backtest: Backtest
    difference: Parity | None


def _engine(settings: Settings, topic: str) -> Engine:
    compiled = compile_workload(workload_named(settings.workload))
    models = models_for(compiled, settings.models_directory, Comparisons().scorer)
    return Engine(compiled, SharedModels(models).load, topic)


def _of_file(settings: Settings, wanted: WantedRows, period: Period, file: LogFile) -> _Run:
    log = EventLines(ordered(file.name, file.lines))
    run = Backtest(_engine(settings, file.name), wanted.variants, period, start=wanted.start)
    with progress("Replaying", None) as advance:
        run.fold(0, 1, _refusing_bad_lines(file, run, counting(log.chunks(), advance)))
    return _Run(file.name, log.count, run, None)


def _refusing_bad_lines(
    file: LogFile, run: Backtest, chunks: Iterable[Sequence[PlainRecord]]
) -> Iterator[Sequence[PlainRecord]]:
    """Stop at an event that the worker would reject; one whose time is wrong becomes a dead letter live."""
    for chunk in chunks:
        yield chunk
        for reason, letter in run.first_dead.items():
            if reason != "future":
                where = f"{file.name}: event {letter.record.offset + 1:,}"
                raise ContractViolation(f"{where} would be rejected: {letter.message}")


def _of_topic(settings: Settings, wanted: WantedRows, period: Period) -> _Run:
    deployment = deployment_of(settings)
    kafka, topics = deployment.kafka, deployment.topics
    log = topic_log(kafka, topics.events, stable=True)
    compared = any(variant.is_live for variant in wanted.variants) and topic_exists(kafka, topics.alerts)
    published = [
        alert
        for alert in (read_alerts(topic_log(kafka, topics.alerts)) if compared else ())
        if alert.data.src.offset < log.end(alert.data.src.partition)
    ]
    barred = barred_in_topic(kafka, topics.letters)
    run = Backtest(_engine(settings, topics.events), wanted.variants, period, published)
    with progress("Replaying", log.offsets, "records") as advance:
        for partition in range(log.partitions):
            run.fold(partition, log.partitions, read_telling(log, partition, advance), barred[partition])
    live = next((outcome for outcome in run.outcomes if outcome.variant.is_live), None)
    difference = run.difference(live) if compared and live is not None else None
    return _Run(topics.events, log.offsets, run, difference)


def _summary(run: _Run, period: Period, seconds: float) -> dict[str, Any]:
    return {
        "source": run.source,
        "from": None if period.from_ms is None else format_instant(period.from_ms),
        "to": None if period.to_ms is None else format_instant(period.to_ms),
        "records": run.records,
        "dead_letters": run.backtest.dead,
        "rows": [asdict(figures(run.backtest, outcome)) for outcome in run.backtest.outcomes],
        "alerts_missing": None if run.difference is None else run.difference.alerts_missing,
        "alerts_extra": None if run.difference is None else run.difference.alerts_extra,
        "alerts_of_another_digest": None if run.difference is None else run.difference.alerts_of_another_digest,
        "seconds": round(seconds, 3),
        "records_per_second": round(run.records / seconds),
    }


def _refuse_difference(difference: Parity | None) -> None:
    if difference is None or difference.exact:
        return
    for told in difference.first_differences:
        say(told)
    raise ContractViolation(
        "the live alerts are not those of a replay: see that the worker has read the topic to its end, and try again; "
        "if they still differ keep the topics, this is a defect of the worker"
    )
