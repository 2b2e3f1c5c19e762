"""What an operator would type: `churn` in a process of its own, against the stand past its relays."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from proofs.chaos.stand import Stand
from schemas.errors import Transient

_FAILED = 1
_PATIENCE_S = 20.0
_TRY_EVERY_S = 1.0


def export_states(stand: Stand, directory: Path) -> None:
    """Put all states with their positions into files."""
    _churn(stand, "export-state", str(directory))


def import_states(stand: Stand, directory: Path) -> None:
    """Put exported states in the place of those that are there. No worker may run.

    One that was killed counts as running until its session time-out is over: as the command says, wait for that.
    """
    deadline = time.monotonic() + stand.session_timeout_s + _PATIENCE_S
    while True:
        try:
            _churn(stand, "import-state", "--replace", str(directory))
        except Transient:
            if time.monotonic() > deadline:
                raise
            stand.rest(_TRY_EVERY_S)
        else:
            return


def verify(stand: Stand) -> dict[str, Any]:
    """The figures of `churn verify`."""
    figures: dict[str, Any] = json.loads(_churn(stand, "verify", "--json", may_fail=True))
    return figures


def _churn(stand: Stand, *words: str, may_fail: bool = False) -> str:
    """What the command prints. Raises Transient when it fails; `may_fail` if it may do so and still print."""
    run = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        env={**os.environ, **stand.direct_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0 and not (may_fail and run.returncode == _FAILED and run.stdout):
        raise Transient(f"churn {words[0]} failed in the stand: {run.stderr.strip()}")
    return run.stdout
