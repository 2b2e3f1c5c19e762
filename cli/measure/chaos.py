"""`churn chaos`: kills everything while it works, and asks whether anything was lost or doubled."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from cli.console import ERR, OUT, print_json, progress
from cli.options import AsJson
from proofs.run_ledger import CHAOS, append
from stream_app.settings import STACK_DIRECTORY, Settings


def chaos(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long faults happen.")] = 5.0,
    seed: Annotated[int | None, typer.Option(help="Decides events, faults and their order; unset: drawn.")] = None,
    rate: Annotated[float, typer.Option(min=1, help="Events a second.")] = 2_500.0,
    apart: Annotated[bool, typer.Option("--apart", help="One fault at a time, to measure each.")] = False,
    brokers: Annotated[int, typer.Option(help="1, or 3 that keep everything three times.")] = 1,
    keep: Annotated[
        Path | None, typer.Option(file_okay=False, help="Leave data and logs in this new directory.")
    ] = None,
    ledger: Annotated[Path | None, typer.Option(dir_okay=False, help="Append the run to this file.")] = None,
    as_json: AsJson = False,
) -> None:
    """Kill workers, Redis and the broker of a stack of its own under load; exits with 1 if a single event is wrong.

    Example: churn chaos --minutes 5 --seed 7
    """
    from proofs.chaos.run import Trial, run
    from proofs.protocol_digest import protocol_digest

    if brokers not in (1, 3):
        raise typer.BadParameter("either 1 or 3", param_hint="--brokers")
    settings = Settings()
    trial = Trial(
        minutes=minutes,
        seed=secrets.randbelow(1 << 31) if seed is None else seed,
        rate=rate,
        brokers=brokers,
        models=settings.models_directory,
        workload=settings.workload,
        jars=STACK_DIRECTORY / "kafka" / "libs",
        keep=keep,
        apart=apart,
    )
    with progress(f"chaos, seed {trial.seed}", round(trial.seconds * rate)) as advance:
        outcome = run(trial, lambda text: ERR.print(f"churn: {text}", markup=False, soft_wrap=True), advance)
    if ledger is not None:
        append(ledger, CHAOS, protocol_digest(), outcome.run(minutes))
    facts = outcome.facts()
    if as_json:
        print_json(facts)
    else:
        OUT.print(_table(outcome.faults()))
        OUT.print_json(data={name: value for name, value in facts.items() if name != "faults"})
    if failures := list(outcome.failures()):
        from schemas.errors import ContractViolation

        raise ContractViolation("; ".join(failures))


def _table(faults: dict[str, dict[str, object]]) -> Table:
    table = Table("fault", "how many", "recovery p50", "p99", "dip")
    for kind, fault in faults.items():
        times = (fault["recovery_s_p50"], fault["recovery_s_p99"])
        recovery = ("-" if time is None else f"{time} s" for time in times)
        dip = fault["dip_p50"]
        table.add_row(kind, str(fault["count"]), *recovery, f"{dip:.0%}" if isinstance(dip, float) else "-")
    return table
