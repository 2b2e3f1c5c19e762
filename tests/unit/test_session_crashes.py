"""Sessions that die, are overtaken, and lose what Redis had acknowledged: in the end all is as if nothing had happened.

Two workers compete for one partition under a drawn schedule. Whatever it was, the states, the position and the list of
alerts must be those of an undisturbed run; dead letters may repeat, but none may be missing.
"""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import cycle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.alerts import Alert
from schemas.errors import Transient
from stream_app.adapters.memory.alert_log import MemoryAlertLog
from stream_app.adapters.memory.events import MemoryFeed
from stream_app.adapters.memory.states import StateTable
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.partition.driver import carry_out
from stream_app.partition.effects import Check, Commit, Effect, LoadStates, PublishAlerts, ReadDecisions
from stream_app.partition.ports import AlertLog, Ports
from stream_app.partition.session import Session
from tests.event_logs import Event, LogWriter, at, control, records_of
from tests.sessions import CONTROL, EASY, HandFeed, World, a_session, at_once, poison, undisturbed, world_of

USERS = ("ana", "ben", "eva")
LIVELY = (0.0, 0.15, 0.25, 0.35, 0.45, 0.55, 0.85)
KILLED, ROLLED_BACK = "killed", "rolled back"
IN_TRANSACTION, BETWEEN_TRANSACTIONS = "killed in a transaction", "killed between two transactions of a batch"


@dataclass(frozen=True)
class Turn:
    """One worker carries out some effects; then something may befall it, or the states."""

    worker: int
    effects: int
    fault: str | None
    lost_commits: int


@dataclass
class Cluster:
    """A world with two workers and a memory of all that was committed."""

    world: World
    sizes: Sequence[int]
    workers: list["Worker"] = field(default_factory=list)
    history: list[StateTable] = field(default_factory=list)
    sessions: int = 0

    def __post_init__(self) -> None:
        self.workers = [Worker(self), Worker(self)]
        self.remember()

    def remember(self) -> None:
        """Keep the states as they are."""
        table = self.world.table
        self.history.append(replace(table, states=dict(table.states), connections=set()))

    def roll_back(self, commits: int) -> None:
        """Lose the last commits, as a Redis that was killed, and every connection."""
        self.history = self.history[: max(1, len(self.history) - commits)]
        table, kept = self.world.table, self.history[-1]
        table.states, table.meta, table.owner = dict(kept.states), kept.meta, kept.owner
        table.cut_connections()

    def play(self, turns: Sequence[Turn]) -> None:
        """A whole schedule."""
        for turn in turns:
            worker = self.workers[turn.worker]
            for _ in range(turn.effects):
                worker.step()
            if turn.fault == ROLLED_BACK:
                self.roll_back(turn.lost_commits)
            elif turn.fault is not None:
                worker.die(turn.fault)

    def settle(self) -> None:
        """One worker goes on alone until it has applied the whole log."""
        worker = Worker(self)
        for _ in range(40 * (self.world.events.end + 1)):
            if self.world.position == self.world.events.end and worker.idle:
                return
            worker.step()
        raise AssertionError(f"still at {self.world.position} of {self.world.events.end}")


