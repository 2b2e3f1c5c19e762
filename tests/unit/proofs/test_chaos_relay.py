"""A relay passes bytes on, holds or cuts the one request that a trap wants, and turns to another server."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from proofs.chaos.relay import Relay, RelayLoop
from proofs.chaos.requests import Unread
from proofs.chaos.trap import Trap
from stack.ports import HOST

PATIENCE_S = 5.0
RESET = b"reset"


class Echo:
    """A server that answers with its name and what it was asked."""

    def __init__(self, name: bytes) -> None:
        self.asked: list[bytes] = []
        self._name = name
        self._listening = socket.create_server((HOST, 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        if self._listening.fileno() < 0:
            return
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._threads.append(threading.Thread(target=self._answer, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(1000):
                self.asked.append(data)
                if data == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    return
                connection.sendall(self._name + data)


@pytest.fixture
def first() -> Iterator[Echo]:
    echo = Echo(b"first:")
    yield echo
    echo.close()


@pytest.fixture
def second() -> Iterator[Echo]:
    echo = Echo(b"second:")
    yield echo
    echo.close()


@pytest.fixture
def relay(first: Echo) -> Iterator[Relay]:
    loop = RelayLoop()
    yield Relay(loop, first.port, Unread)
    loop.close()


def client(relay: Relay) -> socket.socket:
    return socket.create_connection((HOST, relay.port), timeout=PATIENCE_S)


def is_cut(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


def wait(until: Callable[[], object]) -> None:
    rest, deadline = threading.Event(), PATIENCE_S / 0.01
    while not until():
        assert (deadline := deadline - 1) > 0
        rest.wait(0.01)


def asks_for(data: bytes, place: str = "request") -> Trap:
    return Trap(lambda request: request.raw == data, "reply" if place == "reply" else "request")


def test_what_no_trap_wants_passes_both_ways(relay: Relay) -> None:
    relay.lay(asks_for(b"something else"))
    with client(relay) as connection:
        connection.sendall(b"a")
        assert connection.recv(100) == b"first:a"


def test_a_held_request_goes_out_when_it_is_let_go(relay: Relay, first: Echo) -> None:
    trap = relay.lay(asks_for(b"a"))
    with client(relay) as connection:
        connection.sendall(b"a")
        wait(lambda: trap.caught)
        assert first.asked == []
        trap.let_go("deliver")
        assert connection.recv(100) == b"first:a"
        assert trap.settled_within(PATIENCE_S)


def test_a_held_request_goes_out_though_its_client_is_gone(relay: Relay, first: Echo) -> None:
    trap = relay.lay(asks_for(b"a"))
    with client(relay) as connection:
        connection.sendall(b"a")
        wait(lambda: trap.caught)
    trap.let_go("deliver")
    wait(lambda: first.asked == [b"a"])


def test_a_request_that_is_cut_never_arrives(relay: Relay, first: Echo) -> None:
    trap = relay.lay(asks_for(b"a"))
    with client(relay) as connection:
        connection.sendall(b"a")
        wait(lambda: trap.caught)
        trap.let_go("cut")
        assert is_cut(connection)
    assert first.asked == []


def test_a_reply_that_is_cut_follows_a_request_that_arrived(relay: Relay, first: Echo) -> None:
    trap = relay.lay(asks_for(b"a", "reply"))
    with client(relay) as connection:
        connection.sendall(b"a")
        wait(lambda: trap.caught)
        trap.let_go("cut")
        assert is_cut(connection)
    assert first.asked == [b"a"]


def test_a_trap_takes_one_request_only(relay: Relay) -> None:
    trap = relay.lay(asks_for(b"a", "reply"))
    trap.let_go("deliver")
    with client(relay) as connection:
        for _ in range(2):
            connection.sendall(b"a")
            assert connection.recv(100) == b"first:a"
    assert trap.caught is None


def test_a_relay_that_turns_cuts_its_connections_and_leads_to_the_other_server(relay: Relay, second: Echo) -> None:
    with client(relay) as connection:
        connection.sendall(b"a")
        assert connection.recv(100) == b"first:a"
        relay.turn_to(second.port)
        assert is_cut(connection)
    with client(relay) as connection:
        connection.sendall(b"b")
        assert connection.recv(100) == b"second:b"


def test_behind_a_dam_replies_are_lost_with_the_connection(relay: Relay, first: Echo) -> None:
    relay.hold_back()
    with client(relay) as connection:
        connection.sendall(b"a")
        wait(lambda: first.asked == [b"a"])
        relay.close()
        assert is_cut(connection)


def test_a_client_is_cut_when_its_server_resets_the_connection(relay: Relay, first: Echo) -> None:
    with client(relay) as connection:
        connection.sendall(RESET)
        assert is_cut(connection)


def test_a_client_of_a_server_that_is_down_is_cut(relay: Relay, first: Echo) -> None:
    first.close()
    with client(relay) as connection:
        assert is_cut(connection)
