"""The kernel with a mistake planted in its source, run as plain Python; the kernel itself when nothing is planted.

Plain Python needs no compiling. Its records hold 64-bit integers, so that arithmetic is what it is in the kernel.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from stream_app.core.features import fold as kernel_module
from stream_app.core.tables import Columns, Folded
from tests.support.fold_comparison import Fold

SOURCE = Path(kernel_module.__file__).read_text(encoding="utf-8")


@dataclass(frozen=True)
class Mutant:
    """A mistake: in the kernel's source `right` stands once and is replaced by `wrong`."""

    name: str
    right: str
    wrong: str


MUTANTS = (
    Mutant("a window is one tile too long", "min(window - silent, tiles)", "min(window + 1 - silent, tiles)"),
    Mutant("only the newest tile is emptied", "range(min(new - before // tile_ms, tiles))", "range(1)"),
    Mutant("value sums are never emptied", "record.sums[i] = 0", "pass"),
    Mutant("a late event moves the clock back", "not known or time > before:", "True:"),
    Mutant("a session ends at its gap already", "time > before + plan", "time >= before + plan"),
    Mutant("any late event joins a session", "not known or time >= before - plan.constants[_IS.lateness]:", "True:"),
    Mutant("the lateness itself is too late", "time >= before - plan", "time > before - plan"),
    Mutant("sessions never meet", "begins = record.earlier_events == 0 or", "begins = True or"),
    Mutant("sessions meet below the gap only", "time > record.earlier_end +", "time >= record.earlier_end +"),
    Mutant("an earlier session loses its events", "record.session_events += record.earlier_events", "pass"),
    Mutant("a moved session start counts twice", "            _take_back(record, plan", "            (record, plan"),
    Mutant("a tile that is gone is counted in", "if gone or ", "if "),
    Mutant("a tile is full too early", "bits & _LANE == _LANE", "bits & _LANE == _LANE - _ONE"),
    Mutant("a late event sets the last time back", "= max(record.last[last], time)", "= time"),
    Mutant("of two values with one time the first wins", " or (time == held and", " and not (time == held and"),
    Mutant("of two values with one time the last wins", "and value > record.latest_value[latest])", "and True)"),
    Mutant("a largest value is the last", "max(record.mosts[place], value) if held else value", "value"),
    Mutant(
        "the largest value of a window is its newest tile's",
        "largest = max(largest, value) if found",
        "largest = value if found",
    ),
    Mutant(
        "a tile without values has 0 as its largest",
        "_LANE > 0:\n            value =",
        "_LANE >= 0:\n            value =",
    ),
    Mutant("a mean is over the whole window", "whole / count / plan", "whole / 1 / plan"),
    Mutant("a difference is a sum", "figure -= other", "figure += other"),
    Mutant(
        "a ratio to nothing is its part",
        "if other != 0.0 else plan.reals",
        "if other != 0.0 else figure + 0.0 * plan.reals",
    ),
    Mutant("the time seen has no cap", "min(cap, seen / plan", "max(0.0, seen / plan"),
    Mutant("one id too few is remembered", "(place + 1) % len(record.ids)", "(place + 1) % 31"),
    Mutant(
        "the churn act counts as activity",
        "record.churned = 1\n            else:",
        "record.churned = 1\n            if True:",
    ),
    Mutant(
        "weights run the wrong way", "plan.weights[weights, silent + age]", "plan.weights[weights, 29 - silent - age]"
    ),
    Mutant("an answer ends a wait that began after it", "0 < record.waiting[wait] <= time", "0 < record.waiting[wait]"),
    Mutant("a question that was overtaken by its answer asks", "time > record.answered[wait] and", "True and"),
    Mutant("a wait does not end", "    record.waiting[wait] = 0", "    pass"),
    Mutant("a second question begins the wait anew", "record.waiting[wait] == 0 or time", "True or time"),
    Mutant("a wait has no longest", "plan.constants[_IS.longest_wait])", "time)"),
    Mutant(
        "a user's events are folded newest first",
        "for e in range(len(slot)):\n        order",
        "for e in range(len(slot) - 1, -1, -1):\n        order",
    ),
)


def plain(mutant: Mutant | None = None) -> Fold:
    """The kernel's fold as plain Python, with a mistake or without; it leaves the records that it is given alone."""
    source = SOURCE.replace("@kernel\n", "").replace("@piece\n", "")
    if mutant is not None:
        if source.count(mutant.right) != 1:
            raise LookupError(f"{mutant.right!r} stands {source.count(mutant.right)} times in the kernel, not once")
        source = source.replace(mutant.right, mutant.wrong)
    module = ModuleType("plain_fold")
    exec(compile(source, "plain_fold", "exec"), module.__dict__)

    def fold(records: NDArray[np.void], columns: Columns, plan: np.record) -> Folded:
        folded: Folded = module.fold([_plain_record(record) for record in records], columns, plan)
        return folded

    return fold


def _plain_record(record: np.void) -> SimpleNamespace:
    """Numbers as Python has them, arrays of 64-bit integers."""
    fields = {name: record[name] for name in record.dtype.names or ()}
    return SimpleNamespace(
        **{name: _plain_array(f) if isinstance(f, np.ndarray) else f.item() for name, f in fields.items()}
    )


def _plain_array(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Words of tiles stay unsigned: the kernel works on their bits."""
    return array.astype(np.uint64 if array.dtype == np.uint64 else np.int64)
