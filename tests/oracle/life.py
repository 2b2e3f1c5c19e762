"""All that one user did, in order of arrival, and what follows from it."""

from collections.abc import Iterable
from typing import NamedTuple

from stream_app.core.features.sources import Number, SignalSource, Wait
from stream_app.core.features.workload import Workload
from tests.oracle.happenings import Happening, values_raised

SESSION_GAP_MS = 30 * 60_000
SESSION_LATENESS_MS = 10 * 60_000
IDS_REMEMBERED = 32
LONGEST_WAIT_MS = 24 * 3_600_000


class Raise(NamedTuple):
    """A signal raised at a time with a value."""

    time_ms: int
    value: int


class Session(NamedTuple):
    """A maximal run of events with gaps of at most the session gap."""

    start_ms: int
    end_ms: int
    events: int


class Life:
    """One user's life as one workload sees it. `clock_ms` and `first_ms` are 0 until something is known."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.clock_ms = 0
        self.first_ms = 0
        self.events = 0
        self.churned = False
        self._identities: list[int] = []
        self._raises: dict[str, list[Raise]] = {}
        self._times_in_sessions: list[int] = []
        self._waiting_since: dict[str, int] = {}
        self._answers_ms: dict[str, list[int]] = {}

    def meet(self, happening: Happening) -> bool:
        """Live through an event; False if it is a repeat and nothing happened."""
        if happening.identity in self._identities[-IDS_REMEMBERED:]:
            return False
        self._identities.append(happening.identity)
        if any(values_raised(source, happening, self.workload) for source in self.workload.churn):
            self.churned = True
        else:
            self._count(happening)
        return True

    def multiply(self, times: int) -> None:
        """Let all that took place so far have taken place so many times."""
        self.events *= times
        self._times_in_sessions *= times
        for signal in self._raises:
            self._raises[signal] *= times

    def is_behind(self, time_ms: int) -> bool:
        """Whether an event of this time is late."""
        return self.events > 0 and time_ms < self.clock_ms

    def raises(self, signal: str) -> list[Raise]:
        """Every time that a signal was raised. A session raises its signal once, at its start."""
        if signal == "session":
            return [Raise(session.start_ms, 1) for session in self.sessions()]
        return self._raises.get(signal, [])

    def sessions(self) -> list[Session]:
        """The user's sessions, oldest first."""
        sessions: list[Session] = []
        for time_ms in sorted(self._times_in_sessions):
            if sessions and time_ms - sessions[-1].end_ms <= SESSION_GAP_MS:
                sessions[-1] = Session(sessions[-1].start_ms, time_ms, sessions[-1].events + 1)
            else:
                sessions.append(Session(time_ms, time_ms, 1))
        return sessions

    def _count(self, happening: Happening) -> None:
        time_ms = happening.time_ms
        if self.events == 0 or time_ms >= self.clock_ms - SESSION_LATENESS_MS:
            self._times_in_sessions.append(time_ms)
        self.clock_ms = max(self.clock_ms, time_ms)
        self.first_ms = min(self.first_ms, time_ms) if self.events else time_ms
        self.events += 1
        self._raise("activity", time_ms, 1)
        for signal, sources in self.workload.signals.items():
            per_one = 1 if all(source.value is not None for source in sources) else self._units_per_one(sources)
            for source in sources:
                for value in values_raised(source, happening, self.workload):
                    self._raise(signal, time_ms, value if source.value is None else value * per_one)
        for name, wait in self.workload.waits.items():
            self._wait(name, wait, happening)

    def _units_per_one(self, sources: Iterable[SignalSource]) -> int:
        """How the numbers of events that raise a signal are kept."""
        declared = {**self.workload.measures, **self.workload.attributes}
        names = [source.name.rpartition(".")[2] for source in sources if source.kind in ("measure", "number")]
        scales = [one.scale for name in names if isinstance(one := declared[name], Number)]
        return scales[0] if scales else 1000 if any(source.kind == "sentiment" for source in sources) else 1

    def _wait(self, name: str, wait: Wait, happening: Happening) -> None:
        """A wait is told in minutes, in thousandths, and is no longer than a day."""
        since_ms, now_ms = self._waiting_since.get(name), happening.time_ms
        if values_raised(wait.ends, happening, self.workload):
            self._answers_ms.setdefault(name, []).append(now_ms)
            if since_ms is not None and since_ms <= now_ms:
                self._raise(name, now_ms, min(now_ms - since_ms, LONGEST_WAIT_MS) * 1000 // 60_000)
                del self._waiting_since[name]
        if values_raised(wait.begins, happening, self.workload) and now_ms > max(self._answers_ms.get(name, [0])):
            self._waiting_since[name] = min(now_ms, self._waiting_since.get(name, now_ms))

    def _raise(self, signal: str, time_ms: int, value: int) -> None:
        self._raises.setdefault(signal, []).append(Raise(time_ms, value))
