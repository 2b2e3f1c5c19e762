"""The Redis of a stand, which may die, come back with less, or be replaced by its replica."""

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import redis

from proofs.chaos.relay import Relay, RelayLoop
from proofs.chaos.requests import Unread
from schemas.errors import Transient
from stack.ports import HOST
from stack.redis_server import RedisServer
from stream_app.bootstrap.deployment import client
from stream_app.deployment import RedisConnection

_ANSWER_WITHIN_S = 2.0
_SYNCED_WITHIN_S = 20.0
_LOOK_EVERY_S = 0.05


Progress = Callable[["redis.Redis"], list[int]]
"""How far things have come, each as a number that only a loss lowers."""


@dataclass
class KillCounts:
    """How often Redis was killed, and how often it then stood before where it had been."""

    kills: int = 0
    with_loss: int = 0


class RedisSite:
    """The server that is in charge. `relay` is how workers reach it; it is made by whoever makes the site."""

    def __init__(self, directory: Path, progress: Progress) -> None:
        self.kill_counts = KillCounts()
        self.relay: Relay | None = None
        self._directory = directory
        self._progress = progress
        self._generation = 0
        self.server = RedisServer(directory / "0")
        self.port = _port(self.server.start())

    @property
    def direct(self) -> RedisConnection:
        """The way in past the relay."""
        return _at(f"{HOST}:{self.port}")

    @property
    def relayed(self) -> RedisConnection:
        """The way in through the relay."""
        assert self.relay is not None
        return _at(self.relay.address)

    def client(self) -> "redis.Redis":
        """A client of its own, past the relay."""
        return client(self.direct, _ANSWER_WITHIN_S)

    def positions(self) -> list[int] | None:
        """How far things have come; None while it does not answer."""
        try:
            with self.client() as asked:
                return self._progress(asked)
        except redis.RedisError:
            return None

    def kill(self, meanwhile: Callable[[], object]) -> None:
        """kill -9, do something while it is down, start it again, and take down whether something was lost."""
        before = self.positions()
        self.server.daemon.kill()
        meanwhile()
        self.port = _port(self.server.start())
        self._turn_relay()
        self._note(before)

    def growth(self) -> int:
        """Bytes at the end of the append-only log that were appended to it; from now on it is not written anew."""
        with self.client() as asked:
            asked.config_set("auto-aof-rewrite-percentage", 0)
            deadline = time.monotonic() + _SYNCED_WITHIN_S
            while (facts := asked.info("persistence"))["aof_rewrite_in_progress"] or facts["aof_rewrite_scheduled"]:
                if time.monotonic() > deadline:
                    raise Transient("Redis did not finish writing its log anew: look at its log")
                time.sleep(_LOOK_EVERY_S)
        return int(facts["aof_current_size"]) - int(facts["aof_base_size"])

    def promote(self, loop: RelayLoop, lag: Callable[[], None]) -> None:
        """Follow with a replica, hold its link up while `lag` takes its time, kill the first, have the replica lead."""
        self._generation += 1
        replica = RedisServer(self._directory / str(self._generation))
        port = _port(replica.start())
        link = Relay(loop, self.port, Unread)
        try:
            _follow(port, link)
            link.hold_back()
            lag()
            before = self.positions()
            self.server.daemon.kill()
            link.close()
            self._put_in_charge(replica, port)
        except BaseException:
            link.close()
            replica.daemon.kill()
            raise
        self._note(before)

    def wipe(self) -> None:
        """Forget everything, and cut all who were connected."""
        with self.client() as asked:
            asked.flushall()
        if self.relay is not None:
            self.relay.cut()

    def stop(self) -> None:
        """End it."""
        self.server.daemon.kill()

    def _put_in_charge(self, replica: RedisServer, port: int) -> None:
        first, self.server, self.port = self.server, replica, port
        with self.client() as asked:
            asked.replicaof("NO", "ONE")
        self._turn_relay()
        shutil.rmtree(first.daemon.directory)

    def _turn_relay(self) -> None:
        if self.relay is not None:
            self.relay.turn_to(self.port)

    def _note(self, before: list[int] | None) -> None:
        after = self.positions()
        self.kill_counts.kills += 1
        if before and after and any(now < then for now, then in zip(after, before, strict=True)):
            self.kill_counts.with_loss += 1


def _port(url: str) -> int:
    """Where the server of this URL listens."""
    return urlsplit(url).port or 0


def _at(address: str) -> RedisConnection:
    return RedisConnection(f"redis://{address}/0")


def _follow(port: int, link: Relay) -> None:
    with client(_at(f"{HOST}:{port}"), _ANSWER_WITHIN_S) as replica:
        replica.replicaof(HOST, str(link.port))
        deadline = time.monotonic() + _SYNCED_WITHIN_S
        while replica.info("replication").get("master_link_status") != "up":
            if time.monotonic() > deadline:
                raise Transient("the replica did not follow: look at its log")
            time.sleep(_LOOK_EVERY_S)


def newest_log(directory: Path) -> Path:
    """The file that was being written: one file up to Redis 6.2, the newest increment since 7."""
    increments = sorted((directory / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime_ns)
    return increments[-1] if increments else directory / "appendonly.aof"


def tear(log: Path, draw: random.Random, at_most: int) -> int:
    """Cut a log at a random byte among its last `at_most`; returns how many bytes are gone."""
    size = log.stat().st_size
    most = min(at_most, size)
    if most < 1:
        return 0
    gone = draw.randint(1, most)
    with log.open("rb+") as file:
        file.truncate(size - gone)
    return gone
