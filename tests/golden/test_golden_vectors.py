"""A small log whose vectors were checked by hand.

`listener.jsonl` is the log, its ids say what is remarkable; `listener.vectors.txt` says of each record what became of
it and, of the vector after it, what is different from the same user's vector before (the first is given in full). The
decimals are the shortest that name the 32-bit float. `pytest tests/golden --write-golden` writes it anew.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from schemas.instants import format_instant
from stream_app.core.columns import to_columns
from stream_app.core.features.fold import APPLIED, fold
from stream_app.core.features.plan import compile_workload
from stream_app.core.intake.events import Admitted
from stream_app.core.intake.sorting import take_in
from stream_app.core.tables import Folded
from stream_app.workloads import music
from tests.support.event_logs import records_of_lines

HERE = Path(__file__).parent
COMPILED = compile_workload(music.WORKLOAD)


def test_the_vectors_of_the_listener_are_those_that_were_checked_by_hand(golden: Callable[[Path, str], None]) -> None:
    golden(HERE / "listener.vectors.txt", _report())


def _report() -> str:
    intake = take_in(records_of_lines((HERE / "listener.jsonl").read_bytes().splitlines()), 0, 1)
    records = np.zeros(len(intake.events.names), COMPILED.record)
    folded = fold(records, to_columns(intake.events, COMPILED.patterns), COMPILED.plan)
    blocks = {letter.record.offset: f"{letter.record.offset} is poison: {letter.reason}\n" for letter in intake.dead}
    before: dict[str, NDArray[np.float32]] = {}
    for e, admitted in enumerate(intake.events):
        blocks[admitted.record.offset] = _block(e, admitted, folded, before.get(admitted.user))
        if folded.outcome[e] == APPLIED:
            before[admitted.user] = folded.vectors[e]
    return "\n".join(block for _, block in sorted(blocks.items()))


def _block(e: int, admitted: Admitted, folded: Folded, before: NDArray[np.float32] | None) -> str:
    title = f"{admitted.record.offset} {admitted.user} {admitted.event.id}"
    if folded.outcome[e] != APPLIED:
        return f"{title}: a repeat\n"
    late = ", late" if folded.late[e] else ""
    clock = f"clock {format_instant(int(folded.as_of[e]))}{late}"
    lines = [
        f"    {name:<26}{_decimal(value)}\n"
        for f, (name, value) in enumerate(zip(COMPILED.feature_names, folded.vectors[e], strict=True))
        if before is None or value != before[f]
    ]
    return f"{title}: {clock}{', has churned' if folded.churned[e] else ''}\n{''.join(lines)}"


def _decimal(value: np.float32) -> str:
    return np.format_float_positional(value, unique=True, trim="-")
