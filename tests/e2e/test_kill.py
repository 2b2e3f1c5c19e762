"""Workers are killed without warning; what they leave behind is what one uninterrupted fold would have made."""

import threading
import time
from pathlib import Path

from producers.simulator import simulate
from schemas.instants import parse_instant
from schemas.outgoing import address
from stack.local import Services
from stream_app.adapters.kafka.sender import KafkaSender
from stream_app.ports.pacing import at_rate
from tests.e2e.deployment import Deployment, deployment
from tests.support.connections import kafka_of

START_MS = parse_instant("2024-01-01T00:00:00Z")
SEED = 11
RATE = 4_000.0


class Sending:
    """Simulated events going out at a steady rate in a thread of their own."""

    def __init__(self, to: Deployment, users: int, days: int) -> None:
        self.events = list(address(simulate(users, days, SEED, START_MS)))
        self._sender = KafkaSender(kafka_of(to.services), to.topic())
        self._thread = threading.Thread(target=self._send)
        self._thread.start()

    def _send(self) -> None:
        self._sender.send(self.events, at_rate(RATE), lambda _: None)

    def wait_for(self, share: float) -> None:
        while self._sender.counts.sent < share * len(self.events):
            assert self._thread.is_alive()
            time.sleep(0.01)

    def finish(self) -> None:
        self._thread.join()
        assert self._sender.counts.sent == len(self.events)


def wait_for_progress(of: Deployment, beyond: int) -> None:
    deadline = time.monotonic() + 30.0
    while sum(of.positions()) <= beyond:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ends(of: Deployment) -> list[int]:
    return [len(records) for records in of.log()]


def test_two_kills_in_mid_stream_leave_the_states_of_one_uninterrupted_fold(
    stack: Services, prefix: str, tmp_path: Path
) -> None:
    with deployment(stack, prefix, tmp_path) as made:
        worker = made.start_worker()
        worker.wait_until_ready()
        sending = Sending(made, users=80, days=25)
        for share in (0.25, 0.6):
            sending.wait_for(share)
            wait_for_progress(made, beyond=len(sending.events) // 10)
            worker.kill()
            worker = made.start_worker()
        sending.finish()
        made.wait_until_applied(ends(made))
        assert made.must_equal_one_uninterrupted_fold() == len(sending.events)


def test_two_workers_of_one_group_share_the_work_and_survive_the_loss_of_one(
    stack: Services, prefix: str, tmp_path: Path
) -> None:
    with deployment(stack, prefix, tmp_path) as made:
        workers = [made.start_worker(), made.start_worker()]
        for worker in workers:
            worker.wait_until_ready()
        deadline = time.monotonic() + 30.0
        while any(len(worker.probe()["partitions"]) != 2 for worker in workers):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        sending = Sending(made, users=60, days=25)
        sending.wait_for(0.5)
        workers[0].kill()
        sending.finish()
        made.wait_until_applied(ends(made))
        assert made.must_equal_one_uninterrupted_fold() == len(sending.events)
