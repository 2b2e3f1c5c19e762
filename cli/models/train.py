"""`churn train`: makes a model from a log of events, with a report of how good it is."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from cli.console import ERR, OUT, print_json, progress
from cli.event_logs import ordered
from cli.models.figure_table import figure_table
from cli.modes import shared_with_others
from cli.options import AsJson, readable
from producers.openings import kept, name_of
from producers.registry import LogReader, Simulator, event_lines, reader_named, simulator_named
from producers.simulator.oracle import RolloutStart, World
from schemas.instants import parse_instant
from schemas.manifests import Manifest
from stream_app.bootstrap.engine import OnnxScorer
from stream_app.core.durations import DAY_MS
from stream_app.core.event_lines import EventLines
from stream_app.core.features.plan import Compiled, compile_workload
from stream_app.core.features.workload import Workload
from stream_app.workloads import workload_named
from training.card.tables import told
from training.dataset.splits import Part, part_of
from training.dataset.survey import Survey, survey
from training.fitting.artefact import next_version, read_limits, refuse_existing, write
from training.judging.ceiling import Moment, Oracle, estimated
from training.judging.looks import LEDGER_FILE, Look, note_look, read_looks
from training.run import LogOrigin, TrainingSpec, artefact, look
from training.run import train as train_model

START_MS = parse_instant("2024-01-01T00:00:00Z")


def train(
    ctx: typer.Context,
    workload: Annotated[str, typer.Argument(help="The kind of customer base, such as music.")],
    events: Annotated[
        Path | None,
        typer.Option(
            parser=readable,
            metavar="FILE",
            help="Event file to learn from, - for stdin; without it the workload's simulator makes a log. What is not "
            "in the order of time is sorted.",
        ),
    ] = None,
    real: Annotated[
        Path | None,
        typer.Option(
            parser=readable,
            metavar="FILE",
            help="Log to judge the model on as well, in the workload's form (music: a Sparkify log, others: an event "
            "file). Nothing is learnt from it; the look is noted in the ledger beside the models (with --out "
            "elsewhere, there: copy its line into the committed one).",
        ),
    ] = None,
    users: Annotated[int, typer.Option(min=1, help="Users to simulate.")] = 6000,
    days: Annotated[int, typer.Option(min=1, help="Days to simulate.")] = 75,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the simulation and of all that training draws.")] = 7,
    rollouts: Annotated[
        int, typer.Option(min=0, help="Roll-outs a moment for the ceiling, which only a simulated log has; 0: none.")
    ] = 150,
    version: Annotated[
        str | None, typer.Option(help="Version of the new model; it must not exist yet. Without it the next minor one.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Directory of the models.")] = Path("models"),
    as_json: AsJson = False,
) -> None:
    """Train a model, check its export bit by bit, choose its alert thresholds, judge it on users it never saw.

    The report, with plots, is the model card beside the model.

    Example: churn train music --real sparkify_mini_events_68users.jsonl.gz
    """
    _refuse_a_simulation_beside(ctx, events)
    compiled = compile_workload(workload_named(workload))
    version = version or next_version(out / workload)
    where, ledger = out / workload / version, out / workload / LEDGER_FILE
    refuse_existing(where)
    if events is None:
        simulator, world = _simulator_of(compiled.workload), World(users, days, seed, START_MS)
        source, lines = f"simulated with seed {seed}", simulator.simulate(*world)
        spec = TrainingSpec(version, seed, _oracle(simulator, world, compiled, rollouts), rollouts)
    else:
        source, lines, spec = Path(name_of(events)).name, _lines_of(events, event_lines), TrainingSpec(version, seed)
    log = None if real is None else _survey(compiled, real.name, _real_lines(compiled, real), _all_unseen, seed)
    trained = train_model(
        compiled, *_survey(compiled, source, lines, lambda user: part_of(user, seed), seed), spec, OnnxScorer, _say
    )
    if log is not None:
        _say("Looking at the real log")
        trained = look(trained, *log, seed, OnnxScorer)
        note_look(ledger, _look(trained.manifest))
    _say("Drawing plots, writing")
    made = artefact(compiled, trained, read_looks(ledger), read_limits(out / workload))
    with shared_with_others():
        write(made, where)
    if as_json:
        print_json(_facts(made.manifest, where, len(made.model)))
    else:
        _show(made.manifest, where)


def _refuse_a_simulation_beside(ctx: typer.Context, events: Path | None) -> None:
    for option in ("users", "days", "rollouts"):
        given = ctx.get_parameter_source(option)
        if events is not None and given is not None and given.name == "COMMANDLINE":
            raise typer.BadParameter(
                "it is about a simulated log, and --events names another one", param_hint=f"--{option}"
            )


def _simulator_of(workload: Workload) -> Simulator:
    if not workload.simulator:
        raise typer.BadParameter(
            f"workload {workload.name!r} has no simulator: name a file of its events to learn from",
            param_hint="--events",
        )
    return simulator_named(workload.simulator)


def _real_lines(compiled: Compiled, real: Path) -> Iterator[bytes]:
    return _lines_of(real, reader_named(compiled.workload.real_log))


def _lines_of(file: Path, read: LogReader) -> Iterator[bytes]:
    """The file's events in the order of time, once all of them have been found good."""
    with kept(file) as copy:
        yield from ordered(name_of(file), lambda: read(copy, name_of(file)))


def _all_unseen(_user: str) -> Part:
    return Part.TEST


def _survey(
    compiled: Compiled, source: str, lines: Iterable[bytes], part_of: Callable[[str], Part], seed: int
) -> tuple[Survey, LogOrigin]:
    """Fold a log, showing how far that is."""
    log = EventLines(lines)
    with progress(f"Folding, {source}", None) as passed:
        surveyed = survey(compiled, log.chunks(), part_of, seed, passed)
    return surveyed, LogOrigin(source, log.count, log.sha256)


def _oracle(simulator: Simulator, world: World, compiled: Compiled, rollouts: int) -> Oracle | None:
    """What the simulator's roll-outs say of moments of a log that it made itself."""
    horizon_ms = compiled.workload.horizon_days * DAY_MS

    def chances(moments: Sequence[Moment]) -> NDArray[np.float64]:
        asked = [RolloutStart(*moment) for moment in moments]
        with progress("Rolling out", len(asked), "moments") as passed:
            return estimated(simulator.churn_chances(asked, world, horizon_ms, rollouts, world.seed, passed), rollouts)

    return chances if rollouts else None


def _look(manifest: Manifest) -> Look:
    """What this command saw of the real log, for the ledger."""
    found = manifest.metrics["real"]
    return Look(
        date=datetime.now(UTC).date().isoformat(),
        model=manifest.version,
        looked_at=f"the whole report on {found['log']['source']}, by `churn train --real`",
        figure=f"AUC {told(found['updates']['auc'])} at scored updates, {told(found['daily']['auc'])} at midnights",
    )


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
    OUT.print(f"Model    {where} (sha256 {manifest.sha256[:12]}…)", markup=False, soft_wrap=True)
    OUT.print(
        f"Export   within {metrics['export']['max_difference']:.1e} of the trained model, the same bits in any batch"
    )
    OUT.print(
        f"Policy   fires at {policy.enter}, critical at {policy.critical}, ends below {policy.leave}: "
        f"{metrics['policy']['alerted_share']:.1%} of users alerted in a month",
        soft_wrap=True,
    )
    OUT.print(figure_table("Held-out users", metrics["held_out"]))
    if "real" in metrics:
        OUT.print(figure_table("Real log", metrics["real"]))
