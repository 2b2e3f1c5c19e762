"""What a run comes to: `churn verify` of the deployment, and whether all that the broker took stands in its log."""

from benchmarks.chaos.receipts import Receipts
from benchmarks.chaos.stand import Stand
from operations.deployment import Deployment
from operations.verification import Verification
from schemas.topics import CUSTOMER_EVENTS
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
        where = Deployment(servers, bootstrap.states_url(settings), settings.app_id, settings.topic_prefix)
        verification = Verification(where, bootstrap.engine(settings))
        for partition in range(verification.log.partitions):
            verification.verify(partition, None, lambda _: None)
        self._compare_receipts(TopicLog(servers, CUSTOMER_EVENTS.name))
        return verification.findings.figures()

    def _compare_receipts(self, log: TopicLog) -> None:
        for partition in range(log.partitions):
            found, given = Receipts(), self._stand.load.receipts[partition]
            for chunk in log.read(partition):
                for record in chunk:
                    if record.offset not in self._stand.controls[partition]:
                        found.add(record.offset, record.value)
            if not given.same(found):
                self.lost += max(1, given.count - found.count)
