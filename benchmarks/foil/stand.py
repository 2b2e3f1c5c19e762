"""The ground on which the foil is tried: as many agents as the rig has workers, and the same load."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from benchmarks.chaos.crew import Crew
from benchmarks.chaos.events import endless
from benchmarks.chaos.ground import Ground
from benchmarks.chaos.load import Load
from benchmarks.chaos.requests import Unread
from benchmarks.foil.process import AgentProcess, Wiring
from benchmarks.foil.reading import counted
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS

_APP_ID = "foil"
_ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True)
class Plan:
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

    def __init__(self, plan: Plan, jars: Callable[[], Path]) -> None:
        super().__init__(plan.session_timeout_s)
        try:
            self._set_up(plan, jars)
        except BaseException:
            self.close()
            raise

    def _set_up(self, plan: Plan, jars: Callable[[], Path]) -> None:
        self._start_services(plan.directory, jars, 1, lambda client: [sum(counted(client, _APP_ID).values())], Unread)
        _create_topics(self.broker.bootstrap, plan.partitions)
        self.load = Load(self.broker.bootstrap, CUSTOMER_EVENTS.name, plan.partitions, plan.rate, endless(plan.seed))
        self._undo.append(self.load.stop)
        self.wiring = Wiring(
            app_id=_APP_ID,
            bootstrap=self.broker.relayed,
            redis_url=f"redis://{self.redis_relay.address}/0",
            events_topic=CUSTOMER_EVENTS.name,
            alerts_topic=CHURN_ALERTS.name,
            session_timeout_s=plan.session_timeout_s,
            crashing=plan.crashing,
        )
        self.crew = Crew(plan.agents, lambda log: AgentProcess(self.wiring, log), plan.directory / "agents")
        self._undo.append(self.crew.kill)


def _create_topics(bootstrap: str, partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    topics = [NewTopic(topic.name, partitions, 1, config=topic.config()) for topic in (CUSTOMER_EVENTS, CHURN_ALERTS)]
    for created in admin.create_topics(topics).values():
        created.result(_ANSWER_WITHIN_S)
