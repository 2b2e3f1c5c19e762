"""What is installed, as a bill of materials (CycloneDX 1.6) made from the lock alone: `python -m stack.sbom FILE`.

The same lock gives the same bytes: no time, no random number.
"""

import json
import re
import sys
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

_ROOT = Path(__file__).parents[1]
_LOCK = _ROOT / "requirements.lock"
_PACKAGE = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


class Package(NamedTuple):
    """One of the lock's. `marker` says where it is installed, "" for everywhere; one hash for each of its files."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def packages(lock: str) -> list[Package]:
    """All that a lock names, in its order."""
    found: list[Package] = []
    for line in lock.splitlines():
        if named := _PACKAGE.match(line):
            found.append(Package(named[1].lower(), named[2], (named[3] or "").strip(), ()))
        elif hashed := _HASH.search(line):
            found[-1] = found[-1]._replace(hashes=(*found[-1].hashes, hashed[1]))
    return found


def bill(lock: str, name: str, version: str) -> dict[str, Any]:
    """The bill of what a project of this name and version is installed with."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "bom-ref": name, "name": name, "version": version}},
        "components": [_component(package) for package in packages(lock)],
    }


def _component(package: Package) -> dict[str, Any]:
    purl = f"pkg:pypi/{package.name}@{package.version}"
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"{purl}#{package.marker}" if package.marker else purl,
        "name": package.name,
        "version": package.version,
        "purl": purl,
        "hashes": [{"alg": "SHA-256", "content": one} for one in package.hashes],
    }
    if package.marker:
        component["properties"] = [{"name": "python:marker", "value": package.marker}]
    return component


def main() -> None:
    """Write the bill of this project."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())["project"]
    made = bill(_LOCK.read_text(), project["name"], project["version"])
    Path(sys.argv[1]).write_text(json.dumps(made, indent=1) + "\n")


if __name__ == "__main__":
    main()
