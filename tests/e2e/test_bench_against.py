"""Two checkouts in turns on one topic: each side's worker reads all of it from nothing, and nothing is left behind."""

import sys
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


def a_bench(old: Checkout) -> Bench:
    return Bench(Side("old", old), Side("new", HERE), "zipf", Blend(chats=5, measures=20), EVENTS, USERS, print)


def a_site(stack: Services) -> Site:
    return Site(kafka_of(stack), redis_of(stack), Pids(redis=stack.redis.pid, kafka=stack.kafka.pid))


def nothing_is_left(stack: Services, app_id: str) -> bool:
    with client(redis_of(stack)) as asked:
        keys = any(asked.scan_iter(f"*{app_id}*"))
    return not keys and not topic_exists(kafka_of(stack), f"{app_id}-customer-events")


def test_this_checkout_against_itself_does_the_same_work_on_both_sides(stack: Services, prefix: str) -> None:
    app_id = prefix + "against"
    found = a_bench(HERE).measure(a_site(stack), app_id, rounds=1)
    (only,) = found["rounds"]
    assert found["ratio_least"] == found["ratio_median"] == found["ratio_most"] == only["ratio"] > 0
    assert found["old"]["scored"] == found["new"]["scored"] == EVENTS
    assert found["old"]["alerts"] == found["new"]["alerts"] > 0
    assert min(found[side]["worker_rss_mb"] for side in ("old", "new")) > 0
    assert nothing_is_left(stack, app_id)


def test_a_side_whose_worker_ends_is_named_and_nothing_is_left(stack: Services, prefix: str, tmp_path: Path) -> None:
    app_id = prefix + "ends"
    (tmp_path / "cli").mkdir()
    (tmp_path / "cli" / "__main__.py").write_text("raise SystemExit('no worker today')\n")
    (tmp_path / "models").symlink_to(HERE.models)
    broken = Checkout(tmp_path, Path(sys.executable), "cli")
    with pytest.raises(ContractViolation, match=r"(?s)the old side, .*exited with code 1.*no worker today"):
        a_bench(broken).measure(a_site(stack), app_id, rounds=1)
    assert nothing_is_left(stack, app_id)
