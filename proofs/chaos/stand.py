"""The ground on which the shipped worker is tried: partitions with models and policies, and what an operator needs."""

import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import redis

from proofs.chaos.crew import Crew
from proofs.chaos.events import endless
from proofs.chaos.ground import Ground
from proofs.chaos.load import Load
from proofs.chaos.redis_commands import RedisDialogue
from proofs.chaos.redis_site import Progress
from schemas.errors import Transient
from schemas.events import Control, Policy
from schemas.manifests import MANIFEST_FILE, Manifest
from stack.worker_process import WorkerProcess
from stream_app.bootstrap.deployment import create_topics, meta_key, write_control
from stream_app.bootstrap.engine import control_for, newest_model
from stream_app.deployment import Deployment, Topics

APP_ID = "chaos"
_WORKING_WITHIN_S = 90.0


@dataclass(frozen=True)
class StandSetup:
    """What a stand is made for. `rate` is events a second; `directory` is empty or does not exist."""

    directory: Path
    seed: int
    rate: float
    brokers: int = 1
    partitions: int = 8
    workers: int = 3
    session_timeout_s: float = 3.0


class Stand(Ground):
    """All that a fault can reach. `imported` is the export that was brought back last."""

    def __init__(self, setup: StandSetup, jars: Callable[[], Path], models: Path, workload: str) -> None:
        super().__init__(setup.session_timeout_s)
        self.setup = setup
        self.commits: Counter[str] = Counter()
        self.imported: Path | None = None
        self.controls: dict[int, list[int]] = {partition: [0] for partition in range(setup.partitions)}
        self.models = _two_models(models, setup.directory / "models", workload)
        try:
            self._set_up(jars)
        except BaseException:
            self.close()
            raise

    @property
    def direct(self) -> Deployment:
        """The deployment past the relays."""
        return Deployment(APP_ID, Topics(), self.broker.direct, self.redis.direct)

    @property
    def ends(self) -> list[int]:
        """Where each partition's log ends, as far as the broker has said so."""
        return [max(end, self.controls[partition][-1] + 1) for partition, end in enumerate(self.load.ends)]

    def owner(self, partition: int) -> bytes | None:
        """The token of the session that owns a partition; None while Redis does not answer."""
        try:
            with self.redis.client() as client:
                found: bytes | None = client.hget(meta_key(APP_ID, partition), "owner")
                return found
        except redis.RedisError:
            return None

    def decide_by(self, manifest: Manifest, policy: Policy) -> None:
        """Put a model and a policy in force in every partition."""
        offsets = write_control(self.direct, _control(manifest, policy))
        for partition, offset in enumerate(offsets):
            self.controls[partition].append(offset)

    def _set_up(self, jars: Callable[[], Path]) -> None:
        setup = self.setup
        positions = _positions_of(APP_ID, setup.partitions)
        self._start_services(setup.directory, jars, setup.brokers, positions, lambda: RedisDialogue(self.commits))
        control = _control(self.models[0], eager(1, 0.1))
        create_topics(self.direct, setup.partitions, control)
        self.load = Load(
            self.broker.direct, self.direct.topics.events, setup.partitions, setup.rate, endless(setup.seed)
        )
        self._undo.append(self.load.stop)
        relayed = self._environment(Deployment(APP_ID, Topics(), self.broker.relayed, self.redis.relayed))
        self.crew = Crew(setup.workers, lambda log: WorkerProcess(relayed, log), setup.directory / "logs")
        self._undo.append(self.crew.kill)
        if self.wait_for(lambda: self.crew.ready() or None, _WORKING_WITHIN_S) is None:
            raise Transient(f"the workers did not begin to work within {_WORKING_WITHIN_S:.0f} s, see their logs")

    def direct_environment(self) -> dict[str, str]:
        """The settings for commands of an operator, past the relays."""
        return self._environment(self.direct)

    def _environment(self, deployment: Deployment) -> dict[str, str]:
        return {
            **deployment.environment,
            "CHURN_SESSION_TIMEOUT_S": str(self.setup.session_timeout_s),
            "CHURN_MODELS_DIRECTORY": str(self.setup.directory / "models"),
            "CHURN_LOG_FORMAT": "json",
        }


def eager(version: int, enter: float) -> Policy:
    """A policy under which alerts come often."""
    return Policy(name="eager", version=version, enter=enter, leave=0.9 * enter, critical=0.5, cooldown_s=60)


def new_policy(version: int, draw: random.Random) -> Policy:
    """Another such policy."""
    return eager(version, round(draw.uniform(0.05, 0.2), 3))


def _control(manifest: Manifest, policy: Policy) -> Control:
    control = control_for(manifest, time.time_ns() // 1_000_000)
    return msgspec.structs.replace(control, data=msgspec.structs.replace(control.data, policy=policy))


def _two_models(models: Path, directory: Path, workload: str) -> tuple[Manifest, Manifest]:
    """The newest model and its twin of another version, in a directory of the run's own."""
    manifest = newest_model(models, workload)
    twin = msgspec.structs.replace(manifest, version=f"{manifest.version}-twin")
    for found in (manifest, twin):
        where = directory / workload / found.version
        shutil.copytree(models / workload / manifest.version, where)
        (where / MANIFEST_FILE).write_bytes(msgspec.json.encode(found))
    return manifest, twin


def _positions_of(app_id: str, partitions: int) -> Progress:
    """A look at the next offset to apply of every partition, past the worker's own code."""
    keys = [meta_key(app_id, partition) for partition in range(partitions)]

    def positions(client: "redis.Redis") -> list[int]:
        with client.pipeline(transaction=False) as asked:
            for key in keys:
                asked.hget(key, "position")
            return [int(position or 0) for position in asked.execute()]

    return positions
