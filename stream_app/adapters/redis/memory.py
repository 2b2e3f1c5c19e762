"""How full Redis is. Full, it refuses commits and partitions pause; the alarm comes before."""

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from schemas.errors import Transient

_ANSWER_WITHIN_S = 5.0


async def memory_ratio(url: str) -> float | None:
    """Used memory over `maxmemory`, None where there is no such limit. Raises Transient when Redis does not answer."""
    once = Retry(NoBackoff(), 0)
    try:
        async with redis.asyncio.Redis.from_url(url, socket_timeout=_ANSWER_WITHIN_S, retry=once) as client:
            told = await client.info("memory")
    except (RedisError, OSError, TimeoutError) as error:
        raise Transient(f"Redis did not answer: {error}") from error
    limit = int(told["maxmemory"])
    return int(told["used_memory"]) / limit if limit else None
