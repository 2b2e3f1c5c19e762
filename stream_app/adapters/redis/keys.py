"""How keys are made up: `{APP.PARTITION}:m` for a partition's meta, `{APP.PARTITION}:u:USER` for a state.

What stands in braces is a hash tag: all keys of a partition live on one node and in one append-only file.
"""

import re

_SPECIAL = re.compile(r"([*?\[\]^\\])")
_META = re.compile(rb"\{.*\.(\d+)\}:m")


def meta_key(app_id: str, partition: int) -> str:
    """Where position and meta of a partition stand."""
    return f"{_tag(app_id, partition)}:m"


def partition_of_meta(key: bytes) -> int | None:
    """The partition whose meta stands under a key; None for any other key."""
    found = _META.fullmatch(key)
    return int(found[1]) if found else None


def state_prefix(app_id: str, partition: int) -> str:
    """What the key of a state begins with; the user follows."""
    return f"{_tag(app_id, partition)}:u:"


def states_pattern(app_id: str, partition: int) -> str:
    """A pattern for exactly the states of a partition."""
    return _literally(state_prefix(app_id, partition)) + "*"


def all_states_pattern(app_id: str) -> str:
    """A pattern for the states of all partitions."""
    return _literally(f"{{{app_id}.") + "*}:u:*"


def all_keys_pattern(app_id: str) -> str:
    """A pattern for whatever belongs to an app id."""
    return _literally(f"{{{app_id}.") + "*"


def _tag(app_id: str, partition: int) -> str:
    return f"{{{app_id}.{partition}}}"


def _literally(name: str) -> str:
    """What is a name must not be read as a pattern, whatever characters it has."""
    return _SPECIAL.sub(r"\\\1", name)
