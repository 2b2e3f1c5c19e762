"""The table in which people watch alerts: the newest on top, one line per user."""

from rich.table import Table

from schemas.alerts import Alert, AlertData, Reason

_STYLE = {"critical": "bold red", "warning": "yellow", "info": "green"}
_ROWS = 15


class AlertTable:
    """The latest alert of each user."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._latest: dict[str, AlertData] = {}

    def add(self, alert: Alert) -> None:
        """Show this alert first."""
        self._latest.pop(alert.data.user_ref, None)
        self._latest[alert.data.user_ref] = alert.data

    def render(self, caption: str = "") -> Table:
        """The table as it stands."""
        table = Table(title=self.title, caption=caption, expand=True)
        table.add_column("user", no_wrap=True)
        table.add_column("band", no_wrap=True)
        table.add_column("score", justify="right", no_wrap=True)
        table.add_column("why it moved", ratio=1)
        table.add_column("when", no_wrap=True)
        for data in list(reversed(self._latest.values()))[:_ROWS]:
            band = data.severity if data.resolution is None else data.resolution
            style = _STYLE[data.severity]
            when = data.event_time[:16].replace("T", " ")
            table.add_row(data.user_ref, f"[{style}]{band}[/]", f"{data.score:.2f}", why(data), when)
        return table


def why(data: AlertData) -> str:
    """The reasons in a few words."""
    return "; ".join(_words(reason) for reason in data.reasons[:2])


def _words(reason: Reason) -> str:
    arrow = "↑" if reason.direction == "up" else "↓"
    return f"{arrow} {reason.label} {reason.value:.3g} (typically {reason.baseline:.3g})"
