"""The log of a dead Redis is torn where a loss of power could have torn it: at its end, and nowhere else."""

import os
import random
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from proofs.chaos.redis_site import newest_log, tear


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 100))
def test_a_torn_log_is_a_beginning_of_what_it_was(content: bytes, at_most: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "appendonly.aof"
        log.write_bytes(content)
        gone = tear(log, random.Random(seed), at_most)
        assert log.read_bytes() == content[: len(content) - gone]
        assert gone <= at_most
        assert (gone > 0) == (at_most > 0 and content != b"")


def test_up_to_6_2_there_is_one_log(tmp_path: Path) -> None:
    assert newest_log(tmp_path) == tmp_path / "appendonly.aof"


def test_since_7_the_newest_increment_is_written(tmp_path: Path) -> None:
    logs = tmp_path / "appendonlydir"
    logs.mkdir()
    for age, name in enumerate(["appendonly.aof.10.incr.aof", "appendonly.aof.9.incr.aof"]):
        (logs / name).write_bytes(b"")
        os.utime(logs / name, (1000 - age, 1000 - age))
    assert newest_log(tmp_path).name == "appendonly.aof.10.incr.aof"
