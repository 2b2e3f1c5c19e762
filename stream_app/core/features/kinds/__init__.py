"""The kinds of features: what each of them says of a user. A kind that stands in `KINDS` inherits the tests' checks."""

from stream_app.core.features.kinds.counts import ActiveTiles, Count, Share
from stream_app.core.features.kinds.derived import Difference, Ratio, Total
from stream_app.core.features.kinds.kind import Kind
from stream_app.core.features.kinds.latest import Category, Known, Latest
from stream_app.core.features.kinds.times import HoursSeen, HoursSince, SessionEvents, SessionMinutes
from stream_app.core.features.kinds.values import DecayedMean, Mean, Most, Sum

Feature = Kind

KINDS: tuple[type[Kind], ...] = (
    Count,
    ActiveTiles,
    Share,
    Sum,
    Mean,
    Most,
    DecayedMean,
    Latest,
    Known,
    Category,
    HoursSeen,
    HoursSince,
    SessionMinutes,
    SessionEvents,
    Ratio,
    Difference,
    Total,
)

__all__ = [
    "KINDS",
    "ActiveTiles",
    "Category",
    "Count",
    "DecayedMean",
    "Difference",
    "Feature",
    "HoursSeen",
    "HoursSince",
    "Kind",
    "Known",
    "Latest",
    "Mean",
    "Most",
    "Ratio",
    "SessionEvents",
    "SessionMinutes",
    "Share",
    "Sum",
    "Total",
]
