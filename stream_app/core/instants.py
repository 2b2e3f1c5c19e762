"""Many points in time at once: the canonical 24-character form is parsed by a kernel, anything else is not."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from stream_app.core.kernels import Array, kernel

WIDTH = len("2024-01-01T00:00:00.000Z")
_PATTERN = np.frombuffer(b"dddd-dd-ddTdd:dd:dd.dddZ", np.uint8)


def parse_canonical(texts: Sequence[str]) -> NDArray[np.int64] | None:
    """Milliseconds since the epoch of each text, or None if one of them has another form or is no real time."""
    joined = "".join(texts).encode()
    if len(joined) != WIDTH * len(texts):
        return None
    result = np.zeros(len(texts), np.int64)
    return result if _parse(np.frombuffer(joined, np.uint8), _PATTERN, result) else None


@kernel
def _parse(text: Array, pattern: Array, result: Array) -> bool:
    width = len(pattern)
    field = np.zeros(7, np.int64)
    for i in range(len(result)):
        field[:] = 0
        f = 0
        for c in range(width):
            byte = text[i * width + c]
            if pattern[c] == ord("d"):
                if byte < ord("0") or byte > ord("9"):
                    return False
                field[f] = field[f] * 10 + (byte - ord("0"))
            else:
                if byte != pattern[c]:
                    return False
                f += 1
        year, month, day = field[0], field[1], field[2]
        if year < 1 or month < 1 or month > 12 or day < 1 or day > _days_in(year, month):
            return False
        if field[3] > 23 or field[4] > 59 or field[5] > 59:
            return False
        minutes = (_days_before(year, month, day) * 24 + field[3]) * 60 + field[4]
        result[i] = (minutes * 60 + field[5]) * 1000 + field[6]
    return True


@kernel
def _days_in(year: int, month: int) -> int:
    if month == 2:
        return 29 if (year % 4 == 0 and year % 100 != 0) or year % 400 == 0 else 28
    return 30 if month in (4, 6, 9, 11) else 31


@kernel
def _days_before(year: int, month: int, day: int) -> int:
    """Days from 1970-01-01, counting years from March so that a leap day comes last (Hinnant, days_from_civil)."""
    shifted = year - 1 if month <= 2 else year
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468
