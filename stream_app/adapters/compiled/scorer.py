"""Which scores a model's rows: its compiled graph, once a comparison on this machine found no unequal bit in it."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from schemas.manifests import Manifest
from stream_app.adapters.compiled.comparison import Score, rows_of, unequal
from stream_app.adapters.compiled.form import Branch, Form, Linear, UnknownForm
from stream_app.adapters.compiled.graph import read_form
from stream_app.adapters.compiled.program import program_of
from stream_app.adapters.onnx_scorer import OnnxScorer
from stream_app.core.scoring import Choice, Scorer, Scores, Vectors

Told = Callable[[Manifest, Choice], None]
"""Hears of each choice, in the thread that made it."""


def choose(model: bytes, reference: Scorer) -> tuple[Choice, Score]:
    """Compile a graph and compare it with what runs it now. Whatever goes wrong, that stays."""
    manifest = reference.manifest
    try:
        form = read_form(model, len(manifest.features))
        compiled = program_of(form).run
        rows = rows_of(form, manifest.baseline)
        differences = unequal(reference.score, compiled, rows)
    except UnknownForm as foreign:
        return Choice("onnxruntime", f"the graph has {foreign}: no form that is compiled"), reference.score
    except Exception as error:  # noqa: BLE001 - a defect of the compiler must cost speed only
        return Choice("onnxruntime", f"the graph cannot be compiled: {error!r}"), reference.score
    if differences:
        why = f"{differences:,} scores of the compiled graph differ from those of ONNX Runtime, on {len(rows):,} rows"
        return Choice("onnxruntime", why), reference.score
    return Choice("compiled", f"not a bit differs from ONNX Runtime on {len(rows):,} rows"), compiled


class ComparedScorer:
    """A model in ONNX Runtime, until its graph is compiled and found equal: no score shows the moment of the change."""

    def __init__(self, reference: OnnxScorer, chosen: "Future[tuple[Choice, Score]]") -> None:
        self._manifest = reference.manifest
        self._score: Score = reference.score
        self._chosen = chosen
        chosen.add_done_callback(self._go_over)

    @property
    def manifest(self) -> Manifest:
        """What the model reads and what it was made from."""
        return self._manifest

    def score(self, vectors: Vectors) -> Scores:
        """Churn probability per row; columns in the manifest's order."""
        return self._score(vectors)

    def choice(self) -> Choice:
        """What scores from now on; waits for the comparison."""
        return self._chosen.result()[0]

    def _go_over(self, chosen: "Future[tuple[Choice, Score]]") -> None:
        _, self._score = chosen.result()


def _untold(_manifest: Manifest, _choice: Choice) -> None:
    """Nobody asks."""


class Comparisons:
    """Compiles and compares models, each once, in a thread of its own: the event loop does not wait for it."""

    def __init__(self, told: Told = _untold) -> None:
        self._told = told
        self._thread = ThreadPoolExecutor(1, "comparison")
        self._scorers: dict[str, ComparedScorer] = {}

    def scorer(self, model: bytes, manifest: Manifest) -> ComparedScorer:
        """A scorer of the model, the same for all who ask; it is in ONNX Runtime until the comparison is over."""
        known = self._scorers.get(manifest.sha256)
        if known is None or known.manifest != manifest:
            reference = OnnxScorer(model, manifest)
            known = ComparedScorer(reference, self._thread.submit(self._choose, model, reference))
            self._scorers[manifest.sha256] = known
        return known

    def choice(self, manifest: Manifest) -> Choice:
        """What scores a model that was asked for; waits for the comparison."""
        return self._scorers[manifest.sha256].choice()

    def _choose(self, model: bytes, reference: OnnxScorer) -> tuple[Choice, Score]:
        choice, score = choose(model, reference)
        self._told(reference.manifest, choice)
        return choice, score


def warm_up() -> None:
    """Compile the kernel, which is the same for all forms."""
    linear = Linear(np.zeros(1, np.float32), np.float32(0))
    program_of(Form(1, (Branch((), linear, np.float32(1)),))).run(np.zeros((1, 1), np.float32))
