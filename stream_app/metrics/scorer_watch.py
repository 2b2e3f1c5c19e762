"""Tells what runs each model: its compiled graph, or ONNX Runtime and why."""

from collections.abc import Iterator

import structlog

from schemas.manifests import Manifest
from stream_app.core.scoring import Choice
from stream_app.metrics.catalogue import SCORER_INFO
from stream_app.metrics.worker_metrics import GaugeReading

_log = structlog.get_logger()


class ScorerWatch:
    """What was last said of each model."""

    def __init__(self) -> None:
        self._runs: dict[tuple[str, str], str] = {}

    def chosen(self, manifest: Manifest, choice: Choice) -> None:
        """A comparison has ended; in a thread of its own."""
        self._runs[manifest.name, manifest.version] = choice.scorer
        tell = _log.info if choice.scorer == "compiled" else _log.warning
        model = f"{manifest.name}/{manifest.version}"
        tell("scorer_chosen", model=model, scorer=choice.scorer, why=choice.why)

    def readings(self) -> Iterator[GaugeReading]:
        """One gauge a model."""
        for (name, version), scorer in list(self._runs.items()):
            yield GaugeReading(SCORER_INFO, (name, version, scorer), 1)
