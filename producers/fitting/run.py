"""From the public data to the parameters file: the same data give the same file."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from producers.fitting.fit import DAYS, ROUNDS, SEED, USERS, fit
from producers.fitting.targets import JUDGING_LOG, TABLE, fitting_rows, life_of, sha256_of, song_seconds
from producers.simulator.parameters import FittedParameters, Provenance


def fit_to(data: Path, passed: Callable[[int], None]) -> FittedParameters:
    """Fit on the public data in the directory; `passed` is told of each of the `ROUNDS` rounds.

    Raises ContractViolation where a file is missing.
    """
    rows = fitting_rows(data)
    parameters, target, achieved = fit([life_of(row) for row in rows], song_seconds(rows), passed)
    origin = Provenance(
        fitted_on=f"{len(rows)} users of {TABLE}",
        source_sha256=sha256_of(data / TABLE),
        excluded=f"all users of {JUDGING_LOG}",
        seed=SEED,
        users=USERS,
        days=DAYS,
        rounds=ROUNDS,
    )
    return FittedParameters(origin=origin, parameters=parameters, target=target, achieved=achieved)


def encode(fitted: FittedParameters) -> bytes:
    """The parameters file as readable JSON."""
    return msgspec.json.format(msgspec.json.encode(fitted), indent=2) + b"\n"
