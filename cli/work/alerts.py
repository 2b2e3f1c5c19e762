"""`churn alerts`: follows the alerts topic."""

import sys
from typing import Annotated

import msgspec
import typer
from rich.live import Live

from cli.console import OUT
from cli.work.alert_table import AlertTable, in_a_line
from stream_app.bootstrap.deployment import deployment_of
from stream_app.bootstrap.deployment import subscriber as new_subscriber
from stream_app.ports.receiving import Subscriber
from stream_app.settings import Settings

_POLL_S = 0.2


def alerts(
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Begin with the oldest alert, not with now.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many alerts.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every alert as one line of JSON.")] = False,
) -> None:
    """Follow the alerts, committed ones only, until Ctrl-C: a live table on a terminal, lines elsewhere.

    Example: churn alerts --from-start --json --limit 10
    """
    subscriber = new_subscriber(deployment_of(Settings()), from_start=from_start)
    try:
        if as_json or not OUT.is_terminal:
            _lines(subscriber, limit, as_json=as_json)
        else:
            _table(subscriber, limit)
    finally:
        subscriber.close()


def _lines(subscriber: Subscriber, limit: int | None, *, as_json: bool) -> None:
    seen = 0
    while limit is None or seen < limit:
        for received in subscriber.poll(_POLL_S)[: None if limit is None else limit - seen]:
            seen += 1
            alert = received.alert
            sys.stdout.write((msgspec.json.encode(alert).decode() if as_json else in_a_line(alert.data)) + "\n")
        sys.stdout.flush()


def _table(subscriber: Subscriber, limit: int | None) -> None:
    table, seen = AlertTable("Churn alerts", OUT.height), 0
    with Live(table.render("waiting for alerts"), console=OUT, refresh_per_second=5) as live:
        while limit is None or seen < limit:
            for received in subscriber.poll(_POLL_S):
                table.add(received.alert.data)
                seen += 1
            live.update(table.render(f"{seen} alerts · Ctrl-C stops"))
