"""What the simulator is fitted on, and what its parameters file may hold."""

from pathlib import Path

import msgspec
import pytest

from producers.fitting.cancel_chances import cancel_chances
from producers.fitting.targets import TABLE, fitting_rows, life_of, sha256_of
from producers.simulator.comparison import compare
from producers.simulator.pages import CANCEL_PAGES, CONFIRMATION, PAGES
from producers.simulator.parameters import PLACE, FittedParameters, fitted
from producers.simulator.portrait import Life, portrait
from schemas.errors import ContractViolation


def life(churned: bool = False, **visits: int) -> Life:
    return Life(visits=visits, sessions=2, days=10.0, ever_paid=True, churned=churned)


def test_the_parameters_file_holds_its_fields_and_nothing_else() -> None:
    msgspec.json.decode(PLACE.read_bytes(), type=FittedParameters)
    told = msgspec.to_builtins(fitted())
    assert told == msgspec.json.decode(PLACE.read_bytes())
    assert "userId" not in PLACE.read_text()


def test_the_achieved_page_mix_is_the_target() -> None:
    target, achieved = fitted().target.mix, fitted().achieved.mix
    assert {page: achieved[page] for page in PAGES} == pytest.approx({page: target[page] for page in PAGES}, rel=0.05)
    assert achieved[CONFIRMATION] == pytest.approx(target[CONFIRMATION], rel=0.15)


def test_sessions_and_leavings_are_as_frequent_as_in_the_target() -> None:
    target, achieved = fitted().target, fitted().achieved
    assert achieved.sessions_per_day == pytest.approx(target.sessions_per_day, rel=0.05)
    assert achieved.events_per_session == pytest.approx(target.events_per_session, rel=0.05)
    assert achieved.activity_spread == pytest.approx(target.activity_spread, rel=0.05)
    assert achieved.churned == pytest.approx(target.churned, rel=0.1)


def test_one_view_of_the_downgrade_page_is_the_most_dangerous() -> None:
    chances = fitted().parameters.cancel_chances
    assert max(chances, key=lambda page: chances[page]) == "downgrade"
    assert chances["downgrade"] > 5 * chances["thumbs_down"]


def test_the_committed_target_is_that_of_the_public_table(public_data: Path) -> None:
    rows = fitting_rows(public_data)
    assert len(rows) == 111
    assert portrait([life_of(row) for row in rows]) == fitted().target
    assert sha256_of(public_data / TABLE) == fitted().origin.source_sha256


def test_every_event_of_the_table_has_a_page(public_data: Path) -> None:
    for row in fitting_rows(public_data):
        found = life_of(row)
        assert found.events == int(row["count_items"])
        assert min(found.visits.values()) >= 0


def test_a_directory_without_the_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractViolation, match="is missing: name the directory of the public data sets"):
        fitting_rows(tmp_path)


def test_a_page_that_leavers_visit_gets_more_of_the_blame() -> None:
    stayers = [life(downgrade=20, settings=20) for _ in range(100)]
    chances = cancel_chances([*stayers, *(life(churned=True, settings=20) for _ in range(40))])
    usual = cancel_chances([*stayers, *(life(churned=True, downgrade=20) for _ in range(40))])
    assert chances["settings"] > usual["settings"]
    assert chances["downgrade"] < usual["downgrade"]
    assert set(chances) == set(CANCEL_PAGES)


def test_users_who_differ_only_by_chance_have_no_spread() -> None:
    alike = [life(next_song=99, error=1) for _ in range(50)]
    apart = [life(next_song=100 - errors, error=errors) for errors in (0, 40) for _ in range(25)]
    assert portrait([*alike, life(churned=True, next_song=1)]).spread["error"] < 0.0
    assert portrait([*apart, life(churned=True, next_song=1)]).spread["error"] > 0.5


def test_the_mix_of_all_services_lies_near_that_of_the_real_users() -> None:
    passed: list[int] = []
    comparison = compare(fitted(), 100, 1, passed.append)
    songs = next(row for row in comparison.rows if row.page == "next_song")
    assert comparison.rows[0] == songs
    assert abs(songs.difference) < 0.02
    assert comparison.largest == pytest.approx(max(abs(row.difference) for row in comparison.rows), abs=1e-4)
    assert sum(row.simulated for row in comparison.rows) == pytest.approx(100.0, abs=0.01)
    assert sum(passed) == 100
