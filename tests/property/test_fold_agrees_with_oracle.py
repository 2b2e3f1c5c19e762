"""The kernel and the oracle say the same of every event, bit for bit."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from producers.simulator import simulate
from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS
from stream_app.core.features.fold import read
from stream_app.core.features.plan import Compiled, compile_workload
from stream_app.core.log import PlainRecord
from stream_app.workloads import music
from tests.oracle import Life, happening_of, vector
from tests.support import every_kind
from tests.support.event_logs import START_MS, records_of_lines
from tests.support.fold_comparison import disagreements, folded, lives, same_bits, taken_in
from tests.support.log_strategies import logs

MUSIC, EVERY_KIND = compile_workload(music.WORKLOAD), compile_workload(every_kind.WORKLOAD)
BOTH = pytest.mark.parametrize("compiled", [MUSIC, EVERY_KIND], ids=["music", "every_kind"])
SILENCES_MS = st.sampled_from(
    [0, 1, 5 * MINUTE_MS, 30 * MINUTE_MS, 30 * MINUTE_MS + 1, HOUR_MS, DAY_MS, 7 * DAY_MS, 30 * DAY_MS, 400 * DAY_MS]
)


@BOTH
@given(log=logs())
def test_every_vector_is_the_oracles_bit_for_bit(compiled: Compiled, log: list[PlainRecord]) -> None:
    assert disagreements(compiled, log) == []


@BOTH
@settings(max_examples=50)
@given(log=logs(), silence_ms=SILENCES_MS | st.integers(0, 100 * DAY_MS))
def test_a_read_after_a_silence_is_the_oracles_and_changes_nothing(
    compiled: Compiled, log: list[PlainRecord], silence_ms: int
) -> None:
    records, users, _ = folded(compiled, log)
    before = records.tobytes()
    vectors = read(records, records["clock"] + silence_ms, compiled.plan)
    assert records.tobytes() == before
    known = lives(compiled.workload, log)
    for user, slot in users.items():
        life = known[user]
        assert same_bits(vectors[slot], vector(life, life.clock_ms + silence_ms))


def test_a_simulated_log_of_weeks_gives_the_oracles_vectors() -> None:
    log = records_of_lines(list(simulate(users=40, days=45, seed=11, start_ms=START_MS)))
    events = taken_in(log).events
    assert len(events) == len(log)
    _, _, result = folded(MUSIC, log)
    looked_at = set(random.Random(3).sample(range(len(log)), 400)) | set(_last_of_each_user(log))
    users: dict[str, Life] = {}
    for e, record in enumerate(log):
        happening = happening_of(record.value or b"", record.timestamp)
        assert happening is not None
        life = users.setdefault(happening.user, Life(MUSIC.workload))
        assert life.meet(happening)
        if e in looked_at:
            assert same_bits(result.vectors[e], vector(life))
    assert np.count_nonzero(result.vectors[:, MUSIC.feature_names.index("sentiment_mean_30d")])


def _last_of_each_user(log: list[PlainRecord]) -> list[int]:
    users = [admitted.user for admitted in taken_in(log).events]
    return list({user: e for e, user in enumerate(users)}.values())
