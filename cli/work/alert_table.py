"""How people watch alerts: the newest on top, one block a user, in lines that fit a hundred columns."""

from collections.abc import Iterable
from itertools import accumulate

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from schemas.alerts import AlertData, Reason
from schemas.display import escaped, shown_id

_STYLE = {"critical": "bold red", "warning": "yellow", "info": "green"}
_WIDTHS = {"user": None, "band": 20, "score": 11, "events known": 18, "when": 11}
"""Of the columns, so that they stand still; users take what is left, reasons whole lines below."""
_WIDEST_ID = 32
"""What a hundred columns leave for users; less is cut off at its end."""
_AROUND = 5
"""Lines of a terminal that title, headings, caption and the demo's bar take."""


class AlertTable:
    """The latest alert of each user, as many as a terminal of `height` lines has room for."""

    def __init__(self, title: str, height: int) -> None:
        self.title = title
        self._room = max(height - _AROUND, 1)
        self._latest: dict[str, tuple[AlertData, AlertData | None]] = {}

    def add(self, alert: AlertData) -> None:
        """Show this alert first."""
        before, _ = self._latest.pop(alert.user_ref, (None, None))
        self._latest[alert.user_ref] = alert, before

    def render(self, caption: str = "") -> Group:
        """The table as it stands."""
        lines: list[RenderableType] = [Text(self.title, "italic", justify="center")]
        lines.append(_row(Text(heading, "bold") for heading in _WIDTHS))
        for alert, before in self._rows():
            lines.append(_row(_cells(alert, before)))
            lines += [Text(f"    {why(reason)}", no_wrap=True, overflow="ellipsis") for reason in alert.reasons]
        if caption:
            lines.append(Text(caption, "dim italic", justify="center"))
        return Group(*lines)

    def _rows(self) -> Iterable[tuple[AlertData, AlertData | None]]:
        newest = list(reversed(self._latest.values()))
        ends = accumulate(1 + len(alert.reasons) for alert, _ in newest)
        return (row for row, end in zip(newest, ends, strict=True) if row is newest[0] or end <= self._room)


def in_a_line(alert: AlertData) -> str:
    """An alert where there is no table."""
    parts = (alert.event_time, band(alert), shown_id(alert.user_ref), score(alert), "; ".join(map(why, alert.reasons)))
    return "  ".join(parts)


def band(alert: AlertData, before: AlertData | None = None) -> str:
    """Where the user stands with the policy and stood before, as far as the alert and the one seen before it say."""
    if alert.status == "firing":
        return f"new {alert.severity}"
    if alert.status == "updated":
        return f"warning → {alert.severity}"
    known = before is not None and (before.episode, before.sequence + 1) == (alert.episode, alert.sequence)
    now = alert.resolution or alert.severity
    return f"{before.severity} → {now}" if before is not None and known else now


def score(alert: AlertData) -> str:
    """The score, and before it that of the user's alert before."""
    return f"{alert.score:.2f}" if alert.score_prev is None else f"{alert.score_prev:.2f} → {alert.score:.2f}"


def why(reason: Reason) -> str:
    """A reason in words, and whether it raises the score; alerts of old have only a label."""
    return f"{'↑' if reason.direction == 'up' else '↓'} {escaped(reason.text or reason.label)}"


def age(days: float) -> str:
    """A time in the unit that people would choose."""
    hours = days * 24
    for count, unit in ((days / 365, "years"), (days / 30, "months"), (days, "days"), (hours, "hours")):
        if count >= 2:
            return f"{count:.0f} {unit}"
    return f"{hours * 60:.0f} min"


def _cells(alert: AlertData, before: AlertData | None) -> Iterable[Text]:
    """User ids are data, and never markup."""
    yield Text(shown_id(alert.user_ref, _WIDEST_ID))
    yield Text(band(alert, before), _STYLE[alert.severity])
    yield Text(score(alert))
    known = alert.data_quality
    yield Text(f"{known.events:,} in {age(known.age_days)}" if known.events else "none")
    yield Text(alert.event_time[5:16].replace("T", " "), "dim")


def _row(cells: Iterable[Text]) -> Table:
    row = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for width in _WIDTHS.values():
        row.add_column(width=width, ratio=None if width else 1, no_wrap=True, overflow="ellipsis")
    row.add_row(*cells)
    return row
