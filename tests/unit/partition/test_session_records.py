"""Which records a session applies: each once and in order, however the feed cuts them; and under which model."""

from itertools import repeat

import pytest

from schemas.errors import Transient
from stream_app.adapters.memory.events import EventPartition
from stream_app.core.blocks import Block
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.partition.effects import Anchor, Commit, Receive
from stream_app.partition.session import MAX_BATCH
from tests.support.event_logs import Event, LogWriter, at, control, records_of
from tests.support.sessions import CONTROL, EASY, HandFeed, World, undisturbed, world_of


def plays(count: int) -> list[PlainRecord]:
    """Ana plays a song a minute."""
    log = LogWriter()
    for minute in range(count):
        log.does("play", at(minutes=minute))
    return log.records()


LOG = plays(10)


def applied(world: World, feed: HandFeed) -> list[tuple[int, int]]:
    """Run a session until its feed stops: the ranges of offsets that it committed."""
    return [(effect.expected, effect.position) for effect in world.run(feed) if isinstance(effect, Commit)]


def test_chunks_that_follow_one_another_are_batches() -> None:
    world, feed = world_of(LOG), HandFeed(LOG[:3], LOG[3:4], LOG[4:])
    assert applied(world, feed) == [(0, 3), (3, 4), (4, 10)]
    assert feed.seeks == [0]
    assert world.table.states == undisturbed(LOG).states


def test_a_hole_before_a_chunk_is_read_again_and_nothing_is_skipped() -> None:
    world, feed = world_of(LOG), HandFeed(LOG[:3], LOG[5:], LOG[3:7], LOG[7:])
    assert applied(world, feed) == [(0, 3), (3, 7), (7, 10)]
    assert feed.seeks == [0, 3]
    assert world.table.states == undisturbed(LOG).states


def test_a_hole_within_a_chunk_is_read_again_at_once_and_not_when_more_arrives() -> None:
    world, feed = world_of(LOG), HandFeed(LOG[:3] + LOG[5:], LOG[3:])
    assert applied(world, feed) == [(0, 3), (3, 10)]
    assert feed.seeks == [0, 3]
    assert world.table.states == undisturbed(LOG).states


def test_a_hole_right_at_the_position_within_a_chunk_is_read_again() -> None:
    feed = HandFeed(LOG[:3], LOG[1:3] + LOG[5:], LOG[3:])
    assert applied(world_of(LOG), feed) == [(0, 3), (3, 10)]
    assert feed.seeks == [0, 3]


def test_what_overlaps_the_position_is_cut_off() -> None:
    world, feed = world_of(LOG), HandFeed(LOG[:6], LOG[2:8], LOG[:3], LOG[4:])
    assert applied(world, feed) == [(0, 6), (6, 8), (8, 10)]
    assert feed.seeks == [0]
    assert world.table.states == undisturbed(LOG).states


def test_chunks_that_were_fetched_before_a_seek_are_dropped_when_they_arrive_after_it() -> None:
    feed = HandFeed(LOG[5:6], LOG[6:7], LOG[7:8], LOG[8:9], LOG[9:], LOG)
    assert applied(world_of(LOG), feed) == [(0, 10)]
    assert feed.seeks == [0] * 6


def test_a_record_that_exists_and_never_comes_ends_the_session() -> None:
    with pytest.raises(Transient, match="exists, and was not delivered"):
        applied(world_of(LOG), HandFeed(*[LOG[5:]] * 6))


def test_silence_between_chunks_changes_nothing() -> None:
    world = world_of(LOG)
    assert applied(world, HandFeed([], LOG[:3], [], [], LOG[3:], [])) == [(0, 3), (3, 10)]


def test_a_large_chunk_becomes_batches_of_bounded_size_without_asking_for_more() -> None:
    log = records_of([Event("clock", at(ms=i), {}, user=None) for i in range(2 * MAX_BATCH + 5)])
    effects = list(world_of(log).run(HandFeed(log)))
    commits = [(effect.expected, effect.position) for effect in effects if isinstance(effect, Commit)]
    assert commits == [(0, MAX_BATCH), (MAX_BATCH, 2 * MAX_BATCH), (2 * MAX_BATCH, 2 * MAX_BATCH + 5)]
    assert sum(isinstance(effect, Receive) for effect in effects) == 2


def test_a_batch_ends_before_a_control_record_and_the_next_one_runs_under_it() -> None:
    log = LogWriter()
    for hours in range(4):
        log.says(at(hours=hours), 0.25, user=f"user-{hours}")
    first, second, third, fourth = log.events
    records = records_of([control(CONTROL), first, second, control(EASY), third, control(CONTROL), fourth])
    world = world_of(records)
    commits = [effect for effect in world.run(HandFeed(records)) if isinstance(effect, Commit)]
    assert [commit.position for commit in commits] == [3, 5, 7]
    assert [commit.control for commit in commits] == [CONTROL, EASY, CONTROL]
    (alert,) = world.decisions.alerts
    assert (alert.data.src.offset, alert.data.policy.name) == (4, "easy")


