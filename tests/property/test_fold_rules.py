"""The rules of the fold, one by one, with figures that can be checked by hand."""

from dataclasses import replace

from stream_app.core.durations import DAY_MS, HOUR_MS, MINUTE_MS
from stream_app.core.features.fold import APPLIED, REPEATED
from stream_app.core.features.kinds import HoursSince
from stream_app.core.features.plan import compile_workload
from stream_app.core.features.sources import SESSION
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at
from tests.support.fold_comparison import features, folded
from tests.support.full_tiles import FULL_TILE, full_tile_disagreements, full_tile_features

COMPILED = compile_workload(every_kind.WORKLOAD)


def test_a_silence_of_thirty_minutes_is_within_a_session_and_one_more_millisecond_ends_it() -> None:
    log = LogWriter()
    log.does("play", at())
    log.does("play", at(minutes=30))
    assert features(COMPILED, log.records())["session_minutes"] == 30
    log.does("play", at(minutes=60, ms=1))
    last = features(COMPILED, log.records())
    assert (last["session_count_1d"], last["session_events"], last["session_minutes"]) == (2, 1, 0)


def test_a_session_is_over_once_nothing_was_heard_for_more_than_thirty_minutes() -> None:
    log = LogWriter()
    log.does("play", at())
    log.does("play", at(minutes=12))
    still = features(COMPILED, log.records(), after_ms=30 * MINUTE_MS)
    over = features(COMPILED, log.records(), after_ms=30 * MINUTE_MS + 1)
    assert (still["session_minutes"], still["session_events"]) == (12, 2)
    assert (over["session_minutes"], over["session_events"]) == (0, 0)


def test_a_late_event_that_lies_between_two_sessions_makes_them_one() -> None:
    log = LogWriter()
    log.does("play", at())
    log.does("play", at(minutes=31))
    assert features(COMPILED, log.records())["session_count_7d"] == 2
    log.does("play", at(minutes=25))
    met = features(COMPILED, log.records())
    assert (met["session_count_7d"], met["session_minutes"], met["session_events"]) == (1, 31, 3)


def test_an_event_later_than_ten_minutes_counts_but_leaves_sessions_alone() -> None:
    log = LogWriter()
    log.does("play", at(hours=5))
    log.does("play", at(hours=4, minutes=50, ms=-1))
    late = features(COMPILED, log.records())
    assert (late["play_count_1d"], late["session_minutes"], late["session_events"]) == (2, 0, 1)
    log.does("play", at(hours=4, minutes=50))
    in_time = features(COMPILED, log.records())
    assert (in_time["play_count_1d"], in_time["session_minutes"], in_time["session_events"]) == (3, 10, 2)


def test_hours_since_a_session_began_follow_its_start_when_a_late_event_moves_it_back() -> None:
    since_session = {"error_since_h": HoursSince(SESSION, 48, "hours since a session began")}
    workload = replace(every_kind.WORKLOAD, features={**every_kind.FEATURES, **since_session})
    log = LogWriter()
    log.does("play", at(minutes=9))
    log.does("play", at())
    assert features(compile_workload(workload), log.records(), after_ms=51 * MINUTE_MS)["error_since_h"] == 1


def test_a_window_ends_with_the_tile_of_the_clock_and_is_so_many_tiles_long() -> None:
    log = LogWriter()
    log.does("play", at(ms=-1))
    log.does("play", at())
    log.does("play", at(days=6, hours=23))
    assert features(COMPILED, log.records())["play_count_7d"] == 2
    log.does("play", at(days=7))
    assert features(COMPILED, log.records())["play_count_7d"] == 2
    assert features(COMPILED, log.records())["play_count_30d"] == 4


def test_a_late_event_counts_where_its_tile_still_exists_and_only_there() -> None:
    log = LogWriter()
    log.does("play", at(days=10))
    log.does("play", at(days=3))
    log.does("error", at(days=3))
    late = features(COMPILED, log.records())
    assert (late["play_count_1d"], late["play_count_7d"], late["play_count_30d"]) == (1, 1, 2)
    assert (late["error_count_7d"], late["error_since_h"], late["activity_since_h"]) == (0, 48, 0)


