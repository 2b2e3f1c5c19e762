"""A defect of our own from first to last: set aside, mended, left out of replays, sent again, applied."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from schemas.dead_letters import SCHEMA, Rejection, own_headers, read_rejection
from schemas.outgoing import address
from schemas.topics import DEAD_LETTERS
from stack.local import Services
from stack.ports import free_port
from stream_app.adapters.kafka.decisions import APP_VERSION
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.core.log import PlainRecord
from stream_app.ports.pacing import flat_out
from tests.e2e.deployment import APPLIED_WITHIN_S, Deployment, deployment, read_topic
from tests.e2e.flawed_worker import FLAW
from tests.e2e.test_commands import churn
from tests.e2e.test_verify import wipe
from tests.support.connections import kafka_of
from tests.support.music_logs import music_lines

LINES = music_lines(40, 2400, seed=5)
FLAWED = LINES[len(LINES) // 2]
"""Its user goes on for weeks after it."""


@pytest.fixture
def made(stack: Services, prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    with deployment(stack, prefix, tmp_path) as it:
        KafkaSender(kafka_of(stack), it.topic()).send(address(LINES), flat_out(), lambda _: None)
        yield it


@contextmanager
def flawed_worker(made: Deployment) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "tests.e2e.flawed_worker", "work", "--port", str(free_port())]
    environment = {**os.environ, **made.environment, FLAW: FLAWED.decode()}
    with (made.directory / "flawed.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def ends(made: Deployment) -> list[int]:
    return [len(records) for records in made.log()]


def the_flawed_record(made: Deployment) -> tuple[int, PlainRecord]:
    """Its partition, and itself, before it is sent again."""
    ((partition, record),) = (
        (partition, record)
        for partition, records in enumerate(made.log())
        for record in records
        if record.value == FLAWED
    )
    return partition, record


def letters(made: Deployment) -> list[tuple[int, PlainRecord]]:
    """Every record of the dead letters that is one, and its partition."""
    logs = read_topic(kafka_of(made.services), made.prefix + DEAD_LETTERS.name)
    return [(at, record) for at, records in enumerate(logs) for record in records if read_rejection(record.headers)]


def must_be_exact(made: Deployment, events: int) -> None:
    verified = churn(made, "verify", "--json")
    found: dict[str, Any] = json.loads(verified.stdout)
    assert (found["exact"], found["events"], found["first_differences"]) == (True, events, [])


def states(made: Deployment) -> list[dict[str, bytes]]:
    return [made.states(partition) for partition in range(made.settings.partitions)]


def changed_users(before: list[dict[str, bytes]], after: list[dict[str, bytes]]) -> set[str]:
    pairs = zip(before, after, strict=True)
    return {user for old, new in pairs for user in old.keys() | new.keys() if old.get(user) != new.get(user)}


def apply_all_with_a_flaw(made: Deployment) -> None:
    deadline = time.monotonic() + APPLIED_WITHIN_S
    with flawed_worker(made) as process:
        while made.positions() != ends(made):
            assert process.poll() is None, (made.directory / "flawed.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        process.terminate()
        assert process.wait(30) == 0


def must_be_the_letter_of_the_flaw(made: Deployment) -> None:
    """The one letter: the record as it came, where it stood, and what became of it."""
    at, record = the_flawed_record(made)
    ((partition, letter),) = letters(made)
    rejection = read_rejection(letter.headers)
    assert rejection is not None
    assert rejection == Rejection(
        topic=made.topic(),
        partition=at,
        offset=record.offset,
        timestamp=record.timestamp,
        reason="bug",
        error="ZeroDivisionError",
        message="ZeroDivisionError('a share of nothing')",
        app_version=APP_VERSION,
        schema=SCHEMA,
        session=rejection.session,
        front=record.offset,
    )
    assert len(bytes.fromhex(rejection.session)) == 16
    assert (partition, letter.key, letter.value, letter.timestamp, own_headers(letter.headers)) == (
        at,
        record.key,
        FLAWED,
        record.timestamp,
        list(record.headers),
    )


def test_an_event_that_a_version_fails_on_stays_out_until_a_mended_one_runs_and_it_is_sent_again(
    made: Deployment,
) -> None:
    apply_all_with_a_flaw(made)
    must_be_the_letter_of_the_flaw(made)
    must_be_exact(made, len(LINES) - 1)
    without = states(made)

    wipe(made)
    mended = made.start_worker()
    mended.wait_until_ready()
    made.wait_until_applied(ends(made))
    assert states(made) == without
    must_be_exact(made, len(LINES) - 1)
    assert len(letters(made)) == 1

    redriven = churn(made, "dlq", "redrive", "--reason", "bug")
    assert redriven.returncode == 0, redriven.stderr
    made.wait_until_applied(ends(made))
    assert mended.probe()["counts"]["applied"] == len(LINES)
    must_be_exact(made, len(LINES))
    assert changed_users(without, states(made)) == {json.loads(FLAWED)["subject"]}

    again = churn(made, "dlq", "redrive", "--reason", "bug")
    assert again.returncode == 0, again.stderr
    made.wait_until_applied(ends(made))
    assert mended.probe()["counts"]["applied"] == len(LINES)
