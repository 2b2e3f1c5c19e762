"""A partition is fetched from only while a session of it keeps up: what a worker holds is bounded."""

import asyncio

import pytest

from schemas.errors import ContractViolation, Transient
from stream_app.metrics.catalogue import FETCHED_RECORDS
from tests.support.partition_rooms import PARTITION, Failing, Room, Slow, a_log, settle
from tests.support.virtual_time import in_virtual_time

GONE = Transient("Redis did not answer")
NO_MODEL = ContractViolation("there is no such model: restore it", state="missing_model")


def a_slow_room(records: int) -> Room:
    """Every commit takes a second."""
    return Room(a_log(records), lambda world: Slow(world, 1.0))


def test_four_chunks_that_wait_pause_a_partition_and_it_goes_on_once_two_of_them_are_taken() -> None:
    async def scenario() -> None:
        room = a_slow_room(5)
        await room.assign()
        room.deliver(0, 1)
        await settle()
        for offset in (1, 2, 3):
            room.deliver(offset, offset + 1)
        assert not room.is_paused()
        room.deliver(4, 5)
        assert room.is_paused()
        await asyncio.sleep(1.5)
        assert room.is_paused()
        await asyncio.sleep(1.0)
        assert not room.is_paused()
        await asyncio.sleep(5.0)
        assert room.world.position == 5

    in_virtual_time(scenario())


def test_a_chunk_under_way_to_a_partition_that_was_paused_as_it_is_behind_is_kept() -> None:
    async def scenario() -> None:
        room = a_slow_room(7)
        await room.assign()
        room.deliver(0, 1)
        await settle()
        for offset in range(1, 7):
            room.deliver(offset, offset + 1)
        await asyncio.sleep(10.0)
        assert room.world.position == 7
        assert room.consumer.seeks == [0]

    in_virtual_time(scenario())


def test_nothing_is_fetched_before_the_first_session_has_sought_its_position() -> None:
    async def scenario() -> None:
        room = Room(a_log(2))
        room.owner.assign(room.faust_consumer, {PARTITION})
        assert room.is_paused()
        early = room.deliver(1, 2)
        await settle()
        assert early.acknowledged
        assert not room.is_paused()
        assert room.consumer.seeks == [0]

    in_virtual_time(scenario())


def test_a_partition_that_backs_off_stays_paused_and_what_arrives_is_dropped() -> None:
    async def scenario() -> None:
        room = Room(a_log(3))
        room.refuse(GONE)
        await room.assign()
        for _ in range(100):
            assert room.is_paused()
            assert room.deliver(0, 3).acknowledged
            await asyncio.sleep(0.07)
        assert len(room.began_s) > 5
        assert room.consumer.seeks == []

    in_virtual_time(scenario())


@pytest.mark.parametrize("error", [NO_MODEL, ValueError("a defect")])
def test_a_partition_that_has_stopped_stays_paused_and_what_arrives_is_dropped(error: Exception) -> None:
    async def scenario() -> None:
        room = Room(a_log(3))
        room.refuse(error)
        await room.assign()
        for _ in range(100):
            assert room.is_paused()
            assert room.deliver(0, 3).acknowledged
            await asyncio.sleep(1.0)
        assert len(room.began_s) == 1

    in_virtual_time(scenario())


@pytest.mark.parametrize("error", [GONE, NO_MODEL, ValueError("a defect")])
def test_a_partition_whose_session_ends_is_paused_at_once_and_late_chunks_do_not_resume_it(error: Exception) -> None:
    async def scenario() -> None:
        room = Room(a_log(6), lambda world: Failing(world, error))
        await room.assign()
        room.deliver(0, 1)
        waiting = room.deliver(1, 2)
        assert not room.is_paused()
        await settle()
        assert room.is_paused()
        assert waiting.acknowledged
        for offset in range(2, 6):
            assert room.deliver(offset, offset + 1).acknowledged
            await settle()
            assert room.is_paused()
        assert room.consumer.seeks == [0]

    in_virtual_time(scenario())


@pytest.mark.parametrize("error", [GONE, NO_MODEL])
def test_a_held_partition_that_faust_resumes_after_a_rebalance_is_paused_by_the_first_chunk(error: Exception) -> None:
    async def scenario() -> None:
        room = Room(a_log(3))
        room.refuse(error)
        await room.assign()
        room.consumer.paused.clear()
        assert room.deliver(0, 1).acknowledged
        assert room.is_paused()

    in_virtual_time(scenario())


def test_the_seek_of_the_next_session_resumes_a_partition_that_backed_off() -> None:
    async def scenario() -> None:
        room = Room(a_log(3))
        room.refuse(GONE)
        await room.assign()
        room.make_states = None
        await asyncio.sleep(0.2)
        assert not room.is_paused()
        assert room.consumer.seeks == [0]
        room.deliver(0, 3)
        await settle()
        assert room.world.position == 3

    in_virtual_time(scenario())


def test_chunks_that_wait_when_a_session_ends_are_dropped_and_come_again_after_the_next_seek() -> None:
    async def scenario() -> None:
        room = a_slow_room(4)
        await room.assign()
        chunks = [room.deliver(offset, offset + 1) for offset in range(4)]
        await settle()
        room.world.table.cut_connections()
        await asyncio.sleep(1.0)
        assert room.is_paused()
        assert all(chunk.acknowledged for chunk in chunks)
        await asyncio.sleep(0.2)
        assert not room.is_paused()
        assert room.consumer.seeks == [0, room.world.position]
        room.deliver(room.world.position, 4)
        await asyncio.sleep(5.0)
        assert room.world.position == 4

    in_virtual_time(scenario())


def test_a_session_that_seeks_in_mid_stream_drops_what_waits_and_resumes() -> None:
    async def scenario() -> None:
        room = a_slow_room(8)
        await room.assign()
        room.deliver(0, 1)
        await settle()
        ahead = [room.deliver(offset, offset + 1) for offset in (3, 4, 5, 6)]
        assert room.is_paused()
        await asyncio.sleep(1.5)
        assert room.consumer.seeks == [0, 1]
        assert all(chunk.acknowledged for chunk in ahead)
        assert not room.is_paused()

    in_virtual_time(scenario())


def test_chunks_that_wait_for_a_partition_that_leaves_are_dropped_and_so_are_later_ones() -> None:
    async def scenario() -> None:
        room = a_slow_room(4)
        await room.assign()
        chunks = [room.deliver(offset, offset + 1) for offset in range(4)]
        await settle()
        await room.owner.release({PARTITION})
        assert all(chunk.acknowledged for chunk in chunks)
        assert room.deliver(2, 3).acknowledged
        assert room.world.position == 1

    in_virtual_time(scenario())


def test_a_partition_that_comes_back_begins_anew_whatever_held_it_before() -> None:
    async def scenario() -> None:
        room = Room(a_log(3))
        room.refuse(NO_MODEL)
        await room.assign()
        await room.owner.release({PARTITION})
        room.make_states = None
        await room.assign()
        assert not room.is_paused()
        room.deliver(0, 3)
        await settle()
        assert room.world.position == 3

    in_virtual_time(scenario())


def test_every_record_that_was_delivered_is_counted_dropped_or_not() -> None:
    async def scenario() -> None:
        room = Room(a_log(5))
        room.refuse(GONE)
        await room.assign()
        room.deliver(0, 2)
        await room.owner.release({PARTITION})
        room.deliver(2, 5)
        assert room.metrics.counters[FETCHED_RECORDS.name, ()] == 5

    in_virtual_time(scenario())
