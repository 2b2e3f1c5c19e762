"""Names of letters, records of the ledger, what is sent for a letter, and how letters are shown: without a Kafka."""

import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cli.operate.dlq.letter_table import printable, render
from operations.redrive.ledger import Ledger
from operations.redrive.plan import Planned, Terms, plan
from operations.redrive.redrive import Refused, chosen
from schemas.dead_letters import Rejection, RejectionReason, to_headers
from schemas.errors import Poison
from schemas.redrives import (
    HEADER_PREFIX,
    OF,
    Begun,
    Done,
    LedgerEntry,
    LetterId,
    letter_of,
    read_entry,
    without_redrive,
)
from schemas.redrives import to_headers as entry_headers
from schemas.topics import MAX_EVENT_BYTES
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.ports.dead_letters import Letter, barred_offsets
from tests.support.dead_letters import NOW_MS, OWN, SENT_MS, activity, home_of

NUMBERS = st.integers(0, 2**62)
IDS = st.builds(LetterId, NUMBERS, NUMBERS)
ENTRIES = st.builds(Begun, of=IDS, partition=NUMBERS, end=NUMBERS, producer=NUMBERS, epoch=NUMBERS) | st.builds(
    Done, of=IDS, partition=NUMBERS, offset=NUMBERS
)


def letter(offset: int, value: bytes | None, reason: RejectionReason = "bug", partition: int = 0) -> Letter:
    why = Rejection(
        topic="customer-events",
        partition=partition,
        offset=offset * 10,
        timestamp=SENT_MS,
        reason=reason,
        error="Poison",
        message="",
        app_version="1",
        schema="1",
        session="5e55",
        front=offset * 10,
    )
    again = (OF, b"9/9")
    return Letter(partition, offset, PlainRecord(offset, SENT_MS, b"k", value, (OWN, again, *to_headers(why))), why)


@given(IDS)
def test_a_letters_name_is_read_as_it_is_written(of: LetterId) -> None:
    assert LetterId.parse(str(of)) == of


@pytest.mark.parametrize("text", ["", "3", "3/", "/3", "a/1", "1/-1", "1/2/3", "1 /2"])
def test_what_names_no_letter_is_refused_with_the_form_that_does(text: str) -> None:
    with pytest.raises(ValueError, match="PARTITION/OFFSET"):
        LetterId.parse(text)


@given(ENTRIES)
def test_a_record_of_the_ledger_is_read_as_it_was_written_whatever_else_is_in_its_headers(entry: LedgerEntry) -> None:
    headers = [OWN, (OF, b"7/7"), *entry_headers(entry)]
    assert read_entry(headers) == entry
    assert without_redrive(headers) == [OWN]


def test_records_with_other_or_broken_headers_are_none_of_the_ledger() -> None:
    done = entry_headers(Done(of=LetterId(1, 2), partition=3, offset=4))
    assert read_entry([OWN]) is None
    assert read_entry(done[:-1]) is None
    assert read_entry([*done, (HEADER_PREFIX + "offset", b"x")]) is None
    assert read_entry([*done, (HEADER_PREFIX + "state", b"\xff")]) is None
    assert (letter_of([OWN]), letter_of([(OF, None)]), letter_of([(OF, b"1/2")])) == (None, None, LetterId(1, 2))


def test_only_offsets_set_aside_as_bug_are_barred_by_their_partition_of_the_events() -> None:
    letters = [letter(1, b""), letter(2, b"", "schema"), letter(3, b"", partition=1), letter(4, b"")]
    assert barred_offsets(letters) == {0: {10, 40}, 1: {30}}


def test_letters_are_chosen_once_in_the_order_of_their_names_and_unknown_names_are_refused() -> None:
    one, two = letter(1, b""), letter(2, b"")
    found, missing = chosen([one, two], [two.id, LetterId(0, 9), one.id, two.id])
    assert found == [two, one]
    assert missing == [Refused(LetterId(0, 9), "there is no such dead letter")]


@pytest.mark.parametrize("user", ["ana", "Zoë", "渡辺"])
def test_a_plan_is_keyed_by_its_user_and_taken_in_at_the_partition_that_it_names(user: str) -> None:
    one = letter(1, activity(user))
    planned = plan({one.id: (one, activity(user))}, Terms(8, NOW_MS))[one.id]
    assert isinstance(planned, Planned)
    partition, record = planned
    assert (partition, record.key, record.headers) == (home_of(user, 8), user.encode(), [OWN])
    taken = take_in([PlainRecord(0, record.timestamp or 0, record.key, record.value)], partition, 8)
    assert (len(taken.events), taken.dead) == (1, [])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "tombstone"),
        (b"{", "undecodable"),
        (activity("ana").replace(b"next_song", b"Next Song"), "schema"),
        (activity(None), "no_user"),
        (activity("ana", time_ms=SENT_MS + 2 * 86_400_000), "future"),
        (activity("ana") + b" " * MAX_EVENT_BYTES, "too_large"),
    ],
)
def test_a_value_that_the_worker_would_reject_is_not_planned(value: bytes | None, reason: RejectionReason) -> None:
    one = letter(1, value)
    poison = plan({one.id: (one, value)}, Terms(8, NOW_MS))[one.id]
    assert isinstance(poison, Poison)
    assert poison.reason == reason


def test_what_would_steer_a_terminal_is_shown_as_an_escape() -> None:
    assert printable(b"\x1b[31mred\x07\r\n\xff Zo\xc3\xab") == "\\x1b[31mred\\x07\\r\n\\xff Zoë"
    assert printable("\u202eevil".encode()) == "\\u202eevil"
    assert printable(None) == "(none)"


def test_a_message_is_data_and_never_markup() -> None:
    plain, out = letter(1, b""), io.StringIO()
    why = msgspec.structs.replace(plain.rejection, message="\\[red]no[/red]")
    Console(file=out, width=100).print(render([plain._replace(rejection=why)], Ledger({}, {})))
    assert "\\[red]no[/red]" in out.getvalue()
