"""`churn demo` as a newcomer runs it, on the run's own Kafka and Redis."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from stack.local import Services

EVENTS_IN_THE_PUBLIC_LOG = 80_487


def demo(stack: Services, *arguments: str) -> dict[str, Any]:
    environment = {**os.environ, "CHURN_KAFKA_BOOTSTRAP": stack.bootstrap, "CHURN_REDIS_URL": stack.redis_url}
    command = [sys.executable, "-m", "cli", "demo", "--json", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    summary: dict[str, Any] = json.loads(done.stdout)
    return summary


def must_be_the_same_everywhere(summary: dict[str, Any]) -> None:
    parity = summary["parity"]
    assert parity == {"vectors": summary["scored"], "mismatches": 0, "alerts_missing": 0, "alerts_extra": 0}


def test_the_demo_scores_every_event_proves_it_and_names_churners_before_they_cancel(stack: Services) -> None:
    summary = demo(stack)
    assert summary["scored"] == summary["events"] > 100_000
    assert summary["dead_letters"] == 0
    must_be_the_same_everywhere(summary)
    useful = summary["usefulness"]
    assert 0.05 <= useful["users_alerted"] / 300 <= 0.15
    assert useful["precision"] > useful["base_rate"]
    assert summary["produce_to_alert_ms"]["p50"] is not None
    assert summary["seconds"] < 300


def test_the_demo_takes_a_real_log_whole(stack: Services, public_data: Path) -> None:
    summary = demo(stack, "--log", str(public_data / "sparkify_mini_events_68users.jsonl.gz"))
    assert summary["events"] == summary["scored"] == EVENTS_IN_THE_PUBLIC_LOG
    must_be_the_same_everywhere(summary)
