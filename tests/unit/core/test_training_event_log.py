"""Lines of events become the log of a single partition."""

import hashlib

from stream_app.core.event_lines import CHUNK, EventLines
from stream_app.core.log import PlainRecord
from tests.support.event_logs import LogWriter, at


def lines(count: int) -> list[bytes]:
    log = LogWriter()
    for number in range(count):
        log.does("play", at(seconds=number))
    return [record.value or b"" for record in log.records()]


def test_a_line_becomes_a_record_at_its_number_with_its_user_as_key_and_its_own_time_as_that_of_sending() -> None:
    log = LogWriter()
    log.does("play", at(), recorded_ms=at(minutes=3))
    log.does("play", at(minutes=9), recorded_ms=0)
    values = [record.value or b"" for record in log.records()]
    assert list(EventLines(values).chunks()) == [
        [PlainRecord(0, at(minutes=3), b"ana", values[0]), PlainRecord(1, at(minutes=9), b"ana", values[1])]
    ]


def test_a_line_that_is_no_event_keeps_its_place_for_the_intake_to_reject() -> None:
    good = lines(1)[0]
    bad = [b"", b"{", b"[]", b'{"time":"yesterday"}', b"\xff"]
    (records,) = EventLines([*bad, good]).chunks()
    assert records[: len(bad)] == [PlainRecord(offset, 0, None, line) for offset, line in enumerate(bad)]
    assert records[-1].offset == len(bad)


def test_offsets_go_on_over_chunks_and_every_line_is_counted() -> None:
    log = EventLines(lines(CHUNK + 5))
    chunks = list(log.chunks())
    assert [len(chunk) for chunk in chunks] == [CHUNK, 5]
    assert [record.offset for chunk in chunks for record in chunk] == list(range(CHUNK + 5))
    assert log.count == CHUNK + 5


def test_the_hash_is_that_of_the_unpacked_event_file() -> None:
    values = lines(CHUNK + 5)
    log = EventLines(values)
    for _ in log.chunks():
        pass
    assert log.sha256 == hashlib.sha256(b"".join(line + b"\n" for line in values)).hexdigest()
