"""A stock Faust agent that decodes and counts events per user in memory."""

import secrets
from collections import Counter

import faust
import msgspec

from benchmarks.peers.stopwatch import BOOTSTRAP, DIRECTORY, TOPIC, Stopwatch

app = faust.App(
    f"stock-{secrets.token_hex(4)}",
    broker=f"kafka://{BOOTSTRAP}",
    topic_allow_declare=False,
    topic_disable_leader=True,
    table_standby_replicas=0,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    datadir=str(DIRECTORY),
)
counts: Counter[str] = Counter()
stopwatch = Stopwatch()


class Head(msgspec.Struct):
    """The one field that is counted by."""

    subject: str | None = None


decoder = msgspec.json.Decoder(Head)


@app.agent(app.topic(TOPIC, value_type=bytes, value_serializer="raw"))
async def count(stream: "faust.StreamT[bytes]") -> None:
    """Count events per user."""
    async for value in stream:
        stopwatch.begin()
        counts[decoder.decode(value).subject or ""] += 1
        stopwatch.counted()


if __name__ == "__main__":
    faust.Worker(app, loglevel="ERROR", quiet=True).execute_from_commandline()
