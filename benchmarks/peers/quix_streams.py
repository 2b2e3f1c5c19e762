"""Quix Streams counting events per user: its JSON decoder, its state in RocksDB, without a changelog topic."""

import secrets
from typing import Any

from quixstreams import Application, State

from benchmarks.peers.stopwatch import BOOTSTRAP, DIRECTORY, TOPIC, Stopwatch

stopwatch = Stopwatch()


def of_a_user(event: dict[str, Any]) -> bool:
    """Whether this is a user's event and no control record."""
    stopwatch.begin()
    return "subject" in event


def count(_event: dict[str, Any], state: State) -> int:
    """Count one more event of the key."""
    seen = int(state.get("count", 0)) + 1
    state.set("count", seen)
    stopwatch.counted()
    return seen


if __name__ == "__main__":
    app = Application(
        broker_address=BOOTSTRAP,
        consumer_group=f"quix-{secrets.token_hex(4)}",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        state_dir=DIRECTORY / "state",
        loglevel="ERROR",
    )
    events = app.dataframe(app.topic(TOPIC, key_deserializer="str", value_deserializer="json"))
    events.filter(of_a_user).apply(count, stateful=True)
    app.run()
