"""Holds the lock against known advisories with pip-audit: `python -m stack.audit PIP-AUDIT`.

Exit codes: 0 all was looked at, nothing is known · 1 something is known · 3 its service does not know them all, or
cannot be reached. pip-audit itself calls a lock clean of which its service knew nothing.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, TypedDict

_LOCK = Path(__file__).parents[1] / "requirements.lock"
EXIT_KNOWN = 1
EXIT_NOT_LOOKED_AT = 3


class _Dependency(TypedDict, total=False):
    """One of pip-audit's findings; `skip_reason` says why it was not looked at."""

    name: str
    version: str
    vulns: list[dict[str, Any]]
    skip_reason: str


def audit(pip_audit: str, lock: Path = _LOCK) -> int:
    """Run it, say what it finds, and return the exit code."""
    asked = [pip_audit, "--requirement", str(lock), "--require-hashes", "--disable-pip", "--format", "json"]
    run = subprocess.run([*asked, "--progress-spinner", "off"], capture_output=True, text=True, check=False)
    try:
        found: list[_Dependency] = json.loads(run.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = (run.stderr.strip().splitlines() or ["it said nothing"])[-1]
        sys.stdout.write(f"audit: NOTHING WAS LOOKED AT, pip-audit could not do its work: {said}\n")
        return EXIT_NOT_LOOKED_AT
    return _tell(found)


def _tell(found: list[_Dependency]) -> int:
    known = [f"{one['name']} {one['version']}: {vuln['id']}" for one in found for vuln in one.get("vulns", [])]
    skipped = [one["name"] for one in found if "skip_reason" in one]
    for line in known:
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"audit: {len(found) - len(skipped)} packages looked at, {len(known)} advisories\n")
    if skipped:
        sys.stdout.write(f"audit: {len(skipped)} NOT LOOKED AT, the service does not know them: {', '.join(skipped)}\n")
    if known:
        return EXIT_KNOWN
    return EXIT_NOT_LOOKED_AT if skipped else 0


if __name__ == "__main__":
    sys.exit(audit(sys.argv[1]))
