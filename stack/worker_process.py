"""A worker in a process of its own, watched through its probes."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schemas.errors import ContractViolation, Transient
from stack.checkout import HERE, Checkout
from stack.ports import accepts, free_port
from stack.processes import ChildProcess

_READY_WITHIN_S = 60.0
_ASK_EVERY_S = 0.1


class WorkerProcess(ChildProcess):
    """`churn work` with the settings of `environment` on top of this process's own; its words go to `log`.

    With a `checkout`, that one's worker with its own models.
    """

    def __init__(
        self, environment: Mapping[str, str], log: Path, trace: Path | None = None, checkout: Checkout | None = None
    ) -> None:
        self.port = free_port()
        command = [*(checkout or HERE).churn, "work", "--port", str(self.port)]
        if trace is not None:
            command += ["--trace", str(trace)]
        theirs = checkout.environment if checkout else {}
        super().__init__(command, {**theirs, **environment}, log, checkout.directory if checkout else None)

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
        if self.exit_code is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
            raise ContractViolation(f"the worker exited with code {self.exit_code}, see {self.log}:\n{tail}")

    def refuse_stopped(self, probe: Mapping[str, Any]) -> None:
        """Raises ContractViolation when one of the partitions that /readyz names stands still for good."""
        for partition, found in probe["partitions"].items():
            if found["state"] not in ("opening", "running", "backing_off"):
                raise ContractViolation(f"partition {partition} stopped ({found['state']}): {found['why']}")
