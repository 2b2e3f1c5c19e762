"""A defect of our own code costs one event, kept for later; too many rejections stop the partition at one record."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letters import Rejection, read_rejection
from schemas.errors import ContractViolation, FailedEvent, Transient
from schemas.events import ControlData
from stream_app.adapters.memory.events import MemoryFeed
from stream_app.core.engine import Advance, InForce, Recorded
from stream_app.core.features.codec import pack
from stream_app.core.intake.outcome import Intake
from stream_app.core.log import PlainRecord
from stream_app.core.partition_fold import PartitionFold
from stream_app.core.replay import Replay
from stream_app.partition.breaker import WINDOW, Breaker
from stream_app.partition.effects import Commit, LoadStates, PublishDeadLetters, Report
from stream_app.partition.session import Session
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.sessions import CONTROL, ENGINE, HandFeed, World, poison, undisturbed, world_of


@dataclass(frozen=True)
class Flawed(PartitionFold):
    """Fails on the events at some offsets."""

    flaws: frozenset[int] = frozenset()

    def advance(
        self, intake: Intake, stored: Sequence[bytes | None], in_force: InForce | None, recorded: Recorded
    ) -> tuple[Advance, list[bytes]]:
        if self.flaws & set(intake.events.offsets.tolist()):
            raise ZeroDivisionError("a share of nothing")
        return super().advance(intake, stored, in_force, recorded)


@dataclass(frozen=True)
class Unloadable(PartitionFold):
    """Has a model that cannot be read."""

    def put_in_force(self, control: ControlData) -> InForce:
        raise ValueError("not a model")


def a_session(*flaws: int, share: float = 1.0) -> Session:
    return Session(Flawed(ENGINE, 0, 1, frozenset(flaws)), 0, 1, b"a token", share)


def a_log(count: int = 12) -> list[PlainRecord]:
    """Three users take turns to be a risk and not."""
    log = LogWriter()
    for hours in range(count):
        log.says(at(hours=8 * hours), 0.9 if hours % 6 < 3 else 0.1, user=("ana", "ben", "eva")[hours % 3])
    return records_of([control(CONTROL), *log.events])


def rejections(world: World) -> list[Rejection]:
    found = [read_rejection(record.headers) for record in world.decisions.letters]
    return [one for one in found if one is not None]


def run(world: World, session: Session, sizes: Sequence[int] = (500,)) -> None:
    feed = MemoryFeed(world.events, cycle(sizes))
    for _ in world.run(feed, session):
        if world.position == world.events.end:
            feed.stop()


def states_without(log: Sequence[PlainRecord], *barred: int) -> dict[str, bytes]:
    replay = Replay(ENGINE, barred=frozenset(barred))
    list(replay.apply(log))
    return dict(zip(replay.users, pack(replay.records[: len(replay.users)]), strict=True))


@given(flaws=st.sets(st.integers(1, 12), max_size=5), sizes=st.lists(st.integers(1, 13), min_size=1, max_size=3))
def test_every_event_that_our_own_code_fails_on_is_set_aside_and_no_other(flaws: set[int], sizes: list[int]) -> None:
    log, world = a_log(), world_of(a_log())
    run(world, a_session(*flaws), sizes)
    assert [(one.offset, one.reason) for one in rejections(world)] == [(flaw, "bug") for flaw in sorted(flaws)]
    assert world.table.states == states_without(log, *flaws)


def test_the_letter_of_a_defect_says_what_was_raised_and_keeps_the_event_as_it_was() -> None:
    log, world = a_log(), world_of(a_log())
    run(world, a_session(4))
    (letter,), (rejection,) = world.decisions.letters, rejections(world)
    assert (letter.key, letter.value, letter.timestamp) == (log[4].key, log[4].value, log[4].timestamp)
    assert (rejection.error, rejection.message) == ("ZeroDivisionError", "ZeroDivisionError('a share of nothing')")


def test_an_event_that_was_set_aside_stays_out_when_a_mended_version_reads_it_again() -> None:
    log, world = a_log(), world_of(a_log())
    run(world, a_session(4, 5))
    letters = list(world.decisions.letters)
    world.table.states, world.table.meta = {}, None
    run(world, a_session())
    assert world.table.states == states_without(log, 4, 5)
    assert world.decisions.letters == letters


def test_a_defect_of_a_later_version_sets_aside_what_an_earlier_one_had_applied_and_lost() -> None:
    log = [*poisoned(0, good=9), poison(9)]
    world = world_of(log)
    run(world, a_session(8))
    world.table.states, world.table.meta = {}, None
    run(world, a_session(6))
    assert [one.offset for one in rejections(world)] == [8, 9, 6]
    assert world.table.states == states_without(log, 6, 8)


def test_an_event_with_a_published_alert_is_not_set_aside_but_stops_the_partition() -> None:
    world = world_of(a_log())
    run(world, a_session())
    alert = world.decisions.alerts[0].data.src.offset
    world.table.states, world.table.meta = {}, None
    with pytest.raises(ContractViolation, match="an alert was published on offset") as refusal:
        run(world, a_session(alert))
    assert (refusal.value.state, world.position, rejections(world)) == ("bug", alert, [])


def test_a_zombie_that_fails_on_the_states_of_a_later_owner_sets_nothing_aside() -> None:
    world = world_of(a_log())
    effects = world.run(HandFeed(a_log()[:2]), a_session(1))
    next(effect for effect in effects if isinstance(effect, Report))
    next(effect for effect in effects if isinstance(effect, LoadStates))
    world.table.owner = b"another"
    with pytest.raises(Transient, match="taken over"):
        list(effects)
    assert world.decisions.letters == []


def test_a_model_that_cannot_be_loaded_stops_the_partition_and_its_control_record_is_not_set_aside() -> None:
    world = world_of(a_log())
    with pytest.raises(ContractViolation, match="cannot be put in force") as refusal:
        run(world, Session(Unloadable(ENGINE, 0, 1), 0, 1, b"a token"))
    assert (refusal.value.state, world.position, world.decisions.letters) == ("wrong_model", 0, [])


def poisoned(count: int, good: int = 0) -> list[PlainRecord]:
    """Good records and then bad ones."""
    log = LogWriter()
    for minute in range(good):
        log.does("play", at(minutes=minute))
    return [*log.records(), *(poison(good + i) for i in range(count))]


@pytest.mark.parametrize("sizes", [(4000,), (1,), (7, 300), (250, 3)])
def test_the_breaker_stops_a_partition_at_the_same_record_however_it_was_cut(sizes: tuple[int, ...]) -> None:
    world = world_of(poisoned(300, good=50))
    with pytest.raises(ContractViolation, match="20% of the latest 1,000") as refusal:
        run(world, a_session(share=0.2), sizes)
    assert (refusal.value.state, world.position, len(world.decisions.letters)) == ("too_many_rejected", 250, 200)


def test_the_breaker_stays_broken_over_restarts_and_lost_states_until_what_comes_next_can_be_applied() -> None:
    records = poisoned(300)
    world = world_of(records)
    for lost in (False, True, False):
        if lost:
            world.table.states, world.table.meta = {}, None
        with pytest.raises(ContractViolation):
            run(world, a_session(share=0.2))
        assert (world.position, len(world.decisions.letters)) == (200, 200)
    mended = replace(world, events=world_of([*records[:200], *poisoned(0, good=260)[200:]]).events)
    run(mended, a_session(share=0.2))
    assert mended.position == 260


def test_a_version_that_fails_on_every_event_stops_before_it_has_emptied_the_log_into_the_letters() -> None:
    world = world_of(a_log(300))
    with pytest.raises(ContractViolation) as refusal:
        run(world, a_session(*range(1, 301), share=0.1))
    assert (refusal.value.state, len(world.decisions.letters)) == ("too_many_rejected", 100)


def test_rejections_that_lie_further_back_than_the_window_are_forgotten() -> None:
    breaker = Breaker(0.01, range(10))
    assert breaker.first_too_many([WINDOW]) is None
    assert breaker.first_too_many([WINDOW + 5]) is None
    assert breaker.first_too_many(range(WINDOW + 6, WINDOW + 20)) == WINDOW + 14


@given(known=st.sets(st.integers(0, 3000)), share=st.floats(0.001, 1.0))
def test_what_was_rejected_before_never_breaks_it_when_it_is_read_again(known: set[int], share: float) -> None:
    assert Breaker(share, known).first_too_many(sorted(known)) is None


def test_letters_of_poison_are_written_once_though_the_records_are_read_twice() -> None:
    log = a_log()
    world = world_of([*log, poison(13), poison(14)])
    for effect in world.run(HandFeed([*log, poison(13), poison(14)]), a_session()):
        if isinstance(effect, Commit):
            break
    assert [one.offset for one in rejections(world)] == [13, 14]
    effects = world.run_to_the_end()
    assert not [effect for effect in effects if isinstance(effect, PublishDeadLetters)]
    assert world.table.states == undisturbed([*log, poison(13), poison(14)]).states


@dataclass(frozen=True, kw_only=True)
class Short(PartitionFold):
    """Raises an error so many times; then there is room again."""

    error: Exception
    left: list[None]

    def advance(
        self, intake: Intake, stored: Sequence[bytes | None], in_force: InForce | None, recorded: Recorded
    ) -> tuple[Advance, list[bytes]]:
        if self.left:
            self.left.pop()
            raise self.error
        return super().advance(intake, stored, in_force, recorded)


def sessions_until_applied(world: World, fold: PartitionFold) -> int:
    """How many sessions follow one another, as a worker has them, until the log is applied."""
    suspects: set[int] = set()
    for number in count(1):
        try:
            run(world, Session(fold, 0, 1, f"session {number}".encode(), 1.0, suspects))
        except FailedEvent as failed:
            suspects.add(failed.offset)
        except Transient:
            continue
        else:
            return number
    raise AssertionError


@pytest.mark.parametrize("error", [MemoryError("no room"), OSError(24, "Too many open files")])
@pytest.mark.parametrize("times", [1, 9, 100])
def test_a_shortage_costs_no_event_however_long_it_lasts(error: Exception, times: int) -> None:
    world = world_of(a_log())
    assert sessions_until_applied(world, Short(ENGINE, 0, 1, error=error, left=[None] * times)) == times + 1
    assert (rejections(world), world.table.states) == ([], undisturbed(a_log()).states)


def test_a_failure_that_has_passed_when_the_event_is_tried_again_costs_no_event() -> None:
    world = world_of(a_log())
    # The batch of 13, then its halves down to one event.
    assert sessions_until_applied(world, Short(ENGINE, 0, 1, error=RuntimeError("unheard of"), left=[None] * 4)) == 2
    assert (rejections(world), world.table.states) == ([], undisturbed(a_log()).states)


def test_an_event_that_fails_again_in_the_next_session_is_set_aside() -> None:
    world = world_of(a_log())
    assert sessions_until_applied(world, Flawed(ENGINE, 0, 1, frozenset({4, 5}))) == 3
    assert [one.offset for one in rejections(world)] == [4, 5]
    assert world.table.states == states_without(a_log(), 4, 5)


def test_a_model_that_there_is_no_memory_for_is_loaded_by_a_later_session() -> None:
    world = world_of(a_log())
    with pytest.raises(Transient, match="short of memory") as ended:
        run(world, Session(NoRoom(ENGINE, 0, 1), 0, 1, b"a token"))
    assert ended.value.cause == "shortage"


@dataclass(frozen=True)
class NoRoom(PartitionFold):
    """Cannot load its model now."""

    def put_in_force(self, control: ControlData) -> InForce:
        raise MemoryError("no room")
