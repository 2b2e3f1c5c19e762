"""The protocol with one of its safety mechanisms taken out. Each must fail, or the simulation proves nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from proofs.simulation.kafka_model import COMMITTED, TopicEntry
from proofs.simulation.ports import SimDecisions, SimFeed, SimStates, SwitchPoint
from schemas.errors import Transient
from stream_app.core.blocks import Block
from stream_app.partition.effects import Claim, Commit, Decisions, Effects, Meta, Receive, ask
from stream_app.partition.session import Session


class _NoOwner(SimStates):
    async def check(self, _token: bytes, position: int) -> bool:
        await self.request()
        return self.around.redis.holds(None, position)

    def compare_and_set(self, commit: Commit) -> bool:
        if not self.around.redis.holds(None, commit.expected):
            return False
        self.around.redis.store(commit)
        return True


class _NoPositionAndReconnects(SimStates):
    def demand_connection(self) -> None:
        """It connects again, as a client with a pool does."""

    def compare_and_set(self, commit: Commit) -> bool:
        if not self.around.redis.holds(commit.token, None):
            return False
        self.around.redis.store(commit)
        return True


class _PositionApart(SimStates):
    async def commit(self, commit: Commit) -> bool:
        await self.request()
        if not self.around.redis.holds(commit.token, commit.expected):
            return False
        self.around.redis.store(commit, position=False)
        await self.request()
        self.around.redis.store(commit, states=False)
        return True


class _GroupOffset(SimStates):
    async def claim(self, claim: Claim) -> Meta:
        meta = await super().claim(claim)
        offset, log = self.around.group_offset, self.around.log
        meta = replace(meta, position=offset, anchor=log.anchor_before(offset))
        self.around.redis.kept = replace(self.around.redis.kept, meta=meta)
        return meta


class _NoCheckAtOpening(SimStates):
    opened = False

    async def check(self, token: bytes, position: int) -> bool:
        if self.opened:
            return await super().check(token, position)
        self.opened = True
        await self.request()
        return True


class _NoIdleCheck(SimStates):
    opened = False

    async def check(self, token: bytes, position: int) -> bool:
        if not self.opened:
            self.opened = True
            return await super().check(token, position)
        return True


class _NoTransaction(SimDecisions):
    async def transaction(self, topic: list[TopicEntry], what: Sequence[Any]) -> None:
        for one in what:
            await SwitchPoint()
            topic.append(TopicEntry(one, COMMITTED))


class _NoScan(SimDecisions):
    def decisions(self, _position: int, rejected_from: int) -> Decisions:
        return replace(super().decisions(1 << 60, rejected_from), front=-1)


class _NoScanOfRejections(SimDecisions):
    def decisions(self, position: int, rejected_from: int) -> Decisions:
        return replace(super().decisions(position, rejected_from), rejected={}, rejected_front=-1)


class _ScanBeforeInit(SimDecisions):
    async def open(self) -> None:
        await SwitchPoint()
        self.before = super().decisions(0, 0) if not self.around.topics.open else None
        await super().open()

    def decisions(self, position: int, _rejected_from: int) -> Decisions:
        if self.before is None:
            raise Transient("a transaction is still open")
        self.unread = [alert for alert in self.unread if alert.data.front >= position]
        return self.before


class _ReusedProducer(SimDecisions):
    async def open(self) -> None:
        if self.process.epoch == self.around.topics.epoch:
            await SwitchPoint()
            self.epoch = self.process.epoch
            return
        await super().open()
        self.process.epoch = self.epoch

    async def transaction(self, topic: list[TopicEntry], what: Sequence[Any]) -> None:
        try:
            await super().transaction(topic, what)
        except Transient as doubt:
            if doubt.cause == "transaction_in_doubt":
                await SwitchPoint()
                self.end(commit=False)
            raise


class _StatesFirst(Session):
    """Commits states that remember alerts before it publishes them, without an outbox."""

    def _conclude(self, owned: Any, run: Any) -> Effects[None]:  # noqa: ANN401 - private
        yield from self._commit(owned, run)
        yield from self._publish(owned, run)


class _ReadsUncommitted(SimFeed):
    def fetched(self, begin: int, end: int) -> Block:
        return self.around.log.read_uncommitted(begin, end)


class _LetsAnyGapPass(Session):
    """Takes whatever it is not given for what holds nothing by right."""

    def _next_block(self, owned: Any) -> Effects[Block]:  # noqa: ANN401 - private
        while True:
            block = yield from ask(Receive())
            if block.end > owned.position:
                return _without_gaps(block.between(owned.position, block.end), owned.position)
            yield from self._check(owned.position)


def _without_gaps(block: Block, begin: int) -> Block:
    offsets = set(block.offsets.tolist())
    nothing = [range(at, at + 1) for at in range(begin, block.end) if at not in offsets]
    return Block.of(list(block), nothing, block.end, begin)


@dataclass(frozen=True)
class ProtocolVariant:
    """The protocol as it is, but for what is given here."""

    without: str
    states: type[SimStates] = SimStates
    decisions: type[SimDecisions] = SimDecisions
    session: type[Session] = Session
    feed: type[SimFeed] = SimFeed


SHIPPED = ProtocolVariant("nothing")
MUTANTS = {
    "no-owner-token": ProtocolVariant("the owner in compare and check", states=_NoOwner),
    "no-position-and-reconnects": ProtocolVariant(
        "the position in the compare, on a client that connects again", states=_NoPositionAndReconnects
    ),
    "position-apart": ProtocolVariant("one atomic write of position and states", states=_PositionApart),
    "group-offset": ProtocolVariant("the position in Redis: resumes from the group's offset", states=_GroupOffset),
    "states-first": ProtocolVariant("publication before the commit", session=_StatesFirst),
    "no-transaction": ProtocolVariant("the fenced transaction around alerts and letters", decisions=_NoTransaction),
    "no-scan": ProtocolVariant("reading alerts back", decisions=_NoScan),
    "no-scan-of-rejections": ProtocolVariant("reading dead letters back", decisions=_NoScanOfRejections),
    "scan-before-init": ProtocolVariant("fencing before reading back", decisions=_ScanBeforeInit),
    "no-check": ProtocolVariant("the check between claim and scan", states=_NoCheckAtOpening),
    "reused-producer": ProtocolVariant("a new producer after a doubt", decisions=_ReusedProducer),
    "no-idle-check": ProtocolVariant("the check of an idle session", states=_NoIdleCheck),
    "reads-uncommitted": ProtocolVariant("reading only what is committed", feed=_ReadsUncommitted),
    "any-gap-passes": ProtocolVariant("the look for holes in what is read", session=_LetsAnyGapPass),
}
