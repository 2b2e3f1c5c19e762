"""Takes records in with each of them decoded by itself: what finding events in the bytes must agree with."""

from collections.abc import Sequence

import numpy as np
import pytest

from stream_app.core.intake import sorting
from stream_app.core.intake.canonical import Found, find
from stream_app.core.intake.sorting import Intake, take_in
from stream_app.core.log import LogRecord
from stream_app.core.quantities import NOTHING_DECLARED, Declared


def _find_nothing(values: Sequence[bytes], measures: tuple[str, ...] = ()) -> Found:
    found = find(values, measures)
    none = np.zeros_like(found.taken)
    numbers = np.full_like(found.measures, np.nan)
    return Found(found.text, none, np.zeros_like(found.begins), np.zeros_like(found.sizes), numbers, none.copy())


def decoded_one_by_one(
    records: Sequence[LogRecord], partition: int, partitions: int, declared: Declared = NOTHING_DECLARED
) -> Intake:
    """What `take_in` makes of records of which it finds none in the bytes, and decodes none together with others."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sorting, "find", _find_nothing)
        patched.setattr(sorting, "decode_all", lambda _: None)
        return take_in(records, partition, partitions, declared=declared)
