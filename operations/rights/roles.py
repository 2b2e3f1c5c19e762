"""Who reaches into a deployment."""

from typing import Literal, get_args

Role = Literal["worker", "producer", "subscriber", "operations"]
ROLES: tuple[Role, ...] = get_args(Role)

DOES = {
    "worker": "`churn work`",
    "producer": "`churn produce`, and every source of events of your own",
    "subscriber": "`churn alerts`, and everything of your own that acts on alerts",
    "operations": "all other commands: topics, models, dead letters, export, import, verify, backtests on topics",
}
"""Each role as a person knows it."""
