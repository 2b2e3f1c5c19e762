"""The ledger of long runs: lines are added, and only runs of the same code are summed up."""

from pathlib import Path

import pytest

from proofs import protocol_digest
from proofs.run_ledger import append, sums, sums_by_code
from schemas.errors import ContractViolation


def test_numbers_of_runs_of_the_same_code_are_added_up_however_deep_they_stand(tmp_path: Path) -> None:
    ledger = tmp_path / "docs" / "ledger.jsonl"
    append(ledger, "chaos", "a", {"seed": 7, "events": 10, "faults": {"kill": 2}, "outcome": "exact"})
    append(ledger, "chaos", "b", {"seed": 8, "events": 100, "faults": {"kill": 20}})
    append(ledger, "schedules", "a", {"first_seed": 5, "events": 1000})
    append(ledger, "chaos", "a", {"seed": 9, "events": 5, "faults": {"kill": 1, "pause": 4}})
    append(ledger, "chaos", "a", {"seed": 10, "events": 7, "outcome": "not_recovered"})
    found = {"runs": 2, "runs_not_exact": 1, "events": 15, "faults.kill": 3, "faults.pause": 4}
    assert sums(ledger, "chaos", "a") == found
    assert sums(ledger, "schedules", "a") == {"runs": 1, "runs_not_exact": 0, "events": 1000}


def test_all_runs_are_summed_up_by_their_kind_digest_and_commit(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"
    append(ledger, "chaos", "a", {"commit": "1", "events": 10})
    append(ledger, "chaos", "a", {"commit": "2", "events": 100})
    append(ledger, "schedules", "a", {"commit": "1", "events": 1000})
    append(ledger, "chaos", "a", {"commit": "1", "events": 5})
    append(ledger, "chaos", "b", {"commit": "1", "events": 7, "outcome": "not_recovered"})
    assert sums_by_code(ledger) == {
        ("chaos", "a", "1"): {"runs": 2, "runs_not_exact": 0, "events": 15},
        ("chaos", "a", "2"): {"runs": 1, "runs_not_exact": 0, "events": 100},
        ("schedules", "a", "1"): {"runs": 1, "runs_not_exact": 0, "events": 1000},
        ("chaos", "b", "1"): {"runs": 0, "runs_not_exact": 1},
    }


def test_a_ledger_that_does_not_exist_has_no_runs_and_a_line_that_is_no_run_is_named(tmp_path: Path) -> None:
    assert sums(tmp_path / "none.jsonl", "chaos", "a") == {"runs": 0, "runs_not_exact": 0}
    spoilt = tmp_path / "ledger.jsonl"
    append(spoilt, "chaos", "a", {})
    with spoilt.open("a") as ledger:
        ledger.write("{\n")
    with pytest.raises(ContractViolation, match="line 2"):
        sums(spoilt, "chaos", "a")


@pytest.mark.parametrize("changed", ["stream_app/partition/session.py", "stream_app/adapters/redis/states.py"])
def test_the_digest_changes_with_every_file_of_the_protocol(
    changed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(protocol_digest.__file__).parents[1]
    for folder in (
        "stream_app/partition",
        "stream_app/adapters/kafka",
        "stream_app/adapters/redis",
        "proofs/simulation",
    ):
        (tmp_path / folder).mkdir(parents=True)
        for path in (root / folder).glob("*.py"):
            (tmp_path / folder / path.name).write_bytes(path.read_bytes())
    before = protocol_digest.protocol_digest(), protocol_digest.session_digest()
    monkeypatch.setattr(protocol_digest, "_ROOT", tmp_path)
    assert (protocol_digest.protocol_digest(), protocol_digest.session_digest()) == before
    with (tmp_path / changed).open("a") as file:
        file.write("\n")
    assert protocol_digest.protocol_digest() != before[0]
    assert (protocol_digest.session_digest() != before[1]) == ("partition" in changed)
