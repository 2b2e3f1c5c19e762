"""The committed Grafana dashboard and what provisions it."""

import json
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
GRAFANA = REPOSITORY / "stack" / "grafana"


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((GRAFANA / "dashboards" / "churn.json").read_text())
    return found


def queries() -> list[tuple[str, str]]:
    """Every panel's title with every query in it."""
    return [(panel["title"], target["expr"]) for panel in dashboard()["panels"] for target in panel["targets"]]
