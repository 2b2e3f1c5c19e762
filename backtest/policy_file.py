"""A policy in a file: JSON, or TOML where the name ends in .toml."""

from pathlib import Path

import msgspec

from schemas.errors import ContractViolation
from schemas.events import Policy


def read_policy(path: Path) -> Policy:
    """The policy that a file holds. Raises ContractViolation when it cannot be read or is no policy."""
    decode = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
    try:
        return decode(path.read_bytes(), type=Policy)
    except OSError as error:
        raise ContractViolation(f"the policy {path} cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ContractViolation(f"{path} is no policy: {error}") from error
