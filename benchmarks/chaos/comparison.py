"""What a run comes to: `churn verify` of the deployment, and whether all that the broker took stands in its log."""

from dataclasses import asdict

from benchmarks.chaos.receipts import Receipts
from benchmarks.chaos.stand import Stand
from operations.stored_states import StoredStates
from operations.verify import verify
from schemas.topics import CUSTOMER_EVENTS, TOPICS
from stream_app import bootstrap
from training.topic_log import TopicLog

Found = dict[str, object]


class Comparison:
    """`lost` counts acknowledged events that are not in the log."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self.lost = 0

    def compare(self) -> Found:
        """The figures of a verification, all but the first two 0 when everything is as it must be."""
        settings, servers = self._stand.settings, self._stand.broker.bootstrap
        events, alerts, letters = (topic.name for topic in TOPICS)
        with StoredStates(bootstrap.redis_address(settings), settings.app_id) as stored:
            found = verify(bootstrap.engine(settings), servers, (events, alerts, letters), stored, None, lambda _: None)
        self._compare_receipts(TopicLog(servers, CUSTOMER_EVENTS.name))
        return asdict(found)

    def _compare_receipts(self, log: TopicLog) -> None:
        for partition in range(log.partitions):
            found, given = Receipts(), self._stand.load.receipts[partition]
            for chunk in log.read(partition):
                for record in chunk:
                    if record.offset not in self._stand.controls[partition]:
                        found.add(record.offset, record.value)
            if not given.same(found):
                self.lost += max(1, given.count - found.count)
