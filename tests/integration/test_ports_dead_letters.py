"""Dead letters, in Kafka and in memory: what could not be applied is kept as it came, and says why."""

import asyncio
from collections.abc import Sequence

import pytest

from schemas.dead_letters import HEADER_PREFIX, HEADERS
from schemas.errors import Transient
from stack.local import Services
from stream_app.core.intake.outcome import DeadLetter
from stream_app.core.log import PlainRecord
from stream_app.partition.effects import Decisions
from tests.support.connections import deployment_at
from tests.support.decision_deployments import Deployment, InKafka, InMemory

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
        await log.publish_dead_letters(letters, front, "5e55")
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
        f"{HEADER_PREFIX}schema": b"churn.events.v1",
        f"{HEADER_PREFIX}session": b"5e55",
        f"{HEADER_PREFIX}front": b"5",
    }
    assert [len(record.headers) for record in others] == [len(HEADERS)] * 3
    assert dict(others[1].headers)[f"{HEADER_PREFIX}message"].decode() == "Zoë … 渡辺"


def test_the_largest_record_that_the_event_topic_takes_can_be_kept(deployment: Deployment) -> None:
    large = PlainRecord(0, SENT_MS, b"ana", b" " * (1 << 20))
    (record,) = published(deployment, [DeadLetter(large, "too_large", "1048576 bytes, at most 262144 are allowed")])
    assert record.value == large.value


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
