"""Where a log is cut into batches changes nothing: not a vector, not a score, not a state, not an alert."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Policy
from stream_app.core.features import codec
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay
from tests.support import every_kind
from tests.support.event_logs import START_MS, Event, control
from tests.support.fake_scorers import dial, engine, linear
from tests.support.log_strategies import logs

COMPILED = compile_workload(every_kind.WORKLOAD)
DIAL = dial(COMPILED)
MIXED = linear(COMPILED, {"session_events": 0.0625, "dial": 0.3, "play_count_7d": 0.1}, name="mixed")
EAGER = Policy(name="eager", version=2, enter=0.2, leave=0.1, critical=0.4, cooldown_s=0)

CONTROLS = [
    control(DIAL.control(every_kind.WORKLOAD.policy)),
    control(MIXED.control(EAGER)),
    control(DIAL.control(EAGER)),
]
CLOCK = Event("clock", START_MS, {}, user=None)
OTHERS = [event.record(0) for event in (*CONTROLS, CLOCK)] + [PlainRecord(0, START_MS, b"ana", b"{")]


@st.composite
def _whole_logs(draw: st.DrawFn) -> list[PlainRecord]:
    """A log in which control and clock records and poison stand among the events; most begin with a control record."""
    log = draw(logs())
    for other in draw(st.lists(st.sampled_from(OTHERS), max_size=5)):
        log.insert(draw(st.integers(0, len(log))), other)
    if draw(st.integers(0, 4)):
        log.insert(0, draw(st.sampled_from(OTHERS[: len(CONTROLS)])))
    return [record._replace(offset=offset) for offset, record in enumerate(log)]


def _results(log: Sequence[PlainRecord], cuts: set[int]) -> dict[str, Any]:
    replay = Replay(engine(COMPILED, DIAL, MIXED))
    bounds = sorted({0, len(log)} | {cut for cut in cuts if cut < len(log)})
    steps = [step for start, end in pairwise(bounds) for step in replay.apply(log[start:end])]
    events = [(step, e) for step in steps for e in range(len(step.intake.events))]
    scored = [(step, s) for step in steps for s in range(len(step.advance.scored))]
    return {
        "vectors": [
            (step.intake.events[e].record.offset, *(column[e].tobytes() for column in step.advance.folded))
            for step, e in events
        ],
        "scores": [
            (int(step.advance.offsets[s]), step.advance.vectors[s].tobytes(), step.advance.scores[s].tobytes())
            for step, s in scored
        ],
        "alerts": [msgspec.json.encode(alert) for step in steps for alert in step.advance.alerts],
        "dead": [(letter.record.offset, letter.reason) for step in steps for letter in step.intake.dead],
        "states": dict(zip(replay.users, codec.pack(replay.records[: len(replay.users)]), strict=True)),
    }


@given(log=_whole_logs(), cuts=st.sets(st.integers(1, 100), max_size=12))
def test_any_cut_into_batches_gives_the_same_vectors_scores_states_and_alerts(
    log: list[PlainRecord], cuts: set[int]
) -> None:
    assert _results(log, cuts) == _results(log, set())


@settings(max_examples=20)
@given(log=_whole_logs())
def test_batches_of_one_record_give_the_same_vectors_scores_states_and_alerts(log: list[PlainRecord]) -> None:
    assert _results(log, set(range(len(log)))) == _results(log, set())
