"""Digests of a workload, from an explicit description of what is read, admitted, kept, computed and scaled.

Labels, words, groups and the names of classes stay out: they may be changed where states and models exist.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from stream_app.core.features.layout import ID_RING, Layout
from stream_app.core.features.sources import Categories, Number, SignalSource
from stream_app.core.features.workload import Workload
from stream_app.core.quantities import ADMISSION_VERSION

KERNEL_VERSION = 4
"""Part of the state digest: raise it when the kernel gives an event another meaning."""


def state_digest(
    workload: Workload,
    layout: Layout,
    record: np.dtype[np.void],
    scales: Mapping[str, int],
    constants: Mapping[str, int],
) -> str:
    """Digest of all that gives a stored record its meaning."""
    return digest(
        {
            "admitted": {"version": ADMISSION_VERSION, "measures": _scales(workload.measures)},
            "read": {signal: _sources(sources) for signal, sources in workload.signals.items()},
            "waits": {name: _sources((wait.begins, wait.ends)) for name, wait in workload.waits.items()},
            "churn": _sources(workload.churn),
            "attributes": {name: _kept(kind) for name, kind in workload.attributes.items()},
            "scaled": scales,
            "kept": {
                "signals": layout.signals,
                "grids": [(grid.tile_ms, grid.tiles, grid.signals, grid.summed, grid.most) for grid in layout.grids],
                "last": layout.last,
                "latest": layout.latest,
                "ids": ID_RING,
                "record": [(name, *_field(record, name)) for name in record.names or ()],
            },
            "computed": {"kernel": KERNEL_VERSION, **constants},
        }
    )


def digest(description: Any) -> str:  # noqa: ANN401 - what JSON can say
    """The first 16 hexadecimal digits of the SHA-256 of a description as JSON, names in order."""
    text = json.dumps(description, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _scales(numbers: Mapping[str, Number]) -> dict[str, int]:
    return {name: number.scale for name, number in numbers.items()}


def _kept(attribute: Number | Categories) -> int | tuple[str, ...]:
    """The scale of a number, or the texts that have codes, in the order of these."""
    return attribute.scale if isinstance(attribute, Number) else attribute.values


def _sources(sources: tuple[SignalSource, ...]) -> list[tuple[str, str, int | None]]:
    return [(source.kind, source.name, source.value) for source in sources]


def _field(record: np.dtype[np.void], name: str) -> tuple[str, tuple[int, ...], int]:
    """Type, shape and place of a field."""
    if record.fields is None:
        raise TypeError("a record has fields")
    field, place = record.fields[name][:2]
    return field.base.str, field.shape, place
