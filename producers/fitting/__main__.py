"""`python -m producers.fitting DATA_DIR`: fit the simulator anew and write its parameters file."""

import argparse
import sys
from pathlib import Path

from producers.fitting.run import encode, fit_to
from producers.simulator.parameters import PLACE


def _say_round(_rounds: int) -> None:
    sys.stderr.write(".")


def _main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m producers.fitting", description=__doc__)
    arguments.add_argument("data", type=Path, help="directory of the public data sets")
    fitted = fit_to(arguments.parse_args().data, _say_round)
    PLACE.write_bytes(encode(fitted))
    sys.stderr.write(f"\n{PLACE.name} written\n")


if __name__ == "__main__":
    _main()
