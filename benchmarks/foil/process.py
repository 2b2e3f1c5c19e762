"""The foil's agents as processes: started, killed, frozen, stopped, and replaced when they end by themselves."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_STOPPED_WITHIN_S = 30.0
_RESTARTING, _CRASHING = "mode.OneForOneSupervisor", "mode.CrashingSupervisor"


@dataclass(frozen=True)
class Wiring:
    """What agents read and where they write. The app id names the consumer group and the keys in Redis.

    An agent that fails is started again inside its process, as Faust does unless told otherwise; `crashing`: it ends
    its process.
    """

    app_id: str
    bootstrap: str
    redis_url: str
    events_topic: str
    alerts_topic: str
    alert_every: int = 100
    session_timeout_s: float = 6.0
    crashing: bool = False

    def environment(self, directory: Path) -> dict[str, str]:
        """The same for a process whose files stand in `directory`."""
        return {
            "FOIL_APP_ID": self.app_id,
            "FOIL_BOOTSTRAP": self.bootstrap,
            "FOIL_REDIS_URL": self.redis_url,
            "FOIL_EVENTS_TOPIC": self.events_topic,
            "FOIL_ALERTS_TOPIC": self.alerts_topic,
            "FOIL_ALERT_EVERY": str(self.alert_every),
            "FOIL_SESSION_TIMEOUT_S": str(self.session_timeout_s),
            "FOIL_SUPERVISOR": _CRASHING if self.crashing else _RESTARTING,
            "FOIL_DIRECTORY": str(directory),
        }


class AgentProcess:
    """One agent; its words go to `log`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.foil.agent", "worker"],
                env={**os.environ, **environment},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def ended(self) -> bool:
        """Whether it has exited."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        """Let it finish and go; kill it when it does not."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOPPED_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.kill()


class Agents:
    """So many agents of one group. `exits` counts those that ended by themselves."""

    def __init__(self, wiring: Wiring, size: int, directory: Path) -> None:
        self.exits = 0
        self._wiring = wiring
        self._directory = directory
        self.running = [self._start(place) for place in range(size)]

    def restart(self, place: int) -> None:
        """Put a new one where one has ended."""
        self.running[place] = self._start(place)

    def replace_ended(self) -> None:
        """Do what a supervisor would."""
        for place, agent in enumerate(self.running):
            if agent.ended:
                self.exits += 1
                self.restart(place)

    def stop(self) -> None:
        """End them all in order: what they have yet to send is sent."""
        for agent in self.running:
            agent.stop()

    def kill(self) -> None:
        """End them all at once."""
        for agent in self.running:
            agent.kill()

    def _start(self, place: int) -> AgentProcess:
        directory = self._directory / f"agent-{place}"
        directory.mkdir(parents=True, exist_ok=True)
        return AgentProcess(self._wiring.environment(directory), directory / "log")
