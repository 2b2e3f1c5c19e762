"""Training rows are the rows that are served, know nothing of the future, and are drawn by a hash alone."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtest.parity import compare
from backtest.replayed import Replayed
from producers.simulator import simulate
from schemas.errors import ContractViolation
from schemas.instants import format_instant, parse_instant
from stream_app.core.durations import DAY_MS
from stream_app.core.event_lines import EventLines
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import PlainRecord
from stream_app.core.replay import Replay
from stream_app.core.trace import traced
from stream_app.workloads.music import WORKLOAD
from tests.support.event_logs import START_MS, LogWriter, at, control, records_of
from tests.support.fake_scorers import engine, linear
from tests.support.log_strategies import logs
from training.dataset.labels import NEVER
from training.dataset.snapshots import Snapshots, drawn, joined, updates
from training.dataset.splits import Part, part_of
from training.dataset.survey import Survey, survey

COMPILED = compile_workload(WORKLOAD)
MODEL = linear(COMPILED, dict.fromkeys(COMPILED.feature_names, 0.001))
IN_FORCE = MODEL.control(WORKLOAD.policy)
SEED = 7
LINES = list(simulate(60, 20, 11, START_MS))


def updates_of(log: Sequence[PlainRecord], cuts: Sequence[int] = ()) -> tuple[Snapshots, list[str]]:
    """Every update of a log that is read in these pieces, and the users' names."""
    replay = Replay(engine(COMPILED))
    bounds = [0, *sorted(cuts), len(log)]
    pieces = [log[start:end] for start, end in pairwise(bounds) if end > start]
    rows = [updates(step, replay.users) for piece in pieces for step in replay.apply(piece)]
    return joined(rows), list(replay.users)


def surveyed(lines: Sequence[bytes]) -> Survey:
    return survey(COMPILED, EventLines(lines).chunks(), lambda user: part_of(user, SEED), SEED, lambda count: None)


def same(one: Snapshots, other: Snapshots) -> bool:
    """Whether all columns are equal, bit for bit."""
    return all(getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in vars(one))


def later(record: PlainRecord, days: int) -> PlainRecord:
    """The same record, of that many days later."""
    event = msgspec.json.decode(record.value or b"")
    for name in ("time", "recordedtime"):
        if name in event:
            event[name] = format_instant(parse_instant(event[name]) + days * DAY_MS)
    return record._replace(timestamp=record.timestamp + days * DAY_MS, value=msgspec.json.encode(event))


def test_training_rows_are_bit_for_bit_the_rows_that_the_model_in_force_scores() -> None:
    rows = surveyed(LINES).snapshots
    assert len(rows) > 1000
    replay = Replay(engine(COMPILED, MODEL))
    replay.put_in_force(IN_FORCE)
    advances = [step.advance for chunk in EventLines(LINES).chunks() for step in replay.apply(chunk)]
    served = np.concatenate([advance.vectors for advance in advances])
    at_offset = {int(offset): row for row, offset in enumerate(np.concatenate([a.offsets for a in advances]))}
    chosen = [at_offset[offset] for offset in rows.offset.tolist()]
    assert served[chosen].tobytes() == rows.vectors.tobytes()


@given(log=logs(), data=st.data())
@settings(max_examples=60)
def test_shifting_all_that_comes_after_a_moment_changes_no_row_up_to_it(
    log: list[PlainRecord], data: st.DataObject
) -> None:
    moment = data.draw(st.integers(0, len(log)))
    days = data.draw(st.integers(1, 400))
    shifted = [*log[:moment], *(later(record, days) for record in log[moment:])]
    rows, names = updates_of(log)
    rows_shifted, names_shifted = updates_of(shifted)
    past, past_shifted = rows.where(rows.offset < moment), rows_shifted.where(rows_shifted.offset < moment)
    assert same(past, past_shifted)
    kept = drawn(past, names, SEED, 0.5)
    assert same(kept, drawn(past_shifted, names_shifted, SEED, 0.5))


@given(log=logs(), data=st.data())
@settings(max_examples=60)
def test_rows_are_the_same_for_any_cut_of_the_log_into_batches(log: list[PlainRecord], data: st.DataObject) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(log)), max_size=5))
    assert same(updates_of(log)[0], updates_of(log, cuts)[0])


