"""Lengths of time in milliseconds, the unit of all times in the core."""

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
