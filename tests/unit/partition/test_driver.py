"""The driver joins a session and its ports, and gives the ports up whatever ends the session."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from schemas.errors import ContractViolation, Transient
from stream_app.adapters.memory.decisions import MemoryDecisions
from stream_app.adapters.memory.events import MemoryFeed
from stream_app.core.blocks import Block
from stream_app.core.log import PlainRecord
from stream_app.partition.driver import carry_out, drive
from stream_app.partition.effects import Effect, Report
from stream_app.partition.ports import Ports
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.sessions import CONTROL, HandFeed, World, a_session, at_once, poison, undisturbed, world_of


def a_log() -> list[PlainRecord]:
    """A model is put in force, ana becomes a risk, a record is poison."""
    log = LogWriter()
    log.says(at(hours=1), 0.9)
    return [*records_of([control(CONTROL), *log.events]), poison(2)]


def is_given_up(world: World, ports: Ports) -> bool:
    """Whether neither a connection nor a publisher is left."""
    with pytest.raises(Transient):
        at_once(ports.decisions.publish_alerts([]))
    return not world.table.connections


class StopsAtTheEnd:
    """Tells a feed to stop once a session has applied its log."""

    def __init__(self, feed: MemoryFeed, end: int) -> None:
        self._feed = feed
        self._end = end

    def committed(self, _partition: int, report: Report) -> None:
        """A batch was committed."""
        if report.position == self._end:
            self._feed.stop()


class SilentFeed:
    """Never delivers anything."""

    async def seek(self, position: int) -> None:
        """Nothing is delivered from there on."""

    async def receive(self) -> Block:
        """Wait for ever."""
        never: asyncio.Future[Block] = asyncio.get_running_loop().create_future()
        return await never


def test_a_session_is_driven_until_its_feed_stops() -> None:
    log = a_log()
    world = world_of(log)
    feed = MemoryFeed(world.events, iter([2, 1, 1]))
    ports = replace(world.ports(feed), watcher=StopsAtTheEnd(feed, len(log)))
    asyncio.run(drive(a_session(), ports))
    expected = undisturbed(log)
    assert (world.table.states, world.decisions.alerts) == (expected.states, expected.alerts)
    assert world.position == 3
    assert is_given_up(world, ports)


def test_dead_letters_name_partition_and_session() -> None:
    world = world_of(a_log())
    asyncio.run(drive(a_session(token=b"\x0a\xff"), world.ports(HandFeed(a_log()))))
    (letter,) = world.decisions.letters
    headers = dict(letter.headers)
    assert (headers["__churn.errors.session"], headers["__churn.errors.partition"]) == (b"0aff", b"0")


def test_a_port_in_doubt_ends_the_session_and_all_ports_are_given_up() -> None:
    world = world_of(a_log())
    ports = world.ports(HandFeed(a_log(), []))

    class CutsConnections:
        def committed(self, _partition: int, _report: Report) -> None:
            world.table.cut_connections()

    with pytest.raises(Transient, match="connection to the states is gone"):
        asyncio.run(drive(a_session(), replace(ports, watcher=CutsConnections())))
    assert is_given_up(world, ports)


def test_a_session_that_refuses_to_go_on_gives_its_ports_up_too() -> None:
    world = world_of(a_log())
    ports = world.ports(HandFeed(a_log()))
    world.events.cut(1)
    with pytest.raises(ContractViolation):
        asyncio.run(drive(a_session(), ports))
    assert is_given_up(world, ports)


def test_the_states_are_given_up_although_the_alert_log_is_in_doubt_to_the_last() -> None:
    class Stubborn(MemoryDecisions):
        async def close(self) -> None:
            raise Transient("the alerts do not answer")

    world = world_of(a_log())
    ports = replace(world.ports(HandFeed(a_log())), decisions=Stubborn(world.decisions))
    with pytest.raises(Transient, match="do not answer"):
        asyncio.run(drive(a_session(), ports))
    assert not world.table.connections


def test_a_session_that_is_cancelled_gives_its_ports_up() -> None:
    world = world_of(a_log())
    ports = world.ports(SilentFeed())

    async def scenario() -> None:
        driving = asyncio.ensure_future(drive(a_session(), ports))
        await asyncio.sleep(0)
        assert world.table.connections
        driving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await driving

    asyncio.run(scenario())
    assert is_given_up(world, ports)


def test_an_effect_that_no_port_knows_is_refused() -> None:
    class Unknown(Effect[None]):
        pass

    effect: Effect[Any] = Unknown()
    with pytest.raises(TypeError, match="no port carries out"):
        at_once(carry_out(effect, a_session(), world_of([]).ports(HandFeed())))
