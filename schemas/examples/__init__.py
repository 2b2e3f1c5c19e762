"""Examples of every record type: `<type>/valid/` holds records as they stand on the topic, `<type>/invalid/` records
that are refused, each with the reason and the error that name what is wrong with it.

An invalid example is a JSON object of `expect` (reason, a part of the error's text, and `beyond_json_schema` where only
code can see the fault), the value (`record` as JSON, `text` or `hex`), and `kafka` where it depends on the record's
metadata.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from schemas.dead_letters import RejectionReason

_DIRECTORY = Path(__file__).parent


class Expectation(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """The reason under which a record is refused, and words that stand in the error."""

    reason: RejectionReason
    error: str
    beyond_json_schema: bool = False


class Metadata(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """What Kafka knows of a record. To make a large value, spaces behind it fill it up to `value_bytes`."""

    key: str | None
    timestamp_ms: int
    partition: int
    partitions: int
    value_bytes: int = 0


class InvalidExample(Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A record that is refused, and how. One that gives none of `record`, `text` and `hex` has no value at all."""

    expect: Expectation
    record: Raw = Raw()
    text: str = ""
    hex: str = ""
    kafka: Metadata | None = None

    def __post_init__(self) -> None:
        """Refuse an example that gives its value twice."""
        if sum(map(bool, (bytes(self.record), self.text, self.hex))) > 1:
            raise ValueError("an invalid example gives at most one of record, text and hex")

    def value(self) -> bytes | None:
        """The record's value as it stands on the topic."""
        given = bytes(self.record) or self.text.encode() or bytes.fromhex(self.hex)
        size = self.kafka.value_bytes if self.kafka else 0
        return given.ljust(size) if given else None


def valid(type_name: str) -> dict[str, bytes]:
    """The values of a type's valid examples by the examples' names."""
    return {path.stem: path.read_bytes() for path in _paths(type_name, "valid")}


def invalid(type_name: str) -> dict[str, InvalidExample]:
    """A type's invalid examples by their names; raises msgspec.ValidationError for one that is not put as it should."""
    decoder = msgspec.json.Decoder(InvalidExample)
    return {path.stem: decoder.decode(path.read_bytes()) for path in _paths(type_name, "invalid")}


def _paths(type_name: str, kind: str) -> Iterator[Path]:
    return iter(sorted((_DIRECTORY / type_name / kind).glob("*.json")))
