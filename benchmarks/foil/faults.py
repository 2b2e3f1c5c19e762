"""What happens to the foil: its agents and its Redis are killed, frozen and restarted, as a seed decides."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.chaos.append_only import newest_log, tear
from benchmarks.foil.process import Agents
from stack.redis_server import RedisServer

_LOSS_OF_POWER_S = 1.0
"""Redis writes its log out every second: so much may be gone."""
_FROZEN_BEYOND_TIMEOUT_S = 2.0
_LONGEST_DOWN_S = 1.0


@dataclass(frozen=True)
class Victims:
    """What faults happen to. `rest` waits while ended agents are replaced."""

    agents: Agents
    redis: RedisServer
    session_timeout_s: float
    rest: Callable[[float], None]


def kill_agent(victims: Victims, draw: random.Random) -> None:
    """kill -9 and a new one."""
    place = draw.randrange(len(victims.agents.running))
    victims.agents.running[place].kill()
    victims.agents.restart(place)


def freeze_agent(victims: Victims, draw: random.Random) -> None:
    """SIGSTOP until the others have its partitions, then let it go on."""
    agent = draw.choice(victims.agents.running)
    agent.freeze()
    try:
        victims.rest(victims.session_timeout_s + _FROZEN_BEYOND_TIMEOUT_S)
    finally:
        agent.thaw()


def restart_agent(victims: Victims, draw: random.Random) -> None:
    """Stop one in order and start a new one: two rebalances."""
    place = draw.randrange(len(victims.agents.running))
    victims.agents.running[place].stop()
    victims.agents.restart(place)


def lose_power(victims: Victims, draw: random.Random) -> None:
    """kill -9 of Redis, and a part of its log's last second gone."""
    log = newest_log(victims.redis.daemon.directory)
    before = log.stat().st_size
    time.sleep(_LOSS_OF_POWER_S)
    victims.redis.daemon.kill()
    tear(log, draw, log.stat().st_size - before)
    victims.rest(draw.uniform(0.0, _LONGEST_DOWN_S))
    victims.redis.start()


Fault = Callable[[Victims, random.Random], None]
FAULTS: Mapping[str, Fault] = {
    "agent_kill": kill_agent,
    "agent_freeze": freeze_agent,
    "agent_restart": restart_agent,
    "redis_power_loss": lose_power,
}


def schedule(kinds: Sequence[str], seconds: float, every_s: float, draw: random.Random) -> list[tuple[float, str]]:
    """Seconds after the start and kinds: one fault in every `every_s`, each kind as often as the others."""
    planned: list[tuple[float, str]] = []
    for number in range(int(seconds / every_s) if kinds else 0):
        if number % len(kinds) == 0:
            order = draw.sample(kinds, len(kinds))
        planned.append((every_s * (number + draw.random()), order[number % len(kinds)]))
    return planned
