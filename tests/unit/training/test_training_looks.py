"""The ledger of looks at the real log: it grows, is counted, and stands in the card."""

from pathlib import Path

import pytest

from schemas.errors import ContractViolation
from training.judging.looks import LEDGER_FILE, Look, counted, note_look, read_looks

MODELS = Path(__file__).parents[3] / "models"
LOOK = Look(date="2026-11-25", model="0.3.0", looked_at="the whole report", figure="AUC 0.7")


def test_there_are_no_looks_where_there_is_no_ledger(tmp_path: Path) -> None:
    assert read_looks(tmp_path / LEDGER_FILE) == []


def test_a_look_is_appended_to_those_before(tmp_path: Path) -> None:
    ledger = tmp_path / "music" / LEDGER_FILE
    note_look(ledger, LOOK)
    before = ledger.read_bytes()
    other = Look(date="2026-11-26", model="0.4.0", looked_at="alerts", figure="3", times=2)
    note_look(ledger, other)
    assert ledger.read_bytes().startswith(before)
    assert read_looks(ledger) == [LOOK, other]


def test_looks_of_a_kind_count_as_often_as_they_were_taken_and_standing_ones_apart() -> None:
    standing = Look(date="2026-11-25", model="any", looked_at="a test", figure="-", times=None)
    eight = Look(date="2026-11-25", model="0.1.0", looked_at="alerts", figure="0", times=8)
    assert counted([LOOK, standing, eight]) == 9


def test_a_ledger_that_is_spoilt_is_refused(tmp_path: Path) -> None:
    ledger = tmp_path / LEDGER_FILE
    ledger.write_text('{"date": "2026-11-25"}\n')
    with pytest.raises(ContractViolation, match=r"looks\.jsonl is no ledger of looks"):
        read_looks(ledger)


def test_the_committed_ledger_begins_with_the_looks_that_were_taken_before_it_was_kept() -> None:
    looks = read_looks(MODELS / "music" / LEDGER_FILE)
    assert counted(looks[:5]) == 16
    assert [look.times for look in looks[:5]] == [6, 1, 1, 8, None]
