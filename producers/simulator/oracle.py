"""The ceiling of any prediction: chances to cancel by roll-outs of the simulator from users' hidden state.

Who knows temperament, mood, activity and service, and a decision already taken at the page that the user is on, but
not what chance will bring, cannot foretell better than this.
"""

from collections.abc import Callable, Sequence
from random import Random
from typing import Final, NamedTuple

from producers.simulator.customer import AWAY, Customer
from producers.simulator.population import society_of
from producers.simulator.services import Society
from schemas.errors import ContractViolation

_DAY_MS: Final = 86_400_000
_SESSION_SURELY_OVER_MS: Final = 15 * 60_000
_TRIES: Final = 20


class RolloutStart(NamedTuple):
    """A user after so many of their events (from 1 on), nothing more having happened until `as_of_ms`."""

    user: str
    events: int
    as_of_ms: int


class World(NamedTuple):
    """The arguments of a simulation: its users come from nowhere else."""

    users: int
    days: int
    seed: int
    start_ms: int


def churn_chances(
    moments: Sequence[RolloutStart],
    world: World,
    horizon_ms: int,
    rollouts: int,
    seed: int,
    passed: Callable[[int], None],
) -> list[float]:
    """For each moment, the share of roll-outs in which the user's cancellation is confirmed within the horizon.

    The present is the simulated one, what follows is drawn anew from `seed`. Answers come in the order of the moments;
    `passed` is told how many more are done. Raises ContractViolation when a user does not exist or has not so many
    events.
    """
    uniform = Random(f"roll-outs {seed}").random
    society = society_of(world.seed)
    chances = [0.0] * len(moments)
    customer: Customer | None = None
    for place in sorted(range(len(moments)), key=lambda place: moments[place]):
        moment = moments[place]
        if customer is None or customer.name != moment.user:
            customer = _customer(moment, society, world)
        _live_to(customer, moment)
        chances[place] = _chance(customer, moment.as_of_ms, horizon_ms, rollouts, uniform)
        passed(1)
    return chances


def _customer(moment: RolloutStart, society: Society, world: World) -> Customer:
    number = moment.user[1:]
    if moment.user[:1] != "u" or not number.isdecimal() or int(number) >= world.users:
        raise ContractViolation(f"{moment.user} is no user of a world of {world.users}: use the arguments of the log")
    return Customer(int(number), society, world.start_ms, world.start_ms + world.days * _DAY_MS)


def _live_to(customer: Customer, moment: RolloutStart) -> None:
    # Texts are drawn only for a diary, and a life with other draws would be another one.
    customer.diary = []
    customer.live(moment.as_of_ms + 1, moment.events)
    customer.diary = None
    if customer.happenings < moment.events:
        raise ContractViolation(
            f"{moment.user} has had {customer.happenings} events by then, not {moment.events}: "
            "use the arguments of the log"
        )


def _chance(customer: Customer, as_of_ms: int, horizon_ms: int, rollouts: int, uniform: Callable[[], float]) -> float:
    if customer.gone:
        return 0.0
    end_ms = as_of_ms + horizon_ms
    confirmed = 0
    for _ in range(rollouts):
        twin = _waiting(customer, as_of_ms, uniform)
        twin.live(end_ms + 1)
        confirmed += twin.gone and as_of_ms < twin.now_ms <= end_ms
    return confirmed / rollouts


def _waiting(customer: Customer, as_of_ms: int, uniform: Callable[[], float]) -> Customer:
    """A twin to whom nothing more happens up to `as_of_ms`.

    In the midst of a session this is the next happening drawn until it comes late enough; a session that has been
    silent for long is over, and the wait for the next one starts afresh.
    """
    if customer.now_ms <= as_of_ms < customer.now_ms + _SESSION_SURELY_OVER_MS and _is_browsing(customer):
        for _ in range(_TRIES):
            twin = customer.twin(uniform)
            twin.live(as_of_ms + 1, customer.happenings + 1)
            if twin.now_ms > as_of_ms:
                return twin
    twin = customer.twin(uniform)
    twin.stay_away_until(as_of_ms)
    return twin


def _is_browsing(customer: Customer) -> bool:
    return customer.page != AWAY and customer.chat is None and not customer.agenda
