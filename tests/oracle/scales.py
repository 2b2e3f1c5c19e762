"""In which units a signal's values are kept, and which texts it may have, from the declarations of a workload."""

from stream_app.core.features.sources import Categories, Number
from stream_app.core.features.workload import Workload


def scale_of(workload: Workload, signal: str) -> int:
    """How many units make one: thousand for tones and minutes of waiting, as declared for other numbers, else one."""
    if signal in workload.waits:
        return 1000
    for source in workload.signals[signal]:
        if source.kind == "sentiment":
            return 1000
        declared = {
            "measure": workload.measures.get(source.name.split(".")[-1]),
            "number": workload.attributes.get(source.name),
        }.get(source.kind)
        if isinstance(declared, Number):
            return declared.scale
    return 1


def categories_of(workload: Workload, signal: str) -> tuple[str, ...]:
    """The texts that the one attribute behind a signal may have."""
    (source,) = workload.signals[signal]
    declared = workload.attributes[source.name]
    assert isinstance(declared, Categories)
    return declared.values
