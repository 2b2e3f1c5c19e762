"""Whether a program computes what ONNX Runtime does: bit for bit, on rows made from the form and the manifest alone.

Each split is met from both sides and on its very value by rows that reach it; rows drawn by a fixed seed meet what
nobody thought of.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from stream_app.adapters.compiled.form import LEAF, Form, Tree, Trees
from stream_app.core.scoring import Scores, Vectors

BATCH_SIZES = (1, 2, 3, 17, 512)
DRAWN = 4096
_CALLS = 1024
"""Of each batch size at most: small batches of every row would take seconds."""
_EXTREMES = (0.0, -0.0, 1.0, -1.0, 1e-30, 1e9, -1e9, 3e38, -3e38)
_SEED = 20
_SPREAD = 4.0

Score = Callable[[Vectors], Scores]


def unequal(reference: Score, compiled: Score, rows: Vectors) -> int:
    """How many scores differ in any bit, over batches of every size."""
    return sum(_differences(reference, compiled, rows[: size * _CALLS], size) for size in BATCH_SIZES)


def _differences(reference: Score, compiled: Score, rows: Vectors, size: int) -> int:
    batches = [rows[first : first + size] for first in range(0, len(rows), size)]
    wanted, found = (np.concatenate([score(batch) for batch in batches]) for score in (reference, compiled))
    return int(np.count_nonzero(wanted.view(np.uint32) != found.view(np.uint32)))


def rows_of(form: Form, baseline: Sequence[float]) -> Vectors:
    """The rows to compare on, shuffled: the same for the same form and baseline."""
    random, typical = np.random.default_rng(_SEED), np.array(baseline, np.float32)
    rows = [typical[None, :], _extremes(typical), *_on_splits(form, typical), _drawn(form, typical, random)]
    every = np.concatenate(rows)
    random.shuffle(every)
    return every


def _extremes(typical: Vectors) -> Vectors:
    """Each extreme in all columns, and in one column of a typical row."""
    rows = [np.full((1, len(typical)), extreme, np.float32) for extreme in _EXTREMES]
    for extreme in _EXTREMES:
        alone = np.repeat(typical[None, :], len(typical), axis=0)
        np.fill_diagonal(alone, extreme)
        rows.append(alone)
    return np.concatenate(rows)


def _on_splits(form: Form, typical: Vectors) -> Iterator[Vectors]:
    for tree in _trees(form):
        rows = list(_to_splits(tree, 0, typical))
        if rows:
            yield np.concatenate(rows)


def _to_splits(tree: Tree, node: int, row: Vectors) -> Iterator[Vectors]:
    """From a row that reaches a node: the split's value and both neighbours, there and at every split below."""
    column, value = tree.features[node], tree.values[node]
    if column == LEAF:
        return
    above, below = np.nextafter(value, np.float32(np.inf)), np.nextafter(value, np.float32(-np.inf))
    met = np.repeat(row[None, :], 3, axis=0)
    met[:, column] = value, above, below
    yield met
    yield from _to_splits(tree, int(tree.yes[node]), _with(row, column, min(row[column], value)))
    yield from _to_splits(tree, int(tree.no[node]), _with(row, column, max(row[column], above)))


def _with(row: Vectors, column: int, value: np.float32) -> Vectors:
    changed = row.copy()
    changed[column] = value
    return changed


def _drawn(form: Form, typical: Vectors, random: np.random.Generator) -> Vectors:
    """Each cell is typical, the value of a split of its column, or of any size and sign."""
    shape = (DRAWN, form.width)
    any_size = random.choice([-1.0, 1.0], shape) * np.exp(random.normal(0.0, _SPREAD, shape))
    on_a_split = np.repeat(typical[None, :], DRAWN, axis=0)
    for column, values in _split_values(form).items():
        on_a_split[:, column] = random.choice(values, DRAWN)
    kind = random.integers(0, 3, shape)
    return np.select([kind == 0, kind == 1], [typical[None, :], on_a_split], any_size).astype(np.float32)


def _split_values(form: Form) -> dict[int, list[np.float32]]:
    values: dict[int, list[np.float32]] = {}
    for tree in _trees(form):
        for column, value in zip(tree.features.tolist(), tree.values, strict=True):
            if column != LEAF:
                values.setdefault(column, []).append(value)
    return values


def _trees(form: Form) -> Iterator[Tree]:
    for branch in form.branches:
        if isinstance(branch.head, Trees):
            yield from branch.head.trees
