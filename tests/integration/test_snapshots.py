"""Snapshots and verification of a partition that moves on between any two pages, on a real Redis and Kafka."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest
import redis

from operations.states.snapshot import PartitionSnapshot, take
from operations.verify.verification import Verification
from schemas.errors import ContractViolation, Transient
from schemas.outgoing import address
from stack.local import Services
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.adapters.kafka.topic_log import barred_in_topic
from stream_app.adapters.kafka.topics import create_topics
from stream_app.adapters.redis import stored_states
from stream_app.adapters.redis.keys import meta_key, state_prefix
from stream_app.adapters.redis.stored_states import RedisStoredStates
from stream_app.bootstrap.engine import engine_of, first_control
from stream_app.core.engine import Engine
from stream_app.core.features.codec import pack
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay
from stream_app.deployment import Deployment
from stream_app.partition.effects import Anchor
from stream_app.ports.pacing import flat_out
from stream_app.ports.stored_states import Page
from stream_app.settings import Settings
from tests.e2e.deployment import read_topic
from tests.support.connections import deployment_at, kafka_of
from tests.support.music_logs import music_lines
from tests.support.set_aside import set_aside

PARTITIONS = 2
LINES = music_lines(80, 3000, seed=3)
EARLY = 20
"""Records that a busy partition has applied when it is read first."""


@dataclass
class Live:
    """A deployment, and a stand-in for the worker of its partition 0 that applies so many records when told.

    Our own code fails on the record at `bug`, of a user who is not among the early ones.
    """

    deployment: Deployment
    engine: Engine
    client: "redis.Redis"
    records: list[PlainRecord]
    bug: int
    position: int = 0
    replay: Replay = field(init=False)

    def __post_init__(self) -> None:
        self.replay = Replay(self.engine, 0, PARTITIONS, {self.bug})

    def apply(self, count: int) -> None:
        """Apply records and commit."""
        applied = self.records[self.position : self.position + count]
        if not applied:
            return
        for _ in self.replay.apply(applied):
            pass
        self.position = applied[-1].offset + 1
        in_force = self.replay.in_force
        assert in_force is not None
        together = self.client.pipeline(transaction=True)
        together.mset({state_prefix(self.deployment.app_id, 0) + user: state for user, state in self.states().items()})
        meta: dict[Any, Any] = {
            "position": self.position,
            "anchor": anchor(applied[-1].value),
            "anchor_offset": applied[-1].offset,
            "state_digest": self.engine.compiled.state_digest,
            "partitions": PARTITIONS,
            "control": msgspec.json.encode(in_force.control),
        }
        together.hset(meta_key(self.deployment.app_id, 0), mapping=meta)
        together.execute()

    def states(self) -> dict[str, bytes]:
        """What must be in Redis now."""
        folded = self.replay.records[: len(self.replay.users)]
        return dict(zip(self.replay.users, pack(folded), strict=True))


@pytest.fixture
def live(stack: Services, prefix: str) -> Iterator[Live]:
    settings = Settings(app_id=prefix + "app", topic_prefix=prefix)
    deployment = replace(deployment_at(stack, prefix), app_id=settings.app_id)
    create_topics(deployment, PARTITIONS, first_control(settings))
    KafkaSender(kafka_of(stack), deployment.topics.events).send(address(LINES), flat_out(), lambda count: None)
    records = read_topic(kafka_of(stack), deployment.topics.events)[0]
    early = {record.key for record in records[:EARLY]}
    bug = next(record for record in records[EARLY:] if record.key not in early)
    set_aside(kafka_of(stack), deployment.topics.letters, 0, bug)
    with redis.Redis.from_url(stack.redis_url) as client:
        yield Live(deployment, engine_of(settings), client, records, bug.offset)


@pytest.fixture
def busy(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """The same, and its worker commits records before every page of seven states."""

    pages = RedisStoredStates.pages

    def read(stored: RedisStoredStates, partition: int) -> Iterator[Page]:
        for page in pages(stored, partition):
            if partition == 0:
                live.apply(61)
            yield page

    monkeypatch.setattr(stored_states, "PAGE", 7)
    monkeypatch.setattr(RedisStoredStates, "pages", read)
    return live


def test_a_quiet_partition_is_taken_as_it_stands(live: Live) -> None:
    live.apply(900)
    taken = take(live.deployment, live.engine, 0, PARTITIONS)
    assert taken.states == live.states()
    assert (taken.meta.position, taken.meta.anchor) == (900, Anchor(899, anchor(live.records[899].value)))


def test_a_partition_that_nobody_has_claimed_is_empty(live: Live) -> None:
    taken = take(live.deployment, live.engine, 1, PARTITIONS)
    assert (taken.states, taken.meta.position, taken.meta.control) == ({}, 0, None)


def test_a_busy_partition_is_taken_as_of_one_position_with_the_users_that_are_new(busy: Live) -> None:
    busy.apply(EARLY)
    before = set(busy.states())
    taken = take(busy.deployment, busy.engine, 0, PARTITIONS)
    replay = Replay(busy.engine, 0, PARTITIONS, {busy.bug})
    for _ in replay.apply(busy.records[: taken.meta.position]):
        pass
    due = dict(zip(replay.users, pack(replay.records[: len(replay.users)]), strict=True))
    assert taken.meta.position > busy.bug
    assert taken.states == due
    assert set(due) - before


def test_a_busy_partition_is_verified_page_by_page_without_what_was_set_aside_as_bug(busy: Live) -> None:
    busy.apply(EARLY)
    found = verify(busy)
    figures = ("state_mismatches", "meta_mismatches", "dead_letters_unaccounted", "alerts_phantom")
    assert [found[figure] for figure in figures] == [0, 0, 0, 0]
    assert barred_in_topic(busy.deployment.kafka, busy.deployment.topics.letters) == {0: {busy.bug}}


def verify(live: Live, start: PartitionSnapshot | None = None) -> dict[str, int]:
    """Partition 0 verified."""
    checked = Verification(live.deployment, live.engine)
    checked.verify(0, start, lambda count: None)
    return checked.findings.figures()


def test_one_state_that_is_older_than_the_others_is_seen(live: Live) -> None:
    live.apply(600)
    kept = live.states()
    live.apply(100)
    changed = next(user for user, state in live.states().items() if user in kept and state != kept[user])
    live.client.set(state_prefix(live.deployment.app_id, 0) + changed, kept[changed])
    assert verify(live)["state_mismatches"] == 1


def test_a_redis_that_loses_writes_while_it_is_read_is_to_be_read_again(live: Live) -> None:
    live.apply(900)
    with stored_states.stored_states(live.deployment) as stored:
        reading = stored.pages(0)
        next(reading)
        live.client.hset(meta_key(live.deployment.app_id, 0), "position", 800)
        with pytest.raises(Transient, match="has lost writes"):
            next(reading)


def test_an_export_from_ahead_of_redis_proves_nothing(live: Live) -> None:
    live.apply(900)
    start = take(live.deployment, live.engine, 0, PARTITIONS)
    live.client.hset(meta_key(live.deployment.app_id, 0), "position", 800)
    with pytest.raises(ContractViolation, match="begin with an older export"):
        verify(live, start)


def test_a_position_behind_the_end_of_the_log_is_named(live: Live) -> None:
    live.apply(10)
    live.client.hset(meta_key(live.deployment.app_id, 0), "position", len(live.records) + 5)
    with pytest.raises(ContractViolation, match="lies outside its log") as stopped:
        verify(live)
    assert stopped.value.state == "position_outside_log"


def test_users_of_another_app_id_that_looks_alike_are_not_taken_for_ones_own(live: Live) -> None:
    live.apply(50)
    live.client.set(state_prefix(live.deployment.app_id + "-2", 0) + "stranger", b"x")
    assert RedisStoredStates(live.client, live.deployment.app_id).users(0) == set(live.states())
