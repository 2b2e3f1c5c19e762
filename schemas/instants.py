"""Points in time: whole milliseconds since 1970-01-01T00:00:00Z inside, RFC 3339 text outside."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Final

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_FIRST_DAY: Final = date(1970, 1, 1).toordinal()
_DAY_MINUTES: Final = 24 * 60
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999
"""Of the years 1 to 9999, those that can be written down."""

_RFC_3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9]|60)"
    r"(?:\.([0-9]+))?(?:[Zz]|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))"
)
"""Its grammar, read here: what Python's own reader takes besides differs from version to version."""

_DAY, _CLOCK = "[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
_ADVICE: Final = [
    (re.compile(pattern), advice)
    for pattern, advice in (
        (rf"{_DAY}[Tt]{_CLOCK}", "it has no offset from UTC: write Z or +00:00 behind it"),
        (rf"{_DAY}[ _]{_CLOCK}.*", "write T between day and time"),
        (rf"{_DAY}[Tt]{_CLOCK} ?[+-][0-9]{{2}}([0-9]{{2}})?", "write the offset with a colon, as in +02:00"),
        (rf"{_DAY}[Tt]24:.*", "hours run from 00 to 23: midnight is 00:00:00 of the next day"),
        (rf"{_DAY}([Tt][0-9:]*)?([Zz]|[+-].*)?", "write hours, minutes and seconds"),
        (r"[0-9]{8}[Tt][0-9]{6}.*", "write - in the day and : in the time"),
    )
]
_NUMBER: Final = re.compile(r"-?[0-9]{1,19}(\.[0-9]*)?")
_UNITS: Final = ((10**11, "seconds", 1000.0), (10**14, "milliseconds", 1.0), (10**17, "microseconds", 1e-3))


def parse_instant(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 date-time; digits after the millisecond are cut off.

    A leap second, which only the last minute of a day in UTC can have, is the first second of the next day.
    Raises ValueError, with the value and the form that is wanted, when the text is none or names no offset from UTC.
    """
    found = _RFC_3339.fullmatch(text)
    if found is None:
        raise ValueError(_refusal(text, _advice(text)))
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = found.groups()
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _FIRST_DAY
    except ValueError as error:
        raise ValueError(_refusal(text, "there is no such day")) from error
    minutes = days * _DAY_MINUTES + int(hour) * 60 + int(minute)
    if sign is not None:
        ahead = int(offset_hours) * 60 + int(offset_minutes)
        minutes += ahead if sign == "-" else -ahead
    if second == "60" and minutes % _DAY_MINUTES != _DAY_MINUTES - 1:
        raise ValueError(_refusal(text, "only 23:59 in UTC can have a second 60"))
    return (minutes * 60 + int(second)) * 1000 + (int(fraction[:3].ljust(3, "0")) if fraction else 0)


def format_instant(instant_ms: int) -> str:
    """The canonical 24-character form, such as 2024-01-01T00:00:00.000Z."""
    moment = _EPOCH + instant_ms * _MILLISECOND
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant_ms % 1000:03d}Z"


def nearest_instant(instant_ms: int) -> str:
    """The form of the nearest time that can be written down: a record's timestamp may be any number."""
    return format_instant(min(max(instant_ms, _FIRST_MS), _LAST_MS))


def shown_instant(instant_ms: int) -> str:
    """A record's timestamp for a person: one that cannot be written down as a time is shown as its number."""
    return format_instant(instant_ms) if _FIRST_MS <= instant_ms <= _LAST_MS else f"{instant_ms} ms"


def unit_of(number: float) -> tuple[str, int]:
    """The unit in which a number is a likely time since 1970, and that time in milliseconds."""
    _, unit, milliseconds = next((row for row in _UNITS if abs(number) < row[0]), (0, "nanoseconds", 1e-6))
    return unit, int(number * milliseconds)


def _refusal(text: str, advice: str) -> str:
    shown = text if len(text) <= 64 else text[:64] + "…"
    return f"{shown!r} is no RFC 3339 date-time such as 2024-01-01T00:00:00.000Z{advice and ': ' + advice}"


def _advice(text: str) -> str:
    if _NUMBER.fullmatch(text):
        unit, instant_ms = unit_of(float(text))
        return f"if it counts {unit} since 1970, write {shown_instant(instant_ms)}"
    return next((advice for pattern, advice in _ADVICE if pattern.fullmatch(text)), "")
