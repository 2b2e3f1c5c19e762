"""The stages' stopwatch runs the shipped session, accounts for all of the worker's time, and leaves nothing behind."""

from typing import Any

import msgspec
import pytest

from benchmarks.speed import stages
from benchmarks.speed.load import drawn
from benchmarks.speed.stages import STAGES, measured
from schemas.errors import ContractViolation
from stream_app.bootstrap.engine import Comparisons, engine_of, first_control
from stream_app.core.engine import Engine
from stream_app.core.log import PlainRecord
from stream_app.settings import Settings

WORKER_US = 1e6


def an_engine() -> Engine:
    return engine_of(Settings(), Comparisons().scorer)


def a_log() -> list[PlainRecord]:
    """A control record, then events."""
    control = first_control(Settings())
    (chunk,) = drawn(5_000, 200, "zipf", seed=1)
    values = [msgspec.json.encode(control), *chunk.values]
    return [PlainRecord(offset, 0, None, value) for offset, value in enumerate(values)]


def wrapped() -> dict[tuple[Any, str], object]:
    return {(holder, name): getattr(holder, name) for places in STAGES.values() for holder, name in places}


def test_the_stages_and_the_rest_make_up_the_workers_time() -> None:
    by_stage = measured(an_engine(), [a_log()], 1, 500, WORKER_US)
    assert list(by_stage) == [*STAGES, "between_stages", "everything_else"]
    assert all(us > 0 for us in by_stage.values())
    assert sum(by_stage.values()) == pytest.approx(WORKER_US, abs=0.1)


def test_the_functions_are_put_back() -> None:
    before = wrapped()
    measured(an_engine(), [a_log()], 1, 500, WORKER_US)
    assert wrapped() == before


def test_a_stage_that_the_session_never_calls_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "STAGES", {**STAGES, "gone": [(stages, "_shares")]})
    with pytest.raises(ContractViolation, match="never called gone"):
        measured(an_engine(), [a_log()], 1, 500, WORKER_US)
