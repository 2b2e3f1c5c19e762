"""The log never holds up nor ends whoever writes it: its reader may be gone, or read nothing; the disk may be full."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from stream_app.worker.log_stream import MOST_LINES, LogStream

AT_ONCE_S = 5.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        try:
            os.close(end)
        except OSError:
            continue


def test_lines_arrive_in_their_order(pipe: tuple[int, int]) -> None:
    stream = LogStream(pipe[1])
    for number in range(100):
        stream.write(f"{number}\n")
    stream.drain()
    assert os.read(pipe[0], 1 << 16).decode().split() == [str(number) for number in range(100)]


def test_a_reader_that_is_gone_costs_lines_and_nothing_else(pipe: tuple[int, int]) -> None:
    os.close(pipe[0])
    stream = LogStream(pipe[1])
    for number in range(100):
        stream.write(f"{number}\n")
        stream.flush()
    began_s = time.monotonic()
    stream.drain()
    assert time.monotonic() - began_s < AT_ONCE_S


def test_a_reader_that_reads_nothing_holds_up_neither_work_nor_the_end(pipe: tuple[int, int]) -> None:
    stream, line = LogStream(pipe[1]), "x" * 1000 + "\n"
    began_s = time.monotonic()
    for _ in range(2 * MOST_LINES):
        stream.write(line)
    stream.drain(0.1)
    assert time.monotonic() - began_s < AT_ONCE_S


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    script = (
        "import structlog; from stream_app.worker.log_stream import LogStream; "
        "from stream_app.worker.logs import configure_logs; configure_logs('json', LogStream()); "
        "[structlog.get_logger().warning('said', n=n) for n in range(100)]; print('went on')"
    )
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=full, timeout=60, check=True
        )
    assert run.stdout == b"went on\n"
