"""Scores vectors with ONNX Runtime, from an artefact whose bytes its manifest vouches for."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime

from schemas.errors import ContractViolation
from schemas.events import ModelRef
from schemas.manifests import INPUT_NAME, MANIFEST_FILE, MODEL_FILE, OUTPUT_NAME, Manifest
from stream_app.core.scoring import Scorer, Scores, Vectors

MakeScorer = Callable[[bytes, Manifest], Scorer]
"""Makes what scores from a model's bytes and its manifest."""

_SHORT = re.compile(r"bad.?alloc|failed to allocate|out of memory|cannot allocate", re.IGNORECASE)


class OnnxScorer:
    """One model in one single-threaded session, so that the same row gives the same bits in any batch."""

    def __init__(self, model: bytes, manifest: Manifest) -> None:
        """Raises ContractViolation when the model's inputs or outputs are not what the manifest says."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        with _shortages():
            self._session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._manifest = manifest
        inputs = [(given.name, given.type, given.shape[-1]) for given in self._session.get_inputs()]
        outputs = [given.name for given in self._session.get_outputs()]
        if inputs != [(INPUT_NAME, "tensor(float)", len(manifest.features))] or OUTPUT_NAME not in outputs:
            raise ContractViolation(
                f"model {manifest.name}/{manifest.version} takes {inputs} and gives {outputs}, but its manifest says "
                f"{len(manifest.features)} float features: export it again with `churn train`"
            )

    @property
    def manifest(self) -> Manifest:
        """What the model reads and what it was made from."""
        return self._manifest

    def score(self, vectors: Vectors) -> Scores:
        """Churn probability per row. A lone row is padded to two: it would take another path with other rounding."""
        if not len(vectors):
            return np.zeros(0, np.float32)
        padded = np.concatenate([vectors, vectors]) if len(vectors) == 1 else vectors
        with _shortages():
            probabilities = self._session.run([OUTPUT_NAME], {INPUT_NAME: padded})[0]
        return np.ascontiguousarray(probabilities[: len(vectors), 1], np.float32)


@contextmanager
def _shortages() -> Iterator[None]:
    """Raises MemoryError for ONNX Runtime's own errors that say the same."""
    try:
        yield
    except Exception as error:
        if _SHORT.search(str(error)):
            raise MemoryError(f"ONNX Runtime: {error}") from error
        raise


def load_model(
    directory: Path,
    reference: ModelRef,
    fits: Callable[[Manifest], bool],
    made: MakeScorer = OnnxScorer,
) -> Scorer:
    """The model, as `made` of it, whose bytes a control record pins, under whichever version's manifest fits this code.

    Logs outlive layouts: the same bytes may stand under several versions, each with the digests of another code. Of
    several that fit, the version that the record names goes first, then the newest. Raises ContractViolation when the
    bytes are nowhere (`missing_model`), or under no manifest that fits (`wrong_model`).
    """
    found = _pinned(directory, reference)
    for manifest, model in found:
        if fits(manifest):
            return made(model, manifest)
    named = f"{reference.name}/{reference.version}"
    if not found:
        raise ContractViolation(
            f"no version below {directory / reference.name} has the bytes that were promoted as {named} (sha256 "
            f"{reference.sha256[:12]}…): restore the artefact there",
            state="missing_model",
        )
    raise ContractViolation(
        f"the bytes that were promoted as {named} (sha256 {reference.sha256[:12]}…) stand below "
        f"{directory / reference.name} as {', '.join(manifest.version for manifest, _ in found)}, made for other "
        "features than this code computes: add the version of the model that came with this code, or run the code "
        "it was made for",
        state="wrong_model",
    )


def _pinned(directory: Path, reference: ModelRef) -> list[tuple[Manifest, bytes]]:
    """The artefacts of a model with these bytes: the version that is named first, then from the newest on."""
    versions = [where for where in _versions(directory / reference.name) if (where / MODEL_FILE).is_file()]
    versions.sort(key=lambda where: where.name == reference.version)
    found = []
    for where in reversed(versions):
        model = (where / MODEL_FILE).read_bytes()
        if hashlib.sha256(model).hexdigest() == reference.sha256:
            manifest = load_manifest(where)
            if manifest.sha256 == reference.sha256:
                found.append((manifest, model))
    return found


def load_manifest(where: Path) -> Manifest:
    """The manifest of the artefact in a directory. Raises ContractViolation when there is none."""
    if not ((where / MANIFEST_FILE).is_file() and (where / MODEL_FILE).is_file()):
        raise ContractViolation(
            f"there is no model in {where}: put the artefact there, or make one with `churn train`",
            state="missing_model",
        )
    try:
        return msgspec.json.decode((where / MANIFEST_FILE).read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise ContractViolation(f"{where / MANIFEST_FILE} is no manifest: {error}") from error


def newest_model(directory: Path, workload: str) -> Manifest:
    """The manifest with the highest version of a workload. Raises ContractViolation when there is none."""
    versions = _versions(directory / workload)
    if not versions:
        raise ContractViolation(
            f"there is no model below {directory / workload}: make one with `churn train {workload}`",
            state="missing_model",
        )
    return load_manifest(versions[-1])


def _versions(directory: Path) -> list[Path]:
    """Where the versions of a model stand, the newest last."""
    found = (path.parent for path in directory.glob(f"*/{MANIFEST_FILE}"))
    return sorted(found, key=lambda where: _ordered(where.name))


def _ordered(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in version.split("."))
