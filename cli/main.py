"""Puts the commands together and turns errors into sentences and exit codes.

Exit codes: 0 done · 1 failed, the sentence on stderr says why · 2 wrong usage · 3 a service cannot be reached ·
130 stopped with Ctrl-C.
"""

import sys

import typer

from cli.console import ERR, EXIT_FAILED, EXIT_UNREACHABLE
from cli.lazy import add_commands
from cli.modes import keep_private
from cli.table import COMMANDS, GROUPS
from schemas.errors import ChurnError, Transient

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Scores every customer event as it happens and publishes churn alerts.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a service cannot be reached, 130 stopped with Ctrl-C.",
)
add_commands(app, COMMANDS, GROUPS)


def main() -> None:
    """Run the command line."""
    keep_private()
    try:
        app()
    except ChurnError as error:
        ERR.print(f"churn: {error}", style="red", markup=False, soft_wrap=True)
        sys.exit(EXIT_UNREACHABLE if isinstance(error, Transient) else EXIT_FAILED)
    except KeyboardInterrupt:
        sys.exit(130)
