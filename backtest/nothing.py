"""Refuses figures over nothing: they look right, and say nothing."""

from backtest.rerun import Backtest
from schemas.errors import ContractViolation
from stream_app.core.features.workload import Workload


def refuse_nothing(source: str, backtest: Backtest, workload: Workload) -> None:
    """Raises ContractViolation when no event was counted, or none says anything that the workload knows."""
    if not backtest.events:
        raise ContractViolation(
            f"no event of {source} was counted: it holds none, or none that was taken down within --from and --to"
        )
    if not backtest.known:
        raise ContractViolation(
            f"none of the {backtest.events:,} events of {source} says anything that the workload {workload.name} "
            f"knows, so every figure would be empty: name things as `churn workload show {workload.name}` does, or "
            "choose another one with CHURN_WORKLOAD"
        )


def without_churn(source: str, backtest: Backtest, workload: Workload) -> str:
    """What to say where nobody leaves; empty where somebody does."""
    if backtest.audience.left:
        return ""
    acts = ", ".join(act.name for act in workload.churn)
    return (
        f"nobody in {source} does what counts as churn for the workload {workload.name} ({acts}): nobody is a churner"
    )
