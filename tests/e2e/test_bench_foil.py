"""The foil is a fair one: left in peace it loses nothing, and under the rig's faults it is shown to."""

from pathlib import Path
from typing import Any

from proofs.chaos.faults.kinds import PROCESS_KINDS
from proofs.foil.run import FoilTrial, run

WRONG = (
    "users_wrong",
    "events_lost",
    "events_doubled",
    "alerts_missing",
    "alerts_duplicate",
    "alerts_phantom",
    "never_acknowledged",
    "agent_exits",
)


def test_without_faults_the_foil_counts_every_event_once_and_sends_every_alert_once(jars: Path) -> None:
    found: dict[str, Any] = run(FoilTrial(seconds=4.0, seed=1, jars=jars, kinds=()), print)
    assert found["events"] > 4_000
    assert found["alerts"]
    assert {name: found[name] for name in WRONG} == dict.fromkeys(WRONG, 0)


def test_kills_and_a_torn_log_leave_wrong_counts(jars: Path) -> None:
    kinds = [fault for fault in PROCESS_KINDS if fault.kind in ("worker_kill", "redis_torn_log")]
    found: dict[str, Any] = run(FoilTrial(seconds=15.0, seed=2, jars=jars, kinds=kinds), print)
    assert all(found["faults"].values())
    assert found["users_wrong"] > 0
    assert found["events_lost"] + found["events_doubled"] > 0
