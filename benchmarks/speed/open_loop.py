"""A load that does not wait for anybody: every event has a time at which it is due, written into the record.

Run as `python -m benchmarks.speed.open_loop LOAD`, with the load as JSON. The process encodes all events, says
`ready`, waits for a line on stdin with the moment to start (ms since 1970), sends each event when it is due and
prints a SendingReport. Whatever holds an event up, this process included, counts as its delay: the record's timestamp
is when it was due.
"""

import subprocess
import sys
import time

import msgspec
import numpy as np

from benchmarks.speed.filling import Filler
from benchmarks.speed.load import Chunk, Integers, actions, encoded
from schemas.errors import Transient
from stream_app.deployment import KafkaConnection

_STEP_S = 0.001
_LINGER_MS = 5
_ENCODED_AT_ONCE = 50_000
_LEAD_MS = 300
_WITHIN_S = 60.0


class OpenLoad(msgspec.Struct, frozen=True):
    """What to send. Every `new_every`th event is of a user who was never seen; the others are of known users, drawn.

    `first` numbers the events, `first_new` the new users; neither may be used twice in one topic.
    """

    kafka: KafkaConnection
    topic: str
    rate: float
    seconds: float
    known_users: int
    new_every: int
    first: int
    first_new: int
    seed: int

    @property
    def events(self) -> int:
        """How many events it has."""
        return round(self.rate * self.seconds)

    @property
    def new_users(self) -> int:
        """How many of them are of new users."""
        return len(range(0, self.events, self.new_every))


class SendingReport(msgspec.Struct, frozen=True):
    """How the sending went: the longest time by which an event was handed to the client late, and what it took."""

    behind_ms_p99: float
    behind_ms_max: float
    cpu_s: float


class Loader:
    """The process that sends a load; `start` returns when it is ready to."""

    def __init__(self, load: OpenLoad) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.open_loop"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._tell(msgspec.json.encode(load).decode())

    def start(self) -> int:
        """Have it begin; the moment at which its first event is due, in ms."""
        self._line()
        start_ms = time.time_ns() // 1_000_000 + _LEAD_MS
        self._tell(str(start_ms))
        return start_ms

    def _tell(self, text: str) -> None:
        """By its input: arguments can be read by everybody on the machine."""
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()

    def report(self) -> SendingReport:
        """Wait for its end."""
        report = msgspec.json.decode(self._line(), type=SendingReport)
        self._process.wait(_WITHIN_S)
        return report

    def stop(self) -> None:
        """End it, if it still runs."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise Transient("the load could not be sent: the loader has ended, its words are above")
        return line


def send(load: OpenLoad, chunk: Chunk, start_ms: int) -> SendingReport:
    """Send events when they are due."""
    filler = Filler(load.kafka, load.topic, linger_ms=_LINGER_MS)
    start_s, cpu_s = start_ms / 1000, time.process_time()
    behind_ms: list[float] = []
    sent = 0
    while sent < load.events:
        now_s = time.time()
        due = min(load.events, int((now_s - start_s) * load.rate) + 1) if now_s >= start_s else 0
        if due > sent:
            behind_ms.append((now_s - start_s - sent / load.rate) * 1000)
        for number in range(sent, due):
            filler.put_one(chunk.keys[number], chunk.values[number], start_ms + int(number * 1000 / load.rate))
        sent = max(sent, due)
        filler.poll()
        time.sleep(_STEP_S)
    filler.finish()
    return SendingReport(float(np.percentile(behind_ms, 99)), max(behind_ms), time.process_time() - cpu_s)


def prepare(load: OpenLoad, now_ms: int) -> Chunk:
    """All events of a load, encoded; they happen when they are due, were it now."""
    random = np.random.default_rng(load.seed)
    keys: list[bytes] = []
    values: list[bytes] = []
    for begin in range(0, load.events, _ENCODED_AT_ONCE):
        places = np.arange(begin, min(begin + _ENCODED_AT_ONCE, load.events))
        users = _users(load, places, random)
        times_ms = now_ms + (places * 1000 / load.rate).astype(np.int64)
        chunk = encoded(load.first + places, users, actions(random, len(places)), times_ms)
        keys += chunk.keys
        values += chunk.values
    return Chunk(keys, values)


def _users(load: OpenLoad, places: Integers, random: np.random.Generator) -> Integers:
    known = random.integers(0, load.known_users, len(places))
    return np.where(places % load.new_every == 0, load.first_new + places // load.new_every, known)


def main() -> None:
    """Prepare, say so, wait for the word, send, report."""
    load = msgspec.json.decode(sys.stdin.readline(), type=OpenLoad)
    chunk = prepare(load, time.time_ns() // 1_000_000)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    report = send(load, chunk, int(sys.stdin.readline()))
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")


if __name__ == "__main__":
    main()
