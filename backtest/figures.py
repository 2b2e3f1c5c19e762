"""A row of a backtest's table: what one model with one policy decided, and what that was worth."""

from dataclasses import dataclass

from backtest.rerun import Backtest, VariantOutcome
from backtest.usefulness import usefulness


@dataclass(frozen=True)
class Figures:
    """Figures of one variant within the period.

    `alerted_share` is the part of all users that was alerted, `lift` how many times the base rate the precision is,
    None where nobody churns. The others are those of `Usefulness`.
    """

    model: str
    policy: str
    events: int
    scored: int
    users: int
    alerts_firing: int
    alerts_resolved: int
    users_alerted: int
    alerted_share: float
    churners: int
    churners_alerted_before: int
    precision: float
    base_rate: float
    lift: float | None
    lead_time_hours_p50: float | None


def figures(backtest: Backtest, outcome: VariantOutcome) -> Figures:
    """The figures of one of a backtest's outcomes."""
    audience, worth = backtest.audience, usefulness(backtest.audience, outcome.alerts)
    statuses = [alert.data.status for alert in outcome.alerts]
    users = len(audience.users)
    return Figures(
        model=outcome.variant.model.name,
        policy=outcome.variant.policy.name,
        events=backtest.events,
        scored=outcome.scored,
        users=users,
        alerts_firing=statuses.count("firing"),
        alerts_resolved=statuses.count("resolved"),
        users_alerted=worth.users_alerted,
        alerted_share=round(worth.users_alerted / users, 4) if users else 0.0,
        churners=worth.churners,
        churners_alerted_before=worth.churners_alerted_before,
        precision=worth.precision,
        base_rate=worth.base_rate,
        lift=round(worth.precision / worth.base_rate, 2) if worth.base_rate else None,
        lead_time_hours_p50=worth.lead_time_hours_p50,
    )
