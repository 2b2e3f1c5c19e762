"""Says which setting is outside its bounds, and what they are."""

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from schemas.errors import WrongUsage

_KINDS = {int: "a whole number", float: "a number", bool: "true or false", str: "text"}
_BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}", "pattern": "of the form {}"}


def wrong_usage(error: ValidationError, fields: Mapping[str, FieldInfo]) -> WrongUsage:
    """One sentence about the first setting that is wrong."""
    (first, *_) = error.errors(include_url=False)
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in fields:
        return WrongUsage(f"the settings do not go together: {first['msg']}")
    secret = SecretStr in _types(fields[name].annotation) or not fields[name].repr
    given = "" if secret else f"={first['input']}"
    return WrongUsage(
        f"CHURN_{name.upper()}{given} is out of bounds: it is {wanted(fields[name])}. {fields[name].description}"
    )


def wanted(field: FieldInfo) -> str:
    """What a setting can be, in words."""
    types = _types(field.annotation)
    words = next((word for kind, word in _KINDS.items() if kind in types), "a path")
    if choices := [str(choice) for choice in get_args(field.annotation) if isinstance(choice, str)]:
        return f"one of {', '.join(choices)}"
    bounds = " and ".join(_bounds(field.metadata))
    return f"{words}, {bounds}" if bounds else words


def _bounds(metadata: Iterable[Any]) -> Iterable[str]:
    for rule in metadata:
        for name, words in _BOUNDS.items():
            if (bound := getattr(rule, name, None)) is not None:
                yield words.format(str(bound).strip("^$"))


def _types(annotation: Any) -> set[Any]:  # noqa: ANN401 - whatever a type may be written as
    return {annotation, *get_args(annotation)}
