"""How processes end: asked to first, killed when they do not."""

import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

_STOPPED_WITHIN_S = 30.0
_KILLED_WITHIN_S = 30.0


class Process(ABC):
    """A process that runs until it is told to end."""

    @abstractmethod
    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""

    @abstractmethod
    def ended_within(self, patience_s: float) -> bool:
        """Wait for its end so long; whether it came."""

    def stop(self, patience_s: float = _STOPPED_WITHIN_S) -> None:
        """Ask it to end and wait; kill it when it does not."""
        self.signal(signal.SIGTERM)
        if not self.ended_within(patience_s):
            self.kill()

    def kill(self) -> None:
        """kill -9: it ends without a word and keeps nothing that it has not written."""
        self.signal(signal.SIGKILL)
        self.ended_within(_KILLED_WITHIN_S)


class ChildProcess(Process):
    """A process of this one, in a session of its own: the terminal's Ctrl-C does not reach it. It writes to `log`."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, directory: Path | None = None
    ) -> None:
        """`environment` is on top of this process's own; it runs in `directory`, or in this process's own."""
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=directory,
                env={**os.environ, **environment},
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

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        self._process.send_signal(number)

    def ended_within(self, patience_s: float) -> bool:
        """Wait for its end so long; whether it came."""
        try:
            self._process.wait(patience_s)
        except subprocess.TimeoutExpired:
            return False
        return True
