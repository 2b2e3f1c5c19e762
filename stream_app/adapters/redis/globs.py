"""Patterns for the keys of one deployment: what is a name there must not be read as a pattern."""

import re

_SPECIAL = re.compile(r"([*?\[\]^\\])")


def beginning_with(prefix: str) -> str:
    """A pattern for exactly those keys that begin with this prefix, whatever characters it has."""
    return _SPECIAL.sub(r"\\\1", prefix) + "*"
