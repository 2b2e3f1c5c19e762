"""Dead letters, in Kafka and in memory: what could not be applied is kept as it came, and says why."""

import asyncio
import hashlib
import time
from collections.abc import Sequence
from itertools import count

import pytest
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource

from schemas.dead_letters import HEADER_PREFIX, HEADERS, read_rejection
from schemas.errors import Transient
from stack.local import Services
from stream_app.adapters.kafka import decisions
from stream_app.core.engine import Recorded
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import PlainRecord
from stream_app.partition.effects import Decisions
from tests.support.connections import deployment_at
from tests.support.decision_deployments import Deployment, InKafka, InMemory, alert, alerts_from

SENT_MS = 1_709_251_200_123
LETTERS = [
    DeadLetter(
        PlainRecord(5, SENT_MS, b"ana", b"\x00{", (("trace", b"\xff\x00"), ("trace", b"2"))), "undecodable", "not JSON"
    ),
    DeadLetter(PlainRecord(6, SENT_MS + 1, b"ana", None), "undecodable", "the record has no value"),
    DeadLetter(PlainRecord(7, SENT_MS + 2, None, b'{"subject":null}'), "no_user", "Zoë … 渡辺"),
    DeadLetter(PlainRecord(8, SENT_MS + 3, b"", b""), "schema", "empty"),
]


@pytest.fixture
def in_kafka(stack: Services, prefix: str) -> InKafka:
    return InKafka(deployment_at(stack, prefix))


