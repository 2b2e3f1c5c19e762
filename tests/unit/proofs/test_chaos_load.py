"""The load has everything in it that a log may hold, and receipts tell two logs apart."""

import random
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from proofs.chaos.events import HOT_USER, POISON_KINDS, Sent, endless
from proofs.chaos.receipts import Receipts
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord

COUNT = 60_000
REASON = {"empty": "tombstone"}


def some(count: int = COUNT, seed: int = 5) -> list[Sent]:
    return list(islice(endless(seed), count))


def reason(sent: Sent) -> str | None:
    """Why the intake refuses it, None if it does not."""
    partition = 1 if sent.astray else 0
    taken = take_in([PlainRecord(0, 1, sent.key, sent.value)], partition, 2 if sent.astray else 1)
    return taken.dead[0].reason if taken.dead else None


def test_the_same_seed_gives_the_same_load_and_another_seed_another() -> None:
    assert some(2_000) == some(2_000)
    assert some(2_000) != some(2_000, seed=6)


def test_one_event_in_a_hundred_is_poison_and_a_third_are_of_one_user() -> None:
    sent = some()
    poison = sum(one.kind in POISON_KINDS for one in sent)
    assert 0.8 < poison / (0.01 * COUNT) < 1.2
    assert 0.3 < sum(one.key == HOT_USER.encode() for one in sent) / COUNT < 0.37


def test_every_kind_of_poison_is_refused_for_its_reason_and_nothing_else_is() -> None:
    sent = some()
    assert {one.kind for one in sent} >= {*POISON_KINDS, "event", "repeated", "late"}
    for kind in POISON_KINDS:
        of_the_kind = [one for one in sent if one.kind == kind and not one.astray][:20]
        assert {reason(one) for one in of_the_kind} <= {REASON.get(kind, kind)}
    assert {reason(one) for one in sent[:500] if one.kind in ("event", "repeated", "late")} == {None}


def test_what_goes_astray_is_refused_where_it_arrives() -> None:
    astray = [one for one in some() if one.astray]
    assert {one.kind for one in astray} == {"mispartitioned"}
    assert "mispartitioned" in {reason(one) for one in astray}


def test_repeated_events_have_been_sent_before() -> None:
    seen: set[bytes | None] = set()
    for one in some(20_000):
        assert one.kind != "repeated" or one.value in seen
        seen.add(one.value)


RECORDS = st.dictionaries(st.integers(0, 1 << 40), st.none() | st.binary(max_size=20), max_size=20)


def receipts(records: list[tuple[int, bytes | None]]) -> Receipts:
    found = Receipts()
    for offset, value in records:
        found.add(offset, value)
    return found


@given(RECORDS, st.randoms())
def test_receipts_do_not_depend_on_the_order(records: dict[int, bytes | None], draw: random.Random) -> None:
    ordered = list(records.items())
    shuffled = ordered.copy()
    draw.shuffle(shuffled)
    assert receipts(ordered).same(receipts(shuffled))


@given(RECORDS, RECORDS)
def test_receipts_tell_two_logs_apart(one: dict[int, bytes | None], other: dict[int, bytes | None]) -> None:
    assert receipts(list(one.items())).same(receipts(list(other.items()))) == (one == other)


def test_a_partition_that_lost_one_record_and_has_another_twice_is_told_apart() -> None:
    assert not receipts([(0, b"a"), (1, b"b")]).same(receipts([(0, b"a"), (1, b"a")]))


def test_receipts_end_behind_the_last_record() -> None:
    assert receipts([(7, b"x"), (3, b"y")]).end == 8
