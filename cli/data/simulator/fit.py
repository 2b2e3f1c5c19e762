"""`churn simulator fit`: fits the simulator's parameters on the public table."""

from pathlib import Path
from typing import Annotated

import typer

from cli.console import OUT, print_json, progress
from cli.modes import shared_with_others
from cli.options import AsJson
from producers.fitting.fit import ROUNDS
from producers.fitting.run import encode, fit_to
from producers.simulator.parameters import PLACE


def fit(
    data: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Directory of the public data sets.")],
    out: Annotated[
        Path, typer.Option(dir_okay=False, show_default=PLACE.name, help="The parameters file to write.")
    ] = PLACE,
    as_json: AsJson = False,
) -> None:
    """Fit the page mix and the spread between users on the public table, without the users of the judging log.

    Example: churn simulator fit --data public/
    """
    with progress("Fitting", ROUNDS, "rounds") as passed:
        found = fit_to(data, passed)
    with shared_with_others():
        out.write_bytes(encode(found))
    if as_json:
        print_json({"written": str(out), "fitted_on": found.origin.fitted_on, "achieved": found.achieved.mix})
    else:
        OUT.print(f"{out} written: fitted on {found.origin.fitted_on}", markup=False, soft_wrap=True)
