"""A feed delivers while its topic has the number of partitions that states are made for, and not a record longer."""

from dataclasses import dataclass

import pytest

from schemas.errors import ContractViolation
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.worker.agreed_feed import AgreedFeed
from tests.support.sessions import at_once

N = 4
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
    agreed = AgreedFeed(feed, N)
    agreed.must_be_agreed()
    at_once(agreed.seek(7))
    assert (feed.sought, at_once(agreed.receive())) == (7, RECORDS)


@pytest.mark.parametrize("heard", [N - 1, N + 1])
def test_once_another_number_is_heard_of_nothing_more_is_taken(heard: int) -> None:
    feed = HandFeed()
    agreed = AgreedFeed(feed, N)
    at_once(agreed.receive())
    feed.topic_partitions = heard
    with pytest.raises(ContractViolation, match=f"now has {heard} partitions.* states are made for {N}") as stopped:
        at_once(agreed.receive())
    assert (stopped.value.state, feed.taken) == ("other_partitions", 1)


@pytest.mark.parametrize("heard", [N, None, 0])
def test_a_partition_beyond_the_agreed_number_says_by_itself_that_there_are_more(heard: int | None) -> None:
    with pytest.raises(ContractViolation, match=f"now has {N + 1} partitions") as stopped:
        AgreedFeed(HandFeed(N, heard), N).must_be_agreed()
    assert stopped.value.state == "other_partitions"
