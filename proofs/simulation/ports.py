"""The ports of a simulated worker. Before each thing that they do they let the schedule decide what happens first."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from proofs.simulation.kafka_model import TopicEntry, TransactionalTopics
from proofs.simulation.log_model import LogModel
from proofs.simulation.redis_model import RedisModel
from schemas.alerts import Alert
from schemas.errors import Transient
from stream_app.core.blocks import Block
from stream_app.core.intake.outcome import DeadLetter
from stream_app.partition.driver import Stopping
from stream_app.partition.effects import Claim, Commit, Decisions, LogBounds, Meta, Report


class SwitchPoint:
    """A point at which a worker may be held up, killed or overtaken."""

    def __await__(self) -> Generator[None, None, None]:
        yield


@dataclass
class Surroundings:
    """What all workers of a partition share, and the chances of single requests."""

    chance: Random
    log: LogModel
    redis: RedisModel
    topics: TransactionalTopics
    held_commits: list[tuple[int, Commit]]
    group_offset: int = 0
    refused: int = 0

    def lost_reply(self) -> bool:
        """Whether the reply to a request that was carried out never arrives."""
        return self.chance.random() < 0.03


@dataclass
class SimProcess:
    """What a process could keep from one session to the next. Only mutants use it."""

    epoch: int = -1


class SimStates:
    """A connection to Redis that ends with the life in which it was made."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.life = around.redis.life

    async def claim(self, claim: Claim) -> Meta:
        """Connect and take over."""
        await SwitchPoint()
        self.life = self.around.redis.life
        meta = self.around.redis.claim(claim)
        self._may_lose_reply()
        return meta

    async def check(self, token: bytes, position: int) -> bool:
        """Whether owner and position are these."""
        await self.request()
        return self.around.redis.holds(token, position)

    async def load(self, users: Sequence[str]) -> Sequence[bytes | None]:
        """The stored states."""
        await self.request()
        return self.around.redis.load(users)

    async def commit(self, commit: Commit) -> bool:
        """States and position in one step; or the request is held up, and carried out at some other time."""
        await self.request()
        if self.around.chance.random() < 0.02:
            self.around.held_commits.append((self.life, commit))
            raise Transient("Redis did not answer")
        done = self.compare_and_set(commit)
        self._may_lose_reply()
        return done

    def compare_and_set(self, commit: Commit) -> bool:
        """What the script does."""
        if not self.around.redis.holds(commit.token, commit.expected):
            self.around.refused += 1
            return False
        self.around.redis.store(commit)
        return True

    async def request(self) -> None:
        """A request on the one connection."""
        await SwitchPoint()
        self.demand_connection()

    def demand_connection(self) -> None:
        """Raises Transient when the connection broke."""
        if self.life != self.around.redis.life:
            raise Transient("the connection to Redis is gone")

    def _may_lose_reply(self) -> None:
        if self.around.lost_reply():
            raise Transient("Redis did not answer")

    async def close(self) -> None:
        """Give the connection up."""
        self.life = -1


