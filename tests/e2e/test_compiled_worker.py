"""A worker that goes over from ONNX Runtime to the compiled graph scores as one replay in ONNX Runtime does."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np

from schemas.outgoing import address
from stack.local import Services
from stack.worker_process import WorkerProcess
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.bootstrap.engine import engine_of
from stream_app.core.replay import Replay
from stream_app.core.trace import TRACE, traced
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import PARTITIONS, Deployment, deployment
from tests.support.connections import kafka_of
from tests.support.music_logs import music_lines

LINES = music_lines(40, 4000, seed=23)
WITHIN_S = 90.0


def test_no_score_shows_where_a_worker_went_over_to_the_compiled_graph(
    stack: Services, prefix: str, tmp_path: Path, committed_models: Path
) -> None:
    with deployment(stack, prefix, tmp_path) as made:
        trace = tmp_path / "trace"
        worker = made.start_worker(trace)
        send(made, LINES[: len(LINES) // 2])
        assert chosen(worker)["scorer"] == "compiled"
        send(made, LINES[len(LINES) // 2 :])
        made.wait_until_applied([len(records) for records in made.log()])
        live = np.fromfile(trace, TRACE)
        assert len(live) == len(LINES)
        for partition in range(PARTITIONS):
            assert live[live["partition"] == partition].tobytes() == replayed(made, partition)
        made.must_equal_one_uninterrupted_fold()


def send(to: Deployment, lines: list[bytes]) -> None:
    KafkaSender(kafka_of(to.services), to.topic()).send(address(lines), flat_out(), lambda count: None)


def chosen(worker: WorkerProcess) -> dict[str, Any]:
    """What the worker's log says of what scores."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        for line in worker.log.read_text().splitlines():
            if '"scorer_chosen"' in line:
                found: dict[str, Any] = json.loads(line)
                return found
        assert time.monotonic() < deadline
        worker.must_run()
        time.sleep(0.05)


def replayed(made: Deployment, partition: int) -> bytes:
    """What a replay writes down of every vector and score."""
    replay = Replay(engine_of(made.settings), partition, PARTITIONS)
    return b"".join(traced(partition, step.advance).tobytes() for step in replay.apply(made.log()[partition]))