@dataclass
class Worker:
    """One process: sessions that follow one another, each until it is in doubt."""

    cluster: Cluster
    session: Session | None = None
    ports: Ports | None = None
    protocol: Generator[Effect[Any], Any, None] | None = None
    effect: Effect[Any] | None = None
    idle: bool = False

    def step(self) -> None:
        """Carry out one effect, or open the next session."""
        if self.session is None or self.ports is None or self.protocol is None or self.effect is None:
            self._open()
            return
        try:
            reply = at_once(carry_out(self.effect, self.session, self.ports))
            if isinstance(self.effect, Commit) and reply:
                self.cluster.remember()
            self.idle = reply == []
            self.effect = self.protocol.send(reply)
        except Transient:
            self.protocol = None

    def die(self, how: str) -> None:
        """Leave everything as it stands, and alerts that were about to be published half published."""
        if self.protocol is not None and self.ports is not None and isinstance(self.effect, PublishAlerts):
            with suppress(Transient):
                self._publish_half(self.ports.alerts, self.effect.alerts, how)
        self.protocol = None

    def _publish_half(self, log: AlertLog, alerts: Sequence[Alert], how: str) -> None:
        if how == IN_TRANSACTION:
            assert isinstance(log, MemoryAlertLog)
            log.write(alerts)
        elif how == BETWEEN_TRANSACTIONS:
            at_once(log.publish(alerts[: len(alerts) // 2]))

    def _open(self) -> None:
        self.cluster.sessions += 1
        self.session = a_session(token=b"%d" % self.cluster.sessions)
        self.ports = self.cluster.world.ports(MemoryFeed(self.cluster.world.events, cycle(self.cluster.sizes)))
        self.protocol = self.session.run()
        self.effect = next(self.protocol)
        self.idle = False


def _event(step: tuple[str, str, int, float], time_ms: int) -> Event:
    kind, user, _, sentiment = step
    log = LogWriter(user)
    match kind:
        case "says":
            log.says(time_ms, sentiment)
        case "repeats":
            log.says(time_ms, sentiment, event_id="said before")
        case "leaves":
            log.does("leave", time_ms)
        case "clock":
            return Event("clock", time_ms, {}, user=None)
        case "strict":
            return control(CONTROL, time_ms)
        case "easy":
            return control(EASY, time_ms)
    return log.events[0]


def _log(steps: list[tuple[str, str, int, float]]) -> list[PlainRecord]:
    """Mostly users who say things, hours apart; now and then something else happens."""
    hours, records = 0, records_of([control(CONTROL)])
    for step in steps:
        hours += step[2]
        offset = len(records)
        records.append(poison(offset) if step[0] == "poison" else _event(step, at(hours=hours)).record(offset))
    return records


KINDS = st.sampled_from(("says",) * 12 + ("repeats", "leaves", "clock", "strict", "easy", "poison"))
LOGS = st.lists(
    st.tuples(KINDS, st.sampled_from(USERS), st.sampled_from((0, 1, 12, 30)), st.sampled_from(LIVELY)),
    min_size=1,
    max_size=40,
).map(_log)
FAULTS = st.sampled_from((None, None, None, None, KILLED, IN_TRANSACTION, BETWEEN_TRANSACTIONS, ROLLED_BACK))
EFFECTS = st.sampled_from((1, 1, 1, 2, 2, 3, 4, 6, 8, 13, 25))
TURNS = st.lists(st.builds(Turn, st.integers(0, 1), EFFECTS, FAULTS, st.integers(1, 6)), max_size=25)
SIZES = st.lists(st.integers(1, 7), min_size=1, max_size=4)


def is_as_if_nothing_had_happened(world: World, log: Sequence[PlainRecord]) -> None:
    expected = undisturbed(log)
    assert world.alerts.committed == expected.alerts
    assert world.table.states == expected.states
    assert world.table.meta is not None
    assert (world.table.meta.position, world.table.meta.anchor) == (len(log), anchor(log[-1].value))
    offsets = [int(dict(record.headers)["__churn.errors.offset"]) for record in world.dead_letters.records]
    assert sorted(set(offsets)) == expected.dead


@settings(max_examples=1000)
@given(log=LOGS, sizes=SIZES, turns=TURNS)
def test_no_crash_takeover_or_rollback_changes_states_or_alerts(
    log: list[PlainRecord], sizes: list[int], turns: list[Turn]
) -> None:
    cluster = Cluster(world_of(log), sizes)
    cluster.play(turns)
    cluster.settle()
    is_as_if_nothing_had_happened(cluster.world, log)


@settings(max_examples=50)
@given(log=LOGS, sizes=SIZES)
def test_no_cut_into_batches_changes_states_or_alerts(log: list[PlainRecord], sizes: list[int]) -> None:
    world = world_of(log)
    world.run_to_the_end(cycle(sizes))
    is_as_if_nothing_had_happened(world, log)


def a_log() -> list[PlainRecord]:
    """Ana becomes a risk twice, with a long silence between."""
    log = LogWriter()
    for days, sentiment in enumerate([0.9, 0.1, 0.9, 0.1, 0.9]):
        log.says(at(days=2 * days), sentiment)
    return records_of([control(CONTROL), *log.events])


def test_a_decision_that_was_published_and_not_remembered_is_read_back_and_not_published_again() -> None:
    log = a_log()
    world = world_of(log)
    for effect in world.run(HandFeed(log)):
        if isinstance(effect, Commit):
            break
    published = list(world.alerts.committed)
    assert len(published) == 5
    assert world.position == 0

    effects = world.run_to_the_end()
    assert ReadDecisions(0) in effects
    assert not [effect for effect in effects if isinstance(effect, PublishAlerts)]
    assert world.alerts.committed == published
    is_as_if_nothing_had_happened(world, log)


def test_a_decision_in_a_transaction_that_was_never_committed_is_taken_anew_and_published_once() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [500])
    (worker, _) = cluster.workers
    while not isinstance(worker.effect, PublishAlerts):
        worker.step()
    worker.die(IN_TRANSACTION)
    assert cluster.world.alerts.committed == []
    cluster.settle()
    is_as_if_nothing_had_happened(cluster.world, log)


def test_of_a_batch_whose_alerts_were_published_in_part_the_rest_is_published_later() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [500])
    (worker, _) = cluster.workers
    while not isinstance(worker.effect, PublishAlerts):
        worker.step()
    worker.die(BETWEEN_TRANSACTIONS)
    assert len(cluster.world.alerts.committed) == 2
    cluster.settle()
    is_as_if_nothing_had_happened(cluster.world, log)


def test_decisions_ahead_of_two_rollbacks_in_a_row_are_all_read_back() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [1])
    cluster.settle()
    cluster.roll_back(4)
    resumed = Worker(cluster)
    while not isinstance(resumed.effect, LoadStates):
        resumed.step()
    cluster.roll_back(4)
    cluster.settle()
    is_as_if_nothing_had_happened(cluster.world, log)


def test_states_that_were_lost_whole_are_rebuilt_and_no_alert_is_published_again() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [2])
    cluster.settle()
    cluster.roll_back(1000)
    assert cluster.world.position == 0
    cluster.settle()
    is_as_if_nothing_had_happened(cluster.world, log)


def test_a_zombie_between_publication_and_commit_changes_nothing_any_more() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [3])
    zombie, _ = cluster.workers
    while not isinstance(zombie.effect, Commit):
        zombie.step()
    cluster.settle()
    zombie.step()
    assert zombie.protocol is None
    is_as_if_nothing_had_happened(cluster.world, log)


def test_a_zombie_that_loads_the_states_of_a_later_owner_ends_in_doubt_and_does_not_stop_the_partition() -> None:
    """To it they look as if the log had been rewritten."""
    log = a_log()
    cluster = Cluster(world_of(log), [3])
    zombie, _ = cluster.workers
    while not isinstance(zombie.effect, LoadStates):
        zombie.step()
    cluster.settle()
    zombie.step()
    assert isinstance(zombie.effect, Check)
    zombie.step()
    assert zombie.protocol is None
    is_as_if_nothing_had_happened(cluster.world, log)
