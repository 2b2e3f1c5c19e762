"""The worker's log: our own lines and those of Faust and the clients, in one form."""

import json
import subprocess
import sys
from typing import Any

import pytest

SCRIPT = """
import logging, logging.config, structlog
from stream_app.worker.log_stream import LogStream
from stream_app.worker.logs import configure_logs
logging.config.dictConfig(configure_logs({form!r}, LogStream()))
structlog.get_logger().bind(partition=3).warning("session_ended", why="an example")
logging.getLogger("faust.app").warning("took %d s", 7)
logging.getLogger("faust.app").info("not worth a line")
try:
    raise ValueError("broken")
except ValueError:
    structlog.get_logger().exception("ours")
    logging.getLogger("aiokafka").exception("theirs")
"""


def said(form: str) -> str:
    run = subprocess.run([sys.executable, "-c", SCRIPT.format(form=form)], capture_output=True, text=True, check=True)
    assert run.stdout == ""
    return run.stderr


@pytest.mark.parametrize("form", ["json", "auto"])
def test_elsewhere_than_on_a_terminal_every_line_is_a_json_object(form: str) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in said(form).splitlines()]
    assert [line["event"] for line in lines] == ["session_ended", "took 7 s", "ours", "theirs"]
    assert all({"event", "level", "timestamp"} <= set(line) for line in lines)
    assert (lines[0]["partition"], lines[0]["why"]) == (3, "an example")
    assert (lines[1]["level"], lines[1]["logger"]) == ("warning", "faust.app")
    assert all("ValueError: broken" in line["exception"] for line in lines[2:])


def test_for_people_lines_are_readable() -> None:
    text = said("console")
    assert "session_ended" in text
    assert "took 7 s" in text
    assert not text.startswith("{")
