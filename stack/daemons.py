"""Servers in the background: they outlive the command that starts them and are found again by a later one.

A server is known by its directory, where `pid`, `address` and `log` stand. Its command line carries a mark with its
address, so that a process number which meanwhile belongs to another program is never taken for it.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ContractViolation, Transient
from stack.processes import Process

_LAUNCH = 'umask 077; log=$1 pid=$2; shift 2; "$@" >>"$log" 2>&1 </dev/null & echo $! >"$pid"'
_POLL_S = 0.02
_TAIL_LINES = 12


@dataclass(frozen=True)
class Daemon(Process):
    """A server in the background. `name` is what people call it."""

    name: str
    directory: Path

    @property
    def address(self) -> str | None:
        """The host:port of its last start, None before the first."""
        return _text(self.directory / "address")

    @property
    def last_port(self) -> int | None:
        """The port of its last start: a restart that takes it again spares its clients a new address."""
        return int(self.address.rpartition(":")[2]) if self.address else None

    @property
    def pid(self) -> int | None:
        """Its process, None when it does not run."""
        number = _text(self.directory / "pid")
        if not number or self.address is None:
            return None
        return int(number) if self.mark(self.address) in _command_line(int(number)) else None

    def mark(self, address: str) -> str:
        """What must stand somewhere in its command line for it to be recognised."""
        return f"churn-{self.name.lower()}@{address}"

    def spawn(self, command: Sequence[str], address: str) -> None:
        """Start it in a session of its own, so that the terminal's Ctrl-C does not reach it.

        A shell starts it and ends at once, and writes the process number itself: an interrupt of ours loses nothing.
        """
        (self.directory / "address").write_text(address)
        launch = ["/bin/sh", "-c", _LAUNCH, "sh", "log", "pid", *command]
        subprocess.run(launch, cwd=self.directory, start_new_session=True, check=True)

    def wait_until(self, ready: Callable[[], bool], patience_s: float) -> None:
        """Return once it is ready. Raises ContractViolation when it ended, Transient when it takes too long."""
        deadline = time.monotonic() + patience_s
        while not ready():
            if self._ended():
                raise ContractViolation(f"{self.name} ended while it started; the end of its log:\n{self._log_tail()}")
            if time.monotonic() > deadline:
                raise Transient(
                    f"{self.name} was not ready within {patience_s:.0f} s; the end of its log:\n{self._log_tail()}"
                )
            time.sleep(_POLL_S)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        pid = self.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def ended_within(self, patience_s: float) -> bool:
        """Wait for its end so long; whether it came."""
        deadline = time.monotonic() + patience_s
        while not (ended := self._ended()) and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        return ended

    def _ended(self) -> bool:
        """Look twice: while a process puts on its command line, there is none to be seen."""
        if self.pid is not None:
            return False
        time.sleep(_POLL_S)
        return self.pid is None

    def _log_tail(self) -> str:
        lines = (_text(self.directory / "log") or "").splitlines()
        return "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])


def _text(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _command_line(pid: int) -> str:
    """The command line of a process, "" when there is no such process or it has ended."""
    if Path("/proc/self/cmdline").exists():
        return (_text(Path(f"/proc/{pid}/cmdline")) or "").replace("\0", " ")
    asked = ["ps", "-ww", "-p", str(pid), "-o", "command="]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout
