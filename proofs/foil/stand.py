"""The ground on which the foil is tried: as many agents as the rig has workers, and the same load.

What the rig sends into another user's partition is left out: it would have two agents count the same user at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import NewTopic

from proofs.chaos.crew import Crew
from proofs.chaos.events import endless
from proofs.chaos.ground import Ground
from proofs.chaos.load import Load
from proofs.chaos.requests import Unread
from proofs.foil.process import AgentProcess, Wiring
from proofs.foil.reading import counted
from schemas.errors import Transient
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS
from stream_app.bootstrap.deployment import admin
from stream_app.deployment import Deployment, KafkaConnection, Topics

_APP_ID = "foil"
_ANSWER_WITHIN_S = 30.0
_FORMED_WITHIN_S = 90.0
_LOOKED_WITHIN_S = 3.0


@dataclass(frozen=True)
class FoilSetup:
    """What a stand is made for. `rate` is events a second; `crashing`: an agent that fails ends its process."""

    directory: Path
    seed: int
    rate: float
    crashing: bool
    partitions: int = 8
    agents: int = 3
    session_timeout_s: float = 3.0


class FoilStand(Ground):
    """Ends with all its processes when it is closed. `wiring` is past the relays."""

    def __init__(self, setup: FoilSetup, jars: Callable[[], Path]) -> None:
        super().__init__(setup.session_timeout_s)
        try:
            self._set_up(setup, jars)
        except BaseException:
            self.close()
            raise

    def _set_up(self, setup: FoilSetup, jars: Callable[[], Path]) -> None:
        self._start_services(setup.directory, jars, 1, lambda client: [sum(counted(client, _APP_ID).values())], Unread)
        _create_topics(self.broker.direct, setup.partitions)
        events = (event for event in endless(setup.seed) if not event.astray)
        self.load = Load(self.broker.direct, Topics().events, setup.partitions, setup.rate, events)
        self._undo.append(self.load.stop)
        self.wiring = Wiring(
            Deployment(_APP_ID, Topics(), self.broker.relayed, self.redis.relayed),
            session_timeout_s=setup.session_timeout_s,
            crashing=setup.crashing,
        )
        self.crew = Crew(setup.agents, lambda log: AgentProcess(self.wiring, log), setup.directory / "agents")
        self._undo.append(self.crew.kill)
        if self.wait_for(lambda: _formed(self.broker.direct, setup.agents) or None, _FORMED_WITHIN_S) is None:
            raise Transient(f"the agents did not form a group within {_FORMED_WITHIN_S:.0f} s: look at their logs")


def _formed(kafka: KafkaConnection, agents: int) -> bool:
    """Whether all agents have joined: one that joins later has the others read again what they have counted."""
    client = admin(kafka)
    asked = client.describe_consumer_groups([_APP_ID], request_timeout=_LOOKED_WITHIN_S)
    try:
        group = asked[_APP_ID].result(2 * _LOOKED_WITHIN_S)
    except (KafkaException, TimeoutError):  # a coordinator that has just come about is not always found at once
        return False
    return group.state == ConsumerGroupState.STABLE and len(group.members) == agents


def _create_topics(kafka: KafkaConnection, partitions: int) -> None:
    topics = [NewTopic(topic.name, partitions, 1, config=topic.config()) for topic in (CUSTOMER_EVENTS, CHURN_ALERTS)]
    client = admin(kafka)
    for created in client.create_topics(topics).values():
        created.result(_ANSWER_WITHIN_S)
