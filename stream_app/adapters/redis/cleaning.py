"""Takes a deployment's keys away: for demos and benchmarks, which leave nothing behind."""

from itertools import islice

from stream_app.adapters.redis.connection import client
from stream_app.adapters.redis.keys import all_keys_pattern
from stream_app.deployment import Deployment

_AT_ONCE = 5000


def forget(deployment: Deployment) -> None:
    """Delete states and positions of every partition of a deployment."""
    with client(deployment.redis) as asked:
        found = asked.scan_iter(all_keys_pattern(deployment.app_id), count=_AT_ONCE)
        while keys := list(islice(found, _AT_ONCE)):
            asked.unlink(*keys)
