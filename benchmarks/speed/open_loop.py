"""A load that does not wait for anybody: every event has a time at which it is due, written into the record.

Run as `python -m benchmarks.speed.open_loop PLAN`, with the plan as JSON. The process encodes all events, says
`ready`, waits for a line on stdin with the moment to start (ms since 1970), sends each event when it is due and
prints a Report. Whatever holds an event up, this process included, counts as its delay: the record's timestamp is when
it was due.
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


class Plan(msgspec.Struct, frozen=True):
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


class Report(msgspec.Struct, frozen=True):
    """How the sending went: the longest time by which an event was handed to the client late, and what it took."""

    behind_ms_p99: float
    behind_ms_max: float
    cpu_s: float


class Loader:
    """The process that sends a plan; `start` returns when it is ready to."""

    def __init__(self, plan: Plan) -> None:
        command = [sys.executable, "-m", "benchmarks.speed.open_loop", msgspec.json.encode(plan).decode()]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def start(self) -> int:
        """Have it begin; the moment at which its first event is due, in ms."""
        self._line()
        start_ms = time.time_ns() // 1_000_000 + _LEAD_MS
        assert self._process.stdin is not None
        self._process.stdin.write(f"{start_ms}\n")
        self._process.stdin.flush()
        return start_ms

    def report(self) -> Report:
        """Wait for its end."""
        report = msgspec.json.decode(self._line(), type=Report)
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


def send(plan: Plan, chunk: Chunk, start_ms: int) -> Report:
    """Send events when they are due."""
    filler = Filler(plan.kafka, plan.topic, linger_ms=_LINGER_MS)
    start_s, cpu_s = start_ms / 1000, time.process_time()
    behind_ms: list[float] = []
    sent = 0
    while sent < plan.events:
        now_s = time.time()
        due = min(plan.events, int((now_s - start_s) * plan.rate) + 1) if now_s >= start_s else 0
        if due > sent:
            behind_ms.append((now_s - start_s - sent / plan.rate) * 1000)
        for number in range(sent, due):
            filler.put_one(chunk.keys[number], chunk.values[number], start_ms + int(number * 1000 / plan.rate))
        sent = max(sent, due)
        filler.poll()
        time.sleep(_STEP_S)
    filler.finish()
    return Report(float(np.percentile(behind_ms, 99)), max(behind_ms), time.process_time() - cpu_s)


def prepare(plan: Plan, now_ms: int) -> Chunk:
    """All events of a plan, encoded; they happen when they are due, were it now."""
    random = np.random.default_rng(plan.seed)
    keys: list[bytes] = []
    values: list[bytes] = []
    for begin in range(0, plan.events, _ENCODED_AT_ONCE):
        places = np.arange(begin, min(begin + _ENCODED_AT_ONCE, plan.events))
        users = _users(plan, places, random)
        times_ms = now_ms + (places * 1000 / plan.rate).astype(np.int64)
        chunk = encoded(plan.first + places, users, actions(random, len(places)), times_ms)
        keys += chunk.keys
        values += chunk.values
    return Chunk(keys, values)


def _users(plan: Plan, places: Integers, random: np.random.Generator) -> Integers:
    known = random.integers(0, plan.known_users, len(places))
    return np.where(places % plan.new_every == 0, plan.first_new + places // plan.new_every, known)


def main() -> None:
    """Prepare, say so, wait for the word, send, report."""
    plan = msgspec.json.decode(sys.argv[1], type=Plan)
    chunk = prepare(plan, time.time_ns() // 1_000_000)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    report = send(plan, chunk, int(sys.stdin.readline()))
    sys.stdout.write(msgspec.json.encode(report).decode() + "\n")


if __name__ == "__main__":
    main()