def test_a_user_who_comes_back_after_months_begins_anew_but_for_last_times_and_facts() -> None:
    log = LogWriter()
    for day in range(40):
        log.does("play", at(days=day))
    log.becomes(at(days=40), {"plan": "paid"})
    log.says(at(days=40), 0.5)
    log.does("play", at(days=140))
    back = features(COMPILED, log.records())
    assert (back["play_count_30d"], back["active_days_30d"], back["session_count_7d"]) == (1, 1, 1)
    assert (back["tone_mean_30d"], back["dial"], back["plan"]) == (0, 0.5, 1)


def test_after_a_silence_of_exactly_a_windows_length_its_oldest_tile_is_not_taken_for_its_newest() -> None:
    log = LogWriter()
    log.does("play", at())
    log.does("play", at())
    log.does("play", at(days=30))
    assert features(COMPILED, log.records())["play_count_30d"] == 1


def test_nothing_is_left_to_read_long_after_the_last_event() -> None:
    log = LogWriter()
    log.does("like", at())
    log.says(at(), 0.5)
    silent = features(COMPILED, log.records(), after_ms=31 * DAY_MS)
    none = {"rating_mean_7d": -7.5, "rating_most_1h": -0.25, "tone_most_1d": 0.125, "rating_ratio": -3}
    none |= {"age": -1, "paid": -1}
    known = {"dial": 0.5, "tone_known": 1, "plan": 9}
    times = {"seen_h": 60, "activity_since_h": 720, "error_since_h": 48, "wait_since_h": 48}
    assert {name: value for name, value in silent.items() if value} == known | none | times


def test_a_repeat_counts_once_and_is_no_event() -> None:
    log = LogWriter()
    log.does("play", at(), event_id="one")
    log.does("play", at(hours=1), event_id="one")
    records, _, result = folded(COMPILED, log.records())
    assert result.outcome.tolist() == [APPLIED, REPEATED]
    assert (result.events.tolist(), result.as_of.tolist()) == ([1, 1], [at(), at()])
    assert not result.vectors[1].any()
    assert records["next_offset"].tolist() == [2]


def test_an_id_is_forgotten_when_thirty_two_others_came_after_it() -> None:
    def outcomes_of_a_repeat_after(others: int) -> int:
        log = LogWriter()
        log.does("play", at(), event_id="one")
        for other in range(others):
            log.does("leave" if other % 2 else "play", at(minutes=other))
        log.does("play", at(hours=1), event_id="one")
        return int(folded(COMPILED, log.records())[2].outcome[-1])

    assert outcomes_of_a_repeat_after(31) == REPEATED
    assert outcomes_of_a_repeat_after(32) == APPLIED


def test_the_same_id_from_another_source_is_another_event() -> None:
    log = LogWriter()
    log.does("play", at(), event_id="1", source="/web")
    log.does("play", at(), event_id="1", source="/phone")
    assert features(COMPILED, log.records())["play_count_1h"] == 2


def test_an_event_dated_ahead_moves_its_users_clock_five_minutes_past_its_ingest_time_and_no_more() -> None:
    log = LogWriter()
    log.does("play", at(hours=23), recorded_ms=at())
    log.does("play", at(hours=23), recorded_ms=0, sent_ms=at())
    records, _, _ = folded(COMPILED, log.records())
    assert records["clock"].tolist() == [at(minutes=5)]


def test_an_event_dated_more_than_a_day_ahead_of_its_ingest_time_does_not_move_its_users_clock_at_all() -> None:
    log = LogWriter()
    log.does("play", at())
    log.does("play", at(minutes=1) + DAY_MS + 1, recorded_ms=at(minutes=1))
    records, _, result = folded(COMPILED, log.records())
    assert (records["clock"].tolist(), len(result.outcome)) == ([at()], 1)