class SimDecisions:
    """A transactional producer, and readers of what is committed."""

    most_in_a_transaction = 2

    def __init__(self, around: Surroundings, process: SimProcess) -> None:
        self.around = around
        self.process = process
        self.epoch = -1
        self.unread: list[Any] = []

    async def open(self) -> None:
        """Fence the publisher before."""
        await SwitchPoint()
        self.epoch = self.around.topics.init()
        if self.around.lost_reply():
            raise Transient("Kafka did not answer")

    async def read_back(self, position: int, rejected_from: int) -> Decisions:
        """What was decided, from here on."""
        await SwitchPoint()
        return self.decisions(position, rejected_from)

    def decisions(self, position: int, rejected_from: int) -> Decisions:
        """Letters newest first, down to the first whose front lies below what is asked for."""
        topics = self.around.topics
        if topics.open:
            raise Transient("a transaction is still open")
        alerts = topics.committed(topics.alerts)
        self.unread = [alert for alert in alerts if alert.data.front >= position]
        rejected: dict[int, str] = {}
        rejected_front = -1
        for offset, reason, letter_front in reversed(topics.committed(topics.letters)):
            rejected_front = max(rejected_front, letter_front)
            if letter_front < rejected_from:
                break
            rejected[offset] = reason
        return Decisions(alerts[-1].data.front if alerts else -1, rejected, rejected_front)

    async def read_alerts(self, before: int) -> Sequence[Alert]:
        """The next of what was committed when it was read back."""
        await SwitchPoint()
        if self.around.lost_reply():
            raise Transient("Kafka did not answer")
        due = [alert for alert in self.unread if alert.data.src.offset < before]
        self.unread = self.unread[len(due) :]
        return due

    async def publish_alerts(self, alerts: Sequence[Alert]) -> None:
        """In transactions of a few."""
        await self._publish(self.around.topics.alerts, alerts)

    async def publish_dead_letters(self, letters: Sequence[DeadLetter], front: int, _session: str) -> None:
        """In transactions of a few."""
        records = []
        for letter in letters:
            front = max(front, letter.record.offset)
            records.append((letter.record.offset, letter.reason, front))
        await self._publish(self.around.topics.letters, records)

    async def _publish(self, topic: list[TopicEntry], what: Sequence[Any]) -> None:
        for first in range(0, len(what), self.most_in_a_transaction):
            await self.transaction(topic, what[first : first + self.most_in_a_transaction])

    async def transaction(self, topic: list[TopicEntry], what: Sequence[Any]) -> None:
        """Write, then ask for the end once."""
        await SwitchPoint()
        self.around.topics.write(topic, what, self.epoch)
        await SwitchPoint()
        self.end(commit=True)

    def end(self, commit: bool) -> None:
        """Carried out; or carried out without a reply; or late; or lost."""
        topics, drawn = self.around.topics, self.around.chance.random()
        if drawn < 0.88:
            topics.end(self.epoch, commit)
        if drawn < 0.80:
            return
        if 0.88 <= drawn < 0.95:
            topics.late.append((self.epoch, commit))
        raise Transient("the transaction's end was not confirmed", "transaction_in_doubt")

    async def close(self) -> None:
        """Give the producer up."""
        self.epoch = -1


class SimLog:
    """The event log, looked at from the side."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around

    async def inspect(self, offset: int | None) -> LogBounds:
        """Bounds, and what stands at an offset."""
        await SwitchPoint()
        return self.around.log.look_at(offset)


class SimFeed:
    """Delivers from where it was sent, now and then also what was fetched before, or with a record left out.

    `leaving` ends the session.
    """

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.next = around.group_offset
        self.leaving = False
        self.idle = False

    async def seek(self, position: int) -> None:
        """Deliver from there on, unless a chunk was already under way."""
        await SwitchPoint()
        self.next = position

    async def receive(self) -> Block:
        """A few offsets, or none."""
        await SwitchPoint()
        if self.leaving:
            raise Stopping
        chance, first = self.around.chance, self.next
        if chance.random() < 0.05:
            first = chance.randrange(self.around.log.stable_end + 1)
        block = self.fetched(first, first + chance.choice((0, 1, 2, 3, 5, 8)))
        if first == self.next:
            self.next = block.end
        self.idle = block.begin == block.end and self.next == self.around.log.end
        return block

    def fetched(self, begin: int, end: int) -> Block:
        """What is delivered of these offsets."""
        chance = self.around.chance
        return self.around.log.read(begin, end, chance.randrange(begin, end + 1) if chance.random() < 0.02 else None)


class GroupOffsets:
    """Notes a committed position as the group's offset, sooner or later."""

    def __init__(self, around: Surroundings) -> None:
        self.around = around
        self.applied = 0

    def committed(self, _partition: int, report: Report) -> None:
        """A batch was committed."""
        self.applied += report.position - report.begin
        if self.around.chance.random() < 0.5:
            self.around.group_offset = report.position
