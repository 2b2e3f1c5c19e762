"""In which order events arrive does not matter, as far as it must not."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS
from stream_app.core.features.fold import APPLIED
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import PlainRecord
from tests.support import every_kind
from tests.support.event_logs import Event, LogWriter, at, records_of
from tests.support.fold_comparison import features, folded
from tests.support.log_strategies import logs

COMPILED = compile_workload(every_kind.WORKLOAD)
LATENESS_MS = 10 * MINUTE_MS
SMALLEST_RING_MS = 55 * MINUTE_MS
"""From the first millisecond of the oldest of twelve tiles to the first of the newest."""
OF_WAITS = {name for name in COMPILED.feature_names if name.startswith("wait")}
"""Waits are told in log order."""
GAPS_MS = st.sampled_from(
    [0, 1, MINUTE_MS, 5 * MINUTE_MS, 29 * MINUTE_MS, 30 * MINUTE_MS, HOUR_MS, DAY_MS]
) | st.integers(0, 40 * MINUTE_MS)

Act = Callable[[LogWriter, int], None]
ACTS: list[Act] = [
    lambda log, time_ms: log.does("play", time_ms),
    lambda log, time_ms: log.does("error", time_ms),
    lambda log, time_ms: log.does("hate", time_ms),
    lambda log, time_ms: log.does("upgrade", time_ms),
    lambda log, time_ms: log.chats("opened", time_ms),
    lambda log, time_ms: log.says(time_ms, 0.25),
    lambda log, time_ms: log.says(time_ms, -0.5, "outbound"),
    lambda log, time_ms: log.becomes(time_ms, {"plan": "free", "seats": 2}),
]


def _events(acts: list[tuple[Act, int]]) -> list[Event]:
    log = LogWriter()
    for number, (act, time_ms) in enumerate(acts):
        act(log, time_ms)
        log.events[-1] = replace(log.events[-1], event_id=f"event-{number}")
    return log.events


@given(st.lists(st.tuples(st.sampled_from(ACTS), GAPS_MS, st.integers(0, LATENESS_MS)), min_size=1, max_size=40))
def test_arrivals_shuffled_within_the_lateness_give_the_same_features(acts: list[tuple[Act, int, int]]) -> None:
    times = np.cumsum([gap_ms for _, gap_ms, _ in acts]).tolist()
    events = _events([(act, at(ms=time_ms)) for (act, _, _), time_ms in zip(acts, times, strict=True)])
    delays = [delay_ms for _, _, delay_ms in acts]
    arrivals = sorted(range(len(events)), key=lambda e: events[e].time_ms + delays[e])
    shuffled = [events[e] for e in arrivals]
    in_order, as_shuffled = features(COMPILED, records_of(events)), features(COMPILED, records_of(shuffled))
    assert [name for name in in_order.keys() - OF_WAITS if in_order[name] != as_shuffled[name]] == []


@given(st.data())
def test_arrivals_shuffled_within_the_smallest_ring_give_the_same_but_for_sessions(data: st.DataObject) -> None:
    times = st.integers(at(), at(ms=SMALLEST_RING_MS))
    events = _events(data.draw(st.lists(st.tuples(st.sampled_from(ACTS), times), min_size=1)))
    shuffled = data.draw(st.permutations(events))
    in_order, as_shuffled = features(COMPILED, records_of(events)), features(COMPILED, records_of(shuffled))
    of_sessions = {name for name in in_order if name.startswith("session")}
    assert len(of_sessions) == 6
    assert [name for name in in_order.keys() - of_sessions - OF_WAITS if in_order[name] != as_shuffled[name]] == []


@given(log=logs(), repeated=st.lists(st.integers(0, 30), max_size=20))
def test_repeats_leave_a_log_as_if_they_were_not_there(log: list[PlainRecord], repeated: list[int]) -> None:
    twice = [copy for position, record in enumerate(log) for copy in [record] * (1 + (position in repeated))]
    records, _, once = folded(COMPILED, log)
    records_twice, _, result = folded(COMPILED, [record._replace(offset=o) for o, record in enumerate(twice)])
    assert Counter(result.outcome.tolist())[APPLIED] == Counter(once.outcome.tolist())[APPLIED]
    records["next_offset"] = records_twice["next_offset"] = 0
    assert records_twice.tobytes() == records.tobytes()
