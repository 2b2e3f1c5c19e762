"""The page that stands beside a model: what it is for and not for, how good it is, what it was made from."""

from collections.abc import Mapping

from schemas.manifests import Manifest

_PURPOSE = """\
# {name} {version}

Estimates at every event of a user how likely it is that the user cancels within {horizon_days} days: the mean of a
logistic regression and of boosted trees, in one ONNX graph.

**For**: choosing whom to talk to first, in the workload `{workload}`, by the policy below.

**Not for**: deciding against a user (price, access, credit); telling why somebody leaves (reasons say what moved the
score, not what causes churn) or whether an offer would keep them; another customer base than the one it was trained
on. The scores are not calibrated: their order and the thresholds count.
"""
_QUALITY = """\
## How good it is

On {users:,} users whom it never saw ({churners:,} of them leave within the horizon of a snapshot), at times after all
that it learnt from had come true (intervals: 95 %, by bootstrap over users):

| measure | value |
|---|---|
| AUC, every snapshot weighing the same | {auc:.3f}, {auc_interval[0]:.3f} to {auc_interval[1]:.3f} |
| AUC, every user weighing the same | {user_auc:.3f}, {user_auc_interval[0]:.3f} to {user_auc_interval[1]:.3f} |
| PR-AUC, base rate | {pr_auc:.3f}, {base_rate:.3f} |
| log loss | {log_loss:.3f} |
| Brier score | {brier:.3f} |
"""
_POLICY = """\
An alert fires at a score of {enter}, is critical from {critical} on and ends below {leave}; then there is none for
{cooldown_days} days. So {alerted_share:.1%} of {users:,} users who were set apart for choosing the thresholds are
alerted in their first month.
"""
_SOURCE = """\
## What it was made from

{events:,} events of {users:,} users over {days} days ({source}); {snapshots:,} scored updates, drawn with probability
{probability}, of which {positives:,} are of users who then left. Seed {seed}; SHA-256 of the events:
`{sha256}`.

Nothing is known of sex, age or origin: whether it treats groups of users alike has not been looked at.
"""
_INPUTS = """\
## What it reads

| feature | meaning | a typical stayer |
|---|---|---|
"""


def model_card(manifest: Manifest, labels: Mapping[str, str]) -> str:
    """The model card in Markdown. `labels` says in words what each feature means."""
    parts = [
        _purpose(manifest),
        _QUALITY.format(**manifest.metrics),
        _policy(manifest),
        _SOURCE.format(**manifest.data),
    ]
    return "\n".join([*parts, _inputs(manifest, labels)])


def _purpose(manifest: Manifest) -> str:
    return _PURPOSE.format(
        name=manifest.name,
        version=manifest.version,
        workload=manifest.workload,
        horizon_days=manifest.horizon_days,
    )


def _policy(manifest: Manifest) -> str:
    policy = manifest.policy
    return _POLICY.format(
        enter=policy.enter,
        leave=policy.leave,
        critical=policy.critical,
        cooldown_days=policy.cooldown_s // 86_400,
        **manifest.metrics["policy"],
    )


def _inputs(manifest: Manifest, labels: Mapping[str, str]) -> str:
    rows = zip(manifest.features, manifest.baseline, strict=True)
    return _INPUTS + "".join(f"| `{name}` | {labels[name]} | {value:.4g} |\n" for name, value in rows)
