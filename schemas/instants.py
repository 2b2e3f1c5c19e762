"""Points in time: whole milliseconds since 1970-01-01T00:00:00Z inside, RFC 3339 text outside."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def parse_instant(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 date-time; digits after the millisecond are cut off.

    Raises ValueError when the text is no date-time or names no offset from UTC.
    """
    if text[4:5] != "-" or text[7:8] != "-" or text[10:11] not in ("T", "t"):
        raise ValueError(f"{text!r} is no RFC 3339 date-time such as 2024-01-01T00:00:00.000Z")
    moment = datetime.fromisoformat(text.upper())
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC: write Z or +00:00 behind it")
    return (moment - _EPOCH) // _MILLISECOND


def format_instant(instant_ms: int) -> str:
    """The canonical 24-character form, such as 2024-01-01T00:00:00.000Z."""
    moment = _EPOCH + instant_ms * _MILLISECOND
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant_ms % 1000:03d}Z"
