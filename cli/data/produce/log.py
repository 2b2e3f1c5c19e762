"""`churn produce log`: sends a Sparkify activity log."""

from cli.data.produce.sending import File, FromLine, Speed, send_file
from cli.options import AsJson
from producers.sparkify import read_log


def log(file: File, speed: Speed = None, from_line: FromLine = 1, as_json: AsJson = False) -> None:
    """Send a Sparkify activity log: its rows as canonical events; rows without a user or a page's name are skipped.

    A file is checked to its end first, and nothing of one with a bad row is sent.

    Example: churn produce log sparkify_mini_events_68users.jsonl.gz
    """
    send_file(file, read_log, speed, from_line, as_json=as_json)
