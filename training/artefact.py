"""A trained model as files: graph, manifest and card. A version is written once and never changed."""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from schemas.errors import ContractViolation
from schemas.manifests import Manifest
from stream_app.adapters.onnx_scorer import MANIFEST_FILE, MODEL_FILE

CARD_FILE = "MODEL_CARD.md"


@dataclass(frozen=True)
class Artefact:
    """A model that has passed the gate."""

    model: bytes
    manifest: Manifest
    card: str


def refuse_existing(where: Path) -> None:
    """Raise ContractViolation when this version exists: control records in logs pin its bytes."""
    if where.exists():
        raise ContractViolation(f"{where} exists, and versions never change: choose another one with --version")


def write(artefact: Artefact, where: Path) -> None:
    """Write the three files; the manifest comes last and makes the artefact valid."""
    refuse_existing(where)
    where.mkdir(parents=True)
    (where / CARD_FILE).write_text(artefact.card, encoding="utf-8")
    (where / MODEL_FILE).write_bytes(artefact.model)
    (where / MANIFEST_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(artefact.manifest), indent=2) + b"\n")
