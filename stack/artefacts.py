"""What the broker needs and where it comes from: Java from the machine, Kafka's jars through Maven, once."""

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from schemas.errors import ContractViolation, Transient
from stack.locks import alone

POM = Path(__file__).with_name("pom.xml")
_OLDEST_JAVA = 17
_STAMP = "pom.sha256"
_INSTEAD = (
    "let CHURN_KAFKA_BOOTSTRAP name a broker that runs already, or run the whole stack in containers: docker compose up"
)


def java() -> str:
    """The path of a Java that can run the broker. Raises ContractViolation when there is none."""
    found = {path: _java_version(path) for path in _java_candidates()}
    for path, version in found.items():
        if version >= _OLDEST_JAVA:
            return path
    newest = max(found.values(), default=0)
    what = f"the Java of this machine is too old ({newest})" if newest else "there is no Java on this machine"
    raise ContractViolation(f"{what}: install a JDK or JRE {_OLDEST_JAVA} or newer (for example Temurin), {_INSTEAD}")


def kafka_jars(directory: Path, say: Callable[[str], None]) -> Path:
    """Have Kafka's jars in `directory` and return it; Maven runs only when they are not there or pom.xml has changed.

    Raises ContractViolation when Maven is needed and missing, Transient when it cannot fetch them.
    """
    wanted = hashlib.sha256(POM.read_bytes()).hexdigest()
    stamp = directory / _STAMP
    with alone(directory.with_name(f"{directory.name}.lock")):
        if not (stamp.exists() and stamp.read_text() == wanted):
            _fetch(directory, say)
            stamp.write_text(wanted)
    return directory


def _fetch(directory: Path, say: Callable[[str], None]) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise ContractViolation(
            f"Maven (mvn), which fetches Kafka, is not on the PATH: install Apache Maven 3.6 or newer, {_INSTEAD}"
        )
    say("fetching Kafka with Maven, this once (about 45 MB)")
    shutil.rmtree(directory, ignore_errors=True)
    goal = ["dependency:copy-dependencies", f"-DoutputDirectory={directory.resolve()}"]
    run = subprocess.run([maven, "-q", "-B", "-f", str(POM), *goal], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        said = next((line for line in run.stdout.splitlines() if "ERROR" in line), run.stderr.strip())
        raise Transient(f"Maven could not fetch Kafka, look to the network and try again: {said}")


def _java_candidates() -> Iterator[str]:
    home = os.environ.get("JAVA_HOME")
    for path in (home and shutil.which("java", path=f"{home}/bin"), shutil.which("java")):
        if path:
            yield path


def _java_version(path: str) -> int:
    """The feature release (17, 21; 1 for everything up to 8), 0 for a stub that runs no Java."""
    run = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', run.stderr)
    return int(found[1]) if found else 0
