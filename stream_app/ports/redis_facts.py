"""What a Redis says of itself that matters to whoever trusts it with states."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RedisFacts:
    """`memory_ratio` is used memory over `maxmemory`, None without such a limit; None elsewhere: it does not say."""

    memory_ratio: float | None
    eviction: str | None
    appends: bool | None
