"""A dead letter is sent again exactly once: whoever is cut off where, whoever else is at it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from operations.redrive.ledger import Intent
from operations.redrive.originals import original
from operations.redrive.plan import Planned, Terms, plan
from operations.redrive.redrive import Refused
from schemas.dead_letters import HEADER_PREFIX
from schemas.redrives import OF, Begun, Done, LetterId, letter_of
from stack.local import Services
from stream_app.adapters.kafka.named_writer import KafkaNamedWriter
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.engine import first_control
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.core.quantities import Declared
from stream_app.ports.dead_letters import Letter
from stream_app.ports.writing import OutgoingRecord
from stream_app.settings import Settings
from tests.support.connections import deployment_at
from tests.support.dead_letters import NOW_MS, OWN, PARTITIONS, SENT_MS, Desk, activity, home_of, rejected, user_of

USER = user_of(1)


@pytest.fixture
def desk(stack: Services, prefix: str) -> Desk:
    create_topics(deployment_at(stack, prefix), PARTITIONS, first_control(Settings()))
    return Desk(stack, prefix)


@pytest.fixture
def letter(desk: Desk) -> Letter:
    """An event of a user of partition 1 that stood in partition 0."""
    (found,) = desk.reject([rejected(7, activity(USER), "mispartitioned")])
    return found


def run(desk: Desk, *letters: Letter, value: bytes | None = None) -> list[Done | Refused]:
    return list(desk.redrive.run(letters, value, NOW_MS))


def begin(desk: Desk, letter: Letter, value: bytes | None = None) -> Begun:
    planned = plan({letter.id: (letter, value or letter.record.value)}, Terms(PARTITIONS, NOW_MS))[letter.id]
    assert isinstance(planned, Planned)
    (begun,) = desk.redrive.begin({letter.id: planned}, desk.redrive.events_log())
    return begun


def _planned(letters: list[Letter]) -> dict[LetterId, Planned]:
    plans = plan({one.id: (one, one.record.value) for one in letters}, Terms(PARTITIONS, NOW_MS))
    return {one: told for one, told in plans.items() if isinstance(told, Planned)}


def intent(desk: Desk, letter: Letter) -> Intent:
    return desk.redrive.ledger.read().begun[letter.id]


def send(desk: Desk, intent: Intent) -> Done:
    (done,) = desk.redrive.send([intent])
    return done


def test_a_letter_goes_to_its_users_partition_with_its_own_headers_and_the_letters_name(
    desk: Desk, letter: Letter
) -> None:
    (done,) = run(desk, letter)
    ((partition, record),) = desk.sent_again()
    assert done == Done(of=letter.id, partition=home_of(USER), offset=record.offset)
    assert (partition, record.key, record.value) == (home_of(USER), USER.encode(), activity(USER))
    assert list(record.headers) == [OWN, (OF, str(letter.id).encode())]
    assert take_in([record], partition, PARTITIONS).dead == []


def test_a_second_redrive_is_refused_and_says_where_the_first_one_went(desk: Desk, letter: Letter) -> None:
    (done,) = run(desk, letter)
    assert isinstance(done, Done)
    (refused,) = run(desk, letter)
    assert isinstance(refused, Refused)
    assert f"partition {done.partition}, offset {done.offset}" in refused.why
    assert len(desk.sent_again()) == 1


def test_an_event_without_recordedtime_keeps_the_time_at_which_it_was_first_sent(desk: Desk) -> None:
    bare, recorded = desk.reject(
        [rejected(1, activity(USER, 1)), rejected(2, activity(USER, 2, recorded_ms=SENT_MS - 5))]
    )
    run(desk, bare, recorded)
    assert [record.timestamp for _, record in desk.sent_again()] == [SENT_MS, NOW_MS]


def test_a_repaired_value_is_sent_in_place_of_the_letters_own(desk: Desk) -> None:
    (letter,) = desk.reject([rejected(1, b"{", "undecodable")])
    (done,) = run(desk, letter, value=activity(USER))
    assert isinstance(done, Done)
    assert [record.value for _, record in desk.sent_again()] == [activity(USER)]


def test_records_are_dated_anew_where_their_times_were_wrong(desk: Desk) -> None:
    """A producer that counts seconds: every event lies ahead of its record."""
    seconds = SENT_MS // 1000
    letters = [
        DeadLetter(PlainRecord(offset, seconds, b"key", activity(USER, offset), ()), "future", "") for offset in (1, 2)
    ]
    first, second = desk.reject(letters)
    (refused,) = run(desk, first)
    assert isinstance(refused, Refused)
    assert "if it counts seconds" in refused.why
    outcomes = list(desk.redrive.run([first, second], None, NOW_MS, dated_now=True))
    assert all(isinstance(one, Done) for one in outcomes)
    assert [record.timestamp for _, record in desk.sent_again()] == [NOW_MS, NOW_MS]


def test_the_workloads_numbers_are_judged_before_sending(desk: Desk) -> None:
    value = activity(USER).replace(b'"action":"next_song"', b'"action":"next_song","measures":{"amount":1e300}')
    (letter,) = desk.reject([rejected(1, value, "schema")])
    knowing = desk.redrive._replace(declared=Declared(measures={"amount": 1}))
    (refused,) = list(knowing.run([letter], None, NOW_MS))
    assert isinstance(refused, Refused)
    assert "as schema: measure amount" in refused.why
    assert isinstance(run(desk, letter)[0], Done)


def test_many_letters_go_in_batches_each_once_and_a_batch_that_was_cut_off_is_completed_whole(desk: Desk) -> None:
    users = [user_of(partition) for partition in range(PARTITIONS)]
    values = [activity(users[number % PARTITIONS], number) for number in range(2500)]
    letters = desk.reject([rejected(number, value) for number, value in enumerate(values)])
    planned = {one: told for one, told in _planned(letters[:40]).items() if told.partition == 1}
    desk.redrive.begin(planned, desk.redrive.events_log())
    outcomes = run(desk, *letters[1:])
    assert {one.of for one in outcomes if isinstance(one, Done)} == {one.id for one in letters[1:]}
    assert desk.redrive.ledger.read().done.keys() >= {one.id for one in letters[1:]} | planned.keys()
    sent = desk.sent_again()
    assert Counter(record.value for _, record in sent) == Counter(values[1:])
    standing = {letter_of(record.headers): (home, record.offset) for home, record in sent}
    assert {one.of: (one.partition, one.offset) for one in outcomes if isinstance(one, Done)} == standing


def test_of_overlapping_batches_each_sends_what_counts_of_it(desk: Desk) -> None:
    letters = desk.reject([rejected(offset, activity(USER, offset)) for offset in range(6)])
    events = desk.redrive.events_log()
    first = desk.redrive.begin(_planned(letters[:4]), events)
    second = desk.redrive.begin(_planned(letters[2:]), events)
    batches = desk.redrive.ledger.read().batches()
    assert [[one.begun for one in batch] for batch in batches.values()] == [first, second[2:]]
    outcomes = run(desk, *letters)
    assert all(isinstance(one, Done) for one in outcomes)
    assert [desk.redrive.send(batch) for batch in batches.values()] == [outcomes[:4], outcomes[4:]]
    assert len(desk.sent_again()) == 6


def test_of_a_letter_in_part_the_whole_value_is_fetched_where_it_stood_or_is_told_to_be_gone(desk: Desk) -> None:
    whole = activity(USER) + b" " * 200_000
    small, headers = (OWN,), (("trace", b"x" * 1_400_000),)
    writer, events = KafkaNamedWriter(desk.redrive.kafka), desk.redrive.topics.events
    at = writer.write(events, 0, [OutgoingRecord(USER.encode(), whole, small, SENT_MS)])
    (letter,) = desk.reject([DeadLetter(PlainRecord(at, SENT_MS, b"key", whole, headers), "bug", "it failed")])
    assert (letter.rejection.size, len(letter.record.value or b"")) == (len(whole), 64 * 1024)
    assert original(letter, desk.redrive.kafka) != letter
    gone = letter._replace(rejection=msgspec.structs.replace(letter.rejection, offset=at + 1))
    (refused,) = run(desk, gone)
    assert isinstance(refused, Refused)
    assert "the record is gone from" in refused.why
    (done,) = run(desk, letter)
    assert isinstance(done, Done)
    assert [record.value for _, record in desk.sent_again()] == [whole]


def test_what_would_be_rejected_again_is_refused_and_nothing_is_noted(desk: Desk) -> None:
    control = desk.redrive.events_log().read(0)
    values = [b"{", activity(None), activity(USER, time_ms=SENT_MS + 3 * 86_400_000), next(control)[0].value]
    letters = desk.reject([rejected(offset, value) for offset, value in enumerate(values)])
    outcomes = run(desk, *letters)
    reasons = ["undecodable", "no_user", "future", "schema"]
    assert all(isinstance(one, Refused) for one in outcomes)
    assert all(f" as {reason}: " in str(one) for one, reason in zip(outcomes, reasons, strict=True))
    assert desk.sent_again() == []
    assert [desk.ledger_states(one.id) for one in letters] == [[]] * 4


def test_a_run_that_was_cut_off_after_its_note_is_completed_by_the_next(desk: Desk, letter: Letter) -> None:
    begin(desk, letter)
    (done,) = run(desk, letter)
    assert isinstance(done, Done)
    assert len(desk.sent_again()) == 1
    assert desk.ledger_states(letter.id) == [b"begun", b"done"]


def test_a_run_that_was_cut_off_after_it_had_sent_is_completed_without_sending(desk: Desk, letter: Letter) -> None:
    begin(desk, letter)
    sent = send(desk, intent(desk, letter))
    assert run(desk, letter) == [sent]
    assert len(desk.sent_again()) == 1
    assert isinstance(run(desk, letter)[0], Refused)


def test_what_was_sent_is_found_in_the_events_by_its_header(desk: Desk, letter: Letter) -> None:
    begin(desk, letter)
    sent = send(desk, intent(desk, letter))
    assert desk.redrive.found([intent(desk, letter)]) == [sent]


def test_of_two_who_begin_at_once_both_send_the_record_of_the_first_and_it_stands_once(
    desk: Desk, letter: Letter
) -> None:
    first, second = begin(desk, letter), begin(desk, letter)
    assert first != second
    assert intent(desk, letter).begun == first
    assert send(desk, intent(desk, letter)) == send(desk, intent(desk, letter))
    assert len(desk.sent_again()) == 1


def test_operators_who_run_it_at_the_same_moment_send_each_letter_once(desk: Desk) -> None:
    letters = desk.reject([rejected(offset, activity(USER, offset)) for offset in range(4)])
    with ThreadPoolExecutor(3) as operators:
        runs = list(operators.map(lambda _: run(desk, *letters), range(3)))
    sent = [record.value for _, record in desk.sent_again()]
    assert sorted(filter(None, sent)) == sorted(activity(USER, offset) for offset in range(4))
    assert {one.of for outcomes in runs for one in outcomes if isinstance(one, Done)} == {one.id for one in letters}


def test_one_who_stood_still_while_another_completed_its_letter_writes_nothing_more(desk: Desk, letter: Letter) -> None:
    begin(desk, letter)
    held_up = intent(desk, letter)
    (done,) = run(desk, letter)
    assert send(desk, held_up) == done
    assert len(desk.sent_again()) == 1


def test_an_earlier_run_with_another_value_is_completed_and_the_new_value_is_refused(desk: Desk) -> None:
    (letter,) = desk.reject([rejected(1, b"{", "undecodable")])
    begin(desk, letter, activity(USER, 1))
    (refused,) = run(desk, letter, value=activity(USER, 2))
    assert isinstance(refused, Refused)
    assert "another value" in refused.why
    assert [record.value for _, record in desk.sent_again()] == [activity(USER, 1)]


def test_a_record_that_was_sent_again_and_rejected_again_is_a_letter_of_its_own(desk: Desk, letter: Letter) -> None:
    run(desk, letter)
    ((_, again),) = desk.sent_again()
    assert isinstance(run(desk, letter)[0], Refused)
    worse = rejected(again.offset, again.value)
    *_, second = desk.reject([type(worse)(again, "bug", "it failed")])
    (done,) = run(desk, second)
    assert isinstance(done, Done)
    *_, (_, record) = desk.sent_again()
    assert list(record.headers) == [OWN, (OF, str(second.id).encode())]


def test_the_ledger_is_nothing_to_a_worker_that_looks_back_for_what_was_rejected(desk: Desk, letter: Letter) -> None:
    before = desk.read_back()
    assert before.rejected == {7: "mispartitioned"}
    run(desk, letter)
    begin(desk, letter)
    assert desk.read_back() == before
    desk.reject([rejected(9, b"{", "undecodable")], front=7)
    assert desk.read_back().rejected == {7: "mispartitioned", 9: "undecodable"}
    assert [one.rejection.offset for one in desk.letters()] == [7, 9]


def test_letters_whose_predecessors_are_gone_are_listed_and_sent_again(desk: Desk) -> None:
    *_, letter = desk.reject([rejected(1, b"{", "undecodable"), rejected(2, activity(USER))])
    admin = AdminClient({"bootstrap.servers": desk.services.bootstrap})
    for answer in admin.delete_records([TopicPartition(desk.redrive.topics.letters, 0, letter.offset)]).values():
        answer.result()
    assert desk.letters() == [letter]
    assert isinstance(run(desk, letter)[0], Done)
    assert len(desk.sent_again()) == 1


def test_no_error_header_goes_back_into_the_events(desk: Desk, letter: Letter) -> None:
    run(desk, letter)
    ((_, record),) = desk.sent_again()
    assert not [name for name, _ in record.headers if name.startswith(HEADER_PREFIX)]
