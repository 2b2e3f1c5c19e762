"""Single requests are held or cut on their way, or their replies are.

Which request it is: the end of a transaction, beyond the time for which its client waits; or a commit or a transaction
of a worker that is killed or put to sleep meanwhile, delivered once another has taken its partition over.
"""

import random
import time
from collections.abc import Callable
from typing import Literal, Protocol

from proofs.chaos.crew import Place, has
from proofs.chaos.faults.workers import kill_one, take
from proofs.chaos.kafka_frames import END_TXN
from proofs.chaos.redis_commands import COMMIT_STATES
from proofs.chaos.requests import Request
from proofs.chaos.stand import Stand
from proofs.chaos.trap import Fate, Trap, Where

_CAUGHT_WITHIN_S = 20.0
_OWNER_FOUND_WITHIN_S = 2.0
_TAKEN_OVER_WITHIN_S = 40.0
_DELIVERED_WITHIN_S = 10.0
_CLIENT_WAITS_S = 10.0
_OPENING_S = 1.0


class Way(Protocol):
    """Where requests pass by."""

    def lay(self, trap: Trap) -> Trap:
        """Have a trap catch the next request that it wants."""


Harm = Literal["kill", "pause"]
OnTheWire = Callable[[Stand, random.Random], float | None]


def delayed_end(where: Where) -> OnTheWire:
    """The end of a transaction, or the reply to it, comes after its client has stopped waiting."""

    def act(stand: Stand, draw: random.Random) -> float | None:
        held_s = _CLIENT_WAITS_S + draw.uniform(1.0, 4.0)
        return _on_the_way(stand, stand.broker, _named(END_TXN), where, "deliver", held_s)

    return act


def cut_end(where: Where) -> OnTheWire:
    """The connection breaks before the end of a transaction has gone out, or before its reply has come."""

    def act(stand: Stand, _draw: random.Random) -> float | None:
        return _on_the_way(stand, stand.broker, _named(END_TXN), where, "cut", 0.0)

    return act


def cut_commit(stand: Stand, _draw: random.Random) -> float | None:
    """The connection breaks before a commit's reply has come: nobody knows whether it was carried out."""
    return _on_the_way(stand, stand.redis_relay, _named(COMMIT_STATES), "reply", "cut", 0.0)


def late_commit(harm: Harm) -> OnTheWire:
    """A commit arrives after its worker was killed or fell asleep and another one has taken its partition over."""

    def act(stand: Stand, draw: random.Random) -> float | None:
        return _too_late(stand, draw, stand.redis_relay, COMMIT_STATES, harm)

    return act


def late_transaction(stand: Stand, draw: random.Random) -> float | None:
    """The end of a transaction arrives when another worker publishes under the same transactional id."""
    return _too_late(stand, draw, stand.broker, END_TXN, "pause")


def _on_the_way(
    stand: Stand, way: Way, wanted: Callable[[Request], bool], where: Where, fate: Fate, held_s: float
) -> float | None:
    trap = way.lay(Trap(wanted, where))
    try:
        if _caught(stand, trap) is None:
            return None
        stand.rest(held_s)
    finally:
        trap.let_go(fate)
    return time.monotonic()


def _too_late(stand: Stand, draw: random.Random, way: Way, name: str, harm: Harm) -> float | None:
    after_s = draw.uniform(0.0, 0.5)
    trap = way.lay(Trap(_named(name), "request"))
    try:
        partition = _caught(stand, trap)
        place = None if partition is None else take(stand, has(partition), _OWNER_FOUND_WITHIN_S)
        if partition is None or place is None:
            return None
        return _taken_over(stand, trap, place, partition, harm, after_s)
    finally:
        trap.let_go("deliver")


def _taken_over(stand: Stand, trap: Trap, place: Place, partition: int, harm: Harm, after_s: float) -> float | None:
    """Harm the worker, wait until the partition has another owner, deliver what was held."""
    before = stand.owner(partition)
    try:
        if harm == "kill":
            kill_one(stand, place)
            place.start()
        else:
            place.pause()
        taken_over = stand.wait_for(lambda: _other_owner(stand, partition, before), _TAKEN_OVER_WITHIN_S)
        stand.rest(_OPENING_S + after_s)
        trap.let_go("deliver")
        trap.settled_within(_DELIVERED_WITHIN_S)
    finally:
        place.resume()
        stand.crew.release(place)
    return time.monotonic() if taken_over else None


def _other_owner(stand: Stand, partition: int, before: bytes | None) -> bool | None:
    now = stand.owner(partition)
    return True if now not in (None, before) else None


def _caught(stand: Stand, trap: Trap) -> int | None:
    """The partition that the request in the trap is about."""
    request = stand.wait_for(lambda: trap.caught, _CAUGHT_WITHIN_S)
    return None if request is None else request.partition


def _named(name: str) -> Callable[[Request], bool]:
    return lambda request: request.name == name
