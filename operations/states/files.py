"""Exports of states: a directory with one file a partition and a manifest, which is written last.

A partition's file: a line of JSON that says what it is, then of each user the lengths of name and state (two 32-bit
numbers, little-endian) and both, then the SHA-256 of all that comes before.
"""

import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Literal

import msgspec
from msgspec import Struct

from operations.states.snapshot import PartitionSnapshot
from schemas.errors import ContractViolation
from schemas.events import ControlData
from stream_app.partition.effects import Anchor, Meta

MANIFEST_FILE = "manifest.json"
_LENGTHS = struct.Struct("<II")
_DIGEST_BYTES = 32


class Header(Struct, kw_only=True, frozen=True):
    """The first line of a partition's file. In version 1 the anchor's offset is that before the position."""

    format: Literal["churn-states"] = "churn-states"
    version: Literal[1, 2] = 2
    app_id: str
    partition: int
    partitions: int
    position: int
    anchor: int | None
    anchor_offset: int | None = None
    state_digest: str
    control: ControlData | None
    states: int


class ExportManifest(Struct, kw_only=True, frozen=True):
    """What an export holds; `files` are the SHA-256 of each file by its name, in the order of the partitions."""

    format: Literal["churn-export"] = "churn-export"
    version: Literal[1, 2] = 2
    app_id: str
    made_at: str
    partitions: int
    state_digest: str
    positions: list[int]
    states: int
    files: dict[str, str]


def begin_export(directory: Path) -> None:
    """Make the directory. Raises ContractViolation when there is something in it, or it cannot be made."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        used = any(directory.iterdir())
    except OSError as error:
        raise ContractViolation(f"{directory} cannot be written: {error.strerror}") from error
    if used:
        raise ContractViolation(f"{directory} is not empty: choose a new directory for every export")


def write_partition(directory: Path, app_id: str, partition: int, snapshot: PartitionSnapshot) -> tuple[str, str]:
    """Write one partition's file; its name and SHA-256."""
    meta = snapshot.meta
    header = Header(
        app_id=app_id,
        partition=partition,
        partitions=meta.partitions,
        position=meta.position,
        anchor=meta.anchor.hashed if meta.anchor else None,
        anchor_offset=meta.anchor_offset,
        state_digest=meta.state_digest,
        control=meta.control,
        states=len(snapshot.states),
    )
    name, digest = f"partition-{partition:05}.states", sha256()
    with _whole(directory / name) as file:
        for part in _parts(header, snapshot.states):
            digest.update(part)
            file.write(part)
        file.write(digest.digest())
    return name, digest.hexdigest()


def write_manifest(directory: Path, manifest: ExportManifest) -> None:
    """Say that the export is complete."""
    with _whole(directory / MANIFEST_FILE) as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)) + b"\n")


def read_manifest(directory: Path) -> ExportManifest:
    """What an export holds. Raises ContractViolation when the directory holds none that was completed."""
    path = directory / MANIFEST_FILE
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=ExportManifest)
    except FileNotFoundError as error:
        raise ContractViolation(
            f"there is no {path}: {directory} is no export, or one that was cut off; take another"
        ) from error
    except (OSError, msgspec.DecodeError) as error:
        raise ContractViolation(f"{path} cannot be read ({error}): take another export") from error
    if not manifest.partitions == len(manifest.files) == len(manifest.positions):
        raise ContractViolation(f"{path} does not name a file for each partition: take another export")
    return manifest


def read_partition(directory: Path, manifest: ExportManifest, partition: int) -> PartitionSnapshot:
    """The states of one partition. Raises ContractViolation when its file is not the one that was exported."""
    name = list(manifest.files)[partition]
    path = directory / name
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ContractViolation(f"{path} cannot be read ({error.strerror}): take another export") from error
    content, digest = memoryview(raw)[:-_DIGEST_BYTES], raw[-_DIGEST_BYTES:]
    if sha256(content).digest() != digest or digest.hex() != manifest.files[name]:
        raise ContractViolation(f"{path} is not as it was exported, its checksum differs: take another export")
    line, _, _ = raw.partition(b"\n")
    try:
        header = msgspec.json.decode(line, type=Header)
    except msgspec.DecodeError as error:
        raise ContractViolation(f"{path} is no file of states that this version reads: {error}") from error
    states = dict(_states(content[len(line) + 1 :]))
    if (header.partition, header.position, header.states) != (partition, manifest.positions[partition], len(states)):
        raise ContractViolation(f"{path} does not hold what the manifest says: take another export")
    return PartitionSnapshot(
        Meta(header.position, _anchor(header), header.state_digest, header.partitions, header.control), states
    )


def _anchor(header: Header) -> Anchor | None:
    if header.anchor is None:
        return None
    offset = header.position - 1 if header.version == 1 else header.anchor_offset
    return None if offset is None else Anchor(offset, header.anchor)


def _parts(header: Header, states: Mapping[str, bytes]) -> Iterator[bytes]:
    yield msgspec.json.encode(header) + b"\n"
    for user, state in states.items():
        name = user.encode()
        yield _LENGTHS.pack(len(name), len(state)) + name + state


def _states(content: memoryview) -> Iterator[tuple[str, bytes]]:
    at = 0
    while at < len(content):
        name_size, state_size = _LENGTHS.unpack_from(content, at)
        begin = at + _LENGTHS.size
        at = begin + name_size + state_size
        yield bytes(content[begin : begin + name_size]).decode(), bytes(content[begin + name_size : at])


@contextmanager
def _whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name when it is complete and on the disk."""
    unfinished = path.with_name(path.name + ".part")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise ContractViolation(f"{path} cannot be written: {error.strerror}") from error
