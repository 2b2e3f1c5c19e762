"""A feed delivers while its topic has the number of partitions that states are made for, and not a record longer."""

import asyncio
from dataclasses import dataclass

import pytest

from schemas.errors import ChurnError, ContractViolation, Transient
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.worker.agreed_feed import AgreedFeed
from stream_app.worker.topics_watch import TopicsWatch
from tests.support.sessions import at_once

N = 4
UNCHANGED = TopicsWatch(lambda: N)
RECORDS = Block.of([PlainRecord(7, 1, b"ana", b"{}")])


@dataclass
class HandFeed:
    """A partition whose topic is as it is told."""

    partition: int = 0
    topic_partitions: int | None = N
    sought: int | None = None
    taken: int = 0

    async def seek(self, position: int) -> None:
        self.sought = position

    async def receive(self) -> Block:
        self.taken += 1
        return RECORDS


@pytest.mark.parametrize("heard", [N, None, 0])
def test_records_are_delivered_while_the_number_is_agreed_or_not_heard_of_yet(heard: int | None) -> None:
    feed = HandFeed(N - 1, heard)
    agreed = AgreedFeed(feed, N, UNCHANGED)
    agreed.must_be_agreed()
    at_once(agreed.seek(7))
    assert (feed.sought, at_once(agreed.receive())) == (7, RECORDS)


@pytest.mark.parametrize("heard", [N - 1, N + 1])
def test_once_another_number_is_heard_of_nothing_more_is_taken(heard: int) -> None:
    feed = HandFeed()
    agreed = AgreedFeed(feed, N, UNCHANGED)
    at_once(agreed.receive())
    feed.topic_partitions = heard
    with pytest.raises(ContractViolation, match=f"now has {heard} partitions.* states are made for {N}") as stopped:
        at_once(agreed.receive())
    assert (stopped.value.state, feed.taken) == ("other_partitions", 1)


@pytest.mark.parametrize("heard", [N, None, 0])
def test_a_partition_beyond_the_agreed_number_says_by_itself_that_there_are_more(heard: int | None) -> None:
    with pytest.raises(ContractViolation, match=f"now has {N + 1} partitions") as stopped:
        AgreedFeed(HandFeed(N, heard), N, UNCHANGED).must_be_agreed()
    assert stopped.value.state == "other_partitions"


def looked_at(*seen: ChurnError | None) -> TopicsWatch:
    """The topics after looks that came to this."""
    looks = iter(seen)

    def look() -> None:
        if (found := next(looks)) is not None:
            raise found

    async def scenario() -> TopicsWatch:
        topics = TopicsWatch(look)
        for _ in seen:
            await topics.look()
        return topics

    return asyncio.run(scenario())


COMPACTED = ContractViolation("customer-events has cleanup.policy=compact", state="short_retention")


@pytest.mark.parametrize("seen", [(COMPACTED, COMPACTED), (None, COMPACTED, Transient("silence"), COMPACTED)])
def test_once_a_topic_is_seen_to_be_kept_otherwise_than_agreed_nothing_more_is_taken(
    seen: tuple[ChurnError | None, ...],
) -> None:
    feed = HandFeed()
    with pytest.raises(ContractViolation, match="=compact") as stopped:
        at_once(AgreedFeed(feed, N, looked_at(*seen)).receive())
    assert (stopped.value.state, feed.taken) == ("short_retention", 0)


@pytest.mark.parametrize("seen", [(COMPACTED,), (COMPACTED, None, COMPACTED), (COMPACTED, COMPACTED, None)])
def test_what_is_seen_once_or_was_mended_stops_nothing(seen: tuple[ChurnError | None, ...]) -> None:
    assert at_once(AgreedFeed(HandFeed(), N, looked_at(*seen)).receive()) == RECORDS