def test_the_churn_act_and_all_that_follows_it_is_no_snapshot() -> None:
    log = LogWriter()
    log.does("next_song", at())
    log.does("cancel", at(minutes=1))
    log.does("cancellation_confirmation", at(minutes=2))
    log.does("next_song", at(minutes=3))
    log.does("next_song", at(minutes=3), user="ben")
    assert updates_of(log.records())[0].offset.tolist() == [0, 4]


def test_repeats_and_records_that_cannot_be_applied_are_no_snapshots() -> None:
    log = LogWriter()
    log.does("next_song", at(), event_id="once")
    log.does("next_song", at(), event_id="once")
    log.does("next_song", at(days=9), recorded_ms=at())
    assert updates_of(log.records())[0].offset.tolist() == [0]


def test_a_late_event_is_a_snapshot_as_of_its_users_clock() -> None:
    log = LogWriter()
    log.does("next_song", at(hours=2))
    log.does("next_song", at(hours=1))
    rows = updates_of(log.records())[0]
    assert rows.as_of_ms.tolist() == [at(hours=2)] * 2
    assert rows.first_ms.tolist() == [at(hours=2), at(hours=1)]


def test_whether_a_row_is_drawn_depends_on_seed_user_and_offset_alone() -> None:
    rows, names = updates_of(next(EventLines(LINES).chunks()))
    kept = drawn(rows, names, SEED, 0.1)
    backwards = Snapshots(*(column[::-1] for column in vars(rows).values()))
    assert sorted(drawn(backwards, names, SEED, 0.1).offset.tolist()) == kept.offset.tolist()
    alone = rows.where(rows.user == kept.user[0])
    assert same(drawn(alone, names, SEED, 0.1), kept.where(kept.user == kept.user[0]))
    assert drawn(rows, names, SEED + 1, 0.1).offset.tolist() != kept.offset.tolist()


def test_every_user_has_the_same_share_of_rows_drawn_churner_or_not() -> None:
    offset = np.arange(200_000)
    rows = Snapshots(offset % 20, offset, offset, offset, offset, np.zeros((200_000, 1), np.float32))
    kept = drawn(rows, [f"u{user}" for user in range(20)], SEED, 0.1)
    assert np.bincount(kept.user) / 10_000 == pytest.approx(np.full(20, 0.1), abs=0.015)


def test_a_larger_probability_keeps_what_a_smaller_one_kept() -> None:
    rows, names = updates_of(next(EventLines(LINES).chunks()))
    few, many = drawn(rows, names, SEED, 0.05), drawn(rows, names, SEED, 0.2)
    assert set(few.offset.tolist()) < set(many.offset.tolist())


def test_a_survey_knows_who_churned_when_and_where_the_log_ends() -> None:
    log = LogWriter()
    log.does("next_song", at())
    log.does("next_song", at(hours=1), user="ben")
    log.does("cancel", at(days=3))
    log.does("cancellation_confirmation", at(days=4))
    log.does("cancellation_confirmation", at(days=5))
    log.does("next_song", at(days=61, hours=1), user="ben")
    found = surveyed([*(record.value or b"" for record in log.records()), b"no event"])
    assert (found.start_ms, found.end_ms, found.days, found.dead) == (at(), at(days=61, hours=1), 62, 1)
    assert found.churn_ms.tolist() == [at(days=4), NEVER]
    assert found.part.tolist() == [part_of("ana", SEED), part_of("ben", SEED)]


def test_thresholds_see_every_update_of_validation_users_up_to_the_end_of_their_first_month() -> None:
    user = next(name for name in map(str, range(100)) if part_of(name, SEED) is Part.VALIDATION)
    log = LogWriter(user)
    for days in (0, 1, 30, 31):
        log.does("next_song", at(days=days))
    log.does("next_song", at(days=29), user="someone else who is new")
    found = surveyed([record.value or b"" for record in log.records()])
    assert found.month.offset.tolist() == [0, 1, 2] + [4] * (
        part_of("someone else who is new", SEED) is Part.VALIDATION
    )
    assert found.whole_months().offset.tolist() == [0, 1, 2]


def test_every_update_of_test_users_is_kept_for_the_lead_time() -> None:
    user = next(name for name in map(str, range(100)) if part_of(name, SEED) is Part.TEST)
    log = LogWriter(user)
    for days in (0, 40, 50):
        log.does("next_song", at(days=days))
    log.does("cancel", at(days=51))
    assert surveyed([record.value or b"" for record in log.records()]).lives.offset.tolist() == [0, 1, 2]


