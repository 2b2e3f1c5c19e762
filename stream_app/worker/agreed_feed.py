"""A partition's feed that ends when its topics are changed under the running worker."""

from collections.abc import Callable
from typing import Protocol

from schemas.errors import ContractViolation
from stream_app.core.blocks import Block
from stream_app.partition.ports import Feed
from stream_app.worker.topics_watch import TopicsWatch


class TopicFeed(Feed, Protocol):
    """The feed of a partition that knows of its topic."""

    @property
    def partition(self) -> int:
        """Which partition it is."""

    @property
    def topic_partitions(self) -> int | None:
        """How many partitions the topic has, as far as was heard; None or 0 if nothing was."""


class AgreedFeed:
    """The feed of a partition, as long as its topic has the number of partitions that the states are made for, and all
    topics are kept as was agreed.

    The consumer hears of another number within its metadata's age. Producers may have heard of it before: what they
    sent elsewhere meanwhile is rejected as `mispartitioned`.
    """

    def __init__(
        self, feed: TopicFeed, partitions: int, topics: TopicsWatch, refuse_store: Callable[[], None] = lambda: None
    ) -> None:
        """`refuse_store` raises while what keeps the states must not be trusted with them."""
        self._feed = feed
        self._partitions = partitions
        self._topics = topics
        self._refuse_store = refuse_store

    async def seek(self, position: int) -> None:
        """Deliver from there on."""
        await self._feed.seek(position)

    async def receive(self) -> Block:
        """What comes next. Raises ContractViolation when something that was agreed does not hold any more."""
        self.must_be_agreed()
        return await self._feed.receive()

    def must_be_agreed(self) -> None:
        """Raises ContractViolation when the topics are not as agreed, or what keeps the states must not be trusted with
        them; a number of partitions not heard of yet passes.

        The worker that leads the group may hear of it first, and assign a new partition to one that has not.
        """
        self._refuse_store()
        self._topics.must_be_agreed()
        found = max(self._feed.topic_partitions or self._partitions, self._feed.partition + 1)
        if found != self._partitions:
            raise ContractViolation(
                f"the topic of partition {self._feed.partition} now has {found} partitions, as far as this worker has "
                f"heard, and states are made for {self._partitions}: topics cannot shrink, so copy the events to one "
                f"with {self._partitions} under a new CHURN_TOPIC_PREFIX, or replay them into a new CHURN_APP_ID",
                state="other_partitions",
            )
