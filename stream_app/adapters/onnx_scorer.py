"""Scores vectors with ONNX Runtime, from an artefact whose bytes its manifest vouches for."""

import hashlib
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime

from schemas.errors import ContractViolation
from schemas.events import ModelRef
from schemas.manifests import INPUT_NAME, MANIFEST_FILE, MODEL_FILE, OUTPUT_NAME, Manifest
from stream_app.core.scoring import Scores, Vectors


class OnnxScorer:
    """One model in one single-threaded session, so that the same row gives the same bits in any batch."""

    def __init__(self, model: bytes, manifest: Manifest) -> None:
        """Raises ContractViolation when the model's inputs or outputs are not what the manifest says."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
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
        probabilities = self._session.run([OUTPUT_NAME], {INPUT_NAME: padded})[0]
        return np.ascontiguousarray(probabilities[: len(vectors), 1], np.float32)


def load_model(directory: Path, reference: ModelRef) -> OnnxScorer:
    """The model that a control record names. Raises ContractViolation when it is missing or not those bytes."""
    where = directory / reference.name / reference.version
    manifest = load_manifest(where)
    model = (where / MODEL_FILE).read_bytes()
    found = hashlib.sha256(model).hexdigest()
    if found != reference.sha256 or found != manifest.sha256:
        raise ContractViolation(
            f"the bytes of {where / MODEL_FILE} are not those that were promoted (sha256 {found[:12]}…, expected "
            f"{reference.sha256[:12]}…): restore the artefact, or promote this one with `churn models promote`",
            state="wrong_model",
        )
    return OnnxScorer(model, manifest)


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
    versions = sorted((directory / workload).glob(f"*/{MANIFEST_FILE}"), key=lambda path: _ordered(path.parent.name))
    if not versions:
        raise ContractViolation(
            f"there is no model below {directory / workload}: make one with `churn train {workload}`",
            state="missing_model",
        )
    return load_manifest(versions[-1].parent)


def _ordered(version: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in version.split("."))
