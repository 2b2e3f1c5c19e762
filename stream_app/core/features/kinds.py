"""The kinds of features: what each of them says of a user.

All arithmetic is on integers until the read-out, which uses IEEE + - * / only, so that every run gives the same bits.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Count:
    """How often a signal was raised in the window; each tile saturates at 65,535."""

    signal: str
    window: str
    label: str


@dataclass(frozen=True)
class ActiveTiles:
    """How many tiles of the window hold at least one of the signal: active days, for windows of day tiles."""

    signal: str
    window: str
    label: str


@dataclass(frozen=True)
class Share:
    """Count of `part` over the summed counts of `whole` in the window; 0 when the whole is 0."""

    part: str
    whole: tuple[str, ...]
    window: str
    label: str


@dataclass(frozen=True)
class HoursSeen:
    """Hours since the user's first event, at most `cap_hours`: of what time counts can be."""

    cap_hours: int
    label: str


@dataclass(frozen=True)
class HoursSince:
    """Hours since the signal was last raised, at most `cap_hours`; the cap if it never was."""

    signal: str
    cap_hours: int
    label: str


@dataclass(frozen=True)
class SessionMinutes:
    """Length of the session so far; 0 when it is over."""

    label: str


@dataclass(frozen=True)
class SessionEvents:
    """Events of the session so far; 0 when it is over."""

    label: str


@dataclass(frozen=True)
class DecayedMean:
    """Mean value of a signal, each tile weighing `keep` times the next newer one; 0 when there is none."""

    signal: str
    window: str
    keep: float
    label: str


@dataclass(frozen=True)
class Latest:
    """The signal's value with the latest time (of two with the same time the larger); `missing` if there is none."""

    signal: str
    missing: int
    label: str


Feature = Count | ActiveTiles | Share | HoursSeen | HoursSince | SessionMinutes | SessionEvents | DecayedMean | Latest
