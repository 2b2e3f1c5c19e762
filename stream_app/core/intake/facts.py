"""What an event says that can raise signals: the sources of its type, read from its data."""

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from schemas.errors import Poison
from schemas.event_sources import Attributes, Measures, Named, Own, Source
from schemas.event_types import EVENT_TYPES
from schemas.events import UserEvent
from stream_app.core.quantities import Declared, quantised

_SOURCES = {entry.record: entry.sources for entry in EVENT_TYPES}


class Fact(NamedTuple):
    """Something that an event says. It is called by the first of its `names` that the workload knows; `value` is the
    event's own, in the units that were declared."""

    kind: str
    names: tuple[str, ...]
    value: int = 0


def facts_of(event: UserEvent, declared: Declared) -> list[Fact]:
    """All that an event says. Raises Poison (`schema`) for a number that cannot be kept, or a text in its place."""
    return [fact for source in _SOURCES[type(event)] for fact in _read(source, event.data, declared)]


def carries_undeclared(event: UserEvent, declared: Declared) -> bool:
    """Whether an event carries a measure that the workload does not declare."""
    return any(
        not getattr(event.data, source.field).keys() <= declared.measures.keys()
        for source in _SOURCES[type(event)]
        if isinstance(source, Measures)
    )


def _read(source: Source, data: Struct, declared: Declared) -> Iterator[Fact]:
    match source:
        case Named():
            yield Fact(source.kind, (getattr(data, source.field),))
        case Own():
            value = getattr(data, source.field)
            if value is not None:
                name = getattr(data, source.by) if source.by else source.field
                yield Fact(source.kind, (name,), _kept(source.field, value, source.scale))
        case Measures():
            found, by = getattr(data, source.field), getattr(data, source.by)
            for name, scale in declared.measures.items() if found else ():
                if name in found:
                    yield Fact(source.kind, (f"{by}.{name}", name), _kept(f"measure {name}", found[name], scale))
        case Attributes():
            for name, value in getattr(data, source.field).items():
                yield Fact(source.kind, (f"{name}={value}",))
                yield from _declared(name, value, declared)


def _declared(name: str, value: str | float, declared: Declared) -> Iterator[Fact]:
    """An attribute as the number or category that it is declared as."""
    if (scale := declared.numbers.get(name)) is not None:
        if isinstance(value, str):
            raise Poison("schema", f"attribute {name} is the text {value!r}: the workload declares a number")
        yield Fact("number", (name,), _kept(f"attribute {name}", value, scale))
    elif (texts := declared.categories.get(name)) is not None:
        text = value if isinstance(value, str) else repr(value).removesuffix(".0")
        yield Fact("category", (name,), texts.index(text) + 1 if text in texts else 0)


def _kept(what: str, value: float, scale: int) -> int:
    try:
        return quantised(value, scale)
    except ValueError as error:
        raise Poison("schema", f"{what}: {error}") from error
