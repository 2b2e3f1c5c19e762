"""The decision records are short, of one form, and all in their index."""

from pathlib import Path

import pytest

DIRECTORY = Path(__file__).parents[2] / "docs" / "adr"
RECORDS = sorted(DIRECTORY.glob("[0-9]*.md"))
MAX_LINES = 40


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.stem)
def test_a_record_says_context_decision_and_consequences_in_a_page(record: Path) -> None:
    lines = record.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= MAX_LINES
    assert [line for line in lines if line.startswith("## ")] == ["## Context", "## Decision", "## Consequences"]


def test_the_index_lists_every_record_under_its_number_and_title() -> None:
    titles = [(record, record.read_text(encoding="utf-8").splitlines()[0]) for record in RECORDS]
    rows = [
        f"| {number} | [{title.removeprefix(f'# {number}. ')}]({record.name}) |"
        for number, (record, title) in enumerate(titles, start=1)
    ]
    index = (DIRECTORY / "README.md").read_text(encoding="utf-8").splitlines()
    assert [line for line in index if "](" in line] == rows
