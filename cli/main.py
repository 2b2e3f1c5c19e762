"""Puts the commands together and turns errors into sentences and exit codes.

Exit codes: 0 done · 1 failed, the sentence on stderr says why · 2 wrong usage · 3 a service cannot be reached ·
130 stopped with Ctrl-C.
"""

import sys

import typer

from cli.console import ERR, EXIT_FAILED, EXIT_UNREACHABLE
from cli.data import schemas
from cli.data.produce import sending as produce
from cli.data.simulator import mix as simulator
from cli.measure import backtest, bench, chaos, sim
from cli.models import promote as models
from cli.models import train
from cli.operate import create_topics as topics
from cli.operate import export_state as state_files
from cli.operate import parity, verify
from cli.operate.dlq import redrive as dlq
from cli.work import alerts, stack, work
from cli.work.demo.command import demo
from schemas.errors import ChurnError, Transient

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Scores every customer event as it happens and publishes churn alerts.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a service cannot be reached, 130 stopped with Ctrl-C.",
)
app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(demo)
app.command()(work.work)
app.command()(alerts.alerts)
app.command()(train.train)
app.command()(parity.parity)
app.command()(verify.verify)
app.command(name="export-state")(state_files.export_state)
app.command(name="import-state")(state_files.import_state)
app.command()(backtest.backtest)
app.command()(chaos.chaos)
app.command()(verify.verify)
app.command()(state_files.export_state)
app.command()(state_files.import_state)
app.command()(schemas.schemas)
app.command()(sim.sim)
app.add_typer(topics.app, name="topics")
app.add_typer(produce.app, name="produce")
app.add_typer(models.app, name="models")
app.add_typer(dlq.app, name="dlq")
app.add_typer(simulator.app, name="simulator")
app.add_typer(bench.app, name="bench")


def main() -> None:
    """Run the command line."""
    try:
        app()
    except ChurnError as error:
        ERR.print(f"churn: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(EXIT_UNREACHABLE if isinstance(error, Transient) else EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
