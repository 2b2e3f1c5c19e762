"""A workload: what we know about the users of one kind of customer base, as data.

Nothing here computes; `plan` compiles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.events import Policy
from stream_app.core.features.kinds import Feature
from stream_app.core.features.sources import Categories, Number, Source, Wait


@dataclass(frozen=True)
class Workload:
    """One kind of customer base. `churn` names the acts that are the churn itself: they change no feature.

    `measures` are the numbers that activity events carry, by name; `attributes` what profiles say beyond fixed texts.
    """

    name: str
    signals: Mapping[str, tuple[Source, ...]]
    waits: Mapping[str, Wait]
    churn: tuple[Source, ...]
    label_action: str
    horizon_days: int
    features: Mapping[str, Feature]
    policy: Policy
    measures: Mapping[str, Number] = field(default_factory=dict)
    attributes: Mapping[str, Number | Categories] = field(default_factory=dict)
