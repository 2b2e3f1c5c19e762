"""A redrive that is killed with -9, again and again, while it notes and while it sends."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable

import pytest

from stack.local import Services
from stream_app.adapters.kafka.topics import create_topics
from stream_app.bootstrap.engine import first_control
from stream_app.settings import Settings
from tests.support.connections import deployment_at
from tests.support.dead_letters import PARTITIONS, Desk, activity, rejected, user_of

LETTERS = 20
USER = user_of(1)


@pytest.fixture
def desk(stack: Services, prefix: str) -> Desk:
    create_topics(deployment_at(stack, prefix), PARTITIONS, first_control(Settings()))
    return Desk(stack, prefix)


def start(desk: Desk) -> "subprocess.Popen[bytes]":
    environment = {
        **os.environ,
        "CHURN_TOPIC_PREFIX": desk.prefix,
        "CHURN_KAFKA_BOOTSTRAP": desk.services.bootstrap,
    }
    command = [sys.executable, "-m", "cli", "dlq", "redrive", "--reason", "bug"]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def kill_when(desk: Desk, count: Callable[[], int], least: int) -> None:
    process = start(desk)
    deadline = time.monotonic() + 60
    while count() < least:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.kill()
    process.communicate()


def test_a_redrive_that_is_killed_anywhere_ends_with_each_letter_sent_once(desk: Desk) -> None:
    values = [activity(USER, offset) + b" " * 200_000 for offset in range(LETTERS)]  # two go into a batch
    letters = desk.reject([rejected(offset, value) for offset, value in enumerate(values)])
    for least in (2, 9, 15):
        kill_when(desk, lambda: len(desk.redrive.ledger.read().begun), least)
        assert desk.sent_again() == []
    for least in (1, 6, 11):
        kill_when(desk, lambda: len(desk.sent_again()), least)
    last = start(desk)
    _, said = last.communicate(timeout=60)
    assert last.returncode == 0, said
    assert Counter(record.value for _, record in desk.sent_again()) == Counter(one.record.value for one in letters)
    assert desk.redrive.ledger.read().done.keys() == {one.id for one in letters}
