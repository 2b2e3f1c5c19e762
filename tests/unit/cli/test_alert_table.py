"""The table of alerts as people see it."""

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from cli.work.alert_table import AlertTable, age, in_a_line
from schemas.alerts import Alert, AlertData

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples" / "alert" / "valid"
TEXTS = (
    "has no paid plan",
    "1 message to support in a day, usually none",
    "visits to the home page were under 1% of what was done in a month, usually 4%",
)


def alert(name: str) -> AlertData:
    """An example of the contract, its reasons put into words of known length."""
    data = msgspec.json.decode((EXAMPLES / f"{name}.json").read_bytes(), type=Alert).data
    told = [msgspec.structs.replace(data.reasons[0], text=text) for text in TEXTS]
    return msgspec.structs.replace(data, reasons=told)


FIRING = alert("firing-as-a-warning")
UPDATED = alert("updated-to-critical")
CHURNED = alert("resolved-as-the-user-churned")
RECOVERED = msgspec.structs.replace(
    FIRING, status="resolved", severity="info", resolution="recovered", sequence=3, score=0.1, score_prev=0.78
)


def rendered(alerts: list[AlertData], width: int = 100, height: int = 40, *, color: bool = False) -> list[str]:
    table = AlertTable("Churn alerts", height)
    for one in alerts:
        table.add(one)
    out = io.StringIO()
    Console(file=out, width=width, highlight=False, force_terminal=color).print(table.render())
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_alerts_are_shown_in_a_hundred_columns_with_nothing_wrapped() -> None:
    stranger = msgspec.structs.replace(FIRING, user_ref="[red]u[/red]\x1b[31m\n" + "x" * 200)
    old = msgspec.structs.replace(FIRING.reasons[0], text="", label="tone towards support")
    brief = msgspec.structs.replace(FIRING, user_ref="42", reasons=[old], score_prev=0.061)
    assert rendered([CHURNED, UPDATED, brief, stranger]) == [
        "                                            Churn alerts",
        "user                              band                  score        events known        when",
        "[red]u[/red]\\x1b…xxxxxxxxxxxxxxx  new warning           0.46         184 in 32 days      03-02 10:15",
        "    ↑ has no paid plan",
        "    ↑ 1 message to support in a day, usually none",
        "    ↑ visits to the home page were under 1% of what was done in a month, usually 4%",
        "42                                new warning           0.06 → 0.46  184 in 32 days      03-02 10:15",
        "    ↑ tone towards support",
        "k1_nbswy3dpeb3w64tmmqqho2lume     warning → critical    0.46 → 0.78  184 in 32 days      03-02 10:41",
        "    ↑ has no paid plan",
        "    ↑ 1 message to support in a day, usually none",
        "    ↑ visits to the home page were under 1% of what was done in a month, usually 4%",
        "k1_mfzxi4dbonzxo33smq2gk3tuoi     churned               0.71 → 0.83  1,987 in 27 days    01-27 21:40",
        "    ↑ has no paid plan",
        "    ↑ 1 message to support in a day, usually none",
        "    ↑ visits to the home page were under 1% of what was done in a month, usually 4%",
    ]


def test_the_band_before_is_told_where_the_alert_before_was_seen() -> None:
    assert " recovered " in rendered([RECOVERED])[2]
    assert "critical → recovered" in rendered([FIRING, UPDATED, RECOVERED])[2]
    assert " recovered " in rendered([FIRING, RECOVERED])[2]


def test_the_newest_alerts_fill_the_terminal_and_no_more() -> None:
    alerts = [msgspec.structs.replace(FIRING, user_ref=f"user-{number}") for number in range(50)]
    lines = rendered(alerts, height=24)
    assert len(lines) <= 24
    assert [line.split()[0] for line in lines[2::4]] == [f"user-{number}" for number in range(49, 45, -1)]


def test_one_alert_is_shown_however_low_the_terminal_is() -> None:
    other = msgspec.structs.replace(UPDATED, user_ref="another")
    assert [line.split()[0] for line in rendered([other, FIRING], height=1)[2:3]] == [FIRING.user_ref]
    assert len(rendered([other, FIRING], height=1)) == len(rendered([FIRING]))


def test_no_escape_of_a_user_id_reaches_the_terminal() -> None:
    wild = msgspec.structs.replace(FIRING, user_ref="\x1b]0;pwned\x07")
    assert "\x1b]" not in "".join(rendered([wild], color=True))
    assert "\x1b" not in in_a_line(wild)


@pytest.mark.parametrize(
    ("days", "told"),
    [(0.0, "0 min"), (1 / 24, "60 min"), (0.5, "12 hours"), (1.9, "46 hours"), (41.2, "41 days"), (90, "3 months"),
     (900, "2 years")],
)  # fmt: skip
def test_an_age_is_told_in_the_unit_that_people_would_choose(days: float, told: str) -> None:
    assert age(days) == told


def test_a_line_says_the_same_without_a_table() -> None:
    line = in_a_line(UPDATED)
    assert line.startswith("2024-03-02T10:41:07.000Z  warning → critical  k1_nbswy3dpeb3w64tmmqqho2lume  0.46 → 0.78  ")
    assert line.endswith("; ".join(f"↑ {text}" for text in TEXTS))
