"""`churn train`: makes a model from a log of events."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from producers.event_files import read_events
from producers.simulator import simulate
from schemas.instants import parse_instant
from schemas.manifests import Manifest
from stream_app.bootstrap import workload_named
from stream_app.cli.console import ERR, OUT, print_json, progress
from stream_app.core.plan import compile_workload

START_MS = parse_instant("2024-01-01T00:00:00Z")


def train(
    workload: Annotated[str, typer.Argument(help="The kind of customer base, such as music.")],
    events: Annotated[
        Path | None, typer.Option(help="Event file to learn from, plain or .gz; without it a log is simulated.")
    ] = None,
    users: Annotated[int, typer.Option(min=1, help="Users to simulate.")] = 3500,
    days: Annotated[int, typer.Option(min=1, help="Days to simulate.")] = 75,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation and of all that training draws.")] = 7,
    version: Annotated[str, typer.Option(help="Version of the new model; it must not exist yet.")] = "0.1.0",
    out: Annotated[Path, typer.Option(help="Directory of the models.")] = Path("models"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Train a model, check its export bit by bit, choose its alert thresholds, judge it on users it never saw.

    Example: churn train music --version 0.2.0
    """
    # Here, for every other command would wait for scikit-learn.
    from training.artefact import refuse_existing, write
    from training.course import Order
    from training.course import train as train_model
    from training.event_log import EventLog
    from training.survey import survey

    compiled = compile_workload(workload_named(workload))
    where = out / workload / version
    refuse_existing(where)
    lines = simulate(users, days, seed, START_MS) if events is None else _lines(events)
    source = f"simulated with seed {seed}" if events is None else events.name
    log = EventLog(lines)
    with progress("Folding", None) as passed:
        surveyed = survey(compiled, log.chunks(), seed, passed)
    artefact = train_model(compiled, surveyed, Order(version, seed, source, log.count, log.sha256), _say)
    write(artefact, where)
    if as_json:
        print_json(_facts(artefact.manifest, where, len(artefact.model)))
    else:
        _show(artefact.manifest, where)


def _lines(events: Path) -> Iterator[bytes]:
    return (line.raw for line in read_events(events))


def _say(text: str) -> None:
    ERR.print(text, markup=False)


def _facts(manifest: Manifest, where: Path, size: int) -> dict[str, Any]:
    return {
        "model": str(where),
        "sha256": manifest.sha256,
        "bytes": size,
        "data": manifest.data,
        "metrics": manifest.metrics,
        "policy": {
            "enter": manifest.policy.enter,
            "leave": manifest.policy.leave,
            "critical": manifest.policy.critical,
        },
    }


def _show(manifest: Manifest, where: Path) -> None:
    metrics, policy = manifest.metrics, manifest.policy
    low, high = metrics["user_auc_interval"]
    OUT.print(f"Model    {where} (sha256 {manifest.sha256[:12]}…)", markup=False, soft_wrap=True)
    OUT.print(
        f"Judged   AUC {metrics['user_auc']:.3f} ({low:.3f} to {high:.3f}) over {metrics['users']:,} unseen users"
    )
    OUT.print(
        f"Export   within {metrics['export']['max_difference']:.1e} of the trained model, the same bits in any batch"
    )
    OUT.print(
        f"Policy   fires at {policy.enter}, critical at {policy.critical}, ends below {policy.leave}: "
        f"{metrics['policy']['alerted_share']:.1%} of users alerted in a month",
        soft_wrap=True,
    )