@pytest.fixture(params=["memory", "kafka"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    if request.param == "memory":
        return InMemory()
    found: InKafka = request.getfixturevalue("in_kafka")
    return found


def published(deployment: Deployment, letters: Sequence[DeadLetter], front: int = -1) -> list[PlainRecord]:
    """The records of partition 1 after its owner has published letters in session `5e55`."""

    async def scenario() -> None:
        log = deployment.log(1)
        await log.open()
        try:
            await log.publish_dead_letters(letters, front, "5e55")
        finally:
            await log.close()

    asyncio.run(scenario())
    return deployment.letters(1, len(letters))


def rejected(deployment: Deployment, rejected_from: int) -> Decisions:
    """What the next owner of partition 1 reads back."""

    async def scenario() -> Decisions:
        log = deployment.log(1)
        await log.open()
        found = await log.read_back(0, rejected_from)
        await log.close()
        return found

    return asyncio.run(scenario())


def test_key_value_and_timestamp_are_kept_as_they_came(deployment: Deployment) -> None:
    records = published(deployment, LETTERS)
    assert [(record.key, record.value, record.timestamp) for record in records] == [
        (letter.record.key, letter.record.value, letter.record.timestamp) for letter in LETTERS
    ]


def test_the_records_own_headers_come_first_and_then_why_it_was_refused(deployment: Deployment) -> None:
    first, *others = published(deployment, LETTERS)
    own, why = first.headers[:2], first.headers[2:]
    assert list(own) == [("trace", b"\xff\x00"), ("trace", b"2")]
    assert dict(why) == {
        f"{HEADER_PREFIX}topic": deployment.source.encode(),
        f"{HEADER_PREFIX}partition": b"1",
        f"{HEADER_PREFIX}offset": b"5",
        f"{HEADER_PREFIX}timestamp": b"1709251200123",
        f"{HEADER_PREFIX}reason": b"undecodable",
        f"{HEADER_PREFIX}class": b"Poison",
        f"{HEADER_PREFIX}message": b"not JSON",
        f"{HEADER_PREFIX}app.version": dict(why)[f"{HEADER_PREFIX}app.version"],
        f"{HEADER_PREFIX}schema": b"churn.events.v2",
        f"{HEADER_PREFIX}session": b"5e55",
        f"{HEADER_PREFIX}front": b"5",
    }
    assert [len(record.headers) for record in others] == [len(HEADERS)] * 3
    assert dict(others[1].headers)[f"{HEADER_PREFIX}message"].decode() == "Zoë … 渡辺"


def test_the_largest_record_that_the_event_topic_takes_can_be_kept(deployment: Deployment) -> None:
    large = PlainRecord(0, SENT_MS, b"ana", b" " * (1 << 20))
    (record,) = published(deployment, [DeadLetter(large, "too_large", "1048576 bytes, at most 262144 are allowed")])
    assert record.value == large.value


LARGE = b"{" + b"large " * (1 << 19)
HOUR_MS = 3_600_000


def test_of_a_record_that_is_too_large_to_be_kept_the_beginning_is_and_nothing_waits_behind_it(
    deployment: Deployment,
) -> None:
    headers = (("small", b"1"), ("large", b"x" * 100_000), ("last", b"2"))
    large = DeadLetter(PlainRecord(4, SENT_MS, b"ana", LARGE, headers), "too_large", "3 MB")
    shortened, *others = published(deployment, [large, *LETTERS])
    assert (shortened.key, shortened.value) == (b"ana", LARGE[: 64 * 1024])
    assert [name for name, _ in shortened.headers if not name.startswith(HEADER_PREFIX)] == ["small"]
    why = read_rejection(shortened.headers)
    assert why is not None
    assert (why.partition, why.offset, why.size) == (1, 4, len(LARGE))
    assert why.sha256 == hashlib.sha256(LARGE).hexdigest()
    assert [record.value for record in others] == [letter.record.value for letter in LETTERS]
    assert [why.sha256 for record in others if (why := read_rejection(record.headers))] == [None] * len(LETTERS)


def test_what_an_older_letter_says_of_its_size_is_not_said_of_the_letter_that_it_becomes(
    deployment: Deployment,
) -> None:
    (first,) = published(deployment, [DeadLetter(PlainRecord(4, SENT_MS, b"ana", LARGE), "too_large", "3 MB")])
    published(deployment, [DeadLetter(first._replace(offset=20), "undecodable", "not JSON")], front=4)
    _, second = deployment.letters(1, 2)
    why = read_rejection(second.headers)
    assert why is not None
    assert (why.offset, why.size, why.sha256) == (20, None, None)


def test_a_letter_is_dated_at_its_writing_where_its_record_lies_ahead_of_it(in_kafka: InKafka) -> None:
    ahead_ms = time.time_ns() // 1_000_000 + 48 * HOUR_MS
    (record,) = published(in_kafka, [DeadLetter(PlainRecord(5, ahead_ms, b"ana", b"{"), "undecodable", "not JSON")])
    why = read_rejection(record.headers)
    assert why is not None
    assert why.timestamp == ahead_ms
    assert record.timestamp < ahead_ms - 24 * HOUR_MS


@pytest.mark.parametrize("config", [{"message.timestamp.before.max.ms": "3600000"}, {"max.message.bytes": "200000"}])
def test_a_topic_that_takes_less_than_it_should_is_written_to_by_the_next_session(
    in_kafka: InKafka, config: dict[str, str]
) -> None:
    """As with a worker whose clock is wrong, or with a smaller limit than this version asks for."""
    alter(in_kafka, config)
    letters = [DeadLetter(PlainRecord(5, SENT_MS, b"ana", b"x" * 300_000), "too_large", "300 kB")]
    taken = taken_before_the_config_counts(in_kafka, letters)
    published(in_kafka, letters)
    *_, record = in_kafka.letters(1, taken + 1)
    why = read_rejection(record.headers)
    assert why is not None
    assert (why.offset, why.timestamp) == (5, SENT_MS)


def test_alerts_too_are_written_without_a_time_where_this_machines_clock_is_ahead(
    in_kafka: InKafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead_ms = time.time_ns() // 1_000_000 + 3 * HOUR_MS
    monkeypatch.setattr(decisions, "_now_ms", lambda: ahead_ms)

    async def session(*, publishing: bool) -> Recorded:
        log = in_kafka.log(1)
        try:
            await log.open()
            if publishing:
                await log.publish_alerts([alert(5)])
            return await alerts_from(log, 0)
        finally:
            await log.close()

    with pytest.raises(Transient, match="without a time from now on"):
        asyncio.run(session(publishing=True))
    asyncio.run(session(publishing=True))
    assert list(asyncio.run(session(publishing=False)).alerts) == [5]


def taken_before_the_config_counts(in_kafka: InKafka, letters: Sequence[DeadLetter]) -> int:
    """How many are taken until one is refused, which Kafka does a moment after it has been told to."""
    deadline = time.monotonic() + 60
    for taken in count():
        assert time.monotonic() < deadline
        try:
            published(in_kafka, letters)
        except Transient as refusal:
            assert "from now on" in str(refusal)  # noqa: PT017 - how many were taken before is of interest
            return taken
    raise AssertionError


def alter(in_kafka: InKafka, config: dict[str, str]) -> None:
    entries = [ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET) for name, value in config.items()]
    resource = ConfigResource(ConfigResource.Type.TOPIC, in_kafka.letters_topic, incremental_configs=entries)
    admin = AdminClient({"bootstrap.servers": in_kafka.bootstrap})
    for answer in admin.incremental_alter_configs([resource]).values():
        answer.result(30)


def test_several_hundred_letters_keep_their_order(deployment: Deployment) -> None:
    letters = [DeadLetter(PlainRecord(i, SENT_MS, b"ana", b"%d" % i), "schema", "no") for i in range(400)]
    assert [record.value for record in published(deployment, letters)] == [b"%d" % i for i in range(400)]


def test_the_next_owner_reads_back_what_was_rejected_and_how_far(deployment: Deployment) -> None:
    bug = DeadLetter(PlainRecord(9, SENT_MS, b"ana", b"{}"), "bug", "ValueError('no')", "ValueError")
    published(deployment, [*LETTERS, bug])
    assert rejected(deployment, 0) == Decisions(
        -1,
        {5: "undecodable", 6: "undecodable", 7: "no_user", 8: "schema", 9: "bug"},
        9,
    )
    assert rejected(deployment, 8).rejected == {8: "schema", 9: "bug"}
    assert (rejected(deployment, 10).rejected, rejected(deployment, 10).rejected_front) == ({}, 9)


def test_a_letter_that_comes_after_one_with_a_higher_offset_is_not_overlooked(deployment: Deployment) -> None:
    """After a rollback another version may fail on a record that was applied before."""
    published(deployment, LETTERS[3:])
    published(deployment, LETTERS[:1], front=8)
    assert rejected(deployment, 7).rejected.keys() == {5, 8}


def test_a_dead_letter_that_becomes_one_again_is_known_by_its_last_rejection(deployment: Deployment) -> None:
    (once,) = published(deployment, LETTERS[:1])
    again = DeadLetter(once._replace(offset=20), "schema", "still")
    published(deployment, [again], front=5)
    assert rejected(deployment, 6).rejected == {20: "schema"}


def test_a_publisher_that_was_fenced_writes_no_letter_any_more(deployment: Deployment) -> None:
    async def scenario() -> None:
        zombie, owner = deployment.log(1), deployment.log(1)
        await zombie.open()
        await owner.open()
        with pytest.raises(Transient) as doubt:
            await zombie.publish_dead_letters(LETTERS, -1, "5e55")
        assert doubt.value.cause == "publisher_fenced"
        assert (await owner.read_back(0, 0)).rejected == {}
        await zombie.close()
        await owner.close()

    asyncio.run(scenario())
