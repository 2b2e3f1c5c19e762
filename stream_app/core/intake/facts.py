"""What an event says that can raise signals: the sources of its type, read from its data."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from msgspec import Struct

from schemas.errors import Poison
from schemas.event_sources import Attributes, FieldSource, Measures, Named, Own
from schemas.event_types import EVENT_TYPES
from schemas.events import UserEvent
from stream_app.core.quantities import Declared, quantised


class EventFact(NamedTuple):
    """Something that an event says. It is called by the first of its `names` that the workload knows; `value` is the
    event's own, in the units that were declared."""

    kind: str
    names: tuple[str, ...]
    value: int = 0


Reader = Callable[[Struct, Declared, list[EventFact]], None]
"""Adds what one source says, in an event's data, to the facts."""


def facts_of(event: UserEvent, declared: Declared) -> list[EventFact]:
    """All that an event says. Raises Poison (`schema`) for a number that cannot be kept, or a text in its place."""
    facts: list[EventFact] = []
    for read in _READERS[type(event)]:
        read(event.data, declared, facts)
    return facts


def carries_undeclared(event: UserEvent, declared: Declared) -> bool:
    """Whether an event carries a measure that the workload does not declare."""
    return any(not getattr(event.data, field).keys() <= declared.measures.keys() for field in _MEASURED[type(event)])


def _reader(source: FieldSource) -> Reader:
    match source:
        case Named():
            return partial(_read_name, source)
        case Own():
            return partial(_read_own, source)
        case Measures():
            return partial(_read_measures, source)
        case Attributes():
            return partial(_read_attributes, source)


def _read_name(source: Named, data: Struct, _: Declared, facts: list[EventFact]) -> None:
    facts.append(EventFact(source.kind, (getattr(data, source.field),)))


def _read_own(source: Own, data: Struct, _: Declared, facts: list[EventFact]) -> None:
    value = getattr(data, source.field)
    if value is not None:
        name = getattr(data, source.by) if source.by else source.field
        facts.append(EventFact(source.kind, (name,), _kept(source.field, value, source.scale)))


def _read_measures(source: Measures, data: Struct, declared: Declared, facts: list[EventFact]) -> None:
    found, by = getattr(data, source.field), getattr(data, source.by)
    for name, scale in declared.measures.items() if found else ():
        if name in found:
            facts.append(EventFact(source.kind, (f"{by}.{name}", name), _kept(f"measure {name}", found[name], scale)))


def _read_attributes(source: Attributes, data: Struct, declared: Declared, facts: list[EventFact]) -> None:
    for name, value in getattr(data, source.field).items():
        facts += [EventFact(source.kind, (f"{name}={value}",)), *_declared(name, value, declared)]


def _declared(name: str, value: str | float, declared: Declared) -> Iterator[EventFact]:
    """An attribute as the number or category that it is declared as."""
    if (scale := declared.numbers.get(name)) is not None:
        if isinstance(value, str):
            raise Poison("schema", f"attribute {name} is the text {value!r}: the workload declares a number")
        yield EventFact("number", (name,), _kept(f"attribute {name}", value, scale))
    elif (texts := declared.categories.get(name)) is not None:
        text = value if isinstance(value, str) else repr(value).removesuffix(".0")
        yield EventFact("category", (name,), texts.index(text) + 1 if text in texts else 0)


def _kept(what: str, value: float, scale: int) -> int:
    try:
        return quantised(value, scale)
    except ValueError as error:
        raise Poison("schema", f"{what}: {error}") from error


_READERS: dict[type[Struct], list[Reader]] = {entry.record: [*map(_reader, entry.sources)] for entry in EVENT_TYPES}
_MEASURED: dict[type[Struct], list[str]] = {
    entry.record: [source.field for source in entry.sources if isinstance(source, Measures)] for entry in EVENT_TYPES
}
