"""A workload: what we know about the users of one kind of customer base, as data.

Nothing here computes; `plan` compiles it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from schemas.events import Policy
from stream_app.core.features.kinds import Feature
from stream_app.core.features.sources import Categories, Number, SignalSource, Wait
from stream_app.core.features.words import Group, Wording


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
    `words` are how features are told to an agent, `groups` which of them are one reason; neither is in a digest.
    """

    name: str
    signals: Mapping[str, tuple[SignalSource, ...]]
    waits: Mapping[str, Wait]
    churn: tuple[SignalSource, ...]
    label: SignalSource
    horizon_days: int
    features: Mapping[str, Feature]
    policy: Policy
    measures: Mapping[str, Number] = field(default_factory=dict)
    attributes: Mapping[str, Number | Categories] = field(default_factory=dict)
    words: Mapping[str, Wording] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    report_groups: tuple[UserGroups, ...] = ()
    simulator: str = ""
    real_log: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for words or groups of features that are not declared, or a feature in two groups."""
        grouped = [feature for group in self.groups.values() for feature in group.features]
        for feature in (*self.words, *grouped):
            if feature not in self.features:
                raise ValueError(f"workload {self.name!r} has words or a group for {feature!r}, which is no feature")
        if len(set(grouped)) < len(grouped):
            raise ValueError(f"workload {self.name!r} has a feature in two groups: it can be one reason only")
