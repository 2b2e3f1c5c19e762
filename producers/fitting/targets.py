"""The users on whom the simulator is fitted: those of the public table who are not in the event log kept for judging.

Of that log the user ids are taken, to leave those users out, and nothing else.
"""

import csv
import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from producers.simulator.pages import CANCEL, CONFIRMATION
from producers.simulator.portrait import Life
from schemas.errors import ContractViolation

TABLE: Final = "sparkify_mini_user_features_train.csv.gz"
JUDGING_LOG: Final = "sparkify_mini_events_68users.jsonl.gz"

_USER_ID: Final = re.compile(rb'"userId"\s*:\s*"([^"]*)"')
_COLUMNS: Final = {
    "next_song": "next_song_count",
    "thumbs_up": "thumbs_up_count",
    "thumbs_down": "thumbs_down_count",
    "add_to_playlist": "add_playlist_count",
    "home": "home_count",
    "add_friend": "add_friend_count",
    "roll_advert": "advert_count",
    "downgrade": "downgrade_count",
    "upgrade": "upgrade_count",
    "help": "help_count",
    "settings": "settings_count",
    "save_settings": "save_settings_count",
    "about": "about_count",
    "error": "error_count",
    "submit_upgrade": "submit_upgrade",
    "submit_downgrade": "submit_downgrade_count",
}


def fitting_rows(data: Path) -> list[dict[str, str]]:
    """The table's rows of users who are not in the judging log. Raises ContractViolation where a file is missing."""
    for name in (TABLE, JUDGING_LOG):
        if not (data / name).is_file():
            raise ContractViolation(f"{data / name} is missing: name the directory of the public data sets")
    left_out = _user_ids(data / JUDGING_LOG)
    with gzip.open(data / TABLE, "rt", encoding="utf-8", newline="") as table:
        return [row for row in csv.DictReader(table) if row["userId"] not in left_out]


def life_of(row: Mapping[str, str]) -> Life:
    """A user of the table. Logouts have no column: they are what no other page accounts for."""
    churned = row["churn"] == "1"
    visits = {page: int(row[column]) for page, column in _COLUMNS.items()}
    visits |= {CANCEL: int(churned), CONFIRMATION: int(churned)}
    visits["logout"] = int(row["count_items"]) - sum(visits.values())
    return Life(
        visits=visits,
        sessions=int(row["session_count"]),
        days=float(row["tenure_days"]),
        ever_paid=row["paid"] == "1",
        churned=churned,
    )


def song_seconds(rows: list[dict[str, str]]) -> float:
    """The mean length of a song."""
    songs = sum(int(row["next_song_count"]) for row in rows)
    return round(sum(float(row["sum_length"]) for row in rows) / songs, 1)


def sha256_of(path: Path) -> str:
    """The file's digest, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _user_ids(log: Path) -> set[str]:
    with gzip.open(log, "rb") as lines:
        return {found.group(1).decode() for line in lines if (found := _USER_ID.search(line))}
