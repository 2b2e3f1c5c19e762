"""Pathway scoring users: sums by action, and the project's model over the users that a mini-batch has changed.

What it scores is the last state of a user in a mini-batch, not each event. Counters by action and their shares fill 24
of the model's 44 columns, the others stay 0: the scores cost what they should and mean nothing.
"""

import os
from typing import Any

import numpy as np
import onnxruntime
import pathway as pw

from benchmarks.peers.pathway_source import events, stopwatch, watch

_ACTIONS = (
    "next_song", "thumbs_up", "home", "add_to_playlist", "roll_advert", "add_friend", "logout", "thumbs_down",
    "downgrade", "settings", "error",
)  # fmt: skip
_COLUMNS = 44
_ROWS_PER_CALL = 4_096
_ALERT_ABOVE = float(os.environ["PEER_ALERT_ABOVE"])


def _session() -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(os.environ["PEER_MODEL"], options, providers=["CPUExecutionProvider"])


session = _session()


@pw.udf(max_batch_size=_ROWS_PER_CALL, deterministic=True)
def scores(*counters: list[int]) -> list[float]:
    """The churn probability of every user of a batch: their counters come column by column, the total first."""
    table = np.array(counters, np.float32).T
    rows = np.zeros((len(table), _COLUMNS), np.float32)
    rows[:, : table.shape[1]] = table
    rows[:, table.shape[1] : 2 * table.shape[1]] = table / table[:, :1]
    found = session.run(["probabilities"], {"vectors": rows})[0]
    return [float(score) for score in found[:, 1]]


def _alerted(key: pw.Pointer, row: dict[str, Any], time: int, is_addition: bool) -> None:  # noqa: ARG001 - theirs
    if is_addition:
        stopwatch.alerted()


if __name__ == "__main__":
    read = events()
    of_action = {f"of_{action}": pw.reducers.sum(pw.cast(int, read.action == action)) for action in _ACTIONS}
    users = read.groupby(read.subject).reduce(read.subject, total=pw.reducers.count(), **of_action)
    scored = users.select(users.subject, score=scores(users.total, *(users[name] for name in of_action)))
    pw.io.subscribe(scored.filter(scored.score > _ALERT_ABOVE), on_change=_alerted)
    watch(read)
    pw.run(monitoring_level=pw.MonitoringLevel.NONE, max_expression_batch_size=_ROWS_PER_CALL)
