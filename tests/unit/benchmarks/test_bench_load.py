"""The benchmarks' loads are events as producers send them, and what they claim about users and numbers holds."""

from collections import Counter

import pytest

from benchmarks.speed.load import SPAN_MS, START_MS, Chunk, Mix, drawn, one_each
from benchmarks.speed.open_loop import OpenLoad, prepare
from schemas.instants import parse_instant
from stream_app.core.intake.decoding import decode_all
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import PlainRecord
from stream_app.deployment import KafkaConnection
from tests.support.blocks import holding

COUNT, USERS = 60_000, 3_000


def joined(chunks: list[Chunk]) -> Chunk:
    return Chunk([key for chunk in chunks for key in chunk.keys], [value for chunk in chunks for value in chunk.values])


def a_plan(seconds: float = 2.0, first: int = 0, first_new: int = 500) -> OpenLoad:
    return OpenLoad(
        kafka=KafkaConnection(""),
        topic="",
        rate=1000.0,
        seconds=seconds,
        known_users=500,
        new_every=100,
        first=first,
        first_new=first_new,
        seed=1,
    )


@pytest.mark.parametrize("mix", ["zipf", "uniform"])
def test_every_drawn_event_is_admitted_by_the_core_under_its_key(mix: Mix) -> None:
    load = joined(list(drawn(COUNT, USERS, mix, seed=1)))
    records = [PlainRecord(i, 0, *pair) for i, pair in enumerate(zip(load.keys, load.values, strict=True))]
    intake = take_in(records, 0, 1)
    assert (len(intake.events), intake.dead) == (COUNT, [])
    assert [user.encode() for user in intake.events.users] == load.keys
    times_ms = intake.events.times_ms
    assert times_ms[0] == START_MS
    assert (times_ms[1:] >= times_ms[:-1]).all()
    assert START_MS + SPAN_MS - times_ms[-1] <= SPAN_MS / COUNT + 1


def test_the_same_arguments_give_the_same_bytes_and_another_seed_gives_others() -> None:
    first, again, other = (joined(list(drawn(1000, USERS, "zipf", seed))) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_ids_are_unique_also_where_one_load_follows_another() -> None:
    load = joined([*one_each(USERS), *drawn(COUNT, USERS, "uniform", seed=1, first=USERS)])
    decoded = decode_all(holding(load.values))
    assert decoded is not None
    assert len({event.id for event in decoded}) == USERS + COUNT


def test_zipf_gives_most_events_to_few_users_and_uniform_does_not() -> None:
    shares = {}
    for mix in ("zipf", "uniform"):
        counts = Counter(joined(list(drawn(COUNT, USERS, mix, seed=1))).keys)
        shares[mix] = sum(count for _, count in counts.most_common(USERS // 100)) / COUNT
    assert shares["zipf"] > 0.4
    assert shares["uniform"] < 0.03


def test_one_each_gives_every_user_one_event() -> None:
    assert sorted(joined(list(one_each(USERS))).keys) == [f"u{user:08d}".encode() for user in range(USERS)]


def test_an_open_loop_has_a_new_user_every_so_many_events_and_no_other_new_ones() -> None:
    load = a_plan()
    keys = prepare(load, now_ms=1_700_000_000_000).keys
    new = [place for place, key in enumerate(keys) if int(key[1:]) >= load.known_users]
    assert new == list(range(0, load.events, load.new_every))
    assert [int(keys[place][1:]) for place in new] == list(range(500, 500 + load.new_users))


def test_an_open_loops_events_happen_when_they_are_due() -> None:
    decoded = decode_all(holding(prepare(a_plan(), now_ms=1_700_000_000_000).values))
    assert decoded is not None
    assert [parse_instant(event.time) - 1_700_000_000_000 for event in decoded] == list(range(2000))
