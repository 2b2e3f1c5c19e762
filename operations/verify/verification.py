"""Replays a running deployment's log and compares: states with Redis, alerts and dead letters with their topics.

Exact while workers run. Of each partition Redis is read first, then what was decided, then the log: a worker writes in
the opposite order, so whatever the states rest on is there. Each page of states is compared where the replay stands at
the page's own position.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from operations.states.snapshot import PartitionSnapshot, refuse_unfit
from operations.states.stopping_replay import StoppingReplay
from operations.verify.alert_account import AlertAccount
from operations.verify.findings import Findings
from operations.verify.letter_account import LetterAccount
from operations.verify.state_account import compare_meta, compare_page, note_missing
from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import stored_states, topic_log
from stream_app.core.engine import Engine
from stream_app.core.features.codec import unpack
from stream_app.core.replay import Step
from stream_app.deployment import Deployment
from stream_app.partition.effects import Meta
from stream_app.ports.stored_states import Page


@dataclass(frozen=True)
class Accounts:
    """What is still to be crossed off of one partition."""

    alerts: AlertAccount
    letters: LetterAccount

    def settle(self, step: Step) -> None:
        """Cross off a step below the position."""
        self.letters.reject(step.intake.dead)
        self.alerts.decide(step.advance.alerts, due=True)


class Verification:
    """Of one deployment; `findings` grow with each partition. Topics must be whole, unless exports are begun with."""

    def __init__(self, deployment: Deployment, engine: Engine, *, whole: bool = True) -> None:
        """Raises ContractViolation when a topic is missing or has lost its beginning, Transient without a broker."""
        self.findings = Findings()
        self._deployment, self._engine = deployment, engine
        events, *decided = deployment.topics.names
        self.log = topic_log(deployment.kafka, events, whole=whole, stable=True)
        self._alerts, self._letters = (topic_log(deployment.kafka, name, whole=whole) for name in decided)

    def verify(self, partition: int, start: PartitionSnapshot | None, advance: Callable[[int], None]) -> None:
        """Verify one partition, from its beginning or from an exported snapshot on.

        Raises ContractViolation when the snapshot does not fit the log or is newer than Redis.
        """
        with stored_states(self._deployment) as states:
            stored = list(states.pages(partition))
        begin = start.meta.position if start else 0
        if stored[-1].position < begin:
            raise ContractViolation(
                f"the export of partition {partition} is at {begin}, Redis at {stored[-1].position}: begin with an "
                "older export, or import this one"
            )
        accounts = self._accounts(partition, begin)
        self.log.look_again(partition)
        with closing(StoppingReplay(self._engine, self.log, partition, accounts.letters.barred, begin)) as replay:
            if start is not None:
                self._begin_with(start, partition, replay)
            self._compare(partition, stored, replay, accounts, advance)
            self._go_on(partition, replay, accounts)

    def _accounts(self, partition: int, begin: int) -> Accounts:
        accounts = Accounts(
            AlertAccount(self.findings, partition, begin), LetterAccount(self.findings, partition, begin)
        )
        for topic, account in ((self._alerts, accounts.alerts), (self._letters, accounts.letters)):
            topic.look_again(partition)
            for chunk in topic.read(partition):
                account.publish(chunk)
        return accounts

    def _begin_with(self, start: PartitionSnapshot, partition: int, replay: StoppingReplay) -> None:
        digest = self._engine.compiled.state_digest
        refuse_unfit(self._deployment, digest, partition, self.log.partitions, start.meta)
        replay.fold.load(list(start.states), unpack(list(start.states.values()), self._engine.compiled.record))
        if start.meta.control is not None:
            replay.fold.put_in_force(start.meta.control)
        replay.anchor = start.meta.anchor

    def _compare(
        self,
        partition: int,
        stored: list[Page],
        replay: StoppingReplay,
        accounts: Accounts,
        advance: Callable[[int], None],
    ) -> None:
        found = {user for page in stored for user in page.states}
        for place, page in enumerate(stored):
            before = replay.position
            for step in replay.up_to(page.position):
                accounts.settle(step)
                self.findings.events += len(step.intake.events)
                advance(step.intake.end_offset - before)
                before = step.intake.end_offset
            if place == 0:
                note_missing(self.findings, partition, found, replay)
            compare_page(self.findings, partition, page, replay)
        self.findings.users += len(replay.fold.users)
        accounts.letters.close(replay.position)
        meta = stored[-1].meta
        if meta is not None:
            compare_meta(self.findings, partition, meta, self._due(replay))

    def _go_on(self, partition: int, replay: StoppingReplay, accounts: Accounts) -> None:
        """Decide what was published beyond the position, by a worker that has not committed it yet."""
        for step in replay.up_to(min(accounts.alerts.front + 1, self.log.end(partition))):
            accounts.alerts.decide(step.advance.alerts, due=False)
        accounts.alerts.close()

    def _due(self, replay: StoppingReplay) -> Meta:
        in_force = replay.fold.in_force
        digest, control = self._engine.compiled.state_digest, in_force.control if in_force else None
        return Meta(replay.position, replay.anchor, digest, self.log.partitions, control)
