"""A plain Faust agent, as Faust's documentation has one written: take a batch, MGET, change, SET, send what follows.

It counts every user's events and sends an alert at every `FOIL_ALERT_EVERY`th. Run as
`python -m proofs.foil.agent worker`, configured by its environment. When it fails, Faust starts it anew inside the
process, and records are acknowledged that it never counts: a large part of what is lost while Redis is away.
"""

import json
import os
from collections.abc import Sequence

import faust
import redis.asyncio

from proofs.foil.reading import key_prefix, user_of

APP_ID = os.environ["FOIL_APP_ID"]
ALERT_EVERY = int(os.environ["FOIL_ALERT_EVERY"])
SESSION_TIMEOUT_S = float(os.environ["FOIL_SESSION_TIMEOUT_S"])

app = faust.App(
    APP_ID,
    agent_supervisor=os.environ["FOIL_SUPERVISOR"],
    broker=f"kafka://{os.environ['FOIL_BOOTSTRAP']}",
    datadir=os.environ["FOIL_DIRECTORY"],
    broker_session_timeout=SESSION_TIMEOUT_S,
    broker_heartbeat_interval=SESSION_TIMEOUT_S / 3,
    broker_request_timeout=SESSION_TIMEOUT_S + 10,
    consumer_auto_offset_reset="earliest",
    topic_allow_declare=False,
    topic_disable_leader=True,
    web_enabled=False,
)
events = app.topic(os.environ["FOIL_EVENTS_TOPIC"], value_type=bytes, value_serializer="raw")
alerts = app.topic(os.environ["FOIL_ALERTS_TOPIC"], key_serializer="raw", value_serializer="json")
store = redis.asyncio.Redis.from_url(os.environ["FOIL_REDIS_URL"])


@app.agent(events)
async def count(stream: "faust.StreamT[bytes]") -> None:
    """Count a batch and say which users reached a round number."""
    async for values in stream.take(500, within=0.2):
        users = [user for user in map(user_of, values) if user is not None]
        if users:
            for user, number in await counted(users):
                await alerts.send(key=user.encode(), value={"user": user, "number": number})


async def counted(users: Sequence[str]) -> list[tuple[str, int]]:
    """Add one event for each; who reached which round number."""
    names = sorted(set(users))
    keys = [key_prefix(APP_ID) + name for name in names]
    found = await store.mget(keys)
    states = {name: json.loads(state) if state else {"events": 0} for name, state in zip(names, found, strict=True)}
    reached = []
    for user in users:
        states[user]["events"] += 1
        if states[user]["events"] % ALERT_EVERY == 0:
            reached.append((user, states[user]["events"]))
    pipeline = store.pipeline(transaction=False)
    for key, name in zip(keys, names, strict=True):
        pipeline.set(key, json.dumps(states[name]))
    await pipeline.execute()
    return reached


if __name__ == "__main__":
    faust.Worker(app, loglevel="WARNING").execute_from_commandline()
