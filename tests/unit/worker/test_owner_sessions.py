"""The sessions of a partition follow one another; what ends one decides whether and when there is a next one."""

import asyncio

import pytest
from structlog.testing import capture_logs

from schemas.errors import MENDED_ELSEWHERE, ContractViolation, Doubt, FailedEvent, Stop, Transient
from stream_app.metrics.catalogue import SESSIONS_ENDED
from stream_app.worker.owner import BACKING_OFF, RUNNING
from tests.support.partition_rooms import PARTITION, Room, Slow, Watched, a_log, settle
from tests.support.virtual_time import in_virtual_time, now_s

GONE = Transient("Redis did not answer")
FOR_EVER_S = 1e6


def test_an_idle_session_makes_sure_every_second_that_it_is_the_owner() -> None:
    asked_s: list[float] = []

    async def scenario() -> None:
        room = Room(make_states=lambda world: Watched(world, asked_s))
        await room.assign()
        await asyncio.sleep(4.5)

    in_virtual_time(scenario())
    assert asked_s == pytest.approx([0, 1, 2, 3, 4])


def test_an_idle_session_notices_within_a_second_that_another_one_took_over() -> None:
    async def scenario() -> None:
        room = Room()
        await room.assign()
        room.world.table.owner = b"another"
        await asyncio.sleep(1.05)
        assert room.task.state == BACKING_OFF
        assert room.metrics.counters[SESSIONS_ENDED.name, ("taken_over",)] == 1

    in_virtual_time(scenario())


def test_back_off_doubles_up_to_two_seconds() -> None:
    async def scenario() -> Room:
        room = Room()
        room.refuse(GONE)
        await room.assign()
        await asyncio.sleep(10.0)
        return room

    assert in_virtual_time(scenario()).waits_s == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0])


@pytest.mark.parametrize(("lived_s", "next_wait_s"), [(3.0, 0.1), (1.0, 0.8)])
def test_back_off_begins_anew_after_a_session_that_has_lived_for_more_than_two_seconds(
    lived_s: float, next_wait_s: float
) -> None:
    async def scenario() -> None:
        room = Room()
        room.refuse(GONE)
        await room.assign()
        await asyncio.sleep(0.65)
        room.make_states = None
        await asyncio.sleep(0.1)
        assert room.waits_s == pytest.approx([0.1, 0.2, 0.4])
        assert room.task.state == RUNNING
        await asyncio.sleep(lived_s - 0.1)
        room.world.table.cut_connections()
        await asyncio.sleep(1.0)
        ended_s = room.began_s[3] + lived_s
        assert room.began_s[4] - ended_s == pytest.approx(next_wait_s, abs=0.1)

    in_virtual_time(scenario())


@pytest.mark.parametrize("cause", ["no_answer", "transaction_in_doubt"])
def test_a_doubt_makes_a_partition_back_off_and_is_counted_by_its_cause(cause: Doubt) -> None:
    async def scenario() -> None:
        room = Room()
        room.refuse(Transient("the broker is slow", cause))
        await room.assign()
        assert (room.task.state, room.task.why) == (BACKING_OFF, "the broker is slow")
        assert room.metrics.counters[SESSIONS_ENDED.name, (cause,)] == 1

    in_virtual_time(scenario())


@pytest.mark.parametrize(
    ("error", "state", "why"),
    [
        (ContractViolation("the model is gone", state="missing_model"), "missing_model", "the model is gone"),
        (ContractViolation("this was not agreed"), "contract_violated", "this was not agreed"),
        (ValueError("a defect"), "bug", "ValueError('a defect')"),
    ],
)
def test_what_trying_again_would_not_help_stops_a_partition_under_its_name(
    error: Exception, state: str, why: str
) -> None:
    async def scenario() -> None:
        room = Room()
        room.refuse(error)
        await room.assign()
        room.make_states = None
        await asyncio.sleep(1000.0)
        assert (room.task.state, room.task.why) == (state, why)
        assert len(room.began_s) == 1
        assert set(room.metrics.counters.values()) == {0}

    in_virtual_time(scenario())


def test_a_partition_that_runs_again_says_no_more_why_it_did_not() -> None:
    async def scenario() -> None:
        room = Room(a_log(3))
        room.refuse(GONE)
        await room.assign()
        assert room.owner.position(PARTITION) is None
        room.make_states = None
        await asyncio.sleep(0.2)
        assert (room.task.state, room.task.why) == (RUNNING, "")
        room.deliver(0, 3)
        await settle()
        assert room.owner.position(PARTITION) == 3

    in_virtual_time(scenario())


