"""A trained model as files: graph, manifest, card and plots. A version is written once and never changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from schemas.errors import ContractViolation
from schemas.manifests import MANIFEST_FILE, MODEL_FILE, Manifest

CARD_FILE = "MODEL_CARD.md"
LIMITS_FILE = "limits.md"
"""Beside a workload's models: what limits them all, as a list in Markdown that their cards take over."""


@dataclass(frozen=True)
class Artefact:
    """A model that has passed the gate. `images` are PNG by file name."""

    model: bytes
    manifest: Manifest
    card: str
    images: Mapping[str, bytes]


def next_version(models: Path) -> str:
    """The minor version after the highest one in a workload's directory of models; the first is 0.1.0."""
    versions = [path.parent.name.split(".") for path in models.glob(f"*/{MANIFEST_FILE}")]
    numbers = [list(map(int, parts)) for parts in versions if len(parts) > 1 and all(map(str.isdigit, parts))]
    major, minor, *_ = max(numbers, default=[0, 0])
    return f"{major}.{minor + 1}.0"


def read_limits(models: Path) -> str:
    """The limits of a workload's models; none when there is no such file."""
    file = models / LIMITS_FILE
    return file.read_text(encoding="utf-8") if file.exists() else ""


def refuse_existing(where: Path) -> None:
    """Raise ContractViolation when this version exists: control records in logs pin its bytes."""
    if where.exists():
        raise ContractViolation(f"{where} exists, and versions never change: choose another one with --version")


def write(artefact: Artefact, where: Path) -> None:
    """Write the files; the manifest comes last and makes the artefact valid."""
    refuse_existing(where)
    where.mkdir(parents=True)
    for name, image in artefact.images.items():
        (where / name).write_bytes(image)
    (where / CARD_FILE).write_text(artefact.card, encoding="utf-8")
    (where / MODEL_FILE).write_bytes(artefact.model)
    (where / MANIFEST_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(artefact.manifest), indent=2) + b"\n")
