"""Windows of time and the tiles that they are made of.

A window of n tiles is the n tiles ending with the tile of the user's clock.
"""

from dataclasses import dataclass

from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS


@dataclass(frozen=True)
class Window:
    """`tiles` tiles of `tile_ms` each."""

    tile_ms: int
    tiles: int


WINDOWS = {
    "1h": Window(5 * MINUTE_MS, 12),
    "1d": Window(HOUR_MS, 24),
    "7d": Window(DAY_MS, 7),
    "30d": Window(DAY_MS, 30),
}
