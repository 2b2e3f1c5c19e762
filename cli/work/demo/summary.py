"""What a demo came to, for machines and for people."""

from typing import Any

import numpy as np
from rich.table import Table

from cli.work.demo.run import DemoFigures


def summarise(facts: DemoFigures, proof: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The one object that `--json` prints. `proof` is what the separate process found."""
    statuses = [received.alert.data.status for received in facts.alerts]
    rate = facts.flat_out_events / facts.flat_out_seconds if facts.flat_out_seconds else 0.0
    return {
        "events": facts.events,
        "scored": facts.counts["scored"],
        "alerts_firing": statuses.count("firing"),
        "alerts_resolved": statuses.count("resolved"),
        "dead_letters": facts.dead_letters,
        "events_per_second": round(rate),
        "produce_to_alert_ms": {"p50": _percentile(facts, 50), "p99": _percentile(facts, 99)},
        "parity": {name: proof["parity"][name] for name in ("vectors", "mismatches", "alerts_missing", "alerts_extra")},
        "usefulness": proof["usefulness"],
        "seconds": round(seconds, 1),
    }


def _percentile(facts: DemoFigures, percent: int) -> float | None:
    """None when no alert came in the paced part."""
    return float(np.percentile(facts.latencies_ms, percent)) if facts.latencies_ms else None


def table_of(summary: dict[str, Any]) -> Table:
    """The summary with a sentence to each figure."""
    parity, useful, latency = summary["parity"], summary["usefulness"], summary["produce_to_alert_ms"]
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_row("Events", f"{summary['events']:,} in, {summary['scored']:,} scored, one by one, none left out")
    table.add_row("Speed", f"{summary['events_per_second']:,} events a second through Kafka, Redis and the model")
    table.add_row("Alerts", f"{summary['alerts_firing']} raised, {summary['alerts_resolved']} resolved")
    table.add_row("Delay", _delay(latency["p50"], latency["p99"]))
    table.add_row("Poison", f"{summary['dead_letters']} dead letters")
    table.add_section()
    differ = parity["mismatches"] + parity["alerts_missing"] + parity["alerts_extra"]
    verdict = "[bold green]the same everywhere[/]" if not differ else "[bold red]NOT the same[/]"
    table.add_row(
        "Proof 1",
        f"{verdict}: {parity['vectors']:,} live vectors and scores against a fold of the topic from nothing, "
        f"{parity['mismatches']} differ in a bit; alerts: {parity['alerts_missing']} missing, "
        f"{parity['alerts_extra']} extra",
    )
    table.add_row("Proof 2", _useful(useful))
    table.add_row("Took", f"{summary['seconds']:.0f} s")
    return table


def _delay(p50: float | None, p99: float | None) -> str:
    if p50 is None or p99 is None:
        return "no alert was raised in the paced part"
    return f"{p50:.0f} ms from event to alert in the middle, {p99:.0f} ms at worst of 100"


def _useful(useful: dict[str, Any]) -> str:
    lead = useful["lead_time_hours_p50"]
    ahead = "" if lead is None else f", half of them {lead / 24:.1f} days or more ahead"
    times = useful["precision"] / useful["base_rate"] if useful["base_rate"] else 0.0
    return (
        f"[bold]useful[/]: {useful['users_alerted']} users alerted; {useful['churners_alerted_before']} of "
        f"{useful['churners']} who cancelled were named before they did{ahead}; {useful['precision']:.0%} of the named "
        f"cancel, {times:.1f} times the base rate of {useful['base_rate']:.0%}"
    )
