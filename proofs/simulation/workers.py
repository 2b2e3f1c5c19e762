"""A simulated worker: sessions that follow one another, driven by the shipped driver, moment by moment."""

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from proofs.simulation.mutants import ProtocolVariant
from proofs.simulation.ports import GroupOffsets, SimFeed, SimLog, SimProcess, Surroundings
from proofs.simulation.toy_fold import ToyFold
from schemas.errors import ContractViolation, Transient
from stream_app.partition.driver import drive
from stream_app.partition.effects import Commit
from stream_app.partition.ports import Ports


@dataclass
class SimWorker:
    """One process. `believes` is whether it takes itself for the partition's owner; it may be wrong.

    `leans` and `flaws` are its version: when it alerts, and what it fails on.
    """

    around: Surroundings
    variant: ProtocolVariant
    tokens: Iterator[bytes]
    leans: int = 0
    flaws: frozenset[int] = frozenset()
    believes: bool = False
    asleep_until: int = 0
    stopped: str | None = None
    process: SimProcess = field(default_factory=SimProcess)
    feed: SimFeed | None = None
    running: Coroutine[Any, Any, None] | None = None
    sessions: int = 0

    def step(self) -> None:
        """Go on to the next moment at which something may happen."""
        if self.feed is not None:
            self.feed.leaving = not self.believes
        if self.running is None:
            if not self.believes or self.stopped is not None:
                return
            self.running = self._session()
        try:
            self.running.send(None)
        except StopIteration:
            self.running = None
        except Transient:
            self.running = None
        except ContractViolation as refusal:
            self.running, self.stopped = None, refusal.state

    def kill(self) -> None:
        """kill -9: whatever it was about to do does not happen."""
        self.running, self.feed, self.process = None, None, SimProcess()
        self.stopped = None

    def late_commit(self, commit: Commit) -> None:
        """A commit that was held up on its way arrives, whoever sent it."""
        self.variant.states(self.around).compare_and_set(commit)

    @property
    def at_rest(self) -> bool:
        """Whether it has nothing left to read."""
        return self.running is not None and self.feed is not None and self.feed.idle

    def _session(self) -> Coroutine[Any, Any, None]:
        self.sessions += 1
        around, variant = self.around, self.variant
        self.feed = variant.feed(around)
        ports = Ports(
            states=variant.states(around),
            decisions=variant.decisions(around, self.process),
            log=SimLog(around),
            feed=self.feed,
            watcher=GroupOffsets(around),
        )
        session = variant.session(ToyFold(self.leans, self.flaws), 0, 1, next(self.tokens), 1.0)
        return drive(session, ports)
