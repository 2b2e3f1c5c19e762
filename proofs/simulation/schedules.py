"""One schedule: a log, three workers, what befalls them, all drawn from a seed; then a quiet end, and the verdict."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from random import Random

from proofs.simulation.kafka_model import TransactionalTopics
from proofs.simulation.log_model import LogModel
from proofs.simulation.mutants import SHIPPED, ProtocolVariant
from proofs.simulation.ports import Surroundings
from proofs.simulation.redis_model import RedisModel
from proofs.simulation.toy_fold import ToyRecord, decoded, encoded
from proofs.simulation.verdict import STUCK, verdict
from proofs.simulation.workers import SimWorker

_WORKERS = 3
_USERS = ("u", "v", "w", "x")
_WRITERS = (None, None, None, 0, 1)
"""A plain producer, and two that write in transactions."""
_PATIENCE = 6000
_AFTERLIFE = 60
_FAULTS = (
    ("kill", 0.02),
    ("pause", 0.02),
    ("rebalance", 0.015),
    ("stale_view", 0.01),
    ("redis_loss", 0.012),
    ("redis_wipe", 0.001),
    ("late_end", 0.022),
    ("held_commit", 0.01),
    ("upgrade", 0.005),
    ("transaction_end", 0.03),
)


class Schedule:
    """A pure function of seed and variant."""

    def __init__(self, seed: int, variant: ProtocolVariant = SHIPPED) -> None:
        self.chance = Random(seed)
        self.around = Surroundings(self.chance, LogModel(), RedisModel(), TransactionalTopics(), [])
        tokens = (b"%d" % number for number in count(1))
        self.workers = [SimWorker(self.around, variant, tokens, *self._version()) for _ in range(_WORKERS)]
        self.faults: Counter[str] = Counter()
        self._to_come = list(_happenings(self.chance))
        self._now = 0

    def run(self) -> str | None:
        """What is wrong in the end, None if nothing is."""
        self._append(ToyRecord("control", "-", 3))
        self.workers[0].believes = True
        for _ in range(self.chance.randint(100, 500)):
            self._moment()
        self._quieten()
        if not self._settle():
            return STUCK
        self._let_zombies_act()
        return verdict(self.around)

    def _moment(self) -> None:
        self._now += 1
        if self._to_come and self.chance.random() < 0.25:
            self._append(self._to_come.pop(), self.chance.choice(_WRITERS))
        drawn = self.chance.random()
        for fault, share in _FAULTS:
            if drawn < share:
                self.faults[fault] += 1
                getattr(self, f"_{fault}")(self.chance.choice(self.workers))
                break
            drawn -= share
        awake = [worker for worker in self.workers if worker.asleep_until <= self._now]
        if awake:
            self._step(self.chance.choice(awake))

    def _step(self, worker: SimWorker) -> None:
        worker.step()
        if worker.stopped == "bug":  # an operator runs a version without the flaw
            worker.kill()
            worker.flaws = frozenset()

    def _append(self, said: ToyRecord, writer: int | None = None) -> None:
        self.around.log.append(encoded(said), writer)

    def _version(self) -> tuple[int, frozenset[int]]:
        """How a version of the program leans, and the ids that it fails on."""
        flaws = {self.chance.randrange(60)} if self.chance.random() < 0.2 else set()
        return self.chance.choice((0, 0, 1)), frozenset(flaws)

    def _kill(self, worker: SimWorker) -> None:
        worker.kill()

    def _pause(self, worker: SimWorker) -> None:
        worker.asleep_until = self._now + self.chance.randint(5, 80)

    def _rebalance(self, worker: SimWorker) -> None:
        for other in self.workers:
            if other is worker:
                other.believes = True
            elif self.chance.random() < 0.5:
                other.believes = False

    def _stale_view(self, worker: SimWorker) -> None:
        worker.believes = self.chance.random() < 0.5

    def _redis_loss(self, _: SimWorker) -> None:
        self.around.redis.crash(self.chance.choice((0, 1, 1, 2, 3, 6)))

    def _redis_wipe(self, _: SimWorker) -> None:
        self.around.redis.wipe()

    def _late_end(self, _: SimWorker) -> None:
        if self.around.topics.late:
            self.around.topics.deliver_late(self.chance.randrange(1 << 16))

    def _held_commit(self, worker: SimWorker) -> None:
        """A commit that was held up somewhere arrives; its connection may have outlived the one who sent it."""
        if self.around.held_commits:
            life, commit = self.around.held_commits.pop()
            if life == self.around.redis.life:
                worker.late_commit(commit)

    def _upgrade(self, worker: SimWorker) -> None:
        worker.kill()
        worker.leans, worker.flaws = self._version()

    def _transaction_end(self, _: SimWorker) -> None:
        """A producer of events ends its transaction; what it aborts it writes again, or not."""
        log, chance = self.around.log, self.chance
        if log.writers:
            commit = chance.random() < 0.6
            values = log.finish(chance.choice(log.writers), commit)
            if not commit and chance.random() < 0.5:
                self._to_come += map(decoded, reversed(values))

    def _quieten(self) -> None:
        """The rest of the log is written, what was late arrives, one worker is the owner and all are awake."""
        while self._to_come:
            self._append(self._to_come.pop(), self.chance.choice(_WRITERS))
        for writer in self.around.log.writers:
            self.around.log.finish(writer, commit=self.chance.random() < 0.6)
        while self.around.topics.late:
            self.around.topics.deliver_late(0)
        while self.around.held_commits:
            self._held_commit(self.workers[-1])
        for worker in self.workers:
            worker.believes, worker.asleep_until = worker is self.workers[0], 0

    def _settle(self) -> bool:
        """Whether the log is applied in the end."""
        for _ in range(_PATIENCE):
            self._step(self.workers[0] if self.chance.random() < 0.8 else self.chance.choice(self.workers))
            meta = self.around.redis.kept.meta
            applied = meta is not None and meta.position == self.around.log.end
            if applied and self.workers[0].at_rest and not self.around.topics.open:
                return True
        return False

    def _let_zombies_act(self) -> None:
        """Everybody does what he still can."""
        for worker in self.workers:
            worker.believes = False
        for _ in range(_AFTERLIFE):
            self._step(self.chance.choice(self.workers))


def _happenings(chance: Random) -> Iterator[ToyRecord]:
    """Events of a few users; now and then one again under the same id, poison, or a change of the model."""
    said: list[ToyRecord] = []
    for number in range(chance.randint(20, 60)):
        drawn = chance.random()
        if drawn < 0.04:
            yield ToyRecord("poison", "-", number)
        elif drawn < 0.07:
            yield ToyRecord("control", "-", chance.choice((3, 4, 5)))
        elif drawn < 0.15 and said:
            yield chance.choice(said[-5:])
        else:
            said.append(ToyRecord("event", chance.choice(_USERS), number))
            yield said[-1]
