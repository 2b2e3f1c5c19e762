"""Puts the commands together and turns errors into sentences and exit codes.

Exit codes: 0 done · 1 failed, the sentence on stderr says why · 2 wrong usage · 3 a service cannot be reached ·
130 stopped with Ctrl-C, 143 by SIGTERM, 129 by SIGHUP.
"""

import sys

import typer

from cli import endings
from cli.console import ERR, EXIT_FAILED, EXIT_UNREACHABLE, EXIT_WRONG_USAGE
from cli.lazy import add_commands
from cli.modes import keep_private
from cli.table import COMMANDS, GROUPS
from schemas.display import escaped
from schemas.errors import ChurnError, Transient, WrongUsage

_INTERRUPTED = 130
"""What typer makes of an interrupt, whichever signal it came with."""

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Scores every customer event as it happens and publishes churn alerts.",
    epilog="Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a service cannot be reached, 130 stopped with Ctrl-C.",
)
add_commands(app, COMMANDS, GROUPS)


def _exit_code(error: ChurnError) -> int:
    if isinstance(error, WrongUsage):
        return EXIT_WRONG_USAGE
    return EXIT_UNREACHABLE if isinstance(error, Transient) else EXIT_FAILED


def main() -> None:
    """Run the command line."""
    keep_private()
    endings.install()
    try:
        app()
    except ChurnError as error:
        said = escaped(str(error), but="\n")
        ERR.print(f"churn: {said}", style="red", markup=False, soft_wrap=True)
        sys.exit(_exit_code(error))
    except KeyboardInterrupt:
        sys.exit(endings.exit_code())
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            sys.exit(endings.exit_code())
        raise