def test_of_control_records_in_a_row_the_last_is_in_force() -> None:
    log = LogWriter()
    log.says(at(), 0.25)
    records = records_of([control(CONTROL), control(EASY), *log.events])
    world = world_of(records)
    assert applied(world, HandFeed(records)) == [(0, 3)]
    assert [alert.data.policy for alert in world.decisions.alerts] == [EASY.policy]


def test_events_before_the_first_control_record_are_folded_and_not_scored() -> None:
    log = LogWriter()
    for hours in range(3):
        log.says(at(hours=hours), 0.9)
    records = records_of([*log.events[:2], control(CONTROL), log.events[2]])
    world = world_of(records)
    world.run_to_the_end()
    reports = [report for _, report in world.watcher.reports]
    assert [(report.advance.applied, len(report.advance.scored)) for report in reports] == [(2, 0), (1, 1)]
    assert [alert.data.src.offset for alert in world.decisions.alerts] == [3]
    assert world.decisions.alerts[0].data.data_quality.events == 3
    assert world.table.states == undisturbed(records).states


def test_the_next_session_goes_on_under_the_control_record_that_was_in_force() -> None:
    log = LogWriter()
    log.does("play", at())
    log.says(at(hours=1), 0.25)
    records = records_of([control(EASY), *log.events])
    world = world_of(records)
    assert applied(world, HandFeed(records[:2])) == [(0, 2)]
    assert applied(world, HandFeed(records[2:])) == [(2, 3)]
    assert [alert.data.policy for alert in world.decisions.alerts] == [EASY.policy]


def test_a_repeated_event_is_applied_once_also_by_the_next_session() -> None:
    log = LogWriter()
    log.does("play", at(), event_id="once")
    log.does("play", at(minutes=1), event_id="once")
    records = log.records()
    world = world_of(records)
    applied(world, HandFeed(records[:1]))
    applied(world, HandFeed(records[1:]))
    reports = [report for _, report in world.watcher.reports]
    assert [(report.advance.applied, report.advance.repeated) for report in reports] == [(1, 0), (0, 1)]
    assert world.position == 2


TRANSACTIONS = [LOG[0], *LOG[2:5], LOG[7]]
"""The marker of a transaction, then an aborted run with its own marker, then, at the end, a marker again."""
NOTHING = (range(1, 2), range(5, 7), range(8, 10))


def in_transactions() -> EventPartition:
    return EventPartition(TRANSACTIONS, NOTHING)


@pytest.mark.parametrize("size", [1, 2, 3, 500])
def test_what_holds_nothing_by_right_is_passed_however_the_feed_cuts_it(size: int) -> None:
    world = World(in_transactions())
    world.run_to_the_end(repeat(size))
    assert world.table.states == undisturbed(TRANSACTIONS).states
    assert world.table.meta is not None
    assert (world.position, world.table.meta.anchor) == (10, Anchor(7, anchor(LOG[7].value)))
    reports = [report for _, report in world.watcher.reports]
    assert sum(report.nothing for report in reports) == 5
    assert sum(report.advance.applied for report in reports) == 5


def test_a_range_that_holds_nothing_is_a_commit_of_its_own_and_leaves_the_anchor() -> None:
    world = World(in_transactions())
    chunks = [in_transactions().read(0, 5), in_transactions().read(5, 2), in_transactions().read(7, 3)]
    effects = list(world.run(HandFeed(*chunks)))
    commits = [effect for effect in effects if isinstance(effect, Commit)]
    assert [(commit.position, commit.anchor and commit.anchor.offset) for commit in commits] == [
        (5, 4),
        (7, 4),
        (10, 7),
    ]
    assert (commits[1].users, commits[1].states) == ([], [])


def test_a_log_that_begins_with_an_aborted_run_has_no_anchor_before_its_first_record() -> None:
    world = World(EventPartition([], [range(3)]))
    world.run_to_the_end()
    assert world.table.meta is not None
    assert (world.position, world.table.meta.anchor) == (3, None)
    world.events.append(plays(4)[3])
    world.run_to_the_end()
    assert world.position == 4


def test_the_next_session_knows_the_log_by_the_record_that_the_anchor_hashes() -> None:
    world = World(in_transactions())
    applied(world, HandFeed(in_transactions().read(0, 7)))
    assert applied(world, HandFeed(in_transactions().read(7, 3))) == [(7, 10)]


def test_a_block_that_overlaps_the_position_within_an_aborted_run_is_cut_off() -> None:
    world = World(in_transactions())
    feed = HandFeed(in_transactions().read(0, 6), in_transactions().read(3, 7))
    assert applied(world, feed) == [(0, 6), (6, 10)]
    assert [report.nothing for _, report in world.watcher.reports] == [2, 3]


def test_a_record_that_is_missing_between_markers_is_read_again() -> None:
    world, whole = World(in_transactions()), in_transactions()
    lacking = Block.of([LOG[0], LOG[2], LOG[4]], NOTHING[:2], begin=0, end=7)
    feed = HandFeed(lacking, whole.read(3, 7))
    assert applied(world, feed) == [(0, 3), (3, 10)]
    assert feed.seeks == [0, 3]
    assert world.table.states == undisturbed(TRANSACTIONS).states
