"""The runbook has a section for every state in which a partition stops, and explains every doubt."""

import re
from typing import get_args

from schemas.errors import Doubt, Stop
from tests.support.dashboards import REPOSITORY

STOPS = (REPOSITORY / "docs" / "runbook" / "stopped-partitions.md").read_text()


def test_every_state_in_which_a_partition_stops_has_its_section_and_no_other_has() -> None:
    assert sorted(re.findall(r"^## `(\w+)`$", STOPS, re.MULTILINE)) == sorted(get_args(Stop))


def test_every_doubt_that_ends_a_session_is_explained() -> None:
    assert re.findall(r"^\| `(\w+)` \|", STOPS, re.MULTILINE) == list(get_args(Doubt))
