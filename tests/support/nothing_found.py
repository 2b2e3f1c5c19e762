"""Takes records in with each of them decoded by itself: what finding events in the bytes must agree with."""

from collections.abc import Sequence

import numpy as np
import pytest

from stream_app.core.blocks import Block
from stream_app.core.intake import decoding, found
from stream_app.core.intake.canonical import Spans, find
from stream_app.core.intake.outcome import Intake
from stream_app.core.intake.sorting import take_in
from stream_app.core.log import LogRecord
from stream_app.core.quantities import NOTHING_DECLARED, Declared


def _find_nothing(block: Block, measures: tuple[str, ...] = ()) -> Spans:
    spans = find(block, measures)
    none = np.zeros_like(spans.taken)
    numbers = np.full_like(spans.measures, np.nan)
    return Spans(spans.text, none, np.zeros_like(spans.places), numbers, none.copy())


def decoded_one_by_one(
    records: Sequence[LogRecord], partition: int, partitions: int, declared: Declared = NOTHING_DECLARED
) -> Intake:
    """What `take_in` makes of records of which it finds none in the bytes, and decodes none together with others."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(found, "find", _find_nothing)
        patched.setattr(decoding, "decode_all", lambda _: None)
        return take_in(records, partition, partitions, declared=declared)
