"""Compares what is in Redis and on the topics with one uninterrupted fold of the log."""

from collections import Counter
from collections.abc import Iterator

from benchmarks.chaos.receipts import Receipts
from benchmarks.chaos.stand import Stand
from schemas.dead_letters import HEADER_PREFIX
from schemas.topics import CHURN_ALERTS, CUSTOMER_EVENTS, DEAD_LETTERS
from stream_app import bootstrap
from stream_app.core.codec import pack
from training.replay import Replay, Step
from training.topic_log import TopicLog, read_alerts

_MOST_SHOWN = 10

Found = dict[str, object]
_Letter = tuple[int, int, str]


class Comparison:
    """Goes through the log once; `lost` counts acknowledged events that are not in it."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._servers = stand.broker.bootstrap
        self._log = TopicLog(self._servers, CUSTOMER_EVENTS.name)
        self._engine = bootstrap.engine(stand.settings)
        self._differences: list[str] = []
        self._decided: Counter[str] = Counter()
        self._dead: set[_Letter] = set()
        self.lost = 0

    def compare(self) -> Found:
        """The figures of a verification, all but the first two 0 when everything is as it must be."""
        events = users = mismatches = 0
        for partition in range(self._log.partitions):
            replay = Replay(self._engine, partition, self._log.partitions)
            receipts = Receipts()
            for chunk in self._log.read(partition):
                for record in chunk:
                    if record.offset not in self._stand.controls[partition]:
                        receipts.add(record.offset, record.value)
                events += sum(self._take(step, partition) for step in replay.apply(chunk))
            self._compare_receipts(partition, receipts)
            users += len(replay.users)
            mismatches += self._mismatches(partition, replay)
        return {"events": events, "users": users, "state_mismatches": mismatches, **self._alerts(), **self._letters()}

    def _take(self, step: Step, partition: int) -> int:
        self._decided.update(alert.id for alert in step.advance.alerts)
        self._dead |= {(partition, letter.record.offset, letter.reason) for letter in step.intake.dead}
        return step.advance.applied

    def _compare_receipts(self, partition: int, found: Receipts) -> None:
        given = self._stand.load.receipts[partition]
        if not given.same(found):
            self.lost += max(1, given.count - found.count)
            self._differ(f"partition {partition}: the broker took {given.count} events, its log holds {found.count}")

    def _mismatches(self, partition: int, replay: Replay) -> int:
        expected = dict(zip(replay.users, pack(replay.records[: len(replay.users)]), strict=True))
        stored = self._stand.redis.states(partition)
        wrong = sorted(user for user in expected.keys() | stored.keys() if expected.get(user) != stored.get(user))
        for user in wrong:
            self._differ(f"partition {partition}: the state of {user} is not what the log says")
        return len(wrong)

    def _alerts(self) -> Found:
        published = Counter(alert.id for alert in read_alerts(TopicLog(self._servers, CHURN_ALERTS.name)))
        missing, phantom = self._decided - published, published.keys() - self._decided.keys()
        double = {name: count for name, count in published.items() if count > 1}
        for what, names in (("missing", missing), ("phantom", phantom), ("there more than once", double)):
            for name in sorted(names):
                self._differ(f"the alert {name} is {what}")
        return {
            "alerts": len(self._decided),
            "alerts_missing": missing.total(),
            "alerts_duplicate": sum(double.values()) - len(double),
            "alerts_phantom": len(phantom),
        }

    def _letters(self) -> Found:
        written = set(self._read_letters())
        for letter in sorted(written ^ self._dead):
            self._differ(f"the dead letter {letter} is {'too many' if letter in written else 'missing'}")
        return {
            "dead_letters": len(self._dead),
            "dead_letters_unaccounted": len(written ^ self._dead),
            "first_differences": self._differences,
        }

    def _read_letters(self) -> Iterator[_Letter]:
        log = TopicLog(self._servers, DEAD_LETTERS.name)
        for partition in range(log.partitions):
            for chunk in log.read(partition):
                for record in chunk:
                    facts = {name.removeprefix(HEADER_PREFIX): value for name, value in record.headers}
                    yield int(facts["partition"]), int(facts["offset"]), facts["reason"].decode()

    def _differ(self, text: str) -> None:
        if len(self._differences) < _MOST_SHOWN:
            self._differences.append(text)
