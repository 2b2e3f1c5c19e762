"""A worker in a process of its own, watched through its probes."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.errors import ContractViolation, Transient
from stack.checkout import HERE, Checkout
from stack.ports import accepts, free_port

_READY_WITHIN_S = 60.0
_STOPPED_WITHIN_S = 30.0
_ASK_EVERY_S = 0.1


class WorkerProcess:
    """`churn work` with the settings of `environment` on top of this process's own; its words go to `log`.

    With a `checkout`, that one's worker with its own models.
    """

    def __init__(
        self, environment: Mapping[str, str], log: Path, trace: Path | None = None, checkout: Checkout | None = None
    ) -> None:
        self.port = free_port()
        self.log = log
        command = [*(checkout or HERE).churn, "work", "--port", str(self.port)]
        if trace is not None:
            command += ["--trace", str(trace)]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command,
                cwd=checkout.directory if checkout else None,
                env={**os.environ, **(checkout.environment if checkout else {}), **environment},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Return once every partition has a running session. Raises ContractViolation when one cannot, or it exits."""
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            self.must_run()
            probe = self.probe()
            if probe["ready"]:
                return
            self.refuse_stopped(probe)
            time.sleep(_ASK_EVERY_S)
        raise Transient(f"the worker was not ready within {_READY_WITHIN_S:.0f} s; its log is {self.log}")

    def probe(self) -> dict[str, Any]:
        """What /readyz says; not ready while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                body = answer.read()
        except urllib.error.HTTPError as refusal:
            body = refusal.read()
        except OSError:
            return {"ready": False, "partitions": {}, "counts": {}}
        found: dict[str, Any] = json.loads(body)
        return found

    def alive(self) -> bool:
        """Whether its loop turns: it has started and may join its group."""
        return accepts(self.port)

    def applied(self) -> int:
        """Next offsets to apply, summed over the partitions."""
        return sum(partition["position"] or 0 for partition in self.probe()["partitions"].values())

    def must_run(self) -> None:
        """Raises ContractViolation when the worker has exited."""
        if self._process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
            raise ContractViolation(f"the worker exited with code {self._process.returncode}, see {self.log}:\n{tail}")

    def refuse_stopped(self, probe: Mapping[str, Any]) -> None:
        """Raises ContractViolation when one of the partitions that /readyz names stands still for good."""
        for partition, found in probe["partitions"].items():
            if found["state"] not in ("opening", "running", "backing_off"):
                raise ContractViolation(f"partition {partition} stopped ({found['state']}): {found['why']}")

    def stop(self) -> None:
        """Let it finish its batches and go."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_STOPPED_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        self._process.send_signal(number)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()