def test_a_partition_is_released_once_its_running_batch_is_committed() -> None:
    async def scenario() -> None:
        room = Room(a_log(4), lambda world: Slow(world, 7.0))
        await room.assign()
        chunks = [room.deliver(0, 2), room.deliver(2, 4)]
        await settle()
        await room.owner.release({PARTITION})
        assert now_s() == pytest.approx(7.0)
        assert room.world.position in {1, 2}
        assert all(chunk.acknowledged for chunk in chunks)
        assert not room.world.table.connections

    in_virtual_time(scenario())


@pytest.mark.parametrize("error", [GONE, ContractViolation("the model is gone", state="missing_model")])
def test_a_partition_without_a_session_is_released_at_once(error: Exception) -> None:
    async def scenario() -> None:
        room = Room()
        room.refuse(error)
        await room.assign()
        await asyncio.sleep(5.0)
        began_s = now_s()
        await room.owner.release({PARTITION})
        assert now_s() == began_s

    in_virtual_time(scenario())


def test_a_session_that_hangs_is_cancelled_after_15_seconds_and_gives_its_ports_up() -> None:
    async def scenario() -> None:
        room = Room(a_log(2), lambda world: Slow(world, FOR_EVER_S))
        await room.assign()
        room.deliver(0, 2)
        await settle()
        task = room.task.task
        await room.owner.release({PARTITION})
        assert now_s() == pytest.approx(15.0)
        assert task.cancelled()
        assert not room.world.table.connections
        assert room.world.position == 0

    in_virtual_time(scenario())


def test_a_worker_that_has_stopped_takes_no_partition_any_more() -> None:
    async def scenario() -> None:
        room = Room()
        await room.assign()
        await room.owner.release(None)
        await room.assign()
        assert room.owner.tasks == {}

    in_virtual_time(scenario())


@pytest.mark.parametrize("stop", sorted(MENDED_ELSEWHERE))
def test_a_stop_whose_cause_lies_elsewhere_is_looked_at_again_and_ends_once_it_is_mended(stop: Stop) -> None:
    async def scenario() -> None:
        room = Room(a_log(2))
        room.refuse(ContractViolation("somebody else must mend this", state=stop))
        await room.assign()
        for _ in range(8):
            assert (room.task.state, room.task.why) == (stop, "somebody else must mend this")
            await asyncio.sleep(5.0)
        assert room.waits_s == pytest.approx([15.0, 15.0])
        room.make_states = None
        await asyncio.sleep(15.0)
        assert (room.task.state, room.task.why) == (RUNNING, "")
        room.deliver(0, 2)
        await settle()
        assert room.world.position == 2

    with capture_logs() as lines:
        in_virtual_time(scenario())
    assert [line["event"] for line in lines].count("partition_stopped") == 1


def test_an_event_that_failed_is_a_suspect_of_the_next_session_which_begins_after_a_pause() -> None:
    async def scenario() -> None:
        room = Room(a_log(2))
        room.refuse(FailedEvent("this version failed on offset 1", 1))
        await room.assign()
        assert (room.task.state, room.task.suspects) == (BACKING_OFF, {1})
        room.make_states = None
        await asyncio.sleep(2.1)
        assert room.waits_s == pytest.approx([2.0])
        room.deliver(0, 2)
        await settle()
        assert (room.world.position, room.task.suspects) == (2, set())
        assert room.metrics.counters[SESSIONS_ENDED.name, ("event_failed",)] == 1

    in_virtual_time(scenario())


def test_a_partition_whose_task_has_ended_unasked_is_not_ready_and_the_owner_says_so() -> None:
    async def scenario() -> None:
        room = Room(a_log(2))
        await room.assign()
        assert room.owner.ready
        told = asyncio.ensure_future(room.owner.until_one_has_ended())
        room.task.task.cancel()
        await settle()
        assert told.done()
        assert not room.owner.ready

    in_virtual_time(scenario())


def test_a_partition_that_is_given_up_has_not_ended_unasked() -> None:
    async def scenario() -> None:
        room = Room(a_log(2))
        await room.assign()
        told = asyncio.ensure_future(room.owner.until_one_has_ended())
        await room.owner.release({PARTITION})
        await settle()
        assert not told.done()
        told.cancel()

    in_virtual_time(scenario())
