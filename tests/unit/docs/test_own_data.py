"""The guide to one's own data: its event is one, and its script makes a file of events of a CSV."""

import re
import subprocess
import sys
from pathlib import Path

from producers.event_files import read_events
from schemas.events import Activity

GUIDE = (Path(__file__).parents[3] / "docs" / "own-data.md").read_text()
CSV = """event_time,event_type,product_id,user_id
2024-03-01 00:00:00 UTC,view,7,u1
2024-03-01 00:00:01 UTC,Put in cart,7,u2
"""


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_event_of_the_guide_is_one(tmp_path: Path) -> None:
    (tmp_path / "events").write_text(block("json"))
    (event,) = read_events(tmp_path / "events")
    assert isinstance(event.record, Activity)


def test_the_script_of_the_guide_makes_a_file_of_events_of_a_csv(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", block("python")], input=CSV, capture_output=True, text=True, check=True
    )
    (tmp_path / "events").write_text(done.stdout)
    events = [event.record for event in read_events(tmp_path / "events")]
    told = [(event.subject, event.time, event.data.action) for event in events if isinstance(event, Activity)]
    assert told == [("u1", "2024-03-01T00:00:00Z", "view"), ("u2", "2024-03-01T00:00:01Z", "put_in_cart")]
