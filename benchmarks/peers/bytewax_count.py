"""A Bytewax dataflow counting events per user: orjson, state in memory, no recovery, one worker."""

import bytewax.operators as op
import orjson
from bytewax._bytewax import cli_main
from bytewax.connectors.kafka import KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from benchmarks.peers.stopwatch import BOOTSTRAP, TOPIC, Stopwatch

stopwatch = Stopwatch()


class _Watched(StatelessSinkPartition[tuple[str, int]]):
    """Takes the counts, and counts them."""

    def write_batch(self, items: list[tuple[str, int]]) -> None:
        stopwatch.counted(len(items))


class _Sink(DynamicSink[tuple[str, int]]):
    """One partition for the one worker."""

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> _Watched:
        return _Watched()


def of_a_user(message: KafkaSourceMessage[bytes | None, bytes | None]) -> bool:
    """Whether this is a user's event and no control record."""
    stopwatch.begin()
    return message.key is not None


def user(message: KafkaSourceMessage[bytes | None, bytes | None]) -> str:
    """Decode an event: whose it is."""
    return str(orjson.loads(message.value or b"{}")["subject"])


def count(seen: int | None, _message: object) -> tuple[int, int]:
    """Count one more event of the key."""
    now = (seen or 0) + 1
    return now, now


if __name__ == "__main__":
    flow = Dataflow("count")
    messages = op.input("events", flow, KafkaSource([BOOTSTRAP], [TOPIC]))
    keyed = op.key_on("user", op.filter("of_a_user", messages, of_a_user), user)
    op.output("counted", op.stateful_map("count", keyed, count), _Sink())
    cli_main(flow)