def test_the_churn_act_changes_no_feature_and_no_clock() -> None:
    log = LogWriter()
    log.does("play", at())
    before = features(COMPILED, log.records())
    log.does("leave", at(hours=2))
    records, _, result = folded(COMPILED, log.records())
    assert features(COMPILED, log.records()) == before
    assert (records["clock"].tolist(), records["churned"].tolist()) == ([at()], [1])
    assert (result.events.tolist(), result.churned.tolist()) == ([1, 1], [0, 1])


def test_a_fact_that_is_the_churn_ends_a_life_also_when_it_is_told_beside_another() -> None:
    log = LogWriter()
    log.becomes(at(), {"seats": 2, "plan": "gone"})
    records, _, _ = folded(COMPILED, log.records())
    assert records["churned"].tolist() == [1]


def test_a_decayed_mean_weighs_each_tile_by_its_age() -> None:
    log = LogWriter()
    log.does("hate", at(days=1))
    log.does("love", at(days=2))
    log.does("like", at(days=3))
    mean = (0.97 * 0.97 * -1000 + 0.97 * 2500 + 1000) / (0.97 * 0.97 + 0.97 + 1)
    assert abs(features(COMPILED, log.records())["rating_mean_30d"] - mean) < 1e-4


def test_a_share_of_nothing_is_nothing_and_a_share_may_exceed_one() -> None:
    log = LogWriter()
    log.does("like", at())
    log.does("like", at())
    assert features(COMPILED, log.records())["rating_share_30d"] == 0
    log.does("play", at())
    assert features(COMPILED, log.records())["rating_share_30d"] == 2


def test_hours_since_reaches_its_cap_and_stays_there() -> None:
    log = LogWriter()
    log.does("play", at())
    assert features(COMPILED, log.records())["error_since_h"] == 48
    log.does("error", at())
    assert features(COMPILED, log.records(), after_ms=90 * MINUTE_MS)["error_since_h"] == 1.5
    assert features(COMPILED, log.records(), after_ms=49 * HOUR_MS)["error_since_h"] == 48


def test_a_tile_holds_65535_and_ignores_what_more_there_is_with_its_values() -> None:
    assert full_tile_disagreements(COMPILED) == []
    assert full_tile_features(COMPILED)["activity_count_1h"] == FULL_TILE + 1


def test_a_wait_is_told_in_minutes_by_the_answer_that_ends_it() -> None:
    log = LogWriter()
    log.says(at(), 0.5)
    log.says(at(minutes=1), 0.5)
    assert features(COMPILED, log.records())["wait_count_1d"] == 0
    log.says(at(minutes=6), None, "outbound")
    answered = features(COMPILED, log.records(), after_ms=30 * MINUTE_MS)
    assert (answered["wait_count_1d"], answered["wait_mean_30d"], answered["wait_since_h"]) == (1, 6, 0.5)
    log.says(at(minutes=9), None, "outbound")
    assert features(COMPILED, log.records())["wait_count_1d"] == 1


def test_an_answer_after_days_counts_as_a_wait_of_a_day() -> None:
    log = LogWriter()
    log.says(at(), 0.5)
    log.says(at(days=3), None, "outbound")
    assert features(COMPILED, log.records())["wait_mean_30d"] == 1440


def test_a_workload_that_reads_no_tiles_can_be_folded() -> None:
    only = {"session_minutes": every_kind.FEATURES["session_minutes"]}
    compiled = compile_workload(replace(every_kind.WORKLOAD, features=only, waits={}))
    log = LogWriter()
    log.does("play", at())
    log.does("play", at(minutes=3))
    assert features(compiled, log.records()) == {"session_minutes": 3}


def test_an_answer_that_overtakes_its_question_leaves_no_wait_open() -> None:
    log = LogWriter()
    log.says(at(minutes=5), None, "outbound")
    log.says(at(), 0.5)
    log.says(at(days=5), 0.5)
    log.says(at(days=5, minutes=2), None, "outbound")
    answered = features(COMPILED, log.records())
    assert (answered["wait_count_1d"], answered["wait_mean_30d"]) == (1, 2)
