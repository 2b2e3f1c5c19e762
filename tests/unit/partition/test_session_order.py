"""In which order a session asks for effects, and that it asks for nothing more once it is in doubt."""

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pytest

from schemas.errors import Transient
from stream_app.core.hashing import anchor
from stream_app.core.log import PlainRecord
from stream_app.partition.effects import (
    Anchor,
    Check,
    Claim,
    Commit,
    Effect,
    InspectLog,
    LoadStates,
    OpenDecisionLog,
    PublishAlerts,
    PublishDeadLetters,
    ReadDecisions,
    Receive,
    Report,
    Seek,
)
from tests.support.event_logs import Event, LogWriter, at, control, records_of
from tests.support.sessions import COMPILED, CONTROL, HandFeed, World, a_session, poison, world_of

OPENING = [Claim, OpenDecisionLog, Check, ReadDecisions, InspectLog, Seek]
TOKEN = a_session().token


def a_log() -> list[PlainRecord]:
    """A model is put in force, ana is a risk, a record is poison, ben is none."""
    users = LogWriter()
    users.says(at(hours=1), 0.9, user="ana")
    users.says(at(hours=2), 0.1, user="ben")
    return [
        *records_of([control(CONTROL), users.events[0]]),
        poison(2),
        *records_of([users.events[1]], first_offset=3),
    ]


def types(effects: list[Effect[Any]]) -> list[type[Effect[Any]]]:
    return [type(effect) for effect in effects]


def test_a_session_claims_fences_and_verifies_before_it_reads_anything() -> None:
    world = world_of(a_log())
    opening = list(takewhile(lambda effect: not isinstance(effect, Receive), world.run(HandFeed())))
    assert opening == [
        Claim(TOKEN, COMPILED.state_digest, 1),
        OpenDecisionLog(),
        Check(TOKEN, 0),
        ReadDecisions(0, -999),
        InspectLog(None),
        Seek(0),
    ]


def test_a_session_takes_up_at_the_position_that_it_finds() -> None:
    world = world_of(a_log())
    world.run_to_the_end()
    opening = list(takewhile(lambda effect: not isinstance(effect, Receive), world.run(HandFeed())))
    assert opening[2:] == [Check(TOKEN, 4), ReadDecisions(4, -995), InspectLog(3), Seek(4)]


def test_dead_letters_and_then_alerts_are_out_before_the_states_that_remember_them_are_committed() -> None:
    effects = world_of(a_log()).run_to_the_end()
    batch = [Receive, LoadStates, PublishDeadLetters, PublishAlerts, Commit, Report]
    assert types(effects) == [*OPENING, *batch, Receive]


def test_a_commit_holds_states_position_anchor_and_control() -> None:
    log = a_log()
    world = world_of(log)
    effects = world.run_to_the_end()
    (commit,) = [effect for effect in effects if isinstance(effect, Commit)]
    assert (commit.token, commit.expected, commit.position) == (TOKEN, 0, 4)
    assert (commit.anchor, commit.control) == (Anchor(3, anchor(log[3].value)), CONTROL)
    assert dict(zip(commit.users, commit.states, strict=True)) == world.table.states
    assert list(commit.users) == ["ana", "ben"]


def test_a_batch_without_events_moves_the_position_and_nothing_else() -> None:
    clock = Event("clock", at(hours=1), {}, user=None)
    effects = world_of(records_of([control(CONTROL), clock])).run_to_the_end()
    assert types(effects) == [*OPENING, Receive, Commit, Report, Receive]


def test_states_of_a_batch_are_asked_for_once_per_user() -> None:
    log = LogWriter()
    for minutes, user in enumerate(["ben", "ana", "ben", "eva", "ana"]):
        log.does("play", at(minutes=minutes), user=user)
    loads = [effect for effect in world_of(log.records()).run_to_the_end() if isinstance(effect, LoadStates)]
    assert loads == [LoadStates(["ben", "ana", "eva"])]


def test_a_report_tells_what_the_batch_came_to() -> None:
    world = world_of(a_log())
    world.run_to_the_end()
    ((partition, report),) = world.watcher.reports
    assert (partition, report.position, report.advance.applied) == (0, 4, 2)
    assert (report.intake.controls, len(report.intake.dead), len(report.advance.alerts)) == (1, 1, 1)


def before(kind: type[Effect[Any]], world: World, *chunks: list[PlainRecord]) -> Iterator[Effect[Any]]:
    """A session of which the first effect of a kind is about to be carried out."""
    effects = world.run(HandFeed(*chunks))
    next(effect for effect in effects if isinstance(effect, kind))
    return effects


def test_a_session_that_lost_its_claim_while_it_opened_reads_and_publishes_nothing() -> None:
    world = world_of(a_log())
    effects = before(Check, world, a_log())
    world.table.owner = b"another"
    with pytest.raises(Transient, match="taken over"):
        next(effects)
    assert (world.decisions.alerts, world.decisions.letters, world.table.states) == ([], [], {})


def test_a_commit_that_is_refused_ends_the_session_without_a_report() -> None:
    world = world_of(a_log())
    effects = before(Commit, world, a_log())
    world.table.owner = b"another"
    with pytest.raises(Transient, match="refused"):
        next(effects)
    assert (world.table.states, world.position, world.watcher.reports) == ({}, 0, [])


def test_a_publisher_that_was_fenced_commits_nothing() -> None:
    world = world_of(a_log())
    effects = before(PublishAlerts, world, a_log())
    world.decisions.take_over()
    with pytest.raises(Transient, match="another session publishes"):
        next(effects)
    assert (world.table.states, world.position, world.decisions.alerts) == ({}, 0, [])


def test_an_idle_session_keeps_checking_that_it_is_the_owner() -> None:
    effects = world_of(a_log()).run(HandFeed([], [], []))
    idle = [effect for effect in effects if isinstance(effect, Receive | Check)][1:]
    assert idle == [Receive(), Check(TOKEN, 0), Receive(), Check(TOKEN, 0), Receive(), Check(TOKEN, 0), Receive()]


def test_an_idle_session_ends_when_it_was_taken_over() -> None:
    world = world_of(a_log())
    effects = before(Receive, world, [], a_log())
    world.table.owner = b"another"
    assert isinstance(next(effects), Check)
    with pytest.raises(Transient, match="taken over"):
        next(effects)


def test_an_idle_session_ends_when_the_states_were_rolled_back_under_it() -> None:
    world = world_of(a_log())
    effects = before(Report, world, a_log(), [])
    world.table.meta = None
    assert types([next(effects), next(effects)]) == [Receive, Check]
    with pytest.raises(Transient, match="taken over"):
        next(effects)
