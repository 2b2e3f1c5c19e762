"""Takes a deployment's keys away: for demos and benchmarks, which leave nothing behind."""

from itertools import islice

import redis

from stream_app.adapters.redis.globs import beginning_with

_AT_ONCE = 5000


def forget(url: str, app_id: str) -> None:
    """Delete states and positions of every partition of a deployment."""
    with redis.Redis.from_url(url) as client:
        found = client.scan_iter(beginning_with(f"{{{app_id}."), count=_AT_ONCE)
        while keys := list(islice(found, _AT_ONCE)):
            client.unlink(*keys)