def test_a_survey_knows_who_is_in_the_groups_that_the_workload_tells_apart() -> None:
    log = LogWriter()
    log.does("next_song", at())
    log.chats("opened", at(minutes=1), user="ben")
    log.says(at(minutes=2), 0.5, user="eva")
    found = surveyed([record.value or b"" for record in log.records()])
    assert found.names == ("ana", "ben", "eva")
    assert {name: members.tolist() for name, members in found.groups.items()} == {
        "users who chat with support": [False, True, False],
        "users who never do": [True, False, True],
    }


def test_at_every_midnight_each_live_user_is_read_as_silence_has_left_them() -> None:
    log = LogWriter()
    log.does("next_song", at(hours=23))
    log.does("next_song", at(days=1, hours=5), user="ben")
    log.does("cancel", at(days=1, hours=6), user="ben")
    log.does("next_song", at(days=3, hours=1))
    found = surveyed([record.value or b"" for record in log.records()])
    days = [
        (found.names[user], (as_of_ms - at()) / DAY_MS)
        for user, as_of_ms in zip(found.daily.user, found.daily.as_of_ms, strict=True)
    ]
    assert days == [("ana", 1.0), ("ana", 2.0), ("ana", 3.0)]
    assert found.daily.events.tolist() == [1, 1, 1]
    assert found.daily.offset.tolist() == [0, 0, 0]
    column = COMPILED.feature_names.index("song_count_7d")
    assert found.daily.vectors[:, column].tolist() == [1.0, 1.0, 1.0]


def test_who_has_not_been_seen_for_thirty_days_is_not_live() -> None:
    log = LogWriter()
    log.does("next_song", at(hours=12))
    log.does("next_song", at(days=40), user="ben")
    found = surveyed([record.value or b"" for record in log.records()])
    assert found.daily.as_of_ms.tolist() == [at(days=day) for day in range(1, 31)]


@given(log=logs(), data=st.data())
@settings(max_examples=40)
def test_no_midnight_knows_what_was_sent_after_it(log: list[PlainRecord], data: st.DataObject) -> None:
    """What is sent from a midnight on is replaced by a single event of somebody else: no snapshot before it changes."""
    values = [record.value or b"" for record in log]
    sent_ms = np.array([record.timestamp for chunk in EventLines(values).chunks() for record in chunk])
    whole = _survey_or_none(values)
    if whole is None or not len(whole.daily):
        return
    midnight = data.draw(st.sampled_from(np.unique(whole.daily.as_of_ms // DAY_MS * DAY_MS).tolist()))
    other = LogWriter("zoe")
    other.does("next_song", int(sent_ms.max()))
    cut = int(np.argmax(sent_ms >= midnight))
    changed = surveyed([*values[:cut], *(record.value or b"" for record in other.records())])
    past, past_changed = (rows.where(rows.as_of_ms < midnight) for rows in (whole.daily, changed.daily))
    assert same(past, past_changed)


def _survey_or_none(lines: Sequence[bytes]) -> Survey | None:
    try:
        return surveyed(lines)
    except ContractViolation:
        return None


def test_a_log_with_a_control_record_is_no_log_to_train_on() -> None:
    records = records_of([control(IN_FORCE)])
    with pytest.raises(ContractViolation, match="control record"):
        surveyed([record.value or b"" for record in records])


def test_a_log_without_events_is_refused() -> None:
    with pytest.raises(ContractViolation, match="none of the 1 lines"):
        surveyed([b"no event"])


def test_a_single_bit_of_a_single_live_vector_is_seen_as_one_mismatch() -> None:
    log = records_of([control(IN_FORCE)]) + [
        PlainRecord(offset, START_MS, None, line) for offset, line in enumerate(LINES[:3000], start=1)
    ]
    replayed = Replayed(engine(COMPILED, MODEL))
    replayed.fold(0, 1, [log])
    live = Replay(engine(COMPILED, MODEL))
    advances = [step.advance for piece in (log[:700], log[700:]) for step in live.apply(piece)]
    alerts = [alert for advance in advances for alert in advance.alerts]
    exact = compare(
        np.concatenate([traced(0, advance) for advance in advances]), alerts, replayed.trace, replayed.alerts
    )
    assert exact.exact
    assert exact.vectors == 3000
    advances[1].vectors.view(np.uint32)[1234, 5] ^= np.uint32(1)
    flipped = np.concatenate([traced(0, advance) for advance in advances])
    assert compare(flipped, alerts, replayed.trace, replayed.alerts).mismatches == 1
