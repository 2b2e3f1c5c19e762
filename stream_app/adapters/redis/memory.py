"""How full Redis is. Full, it refuses commits and partitions pause; the alarm comes before."""

from redis.exceptions import RedisError

from schemas.errors import Transient
from stream_app.adapters.redis.connection import aio_client
from stream_app.deployment import RedisConnection

_ANSWER_WITHIN_S = 5.0


async def memory_ratio(at: RedisConnection) -> float | None:
    """Used memory over `maxmemory`, None where there is no such limit. Raises Transient when Redis does not answer."""
    try:
        async with aio_client(at, _ANSWER_WITHIN_S) as client:
            told = await client.info("memory")
    except (RedisError, OSError, TimeoutError) as error:
        raise Transient(f"Redis did not answer: {error}") from error
    limit = int(told["maxmemory"])
    return int(told["used_memory"]) / limit if limit else None
