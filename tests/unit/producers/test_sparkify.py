"""The Sparkify logs as canonical events: names, ids, order, and what is left out."""

import gzip
import json
from pathlib import Path

import msgspec
import pytest

from producers.sparkify import action, read_log
from schemas.errors import ContractViolation
from schemas.events import Activity
from schemas.outgoing import OutgoingEvent

MINI_LOG = "sparkify_mini_events_68users.jsonl.gz"
NOVEMBER_LOG = "sparkify_nov2018_events.jsonl.gz"

SLUGS = {
    "About": "about",
    "Add Friend": "add_friend",
    "Add to Playlist": "add_to_playlist",
    "Cancel": "cancel",
    "Cancellation Confirmation": "cancellation_confirmation",
    "Downgrade": "downgrade",
    "Error": "error",
    "Help": "help",
    "Home": "home",
    "Login": "login",
    "Logout": "logout",
    "NextSong": "next_song",
    "Register": "register",
    "Roll Advert": "roll_advert",
    "Save Settings": "save_settings",
    "Settings": "settings",
    "Submit Downgrade": "submit_downgrade",
    "Submit Registration": "submit_registration",
    "Submit Upgrade": "submit_upgrade",
    "Thumbs Down": "thumbs_down",
    "Thumbs Up": "thumbs_up",
    "Upgrade": "upgrade",
}


def log_of(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(row + "\n" for row in rows))
    return path


def row(page: str = "Home", user: str | None = "7", ts: int = 1538358605000, **more: int) -> str:
    return json.dumps({"ts": ts, "userId": user, "page": page, **more})


def read(path: Path) -> list[OutgoingEvent]:
    return [event for event in read_log(path) if event is not None]


def decoded(path: Path) -> list[Activity]:
    return [msgspec.json.decode(event.value, type=Activity) for event in read(path)]


@pytest.mark.parametrize(("page", "slug"), SLUGS.items())
def test_a_page_becomes_its_slug(page: str, slug: str) -> None:
    assert action(page) == slug


@pytest.mark.parametrize("page", ["", "  ", "404", "é", "x" * 65])
def test_a_row_of_a_page_without_a_slug_is_handed_on_as_nothing(page: str, tmp_path: Path) -> None:
    path = log_of(tmp_path, row(), row(page), row("Help"))
    assert [event is None for event in read_log(path)] == [False, True, False]


@pytest.mark.parametrize("user", [10, 10.0, "10"])
def test_a_users_id_may_be_a_number_and_is_the_same_user(user: float | str, tmp_path: Path) -> None:
    (event,) = read_log(log_of(tmp_path, json.dumps({"ts": 1538358605000, "userId": user, "page": "Home"})))
    assert event == read(log_of(tmp_path, row(user="10")))[0]


def test_whole_numbers_that_pandas_wrote_with_a_point_are_whole(tmp_path: Path) -> None:
    floats = json.dumps({"ts": 1538358605000.0, "userId": "7", "page": "Home", "sessionId": 38.0, "itemInSession": 4.0})
    assert read(log_of(tmp_path, floats)) == read(log_of(tmp_path, row(sessionId=38, itemInSession=4)))


@pytest.mark.parametrize(
    ("ts", "unit"),
    [(1541990258, "a time in seconds"), (1541990258796000, "a time in microseconds"),
     (1541990258796000000, "a time in nanoseconds"), (7, "between 2000 and 2100")],
)  # fmt: skip
def test_a_time_that_is_not_in_ms_is_refused_with_its_unit(ts: int, unit: str, tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match=rf"log\.jsonl:2: .*`ts` is {ts}.*{unit}"):
        read(log_of(tmp_path, row(), row(ts=ts)))


def test_a_row_becomes_an_activity_event_of_its_user(tmp_path: Path) -> None:
    (event,) = decoded(log_of(tmp_path, row("Thumbs Up", ts=1541105830796, sessionId=38, itemInSession=4)))
    assert (event.subject, event.source, event.data.action) == ("7", "/sparkify", "thumbs_up")
    assert event.time == event.recordedtime == "2018-11-01T20:57:10.796Z"
    assert event.data.session_ref == "38"


def test_a_row_without_a_session_has_no_session_ref(tmp_path: Path) -> None:
    (event,) = decoded(log_of(tmp_path, row()))
    assert event.data.session_ref is None


def test_key_and_time_stand_beside_the_event(tmp_path: Path) -> None:
    (event,) = read(log_of(tmp_path, row(ts=1541105830796)))
    assert (event.key, event.time_ms) == (b"7", 1541105830796)


@pytest.mark.parametrize("nobody", ['"userId":"",', '"userId":null,', '"userId":" ",', ""])
def test_a_row_without_a_user_is_handed_on_as_nothing(nobody: str, tmp_path: Path) -> None:
    path = log_of(tmp_path, row(), '{"ts":1,' + nobody + '"page":"Home"}', row("Help"))
    assert [event is None for event in read_log(path)] == [False, True, False]


def test_a_line_that_repeats_exactly_is_kept_under_another_id(tmp_path: Path) -> None:
    first, repeat, other = decoded(log_of(tmp_path, row(), row(), row("Help")))
    assert len({first.id, repeat.id, other.id}) == 3
    assert msgspec.structs.replace(repeat, id=first.id) == first


def test_reading_again_gives_the_same_bytes(tmp_path: Path) -> None:
    path = log_of(tmp_path, row(), row(), row("Help"))
    assert read(path) == read(path)


@pytest.mark.parametrize("change", [{"user": "8"}, {"ts": 1538358605001}, {"sessionId": 1}, {"itemInSession": 1}])
def test_every_field_of_its_identity_changes_the_id(change: dict[str, int], tmp_path: Path) -> None:
    one, other = decoded(log_of(tmp_path, row(), row(**change)))  # type: ignore[arg-type]
    assert one.id != other.id


def test_ties_keep_the_order_of_the_file(tmp_path: Path) -> None:
    pages = ["NextSong", "Home", "Thumbs Up", "Downgrade"]
    assert [event.data.action for event in decoded(log_of(tmp_path, *map(row, pages)))] == [*map(action, pages)]


@pytest.mark.parametrize("line", ["[]", "{", '{"userId":"1","page":"Home"}', '{"ts":"x","userId":"1","page":"Home"}'])
def test_a_line_that_is_no_row_is_named_by_file_and_number(line: str, tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match=r"log\.jsonl:3: this line is no row of a Sparkify log: "):
        read(log_of(tmp_path, row(), row(), line))


def test_a_compressed_log_reads_like_a_plain_one(tmp_path: Path) -> None:
    plain = log_of(tmp_path, row(), row("Help"))
    packed = tmp_path / "log.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert read(packed) == read(plain)


def test_the_mini_log_keeps_all_its_lines_under_ids_of_their_own(public_data: Path) -> None:
    events = read(public_data / MINI_LOG)
    ids = {msgspec.json.decode(event.value, type=Activity).id for event in events}
    bodies = {(event.key, event.time_ms, msgspec.json.decode(event.value)["data"]["action"]) for event in events}
    assert (len(events), len(ids)) == (80_487, 80_487)
    assert len(events) - len(bodies) == 6
    assert len({event.key for event in events}) == 68


def test_the_november_log_skips_its_rows_without_a_user(public_data: Path) -> None:
    events = list(read_log(public_data / NOVEMBER_LOG))
    assert (len(events), events.count(None)) == (8_056, 286)
    assert len({event.key for event in events if event is not None}) == 97
