"""Holds a partition as it stands (states, alerts, dead letters) against one fold of its log. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from operations.stored_states import Snapshot
from schemas.alerts import Alert
from schemas.dead_letters import Rejection
from schemas.errors import ContractViolation
from schemas.events import ControlData
from stream_app.core.codec import pack, unpack
from stream_app.core.engine import Engine
from stream_app.core.hashing import anchor
from stream_app.core.log import LogRecord
from training.parity import contents
from training.replay import Replay, Step

FIRST = 10
"""How many differences are told in words."""


@dataclass
class Verdict:
    """What differs, in numbers, and the first differences in words. All but the first two are 0 if nothing does."""

    events: int = 0
    users: int = 0
    state_mismatches: int = 0
    alerts_missing: int = 0
    alerts_duplicate: int = 0
    alerts_phantom: int = 0
    dead_letters_unaccounted: int = 0
    first_differences: list[str] = field(default_factory=list)

    @property
    def exact(self) -> bool:
        """Whether nothing differs."""
        return not (
            self.state_mismatches
            or self.alerts_missing
            or self.alerts_duplicate
            or self.alerts_phantom
            or self.dead_letters_unaccounted
        )

    def differ(self, text: str) -> None:
        """Note a difference in words, if it is among the first."""
        if len(self.first_differences) < FIRST:
            self.first_differences.append(text)


@dataclass
class _Decided:
    """What the fold decided and rejected."""

    alerts: dict[str, bytes] = field(default_factory=dict)
    rejected: dict[int, str] = field(default_factory=dict)
    applied: int = 0

    def take(self, step: Step) -> None:
        self.alerts.update((alert.id, contents(alert)) for alert in step.advance.alerts)
        self.rejected.update((letter.record.offset, letter.reason) for letter in step.intake.dead)
        self.applied += step.advance.applied


class PartitionProof:
    """One partition: first fed with its log, then asked.

    `found` is what stands in Redis; `begun_at` an export that the fold begins with, None for nothing.
    """

    def __init__(
        self,
        engine: Engine,
        partition: int,
        partitions: int,
        found: Snapshot,
        letters: Sequence[Rejection],
        begun_at: Snapshot | None,
    ) -> None:
        barred = {letter.offset for letter in letters if letter.reason == "bug"}
        self._replay = Replay(engine, partition, partitions, barred)
        self._partition = partition
        self._found = found
        self._letters = letters
        self._begin = begun_at.position if begun_at else 0
        self._before, self._behind = _Decided(), _Decided()
        self._states: dict[str, bytes] = {}
        self._control: ControlData | None = None
        self._anchor = begun_at.anchor if begun_at else None
        self._next = self._begin
        if begun_at is not None:
            self._begin_with(begun_at)
        if found.position <= self._next:
            self._stand_still()

    def feed(self, records: Sequence[LogRecord]) -> None:
        """The next records of the log; behind the position they only tell what may have been published already."""
        at = next((i for i, record in enumerate(records) if record.offset >= self._found.position), len(records))
        self._apply(records[:at], self._before)
        if self._next < self._found.position <= (records[at - 1].offset + 1 if at else 0):
            self._next = self._found.position
            self._anchor = anchor(records[at - 1].value)
            self._stand_still()
        self._apply(records[at:], self._behind)

    def judge(self, verdict: Verdict, published: Iterable[Alert]) -> None:
        """Add what differs."""
        if self._next != self._found.position:
            raise ContractViolation(
                f"the position {self._found.position} of partition {self._partition} lies outside its log, which has "
                "no record there: is it the right topic?",
                state="position_outside_log",
            )
        verdict.events += self._before.applied
        verdict.users += len(self._states)
        self._judge_meta(verdict)
        self._judge_states(verdict)
        self._judge_alerts(verdict, [alert for alert in published if alert.data.src.offset >= self._begin])
        self._judge_letters(verdict)

    def _begin_with(self, export: Snapshot) -> None:
        replay = self._replay
        replay.users = {user: place for place, user in enumerate(export.states)}
        if export.states:
            replay.records = unpack(list(export.states.values()), replay.engine.compiled.record)
        if export.control is not None:
            replay.put_in_force(export.control)

    def _stand_still(self) -> None:
        """Keep what the fold has come to at the position."""
        replay = self._replay
        self._states = dict(zip(replay.users, pack(replay.records[: len(replay.users)]), strict=True))
        self._control = replay.in_force.control if replay.in_force else None

    def _apply(self, records: Sequence[LogRecord], into: _Decided) -> None:
        if records:
            for step in self._replay.apply(records):
                into.take(step)

    def _judge_meta(self, verdict: Verdict) -> None:
        found = self._found
        wrong = {
            "anchor": found.position > self._begin and found.anchor != self._anchor,
            "control in force": found.control != self._control,
        }
        for what in (name for name, differs in wrong.items() if differs):
            verdict.state_mismatches += 1
            verdict.differ(f"partition {self._partition}: the {what} at position {found.position} is not the log's")

    def _judge_states(self, verdict: Verdict) -> None:
        stored = self._found.states
        for user in sorted(self._states.keys() | stored.keys()):
            if self._states.get(user) != stored.get(user):
                verdict.state_mismatches += 1
                what = "is missing" if user not in stored else "is not what the log says"
                verdict.differ(f"partition {self._partition}: the state of user {user} {what}")

    def _judge_alerts(self, verdict: Verdict, published: Sequence[Alert]) -> None:
        times = Counter(alert.id for alert in published)
        due, possible = self._before.alerts, {**self._before.alerts, **self._behind.alerts}
        phantoms = {alert.id for alert in published if possible.get(alert.id) != contents(alert)}
        for what, ids in (
            ("missing", due.keys() - times.keys()),
            ("phantom", phantoms),
            ("duplicate", {name for name, count in times.items() if count > 1}),
        ):
            for name in sorted(ids):
                verdict.differ(f"partition {self._partition}: {what} alert {name}")
        verdict.alerts_missing += len(due.keys() - times.keys())
        verdict.alerts_phantom += len(phantoms)
        verdict.alerts_duplicate += sum(count - 1 for count in times.values())

    def _judge_letters(self, verdict: Verdict) -> None:
        letters = Counter((one.offset, one.reason) for one in self._letters if one.offset >= self._begin)
        due = set(self._before.rejected.items())
        possible = due | set(self._behind.rejected.items())
        wrong = [*(due - letters.keys()), *(letters.keys() - possible)]
        for offset, reason in sorted(wrong):
            what = "no" if (offset, reason) in due else "an unexplained"
            verdict.differ(f"partition {self._partition}: {what} dead letter ({reason}) of offset {offset}")
        for (offset, reason), count in letters.items():
            if count > 1:
                verdict.differ(f"partition {self._partition}: {count} dead letters ({reason}) of offset {offset}")
        verdict.dead_letters_unaccounted += len(wrong) + sum(count - 1 for count in letters.values())
