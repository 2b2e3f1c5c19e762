"""The price of the fence: what an event costs with it and without, in turns, on the same records of one topic.

Both sides run the shipped session over the shipped engine; what differs is how its effects are carried out. A side is a
process of its own and begins from empty states under an app id and an alerts topic of its own. Users are known before
measuring begins; then every hundredth event is a new user's first and raises an alert. At the end, the states of both
sides must be equal.

An event's cost is the processor time of the worker's process from the first measured record to the last commit; of
Redis and of the broker, what they used in that time, for whatever.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Final

from benchmarks.speed.deployments import Site, Testbed, a_testbed
from benchmarks.speed.filling import fill
from benchmarks.speed.load import START_MS, Mix, one_each, with_newcomers
from benchmarks.speed.policies import first_event_control
from proofs.fencing.side import FenceSide, Spent, Task, run
from schemas.errors import ContractViolation
from stream_app.bootstrap.deployment import stored_states, topic_log
from stream_app.deployment import Deployment

SEED: Final = 7
BATCHES: Final = (512, 4_000)
MOST: Final = 1.15
"""What the fence may cost at most, as a multiple of the worker's time without it."""
NEW_EVERY: Final = 100
_SIDES: Final[tuple[FenceSide, FenceSide]] = ("fenced", "unfenced")
_DAY_MS: Final = 86_400_000

Say = Callable[[str], None]


class PriceBench:
    """A filled topic; `begins` and `ends` are the offsets between which is measured."""

    def __init__(self, site: Site, made: Testbed, begins: list[int], ends: list[int]) -> None:
        self._site, self._made = site, made
        self._begins, self._ends = begins, ends

    def warm_broker(self, batch: int, say: Say) -> None:
        """A round that counts for nothing: a broker just started has yet to compile itself."""
        for side in _SIDES:
            say(f"warming the broker up: {side}")
            self._run(side, batch, f"{self._made.settings.app_id}-warm-{side}")

    def pair(self, batch: int, rounds: int, say: Say) -> dict[str, object]:
        """Both sides in turns at one batch size. Raises ContractViolation when they end in different states."""
        spent: dict[FenceSide, list[Spent]] = {side: [] for side in _SIDES}
        digests: set[str] = set()
        for turn in range(rounds):
            for side in _SIDES if turn % 2 == 0 else reversed(_SIDES):
                say(f"batches of {batch:,}: {side}, {turn + 1} of {rounds}")
                found, digest = self._run(side, batch, f"{self._made.settings.app_id}-{batch}-{turn}-{side}")
                spent[side].append(found)
                digests.add(digest)
        if len(digests) != 1:
            raise ContractViolation(
                "the fenced and the unfenced side ended in different states, so they did not do the same work: "
                "compare proofs/fencing/side.py with stream_app/bootstrap/worker.py"
            )
        return compared(spent)

    def _run(self, side: FenceSide, batch: int, app_id: str) -> tuple[Spent, str]:
        with a_testbed(self._site, app_id) as own:
            found = run(self._task(side, batch, own))
            return found, states_digest(own.deployment, len(self._ends))

    def _task(self, side: FenceSide, batch: int, own: Testbed) -> Task:
        return Task(
            side=side,
            batch=batch,
            own=own.deployment,
            workload=own.settings.workload,
            models=str(own.settings.models_directory.resolve()),
            events=self._made.deployment,
            begins=self._begins,
            ends=self._ends,
            redis_pid=own.pids.redis,
            kafka_pid=own.pids.kafka,
        )


def measure(
    site: Site, app_id: str, mix: Mix, events: int, users: int, batches: Sequence[int], rounds: int, say: Say
) -> dict[str, object]:
    """Each batch size in turn: what both sides cost per event, and the ratio."""
    with a_testbed(site, app_id, first_event_control()) as made:
        say(f"sending {events:,} events behind one each of {users:,} users")
        fill(made.deployment, one_each(users, span_ms=_DAY_MS))
        begins = _ends(made)
        load = with_newcomers(
            events, users, mix, SEED, NEW_EVERY, first=users, start_ms=START_MS + _DAY_MS, span_ms=_DAY_MS
        )
        fill(made.deployment, load)
        bench = PriceBench(site, made, begins, _ends(made))
        bench.warm_broker(max(batches), say)
        return {str(batch): bench.pair(batch, rounds, say) for batch in batches}


def compared(spent: Mapping[FenceSide, Sequence[Spent]]) -> dict[str, object]:
    """Medians over the rounds, and by how much the fenced side is dearer: the worker alone, and everything together."""
    fenced, unfenced = (_costs(spent[side]) for side in _SIDES)
    return {
        "fenced": fenced,
        "unfenced": unfenced,
        "ratio": _ratio(fenced["worker_cpu_us_per_event"], unfenced["worker_cpu_us_per_event"]),
        "ratio_with_services": _ratio(_whole(fenced), _whole(unfenced)),
    }


def demand(result: Mapping[str, object]) -> None:
    """Raises ContractViolation when the fence costs more than it may at any batch size."""
    for batch, pair in result.items():
        assert isinstance(pair, Mapping)
        if pair["ratio"] > MOST:
            raise ContractViolation(
                f"at batches of {batch} the fence costs {pair['ratio']:g} times the unfenced worker's time, at most "
                f"{MOST:g} times is allowed: see what stream_app/adapters/redis/states.py and kafka/publisher.py do"
            )


def states_digest(deployment: Deployment, partitions: int) -> str:
    """A hash of every user's state."""
    digest = hashlib.sha256()
    with stored_states(deployment) as stored:
        for partition in range(partitions):
            for page in stored.pages(partition):
                for user, state in page.states.items():
                    digest.update(user.encode() + b"\0" + (state or b""))
    return digest.hexdigest()


def _ends(made: Testbed) -> list[int]:
    log = topic_log(made.deployment.kafka, made.deployment.topics.events)
    return [log.end(partition) for partition in range(log.partitions)]


def _costs(rounds: Sequence[Spent]) -> dict[str, float | None]:
    first = rounds[0]
    return {
        "events": first.events,
        "scored": first.scored,
        "alerts": first.alerts,
        "events_per_batch": round(first.events / first.batches),
        "worker_cpu_us_per_event": _median_us([spent.worker_s for spent in rounds], first.events),
        "redis_cpu_us_per_event": _median_us([spent.redis_s for spent in rounds], first.events),
        "broker_cpu_us_per_event": _median_us([spent.broker_s for spent in rounds], first.events),
    }


def _median_us(seconds: Sequence[float | None], events: int) -> float | None:
    known = [each for each in seconds if each is not None]
    return round(median(known) / events * 1e6, 2) if known else None


def _whole(costs: Mapping[str, float | None]) -> float | None:
    parts = [costs[f"{who}_cpu_us_per_event"] for who in ("worker", "redis", "broker")]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == len(parts) else None


def _ratio(of: float | None, to: float | None) -> float | None:
    return round(of / to, 2) if of is not None and to else None
