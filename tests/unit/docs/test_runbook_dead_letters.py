"""The runbook has a section for every reason for which a record is rejected."""

import re
from pathlib import Path
from typing import get_args

import pytest

from schemas.dead_letters import RejectionReason

PAGE = (Path(__file__).parents[3] / "docs/runbook/dead-letters.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", PAGE, re.MULTILINE))


@pytest.mark.parametrize("reason", get_args(RejectionReason))
def test_every_reason_says_what_it_means_how_to_see_it_and_what_to_do(reason: str) -> None:
    for told in ("**Means**", "**See**", "**Do**"):
        assert told in SECTIONS[reason]


def test_no_section_is_about_a_reason_that_there_is_not() -> None:
    slugs = {title for title in SECTIONS if re.fullmatch(r"[a-z_]+", title)}
    assert slugs == set(get_args(RejectionReason))
