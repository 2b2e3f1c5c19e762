"""The foil's agents as processes, and what they are told."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from stream_app.deployment import Deployment

_STOPPED_WITHIN_S = 30.0
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


class AgentProcess:
    """One agent. Its words go to `log`, its files into a directory beside it."""

    def __init__(self, wiring: Wiring, log: Path) -> None:
        directory = log.with_suffix("")
        directory.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "proofs.foil.agent", "worker"],
                env={**os.environ, **wiring.environment(directory)},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def probe(self) -> dict[str, object]:
        """A plain agent says nothing of itself: while it runs it is taken to work."""
        runs = self.exit_code is None
        return {"ready": runs, "partitions": {"unknown": {"state": "running"}} if runs else {}}

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        self._process.send_signal(number)

    def stop(self) -> None:
        """Let it send what it has yet to send, and go; kill it when it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()
