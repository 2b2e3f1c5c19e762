"""What `churn verify` says of a partition: nothing when all is right, and exactly what is wrong when something is."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.stored_states import Snapshot
from operations.verification import PartitionProof, Verdict
from schemas.alerts import Alert
from schemas.dead_letters import Rejection, read_rejection
from schemas.errors import ContractViolation
from stream_app.core.log import PlainRecord
from tests.event_logs import LogWriter, at, control, records_of
from tests.sessions import CONTROL, EASY, ENGINE, HandFeed, World, poison, world_of


def a_log() -> list[PlainRecord]:
    """Two users become a risk and not, with poison and another policy in between."""
    log = LogWriter()
    for days, sentiment in enumerate([0.9, 0.1, 0.9, 0.1]):
        log.says(at(days=2 * days), sentiment, user=("ana", "ben")[days % 2])
    first = records_of([control(CONTROL), *log.events])
    second = LogWriter()
    for days in range(9, 13):
        second.says(at(days=days), 0.3, user="eva")
    return [*first, poison(5), *records_of([control(EASY), *second.events], first_offset=6)]


def applied(upto: int) -> World:
    world = world_of(a_log())
    list(world.run(HandFeed(a_log()[:upto])))
    return world


def snapshot(world: World) -> Snapshot:
    meta = world.table.meta
    assert meta is not None
    return Snapshot(meta.position, meta.anchor, meta.state_digest, 1, meta.control, dict(world.table.states))


def letters(world: World) -> list[Rejection]:
    found = [read_rejection(record.headers) for record in world.decisions.letters]
    return [one for one in found if one is not None]


def verdict(
    found: Snapshot,
    published: list[Alert],
    rejections: list[Rejection],
    begun_at: Snapshot | None = None,
    cuts: tuple[int, ...] = (),
) -> Verdict:
    proof, log, verdict = PartitionProof(ENGINE, 0, 1, found, rejections, begun_at), a_log(), Verdict()
    begin = begun_at.position if begun_at else 0
    for start, end in zip((begin, *cuts), (*cuts, len(log)), strict=True):
        if log[start:end]:
            proof.feed(log[start:end])
    proof.judge(verdict, published)
    return verdict


LENGTH = len(a_log())


@given(upto=st.integers(1, LENGTH), cuts=st.sets(st.integers(1, LENGTH - 1), max_size=4).map(sorted))
def test_what_a_session_leaves_behind_is_exact_at_any_position(upto: int, cuts: list[int]) -> None:
    world = applied(upto)
    found = verdict(snapshot(world), world.decisions.alerts, letters(world), cuts=tuple(cuts))
    assert found.exact
    assert found.first_differences == []
    assert found.users == len(world.table.states)


@given(exported=st.integers(1, LENGTH), upto=st.integers(1, LENGTH))
def test_a_fold_that_begins_at_an_export_comes_to_the_same(exported: int, upto: int) -> None:
    upto = max(exported, upto)
    world = applied(upto)
    found = verdict(snapshot(world), world.decisions.alerts, letters(world), snapshot(applied(exported)))
    assert found.exact, found.first_differences


def test_decisions_that_were_published_ahead_of_the_position_are_right() -> None:
    ahead, behind = applied(LENGTH), applied(3)
    assert verdict(snapshot(behind), ahead.decisions.alerts, letters(ahead)).exact


Spoil = Callable[[Snapshot, list[Alert], list[Rejection]], Snapshot | None]


def _flip(found: Snapshot, _alerts: list[Alert], _letters: list[Rejection]) -> Snapshot:
    state = found.states["ana"]
    return replace(found, states={**found.states, "ana": state[:-1] + bytes([state[-1] ^ 1])})


def _lose_user(found: Snapshot, _alerts: list[Alert], _letters: list[Rejection]) -> Snapshot:
    return replace(found, states={user: state for user, state in found.states.items() if user != "ben"})


def _invent_user(found: Snapshot, _alerts: list[Alert], _letters: list[Rejection]) -> Snapshot:
    return replace(found, states={**found.states, "zoe": found.states["ben"]})


def _other_anchor(found: Snapshot, _alerts: list[Alert], _letters: list[Rejection]) -> Snapshot:
    return replace(found, anchor=1)


def _other_control(found: Snapshot, _alerts: list[Alert], _letters: list[Rejection]) -> Snapshot:
    return replace(found, control=CONTROL)


def _drop_alert(_found: Snapshot, alerts: list[Alert], _letters: list[Rejection]) -> None:
    del alerts[1]


def _double_alert(_found: Snapshot, alerts: list[Alert], _letters: list[Rejection]) -> None:
    alerts.append(alerts[0])


def _change_alert(_found: Snapshot, alerts: list[Alert], _letters: list[Rejection]) -> None:
    alerts[0] = msgspec.structs.replace(alerts[0], data=msgspec.structs.replace(alerts[0].data, score=0.123))


def _drop_letter(_found: Snapshot, _alerts: list[Alert], letters: list[Rejection]) -> None:
    letters.clear()


def _double_letter(_found: Snapshot, _alerts: list[Alert], letters: list[Rejection]) -> None:
    letters.append(letters[0])


def _invent_letter(_found: Snapshot, _alerts: list[Alert], letters: list[Rejection]) -> None:
    letters.append(msgspec.structs.replace(letters[0], offset=2, reason="schema"))


@pytest.mark.parametrize(
    ("spoil", "figure", "told"),
    [
        (_flip, "state_mismatches", "the state of user ana is not what the log says"),
        (_lose_user, "state_mismatches", "the state of user ben is missing"),
        (_invent_user, "state_mismatches", "the state of user zoe is not what the log says"),
        (_other_anchor, "state_mismatches", "anchor"),
        (_other_control, "state_mismatches", "control in force"),
        (_drop_alert, "alerts_missing", "missing alert"),
        (_double_alert, "alerts_duplicate", "duplicate alert"),
        (_change_alert, "alerts_phantom", "phantom alert"),
        (_drop_letter, "dead_letters_unaccounted", "no dead letter (undecodable) of offset 5"),
        (_double_letter, "dead_letters_unaccounted", "2 dead letters"),
        (_invent_letter, "dead_letters_unaccounted", "an unexplained dead letter (schema) of offset 2"),
    ],
)
def test_each_thing_that_is_wrong_is_counted_once_and_named(spoil: Spoil, figure: str, told: str) -> None:
    world = applied(LENGTH)
    alerts, rejections, found = list(world.decisions.alerts), letters(world), snapshot(world)
    found = spoil(found, alerts, rejections) or found
    spoilt = verdict(found, alerts, rejections)
    figures = msgspec.to_builtins(spoilt)
    wrong = {name: figures[name] for name in figures if name not in ("events", "users", "first_differences")}
    assert {name: value for name, value in wrong.items() if value} == {figure: 1}
    assert told in spoilt.first_differences[0]
    assert not spoilt.exact


def test_an_offset_that_was_set_aside_as_a_bug_stays_out_of_the_fold() -> None:
    world = applied(LENGTH)
    bug = msgspec.structs.replace(letters(world)[0], offset=8, reason="bug")
    found = verdict(snapshot(world), world.decisions.alerts, [*letters(world), bug])
    assert found.state_mismatches > 0
    assert found.dead_letters_unaccounted == 0


def test_a_position_that_the_log_does_not_reach_is_refused() -> None:
    world = applied(LENGTH)
    with pytest.raises(ContractViolation, match="lies outside its log"):
        verdict(replace(snapshot(world), position=99), [], [])
