"""`churn produce log`: sends a Sparkify activity log."""

from cli.data.produce.sending import File, Speed, send
from cli.options import AsJson
from producers import sparkify


def log(file: File, speed: Speed = None, as_json: AsJson = False) -> None:
    """Send a Sparkify activity log: its rows as canonical events; rows without a user are skipped.

    Example: churn produce log sparkify_mini_events_68users.jsonl.gz
    """
    send(file.name, sparkify.read_log(file), speed, as_json=as_json)
