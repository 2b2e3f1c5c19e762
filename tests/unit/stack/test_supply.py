"""The bill of materials made from the lock, and what an audit says when it cannot be made."""

import json
import sys
from pathlib import Path

import pytest

from stack.audit import EXIT_KNOWN, EXIT_NOT_LOOKED_AT, audit
from stack.sbom import Package, bill, packages

ROOT = Path(__file__).parents[3]
LOCK = (ROOT / "requirements.lock").read_text()


def test_the_bill_has_every_package_of_the_lock_with_all_its_hashes() -> None:
    made = bill(LOCK, "churn", "1")["components"]
    assert len(made) == sum("==" in line and not line.startswith((" ", "#")) for line in LOCK.splitlines())
    assert sum(len(one["hashes"]) for one in made) == LOCK.count("--hash=sha256:")
    assert {"aiokafka", "confluent-kafka", "faust-streaming", "onnxruntime"} <= {one["name"] for one in made}
    assert len({one["bom-ref"] for one in made}) == len(made)


def test_a_package_for_some_machines_only_says_for_which() -> None:
    lock = "one==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:" + "a" * 64 + "\n    # via churn\n"
    assert packages(lock) == [Package("one", "1.0", "sys_platform == 'win32'", ("a" * 64,))]


def stand_in(directory: Path, script: str) -> str:
    """A program in the place of pip-audit."""
    program = directory / "pip-audit"
    program.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    program.chmod(0o700)
    return str(program)


CLEAN = {"name": "one", "version": "1.0", "vulns": []}
KNOWN = {"name": "two", "version": "2.0", "vulns": [{"id": "PYSEC-1"}]}
SKIPPED = {"name": "three", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([CLEAN], 0, "1 packages looked at, 0 advisories"),
        ([CLEAN, KNOWN, SKIPPED], EXIT_KNOWN, "two 2.0: PYSEC-1"),
        ([CLEAN, SKIPPED], EXIT_NOT_LOOKED_AT, "1 NOT LOOKED AT, the service does not know them: three"),
    ],
)
def test_an_audit_says_what_is_known_and_what_was_not_looked_at(
    found: list[dict[str, object]], code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.dumps({"dependencies": found})
    assert audit(stand_in(tmp_path, f"print({told!r}); sys.exit({int(code == EXIT_KNOWN)})")) == code
    assert said in capsys.readouterr().out


def test_an_audit_whose_service_is_away_says_that_nothing_was_looked_at(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audit(stand_in(tmp_path, "sys.exit('ConnectionError: Max retries')")) == EXIT_NOT_LOOKED_AT
    assert "NOTHING WAS LOOKED AT, pip-audit could not do its work: ConnectionError" in capsys.readouterr().out
