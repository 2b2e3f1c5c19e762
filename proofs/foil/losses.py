"""What the foil made of a log: events and alerts that are missing, and those that are there too often.

A state is only a count, so a loss and a double of the same user cancel out: both figures are lower bounds.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from itertools import chain

from proofs.foil.reading import counted, user_of
from proofs.foil.stand import FoilStand
from stream_app.bootstrap.deployment import topic_log

FoilAlert = tuple[str, int]
"""A user, and how many events had been counted."""


@dataclass(frozen=True)
class Losses:
    """Events and alerts as they should be, and what is wrong with those that are there.

    `phantom` alerts are of a number of events that the user never had.
    """

    events: int
    users: int
    users_wrong: int
    events_lost: int
    events_doubled: int
    alerts: int
    alerts_missing: int
    alerts_duplicate: int
    alerts_phantom: int

    def facts(self) -> dict[str, int]:
        """The same by name."""
        return asdict(self)


def losses(in_log: Mapping[str, int], counted: Mapping[str, int], sent: Iterable[FoilAlert], every: int) -> Losses:
    """Compare the events in the log with those counted, by user, and the alerts sent with those that are due."""
    differences = {user: counted.get(user, 0) - in_log.get(user, 0) for user in in_log.keys() | counted.keys()}
    due = {(user, number) for user, events in in_log.items() for number in range(every, events + 1, every)}
    times = Counter(sent)
    return Losses(
        events=sum(in_log.values()),
        users=len(in_log),
        users_wrong=sum(difference != 0 for difference in differences.values()),
        events_lost=-sum(difference for difference in differences.values() if difference < 0),
        events_doubled=sum(difference for difference in differences.values() if difference > 0),
        alerts=len(due),
        alerts_missing=len(due - times.keys()),
        alerts_duplicate=sum(times.values()) - len(times),
        alerts_phantom=len(times.keys() - due),
    )


def found(stand: FoilStand) -> Losses:
    """The same for what is in Kafka and Redis now; the agents must have stopped."""
    with stand.redis.client() as client:
        in_redis = counted(client, stand.wiring.deployment.app_id)
    return losses(_events(stand), in_redis, _alerts(stand), stand.wiring.alert_every)


def _events(stand: FoilStand) -> Counter[str]:
    users = map(user_of, _values(stand, stand.wiring.deployment.topics.events))
    return Counter(user for user in users if user is not None)


def _alerts(stand: FoilStand) -> Iterator[FoilAlert]:
    for value in _values(stand, stand.wiring.deployment.topics.alerts):
        alert = json.loads(value)
        yield alert["user"], alert["number"]


def _values(stand: FoilStand, topic: str) -> Iterator[bytes]:
    log = topic_log(stand.broker.direct, topic)
    for partition in range(log.partitions):
        for record in chain.from_iterable(log.read(partition)):
            yield record.value or b""
