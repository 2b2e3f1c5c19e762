"""Sessions that die, are overtaken, and lose what Redis had acknowledged: in the end all is as if nothing had happened.

Two workers compete for one partition under a drawn schedule. Whatever it was, the states, the position and the list of
alerts and of dead letters must be those of an undisturbed run.
"""

from collections.abc import Sequence
from itertools import cycle

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dead_letters import read_rejection
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.partition.effects import Anchor, Check, Commit, LoadStates, PublishAlerts, ReadDecisions
from tests.support.clusters import BETWEEN_TRANSACTIONS, IN_TRANSACTION, KILLED, ROLLED_BACK, Cluster, Turn, Worker
from tests.support.event_logs import Event, LogWriter, at, control, records_of
from tests.support.sessions import CONTROL, EASY, HandFeed, World, poison, undisturbed, world_of

USERS = ("ana", "ben", "eva")
LIVELY = (0.0, 0.15, 0.25, 0.35, 0.45, 0.55, 0.85)


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
    assert world.decisions.alerts == expected.alerts
    assert world.table.states == expected.states
    assert world.table.meta is not None
    assert (world.table.meta.position, world.table.meta.anchor) == (
        len(log),
        Anchor(len(log) - 1, anchor(log[-1].value)),
    )
    rejections = [read_rejection(record.headers) for record in world.decisions.letters]
    assert [rejection.offset for rejection in rejections if rejection] == expected.dead


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
    published = list(world.decisions.alerts)
    assert len(published) == 5
    assert world.position == 0

    effects = world.run_to_the_end()
    assert ReadDecisions(0, -999) in effects
    assert not [effect for effect in effects if isinstance(effect, PublishAlerts)]
    assert world.decisions.alerts == published
    is_as_if_nothing_had_happened(world, log)


def test_a_decision_in_a_transaction_that_was_never_committed_is_taken_anew_and_published_once() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [500])
    (worker, _) = cluster.workers
    while not isinstance(worker.effect, PublishAlerts):
        worker.step()
    worker.die(IN_TRANSACTION)
    assert cluster.world.decisions.alerts == []
    cluster.settle()
    is_as_if_nothing_had_happened(cluster.world, log)


def test_of_a_batch_whose_alerts_were_published_in_part_the_rest_is_published_later() -> None:
    log = a_log()
    cluster = Cluster(world_of(log), [500])
    (worker, _) = cluster.workers
    while not isinstance(worker.effect, PublishAlerts):
        worker.step()
    worker.die(BETWEEN_TRANSACTIONS)
    assert len(cluster.world.decisions.alerts) == 2
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
