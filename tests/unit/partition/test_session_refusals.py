"""What a session will not go on with: it names the state in which the partition stands, and changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from schemas.errors import ContractViolation
from schemas.events import ModelRef
from stream_app.adapters.memory.events import EventPartition
from stream_app.adapters.onnx_scorer import load_model
from stream_app.core.engine import Engine
from stream_app.core.features.plan import compile_workload
from stream_app.core.log import LogRecord, PlainRecord
from stream_app.core.scoring import Scorer
from stream_app.partition.effects import Report
from stream_app.partition.session import Session
from stream_app.workloads import music
from tests.support.event_logs import LogWriter, at, control, records_of
from tests.support.fake_scorers import TOPIC, dial, engine
from tests.support.sessions import COMPILED, CONTROL, HandFeed, World, a_session, world_of


def a_log() -> list[PlainRecord]:
    """A model is put in force and four users are a risk."""
    log = LogWriter()
    for hours in range(4):
        log.says(at(hours=hours), 0.9, user=f"user-{hours}")
    return records_of([control(CONTROL), *log.events])


def a_world_at(position: int) -> World:
    """A world whose log has been applied up to a position."""
    world = world_of(a_log())
    list(world.run(HandFeed(a_log()[:position])))
    assert world.position == position
    return world


def refused(world: World, session: Session | None = None, chunks: Sequence[Sequence[LogRecord]] = ()) -> str:
    """The state that a session names as it refuses; it has published nothing and left states and position alone."""
    states, position, alerts = dict(world.table.states), world.position, list(world.decisions.alerts)
    with pytest.raises(ContractViolation) as refusal:
        list(world.run(HandFeed(*chunks), session))
    assert (world.table.states, world.position, world.decisions.alerts) == (states, position, alerts)
    assert world.decisions.letters == []
    return refusal.value.state


def test_another_number_of_partitions_is_refused() -> None:
    assert refused(a_world_at(2), a_session(partitions=2)) == "other_partitions"


def test_states_of_another_workload_are_refused() -> None:
    music_engine = engine(compile_workload(music.WORKLOAD))
    assert refused(a_world_at(2), a_session(the_engine=music_engine)) == "foreign_state"


def test_a_stored_state_of_another_layout_is_refused() -> None:
    world = a_world_at(2)
    world.table.states["user-1"] = b"\xff" + world.table.states["user-0"][1:]
    assert refused(world, chunks=[a_log()[2:]]) == "foreign_state"


def test_a_position_before_the_beginning_of_the_log_is_refused() -> None:
    world = a_world_at(2)
    world.events.cut(3)
    assert refused(world) == "position_outside_log"


def test_a_position_behind_the_end_of_the_log_is_refused() -> None:
    world = a_world_at(4)
    shorter = World(world_of(a_log()[:3]).events, world.table, world.decisions)
    assert refused(shorter) == "position_outside_log"


def test_lost_states_are_not_begun_anew_when_the_log_does_not_reach_back_to_its_start() -> None:
    world = world_of(a_log())
    world.events.cut(1)
    assert refused(world) == "position_outside_log"


def test_another_record_before_the_position_is_refused() -> None:
    world = a_world_at(3)
    log = a_log()
    log[2] = PlainRecord(2, 1, None, b"another")
    rewritten = World(world_of(log).events, world.table, world.decisions)
    assert refused(rewritten) == "rewritten_log"


def test_the_first_record_that_the_log_still_has_is_a_position_to_begin_at() -> None:
    world = a_world_at(2)
    world.events.cut(2)
    world.run_to_the_end()
    assert world.position == 5


def test_a_record_below_what_its_user_has_seen_is_refused() -> None:
    world = a_world_at(3)
    assert world.table.meta is not None
    world.table.meta = replace(world.table.meta, position=1, anchor=None)
    world.events.cut(1)
    assert refused(world, chunks=[a_log()[1:]]) == "rewritten_log"


def test_a_hole_in_the_log_that_a_look_from_the_side_confirms_stops_the_partition() -> None:
    log = a_log()
    world = World(EventPartition([*log[:2], *log[3:]]))
    assert refused_after(2, world, [log[:2], *[log[3:]] * 6]) == "hole_in_log"


def test_a_hole_among_what_holds_nothing_by_right_stops_the_partition() -> None:
    log = a_log()
    events = EventPartition([*log[:2], log[4]], [range(3, 4)])
    assert refused_after(2, World(events), [log[:2], *[events.read(3, 2)] * 6]) == "hole_in_log"


def test_another_record_at_the_anchor_is_refused_though_nothing_stands_behind_it() -> None:
    log = a_log()
    world = World(EventPartition(log[:2], [range(2, 4)]))
    world.run_to_the_end()
    rewritten = EventPartition([log[0], PlainRecord(1, 1, None, b"another")], [range(2, 4)])
    assert refused(World(rewritten, world.table, world.decisions)) == "rewritten_log"


def test_a_mirrored_log_with_other_offsets_is_refused() -> None:
    """A copy by a mirror has no markers: what stood behind one stands an offset lower."""
    log = a_log()
    world = World(
        EventPartition([log[0], *(record._replace(offset=record.offset + 1) for record in log[1:])], [range(1, 2)])
    )
    world.run_to_the_end()
    assert refused(World(EventPartition(log), world.table, world.decisions)) == "position_outside_log"
    longer = [*log, *(record._replace(offset=record.offset + 5) for record in log)]
    assert refused(World(EventPartition(longer), world.table, world.decisions)) == "rewritten_log"


def test_a_log_that_was_cut_off_before_what_is_still_to_be_applied_stops_the_partition() -> None:
    log, world = a_log(), world_of(a_log())
    assert refused_after(2, world, [log[:2], *[log[4:]] * 6], cut=4) == "position_outside_log"


def test_a_topic_that_was_recreated_under_a_running_session_stops_the_partition() -> None:
    """The feed begins anew, below the position."""
    log, world = a_log(), world_of(a_log())
    world_again = [PlainRecord(offset, 1, None, b"another") for offset in range(4)]
    assert refused_after(4, world, [log[:4], *[world_again[:2]] * 6], again=world_again) == "rewritten_log"
    assert refused_after(4, world_of(log), [log[:4], *[world_again[:2]] * 6], again=world_again[:2]) == (
        "position_outside_log"
    )


def test_records_below_the_position_are_dropped_as_long_as_the_log_is_the_same() -> None:
    log, world = a_log(), world_of(a_log())
    list(world.run(HandFeed(log[:4], *[log[:2]] * 20, log[4:])))
    assert world.position == 5


def refused_after(
    applied: int, world: World, chunks: Sequence[Sequence[LogRecord]], cut: int = 0, again: Sequence[PlainRecord] = ()
) -> str:
    """The state that a session names once it has applied so many records; nothing is skipped."""

    def run() -> None:
        for effect in world.run(HandFeed(*chunks)):
            if isinstance(effect, Report):
                world.events.cut(cut)
                if again:
                    world.events.begin_anew(again)

    with pytest.raises(ContractViolation) as refusal:
        run()
    assert world.position == applied
    return refusal.value.state


def without_models(directory: Path) -> Session:
    """A session of a worker whose models directory is empty."""

    def load(reference: ModelRef) -> Scorer:
        return load_model(directory, reference, lambda manifest: True)

    return a_session(the_engine=Engine(COMPILED, load, TOPIC))


def test_a_control_record_that_names_a_missing_model_stops_the_partition_before_its_batch(tmp_path: Path) -> None:
    assert refused(world_of(a_log()), without_models(tmp_path), [a_log()]) == "missing_model"


def test_a_control_record_in_force_that_names_a_missing_model_stops_the_partition(tmp_path: Path) -> None:
    assert refused(a_world_at(2), without_models(tmp_path)) == "missing_model"


def test_a_control_record_that_names_a_model_of_other_features_stops_the_partition() -> None:
    found = dial(COMPILED)
    other = replace(found, manifest=msgspec.structs.replace(found.manifest, state_digest="0" * 16))
    assert refused(world_of(a_log()), a_session(the_engine=engine(COMPILED, other)), [a_log()]) == "wrong_model"


def test_batches_before_the_control_record_that_stops_the_partition_stand(tmp_path: Path) -> None:
    log = LogWriter()
    log.does("play", at())
    records = records_of([*log.events, control(CONTROL)])
    world = world_of(records)
    with pytest.raises(ContractViolation):
        list(world.run(HandFeed(records), without_models(tmp_path)))
    assert world.position == 1
