"""The measured figures stand in tables that fit a screen, each below its command and the commit that was measured."""

import re
from itertools import pairwise

from tests.support.dashboards import REPOSITORY

MOST_COLUMNS = 100
TEXT = (REPOSITORY / "docs" / "measured.md").read_text()
CAPTION = re.compile(r"`[^`]*\bchurn [a-z][^`]*`[^`]*(`[^`]*`[^`]*)?, commits? [0-9a-f]{7}(, [0-9a-f]{7})*")


def captions() -> list[str]:
    """What stands above each table."""
    return [above for above, part in pairwise(TEXT.strip().split("\n\n")) if part.startswith("|")]


def test_no_line_is_wider_than_a_screen() -> None:
    assert [line for line in TEXT.splitlines() if len(line) > MOST_COLUMNS] == []


def test_every_table_stands_below_its_command_and_commit() -> None:
    assert [above for above in captions() if CAPTION.fullmatch(above) is None] == []
    assert len(captions()) == len(re.findall(r"^\|---", TEXT, re.MULTILINE))
