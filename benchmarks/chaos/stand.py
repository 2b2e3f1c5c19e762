"""Where faults happen: a broker, a Redis and workers of one run's own, relays between them, and the load.

load ──────────────► broker ◄─── relay ◄─── workers ───► relay ───► Redis
"""

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from benchmarks.chaos.broker_site import BrokerSite
from benchmarks.chaos.crew import Crew
from benchmarks.chaos.events import endless
from benchmarks.chaos.load import Load
from benchmarks.chaos.redis_commands import RedisDialogue
from benchmarks.chaos.redis_site import RedisSite
from benchmarks.chaos.relay import Relay, RelayLoop
from schemas.errors import Transient
from schemas.events import Control, Policy
from schemas.manifests import Manifest
from schemas.topics import CUSTOMER_EVENTS
from stream_app.adapters.kafka_topics import create_topics, write_control
from stream_app.adapters.onnx_scorer import MANIFEST_FILE, newest_model
from stream_app.bootstrap import control_for
from stream_app.settings import Settings

APP_ID = "chaos"
_LOOK_EVERY_S = 0.05
_WORKING_WITHIN_S = 90.0

Found = TypeVar("Found")


class Ended(Exception):
    """The run is over: whoever waits stops waiting."""


@dataclass(frozen=True)
class Plan:
    """What a stand is made for. `rate` is events a second; `directory` is empty or does not exist."""

    directory: Path
    seed: int
    rate: float
    brokers: int = 1
    partitions: int = 8
    workers: int = 3
    session_timeout_s: float = 3.0


class Stand:
    """All that a fault can reach. Ends with all its processes when it is closed.

    `imported` is the export that was brought back last.
    """

    def __init__(self, plan: Plan, jars: Callable[[], Path], models: Path, workload: str) -> None:
        self.plan = plan
        self.ended = threading.Event()
        self.commits: Counter[str] = Counter()
        self.imported: Path | None = None
        self.controls: dict[int, list[int]] = {partition: [0] for partition in range(plan.partitions)}
        self.models = _two_models(models, plan.directory / "models", workload)
        self.loop = RelayLoop()
        self._undo: list[Callable[[], None]] = [self.loop.close]
        try:
            self._set_up(jars)
        except BaseException:
            self.close()
            raise

    @property
    def settings(self) -> Settings:
        """The deployment past the relays."""
        return Settings(
            app_id=APP_ID,
            topic_prefix="",
            kafka_bootstrap=self.broker.bootstrap,
            redis_url=f"redis://127.0.0.1:{self.redis.port}/0",
            partitions=self.plan.partitions,
            models_directory=self.plan.directory / "models",
            session_timeout_s=self.plan.session_timeout_s,
        )

    @property
    def ends(self) -> list[int]:
        """Where each partition's log ends, as far as the broker has said so."""
        return [max(end, self.controls[partition][-1] + 1) for partition, end in enumerate(self.load.ends)]

    def rest(self, seconds: float) -> None:
        """Let time pass. Raises Ended when the run is over."""
        if self.ended.wait(seconds):
            raise Ended

    def wait_for(self, found: Callable[[], Found | None], within_s: float) -> Found | None:
        """What is found, None if nothing is in time. Raises Ended when the run is over."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if (thing := found()) is not None:
                return thing
            self.rest(_LOOK_EVERY_S)
        return None

    def decide_by(self, manifest: Manifest, policy: Policy) -> None:
        """Put a model and a policy in force in every partition."""
        offsets = write_control(self.broker.bootstrap, CUSTOMER_EVENTS.name, _control(manifest, policy))
        for partition, offset in enumerate(offsets):
            self.controls[partition].append(offset)

    def close(self) -> None:
        """End everything that runs."""
        self.ended.set()
        while self._undo:
            self._undo.pop()()

    def _set_up(self, jars: Callable[[], Path]) -> None:
        plan = self.plan
        self.redis = RedisSite(plan.directory / "redis", APP_ID, plan.partitions)
        self._undo.append(self.redis.stop)
        self.redis.relay = self.redis_relay = Relay(self.loop, self.redis.port, lambda: RedisDialogue(self.commits))
        self.broker = BrokerSite(plan.directory / "kafka", jars, self.loop, plan.brokers)
        self._undo.append(self.broker.stop)
        control = _control(self.models[0], eager(1, 0.1))
        create_topics(self.broker.bootstrap, "", plan.partitions, control, plan.brokers)
        self.load = Load(self.broker.bootstrap, CUSTOMER_EVENTS.name, plan.partitions, plan.rate, endless(plan.seed))
        self._undo.append(self.load.stop)
        relayed = self._environment(self.broker.relayed, self.redis_relay.address)
        self.crew = Crew(plan.workers, relayed, plan.directory / "logs")
        self._undo.append(self.crew.kill)
        if self.wait_for(lambda: self.crew.ready() or None, _WORKING_WITHIN_S) is None:
            raise Transient(f"the workers did not begin to work within {_WORKING_WITHIN_S:.0f} s, see their logs")

    def direct_environment(self) -> dict[str, str]:
        """The settings for commands of an operator, past the relays."""
        return self._environment(self.broker.bootstrap, f"127.0.0.1:{self.redis.port}")

    def _environment(self, kafka: str, redis: str) -> dict[str, str]:
        return {
            "CHURN_APP_ID": APP_ID,
            "CHURN_TOPIC_PREFIX": "",
            "CHURN_KAFKA_BOOTSTRAP": kafka,
            "CHURN_REDIS_URL": f"redis://{redis}/0",
            "CHURN_SESSION_TIMEOUT_S": str(self.plan.session_timeout_s),
            "CHURN_MODELS_DIRECTORY": str(self.plan.directory / "models"),
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
