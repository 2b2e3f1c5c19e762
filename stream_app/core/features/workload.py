"""A workload: what we know about the users of one kind of customer base, as data.

Nothing here computes; `plan` compiles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.events import Policy
from stream_app.core.features.kinds import Feature
from stream_app.core.features.sources import Categories, Number, Source, Wait


@dataclass(frozen=True)
class UserGroups:
    """Two groups into which a model's report divides users: those of whom the log holds a signal, and all others.

    `having` and `lacking` say in words who they are.
    """

    signal: str
    having: str
    lacking: str


@dataclass(frozen=True)
class Workload:
    """One kind of customer base. `churn` names the acts that are the churn itself: they change no feature.

    `label` is the act that training foretells. `measures` are the numbers that activity events carry, by name;
    `attributes` what profiles say beyond fixed texts. `report_groups` are told apart in reports of models. `simulator`
    names the source of simulated logs and `real_log` the form of real ones, which are event files where it is empty.
    """

    name: str
    signals: Mapping[str, tuple[Source, ...]]
    waits: Mapping[str, Wait]
    churn: tuple[Source, ...]
    label: Source
    horizon_days: int
    features: Mapping[str, Feature]
    policy: Policy
    measures: Mapping[str, Number] = field(default_factory=dict)
    attributes: Mapping[str, Number | Categories] = field(default_factory=dict)
    report_groups: tuple[UserGroups, ...] = ()
    simulator: str = ""
    real_log: str = ""
