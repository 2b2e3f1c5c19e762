"""The foil's agents as processes, and what they are told."""

import sys
from dataclasses import dataclass
from pathlib import Path

from stack.processes import ChildProcess
from stream_app.deployment import Deployment

_RESTARTING, _CRASHING = "mode.OneForOneSupervisor", "mode.CrashingSupervisor"


@dataclass(frozen=True)
class Wiring:
    """What agents read and where they write. The app id names the consumer group and the keys in Redis.

    An agent that fails is started again inside its process, as Faust does unless told otherwise; `crashing`: it ends
    its process.
    """

    deployment: Deployment
    session_timeout_s: float
    alert_every: int = 100
    crashing: bool = False

    def environment(self, directory: Path) -> dict[str, str]:
        """The same for a process whose files stand in `directory`."""
        return {
            "FOIL_APP_ID": self.deployment.app_id,
            "FOIL_BOOTSTRAP": self.deployment.kafka.bootstrap,
            "FOIL_REDIS_URL": self.deployment.redis.url,
            "FOIL_EVENTS_TOPIC": self.deployment.topics.events,
            "FOIL_ALERTS_TOPIC": self.deployment.topics.alerts,
            "FOIL_ALERT_EVERY": str(self.alert_every),
            "FOIL_SESSION_TIMEOUT_S": str(self.session_timeout_s),
            "FOIL_SUPERVISOR": _CRASHING if self.crashing else _RESTARTING,
            "FOIL_DIRECTORY": str(directory),
        }


class AgentProcess(ChildProcess):
    """One agent. Its words go to `log`, its files into a directory beside it."""

    def __init__(self, wiring: Wiring, log: Path) -> None:
        directory = log.with_suffix("")
        directory.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "proofs.foil.agent", "worker"]
        super().__init__(command, wiring.environment(directory), log)

    def probe(self) -> dict[str, object]:
        """A plain agent says nothing of itself: while it runs it is taken to work."""
        runs = self.exit_code is None
        return {"ready": runs, "partitions": {"unknown": {"state": "running"}} if runs else {}}
