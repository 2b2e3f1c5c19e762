"""A stock Faust agent that decodes and counts; ends by itself and writes down what it took.

Run as `python -m benchmarks.peers.stock_faust BOOTSTRAP TOPIC EVENTS`.
"""

import json
import os
import secrets
import sys
import time
from collections import Counter
from pathlib import Path

import faust
import msgspec

_, bootstrap, topic, wanted = sys.argv
app = faust.App(
    f"stock-{secrets.token_hex(4)}",
    broker=f"kafka://{bootstrap}",
    topic_allow_declare=False,
    topic_disable_leader=True,
    table_standby_replicas=0,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    datadir=os.environ["STOCK_DATA"],
)
counts: Counter[str] = Counter()


class Head(msgspec.Struct):
    """The one field that is counted by."""

    subject: str | None = None


decoder = msgspec.json.Decoder(Head)


@app.agent(app.topic(topic, value_type=bytes, value_serializer="raw"))
async def count(stream: "faust.StreamT[bytes]") -> None:
    """Count events per user."""
    seen = 0
    cpu_s = wall_s = 0.0
    async for value in stream:
        if not seen:
            cpu_s, wall_s = time.process_time(), time.monotonic()
        seen += 1
        counts[decoder.decode(value).subject or ""] += 1
        if seen == int(wanted):
            took = {"events": seen, "cpu_s": time.process_time() - cpu_s, "wall_s": time.monotonic() - wall_s}
            Path(os.environ["STOCK_DATA"], "took.json").write_text(json.dumps(took))
            os._exit(0)


if __name__ == "__main__":
    faust.Worker(app, loglevel="ERROR", quiet=True).execute_from_commandline()
