"""Exports: the states of every partition with their positions, as files that say whether they are whole.

`manifest.json` is written last: without it an export was cut off. Each partition's file is zlib-compressed msgpack, and
the manifest holds its SHA-256.
"""

import hashlib
import os
import zlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from operations.stored_states import Snapshot
from schemas.errors import ContractViolation
from schemas.events import ControlData

FORMAT = "churn.states.v1"
_MANIFEST = "manifest.json"


class PartitionFile(Struct, kw_only=True, frozen=True):
    """A partition in a file."""

    position: int
    anchor: int | None
    state_digest: str
    partitions: int
    control: ControlData | None
    states: dict[str, bytes]


class Manifest(Struct, kw_only=True, frozen=True):
    """What an export holds: of which deployment and moment, and each partition's position and the hash of its file."""

    format: str
    app_id: str
    exported_at: str
    positions: list[int]
    sha256: list[str]


def write(directory: Path, app_id: str, exported_at: str, snapshots: Sequence[Snapshot]) -> None:
    """Write an export into an empty or new directory. Raises ContractViolation when something stands there."""
    if directory.exists() and any(directory.iterdir()):
        raise ContractViolation(f"{directory} is not empty: name a new directory for the export")
    directory.mkdir(parents=True, exist_ok=True)
    hashes = [_write_whole(_file(directory, p), _packed(one)) for p, one in enumerate(snapshots)]
    manifest = Manifest(
        format=FORMAT,
        app_id=app_id,
        exported_at=exported_at,
        positions=[one.position for one in snapshots],
        sha256=hashes,
    )
    _write_whole(directory / _MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


def read(directory: Path) -> list[Snapshot]:
    """An export's partitions. Raises ContractViolation when it is cut off, damaged or of another format."""
    try:
        manifest = msgspec.json.decode((directory / _MANIFEST).read_bytes(), type=Manifest)
        packed = [_file(directory, partition).read_bytes() for partition in range(len(manifest.positions))]
    except FileNotFoundError as error:
        raise ContractViolation(f"{directory} is no whole export, {error.filename} is missing: take another") from error
    except msgspec.DecodeError as error:
        raise ContractViolation(f"{directory / _MANIFEST} is no manifest of an export: {error}") from error
    if manifest.format != FORMAT:
        raise ContractViolation(f"{directory} has the format {manifest.format}, this version reads {FORMAT}")
    if [hashlib.sha256(one).hexdigest() for one in packed] != manifest.sha256:
        raise ContractViolation(f"a file of {directory} is not as it was written: take another export")
    files = [msgspec.msgpack.decode(zlib.decompress(one), type=PartitionFile) for one in packed]
    return [Snapshot(**{name: getattr(one, name) for name in PartitionFile.__struct_fields__}) for one in files]


def _packed(snapshot: Snapshot) -> bytes:
    fields = {name: getattr(snapshot, name) for name in PartitionFile.__struct_fields__}
    return zlib.compress(msgspec.msgpack.encode(PartitionFile(**fields)), level=3)


def _write_whole(path: Path, contents: bytes) -> str:
    """Write a file so that it is there whole or not at all; its SHA-256."""
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(contents)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return hashlib.sha256(contents).hexdigest()


def _file(directory: Path, partition: int) -> Path:
    return directory / f"partition-{partition:04d}.states"
