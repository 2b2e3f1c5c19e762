"""What a run says about itself: recovery and dip from the timeline, and a verdict that a blunt rig does not pass."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from operations.verify.findings import KINDS
from proofs.chaos.conductor import Happened
from proofs.chaos.evidence import causes
from proofs.chaos.report import ZERO, ChaosOutcome
from proofs.chaos.timeline import Timeline
from proofs.run_ledger import CHAOS, append

FINE = {"events": 10, "users": 2, **dict.fromkeys(ZERO, 0)}


def timeline(positions: list[tuple[int, int]], ends: tuple[int, int] = (100, 100)) -> Timeline:
    """Two partitions, looked at every second."""
    count = len(positions)
    return Timeline(np.arange(count, dtype=float), np.array(positions), np.array([ends] * count))


def outcome() -> ChaosOutcome:
    return ChaosOutcome(
        seconds=90.0,
        seed=3,
        rate=4.0,
        brokers=1,
        apart=False,
        sent={"event": 9, "late": 1},
        kills={"worker_kills": 2},
        commits=Counter(applied=5, refused=1),
        causes=Counter(publisher_fenced=1),
        worker_exits=0,
        happened=[Happened("worker_kill", 0.0, 1.0), Happened("worker_kill", 2.0, 2.0)],
        missed=Counter(),
        kinds=["worker_kill"],
        timeline=timeline([(0, 0), (1, 0), (2, 1), (3, 3), (9, 9)]),
        under_faults=timeline([(0, 0), (1, 0), (2, 1)]),
        drained_in_s=1.0,
        lost=0,
        verify=FINE,
    )


def test_recovery_ends_when_the_last_partition_has_moved() -> None:
    assert timeline([(0, 0), (0, 0), (1, 0), (1, 1), (2, 2)]).recovered_after_s(1.0) == 2.0


def test_a_partition_at_the_end_of_its_log_need_not_move() -> None:
    assert timeline([(5, 100), (5, 100), (6, 100)]).recovered_after_s(1.0) == 1.0


def test_falling_back_or_becoming_visible_again_is_no_progress() -> None:
    assert timeline([(9, 9), (9, 9), (-1, -1), (5, 5), (5, 6), (6, 6)]).recovered_after_s(1.0) == 4.0


def test_what_never_moves_does_not_recover() -> None:
    assert timeline([(0, 0), (1, 0), (2, 0)]).recovered_after_s(0.0) is None


def test_what_is_replayed_after_a_loss_is_not_counted_twice() -> None:
    lost = timeline([(0, 0), (10, 0), (4, 0), (10, 0), (12, 0)])
    assert lost.rates().tolist() == [10.0, 0.0, 0.0]
    assert lost.longest_standstill_s() == 3.0


def test_the_slowest_second_is_looked_for_between_a_fault_and_its_recovery() -> None:
    seen = timeline([(0, 0), (4, 0), (5, 0), (5, 0), (9, 0)])
    assert seen.slowest_per_s(0.0, 1.0) == 1.0
    assert seen.slowest_per_s(0.0, 3.0) == 0.0
    assert seen.slowest_per_s(3.5, 9.0) is None


def test_a_dip_is_what_the_slowest_second_falls_short_of_what_was_sent() -> None:
    slowest_per_s = (1.0, 3.0)
    of_each = [1 - slowest / outcome().rate for slowest in slowest_per_s]
    assert outcome().faults()["worker_kill"]["dip_p50"] == pytest.approx(sum(of_each) / 2)


def test_throughput_is_what_was_committed_beside_what_was_sent() -> None:
    stood = replace(outcome(), under_faults=timeline([(0, 0), (3, 0), (3, 0), (3, 3), (5, 5)]))
    assert stood.throughput() == {
        "sent_per_s": 4,
        "committed_per_s": 2,
        "standstill_share": pytest.approx(1 / 3, abs=1e-3),
        "longest_standstill_s": 2.0,
    }


def test_a_run_without_a_difference_in_which_both_fences_were_tried_is_exact() -> None:
    assert outcome().outcome() == "exact"
    assert list(outcome().failures()) == []
    assert outcome().faults()["worker_kill"]["count"] == 2


def test_every_difference_that_a_verification_knows_must_be_none() -> None:
    assert set(ZERO) == set(KINDS)


@pytest.mark.parametrize("figure", ZERO)
def test_a_single_difference_is_wrong_and_named(figure: str) -> None:
    wrong = replace(outcome(), verify={**FINE, figure: 1})
    assert wrong.outcome() == "wrong"
    assert figure in "".join(wrong.failures())


def test_a_lost_event_is_wrong() -> None:
    assert replace(outcome(), lost=1).outcome() == "wrong"


def test_partitions_that_stand_still_are_not_recovered() -> None:
    assert replace(outcome(), verify=None).outcome() == "not_recovered"


@pytest.mark.parametrize(
    "blunt",
    [
        {"commits": Counter(applied=5)},
        {"causes": Counter(taken_over=4)},
        {"kinds": ["worker_kill", "broker_kill"]},
    ],
)
def test_a_rig_that_did_not_try_everything_fails_unless_the_run_was_short(blunt: dict[str, object]) -> None:
    long = replace(outcome(), **blunt)  # type: ignore[arg-type]
    assert long.outcome() == "blunt"
    assert len(list(long.failures())) == 1
    assert replace(long, seconds=30.0).outcome() == "exact"


def test_the_facts_are_json() -> None:
    facts = json.loads(json.dumps(outcome().facts()))
    assert facts["sent"] == {"events": 10, "lost": 0, "event": 9, "late": 1}
    assert facts["verify"] == FINE


def test_sessions_are_counted_by_cause_and_torn_lines_are_left_out(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    ended = json.dumps({"event": "session_ended", "cause": "taken_over", "why": "..."})
    log.write_text("\n".join([ended, ended, ended[:30], '{"event": "partitions_assigned"}', "no json session_ended"]))
    assert causes([log]) == {"taken_over": 2}


def test_a_run_is_one_line_of_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "reliability" / "ledger.jsonl"
    for _ in range(2):
        append(path, CHAOS, "0123456789abcdef", outcome().run(minutes=1.5))
    first, second = map(json.loads, path.read_text().splitlines())
    assert first == second
    assert (first["kind"], first["protocol"], first["minutes"]) == ("chaos", "0123456789abcdef", 1.5)
    assert (first["events"], first["worker_kills"], first["outcome"]) == (10, 2, "exact")
    assert (first["brokers"], first["apart"], first["rate"]) == (1, False, 4.0)
