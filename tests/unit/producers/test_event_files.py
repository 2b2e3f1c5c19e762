"""Event files: what is written comes back, and a bad line says where it stands and what is wrong with it."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from producers.event_files import read_events, write_events
from schemas.errors import ContractViolation
from schemas.events import Activity, Control, Record
from schemas.outgoing import OutgoingEvent, address
from schemas.topics import MAX_EVENT_BYTES

EVENT = {
    "specversion": "1.0",
    "type": "churn.activity.v1",
    "id": "1",
    "source": "/tests",
    "time": "2024-01-01T00:00:00.250Z",
    "subject": "u1",
    "data": {"action": "home"},
}


def line(**changes: Any) -> bytes:  # noqa: ANN401
    event = {key: value for key, value in (EVENT | changes).items() if value is not None}
    return json.dumps(event).encode()


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_what_is_written_is_read_back_byte_for_byte(name: str, tmp_path: Path) -> None:
    lines = [line(id=str(number)) for number in range(100)]
    assert write_events(tmp_path / name, lines) == 100
    assert [event.raw for event in read_events(tmp_path / name)] == lines


def test_a_line_comes_with_number_record_and_time(tmp_path: Path) -> None:
    write_events(tmp_path / "events.jsonl", [line(id="1"), line(id="2")])
    _, second = read_events(tmp_path / "events.jsonl")
    assert (second.number, second.time_ms) == (2, 1_704_067_200_250)
    assert isinstance(second.record, Activity)
    assert second.record.id == "2"


def test_the_same_events_give_the_same_compressed_file(tmp_path: Path) -> None:
    for name in ("one.jsonl.gz", "other.jsonl.gz"):
        write_events(tmp_path / name, [line()] * 10)
    assert (tmp_path / "one.jsonl.gz").read_bytes() == (tmp_path / "other.jsonl.gz").read_bytes()


def test_compression_is_seen_in_the_bytes_not_in_the_name(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(gzip.compress(line() + b"\n"))
    assert [event.raw for event in read_events(tmp_path / "events")] == [line()]


def test_the_last_line_needs_no_line_end_and_carriage_returns_are_no_part_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(line() + b"\r\n" + line())
    assert [event.raw for event in read_events(tmp_path / "events")] == [line(), line()]


def test_a_control_record_can_be_read(tmp_path: Path) -> None:
    model = {"name": "music", "version": "1", "sha256": "0" * 64}
    policy = {"name": "music", "version": 1, "enter": 0.5, "leave": 0.4, "critical": 0.8, "cooldown_s": 60}
    write_events(
        tmp_path / "log", [line(type="churn.control.v1", subject=None, data={"model": model, "policy": policy})]
    )
    (event,) = read_events(tmp_path / "log")
    assert isinstance(event.record, Control)


@pytest.mark.parametrize(
    ("bad", "fault"),
    [
        (b"", "it is empty"),
        (b"{", "truncated"),
        (b"\xff", "byte 1 is 0xff, which is not UTF-8"),
        (b"[", r"begins a JSON array.*jq -c '\.\[\]'"),
        (b"[" + b"{}," * MAX_EVENT_BYTES, "begins a JSON array"),
        (b"\xef\xbb\xbf{}", "byte-order mark"),
        (b'{"a":1,}', "malformed at character"),
        (b'{\0"', "NUL bytes"),
        (line(subject=7), r"Expected `str \| null`, got `int` - at `\$\.subject`, where 7 stands"),
        (line(data={"action": 3}), r"at `\$\.data\.action`, where 3 stands"),
        (line(type="churn.dance.v1"), "churn.dance.v1"),
        (line(type=None), "type"),
        (line(specversion="0.3"), "specversion"),
        (line(data={"action": "Thumbs Up"}), r"does not match"),
        (line(data=None), "data"),
        (line(subject=None), "names none in `subject`"),
        (line(subject=""), "names none in `subject`"),
        (line(time="yesterday"), "`time`: 'yesterday'"),
        (line(time="2024-01-01T00:00:00"), "2024-01-01T00:00:00"),
        (line(recordedtime="never"), "`recordedtime`: 'never'"),
        (line(note="x" * MAX_EVENT_BYTES), f"at most {MAX_EVENT_BYTES}"),
    ],
)
def test_a_bad_line_is_named_by_file_number_and_fault(bad: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / "events.jsonl").write_bytes(line() + b"\n" + bad + b"\n" + line() + b"\n")
    with pytest.raises(ContractViolation, match=rf"events\.jsonl:2: this line is no event: .*({fault})"):
        list(read_events(tmp_path / "events.jsonl"))


def test_half_an_emoji_in_a_text_is_no_fault_and_a_line_goes_out_as_it_came(tmp_path: Path) -> None:
    said = {"conversation_ref": "c", "direction": "inbound", "text": "oh HALF", "sentiment": -0.5}
    halved = line(type="churn.message.v1", data=said).replace(b"HALF", rb"\ud83d")
    (tmp_path / "events").write_bytes(halved + b"\n")
    assert [event.raw for event in read_events(tmp_path / "events")] == [halved]


def test_lines_before_the_bad_one_are_handed_out_first(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(line() + b"\nnonsense\n")
    events = read_events(tmp_path / "events")
    assert next(events).raw == line()
    with pytest.raises(ContractViolation, match="events:2"):
        next(events)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match=r"missing\.jsonl cannot be read \(after 0 lines\): No such file"):
        list(read_events(tmp_path / "missing.jsonl"))


def test_a_compressed_file_that_is_cut_off_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(line())[:-9])
    with pytest.raises(ContractViolation, match=r"cut\.gz cannot be read"):
        list(read_events(tmp_path / "cut.gz"))


def test_a_file_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match="cannot be written: No such file"):
        write_events(tmp_path / "nowhere" / "events.jsonl", [line()])


@pytest.mark.parametrize("name", ["events.jsonl", "events.jsonl.gz"])
def test_a_file_whose_source_fails_does_not_appear(name: str, tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield line()
        raise ContractViolation("no more")

    with pytest.raises(ContractViolation, match="no more"):
        write_events(tmp_path / name, failing())
    assert list(tmp_path.iterdir()) == []


def test_an_event_is_addressed_to_its_subject_at_its_time() -> None:
    assert list(address([line()])) == [OutgoingEvent(b"u1", line(), 1_704_067_200_250)]


def test_every_type_of_user_event_can_be_read(tmp_path: Path) -> None:
    data: dict[str, dict[str, object]] = {
        "churn.activity.v1": {"action": "home"},
        "churn.conversation.v1": {"event": "opened", "conversation_ref": "c1"},
        "churn.message.v1": {"conversation_ref": "c1", "direction": "inbound", "sentiment": -0.5},
        "churn.profile.v1": {"attributes": {"plan": "paid"}},
    }
    write_events(tmp_path / "log", [line(type=kind, data=data[kind]) for kind in data])
    records: list[Record] = [event.record for event in read_events(tmp_path / "log")]
    assert [msgspec.to_builtins(record)["type"] for record in records] == list(data)
