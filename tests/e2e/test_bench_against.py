"""Two checkouts in turns on one topic: each side's worker reads all of it from nothing, and nothing is left behind."""

import dataclasses
from pathlib import Path

import pytest

from benchmarks.speed.against import Bench, Side
from benchmarks.speed.blend import Blend
from benchmarks.speed.deployments import Pids, Site
from schemas.errors import ContractViolation
from stack.checkout import HERE, Checkout
from stack.local import Services
from stream_app.bootstrap.deployment import client, topic_exists
from tests.support.connections import kafka_of, redis_of

EVENTS, USERS = 60_000, 3_000


@pytest.fixture
def this(models: Path, tmp_path: Path) -> Checkout:
    """This checkout's code, with the tests' model as its own."""
    directory = tmp_path / "this"
    directory.mkdir()
    for package in HERE.directory.glob("*/__init__.py"):
        (directory / package.parent.name).symlink_to(package.parent)
    (directory / "models").symlink_to(models)
    return Checkout(directory, HERE.python, HERE.package)


def a_bench(old: Checkout, new: Checkout) -> Bench:
    return Bench(Side("old", old), Side("new", new), "zipf", Blend(chats=5, measures=20), EVENTS, USERS, print)


def a_site(stack: Services) -> Site:
    return Site(kafka_of(stack), redis_of(stack), Pids(redis=stack.redis.pid, kafka=stack.kafka.pid))


def nothing_is_left(stack: Services, app_id: str) -> bool:
    with client(redis_of(stack)) as asked:
        keys = any(asked.scan_iter(f"*{app_id}*"))
    return not keys and not topic_exists(kafka_of(stack), f"{app_id}-customer-events")


def test_this_checkout_against_itself_does_the_same_work_on_both_sides(
    this: Checkout, stack: Services, prefix: str
) -> None:
    app_id = prefix + "against"
    found = a_bench(this, this).measure(a_site(stack), app_id, rounds=1)
    (only,) = found["rounds"]
    assert found["ratio_least"] == found["ratio_median"] == found["ratio_most"] == only["ratio"] > 0
    assert found["old"]["scored"] == found["new"]["scored"] == EVENTS
    assert found["old"]["alerts"] == found["new"]["alerts"] > 0
    assert min(found[side]["worker_rss_mb"] for side in ("old", "new")) > 0
    assert nothing_is_left(stack, app_id)


def test_a_side_whose_worker_ends_is_named_and_nothing_is_left(
    this: Checkout, stack: Services, prefix: str, tmp_path: Path
) -> None:
    app_id = prefix + "ends"
    broken = dataclasses.replace(this, directory=tmp_path / "broken")
    (broken.directory / broken.package).mkdir(parents=True)
    (broken.directory / broken.package / "__main__.py").write_text("raise SystemExit('no worker today')\n")
    broken.models.symlink_to(this.models)
    with pytest.raises(ContractViolation, match=r"(?s)the old side, .*exited with code 1.*no worker today"):
        a_bench(broken, this).measure(a_site(stack), app_id, rounds=1)
    assert nothing_is_left(stack, app_id)
