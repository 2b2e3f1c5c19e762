"""What stands in Redis beside a partition's states, read past the worker's own code."""

from collections.abc import Callable

import redis

from stream_app.bootstrap.deployment import meta_key


def positions_of(app_id: str, partitions: int) -> "Callable[[redis.Redis], list[int]]":
    """A look at the next offset to apply of every partition."""
    keys = [meta_key(app_id, partition) for partition in range(partitions)]

    def positions(client: "redis.Redis") -> list[int]:
        with client.pipeline(transaction=False) as asked:
            for key in keys:
                asked.hget(key, "position")
            return [int(position or 0) for position in asked.execute()]

    return positions
