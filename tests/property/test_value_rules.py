"""The rules of features of values, one by one, with figures that can be checked by hand."""

from stream_app.core.durations import DAY_MS, HOUR_MS
from stream_app.core.features.plan import compile_workload
from tests.support import every_kind
from tests.support.event_logs import LogWriter, at
from tests.support.fold_comparison import features
from tests.support.full_tiles import FULL_TILE, full_tile_features

COMPILED = compile_workload(every_kind.WORKLOAD)


def test_values_are_summed_and_averaged_over_the_days_of_a_week() -> None:
    log = LogWriter()
    log.does("love", at())
    log.does("hate", at(days=3))
    log.does("like", at(days=6))
    week = features(COMPILED, log.records())
    assert (week["rating_sum_7d"], round(week["rating_mean_7d"], 3)) == (2500, 833.333)
    next_day = features(COMPILED, log.records(), after_ms=DAY_MS)
    assert (next_day["rating_sum_7d"], next_day["rating_mean_7d"]) == (0, 0)


def test_the_largest_value_of_a_window_is_found_wherever_it_came_and_goes_with_its_tile() -> None:
    log = LogWriter()
    log.does("hate", at(days=1))
    assert features(COMPILED, log.records())["rating_most_7d"] == -1000
    log.does("love", at(days=2))
    log.does("like", at(days=2, hours=1))
    assert features(COMPILED, log.records())["rating_most_7d"] == 2500
    assert features(COMPILED, log.records(), after_ms=6 * DAY_MS)["rating_most_7d"] == 2500
    assert features(COMPILED, log.records(), after_ms=7 * DAY_MS)["rating_most_7d"] == 0


def test_a_row_that_is_used_again_has_forgotten_its_largest_value() -> None:
    log = LogWriter()
    log.does("love", at())
    log.does("hate", at(days=30))
    assert features(COMPILED, log.records())["rating_most_7d"] == -1000


def test_a_late_value_may_be_the_largest_of_its_tile() -> None:
    log = LogWriter()
    log.does("like", at(hours=5))
    log.does("love", at(hours=2))
    assert features(COMPILED, log.records())["rating_most_7d"] == 2500


def test_what_is_known_stays_known() -> None:
    log = LogWriter()
    log.does("play", at())
    assert features(COMPILED, log.records())["tone_known"] == 0
    log.says(at(hours=1), -0.25)
    log.does("play", at(days=300))
    assert features(COMPILED, log.records())["tone_known"] == 1


def test_what_is_made_of_features_uses_their_figures_as_they_are() -> None:
    log = LogWriter()
    log.does("love", at())
    for minute in range(4):
        log.does("play", at(minutes=minute))
    log.does("error", at(minutes=5))
    found = features(COMPILED, log.records(), after_ms=HOUR_MS)
    assert found["rating_ratio"] == found["rating_sum_7d"] / found["rating_mean_30d"] == 1
    assert found["plays_less_errors"] == 3
    assert found["everything"] == 2503


def test_a_ratio_to_nothing_is_what_stands_for_it() -> None:
    log = LogWriter()
    log.does("play", at())
    assert features(COMPILED, log.records())["rating_ratio"] == -3


def test_a_full_tile_takes_no_more_values() -> None:
    found = full_tile_features(COMPILED)
    assert found["rating_most_7d"] == 2500
    assert found["play_count_7d"] <= FULL_TILE
