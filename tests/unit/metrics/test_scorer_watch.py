"""What the worker says of what runs its models."""

import pytest
from structlog.testing import capture_logs

from stream_app.core.features.plan import compile_workload
from stream_app.core.scoring import Choice, ScoredBy
from stream_app.metrics.catalogue import SCORER_INFO
from stream_app.metrics.scorer_watch import ScorerWatch
from stream_app.workloads.music import WORKLOAD
from tests.support.fake_scorers import linear

MANIFEST = linear(compile_workload(WORKLOAD), {}).manifest


@pytest.mark.parametrize(("scorer", "level"), [("compiled", "info"), ("onnxruntime", "warning")])
def test_each_choice_is_logged_and_shown_and_onnx_runtime_is_a_warning(scorer: ScoredBy, level: str) -> None:
    watch = ScorerWatch()
    with capture_logs() as lines:
        watch.chosen(MANIFEST, Choice(scorer, "a reason"))
    line = {"event": "scorer_chosen", "log_level": level, "model": "linear/1", "scorer": scorer, "why": "a reason"}
    assert lines == [line]
    assert list(watch.readings()) == [(SCORER_INFO, ("linear", "1", scorer), 1)]
