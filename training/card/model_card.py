"""The page that stands beside a model: what it is for and not for, how good it is, what it was made from."""

from collections.abc import Mapping, Sequence

from schemas.manifests import Manifest
from training.card import tables
from training.card.tables import TableRow
from training.judging.looks import Look, counted

_PURPOSE = """\
# {name} {version}

Estimates at every event of a user how likely it is that the user leaves within {horizon_days} days: a weighted vote of
a logistic regression and of boosted trees, in one ONNX graph.

**For**: choosing whom to talk to first, in the workload `{workload}`, by the policy below.

**Not for**: deciding against a user (price, access, credit); telling why somebody leaves (reasons say what moved the
score, not what causes churn) or whether an offer would keep them; another customer base than the one it was trained
on. Before a score is read as a probability, see how well it is calibrated.
"""
_HOW_READ = """\
Every figure stands with its 95 % interval in brackets, by bootstrap over users. *Scored updates* are events of users,
drawn by hash, as the worker scores them; *midnights* (UTC) are fixed moments, at which every user seen in the last 30
days counts once a day. A snapshot is positive if its user leaves within {horizon_days} days after it; it counts only if
so many days of the log follow it.
"""
_HELD_OUT = """\
## On held-out users

Users of the training log ({source}) from whom nothing was learnt and by whom nothing was chosen, at times after all
that was learnt had come true.
"""
_CEILING = """\
### Beside the ceiling

An oracle that knows the hidden state of every simulated user foretells by rolling the simulation on from there,
{rollouts} times a snapshot. Model and oracle on the same snapshots, {updates:,} scored updates and {daily:,} midnights.
The ceiling is itself estimated: the chance in its roll-outs blurs its order and lowers its AUC a little. So that none
of its chances is 0 or 1, its shares of roll-outs are drawn to their mean as far as chance alone spreads them (a beta
prior by moments; what came true is not looked at).
"""
_CEILING_OF_LEAD_TIME = """\
On the same snapshots the oracle names no more of them than the model does. They are a few of each user, behind the cut
alone: so fewer churners are named than over whole lives below, and the figures are only to be held against each other.
Where a handful is named the times ahead are theirs alone; an interval without width is that of a single churner.
"""
_REAL = """\
## On the real log

{events:,} events of {users:,} users over {days} days (`{source}`, SHA-256 of its events as converted `{sha256}`), from
which nothing was learnt.
"""
_LEAD_TIME = """\
### How long before they leave

From the first score of at least {enter}, at which an alert fires, to the churn, over the users' whole time in
the log. A first score may be long past and its alert over: so those named within the horizon stand apart.
"""
_LOOKS = """\
## Looks at the real log

A log that is looked at often becomes one that was tuned on. Looks up to this card: **{count}**{standing}. They are
kept in [`looks.jsonl`](../looks.jsonl).
"""
_POLICY = """\
## Policy

An alert fires at a score of {enter}, is critical from {critical} on and ends below {leave}; then there is none for
{cooldown_days} days. So {alerted_share:.1%} of {users:,} users who were set apart for choosing the thresholds are
alerted in their first month.
"""
_DATA = """\
## What it was made from

{events:,} events of {users:,} users over {days} days ({source}); {snapshots:,} scored updates, drawn with probability
{probability}, of which {positives:,} are of users who then left, and {daily_snapshots:,} midnights, of which
{daily_positives:,} are. Seed {seed}; SHA-256 of the events: `{sha256}`.
"""
_LIMITS = """\
## Limits

- Columns that tell the same share their importance: one can be shuffled without harm as long as the other is there.
- Base rates differ from log to log and fall within one, for leavers leave: compare the mean score with the base rate
  before reading scores as probabilities.
"""
_BY_KIND = ("", "at scored updates", "at midnights")
_BY_RIVAL = ("", "updates: model", "updates: ceiling", "midnights: model", "midnights: ceiling")


def model_card(manifest: Manifest, labels: Mapping[str, str], looks: Sequence[Look], limits: str) -> str:
    """The model card in Markdown.

    `labels` says in words what each feature means; `looks` are those at the real log; `limits` are those of the
    workload's models, as a list in Markdown, beside those that every model has.
    """
    parts = [
        _PURPOSE.format(**_named(manifest)),
        "## How good it is\n",
        _HOW_READ.format(**_named(manifest)),
        *_held_out(manifest),
        *_real(manifest),
        *_plots(),
        _policy(manifest),
        _DATA.format(**manifest.data),
        *_looks(looks),
        _LIMITS + limits,
        *_inputs(manifest, labels),
    ]
    return "\n".join(parts)


def _named(manifest: Manifest) -> dict[str, object]:
    return {name: getattr(manifest, name) for name in ("name", "version", "workload", "horizon_days")}


def _held_out(manifest: Manifest) -> list[str]:
    found = manifest.metrics["held_out"]
    parts = [_HELD_OUT.format(**manifest.data), *_figures(found)]
    if rows := tables.ceilings(found):
        sizes = {kind: found[kind]["ceiling"]["snapshots"] for kind in ("updates", "daily")}
        parts += [_CEILING.format(rollouts=manifest.metrics["rollouts"], **sizes), _table(_BY_RIVAL, rows)]
        parts += [_CEILING_OF_LEAD_TIME, _table(_BY_RIVAL, tables.ceilings_of_lead_time(found))]
    return [*parts, *_lead_time(manifest, "held_out")]


def _real(manifest: Manifest) -> list[str]:
    if "real" not in manifest.metrics:
        return []
    found = manifest.metrics["real"]
    return [_REAL.format(**found["log"]), *_figures(found), *_lead_time(manifest, "real")]


def _figures(found: Mapping[str, object]) -> list[str]:
    return [_table(_BY_KIND, [*tables.figures(found), *tables.groups(found)])]


def _lead_time(manifest: Manifest, log: str) -> list[str]:
    return [_LEAD_TIME.format(enter=manifest.policy.enter), _table(_BY_KIND, tables.lead_times(manifest.metrics[log]))]


def _plots() -> list[str]:
    images = {
        "reliability.png": "Share that churned against score, in ten bins",
        "roc.png": "ROC curves",
        "precision_recall.png": "Precision against recall",
        "lead_time.png": "Churners named against time before they leave",
        "importance.png": "Columns by the fall of the AUC when they are shuffled",
    }
    return ["## Plots\n", *(f"![{text}]({name})\n" for name, text in images.items())]


def _policy(manifest: Manifest) -> str:
    policy = manifest.policy
    return _POLICY.format(
        enter=policy.enter,
        leave=policy.leave,
        critical=policy.critical,
        cooldown_days=policy.cooldown_s // 86_400,
        **manifest.metrics["policy"],
    )


def _looks(looks: Sequence[Look]) -> list[str]:
    standing = ", and one more whenever those marked *again and again* are" if any(not x.times for x in looks) else ""
    rows = [(x.date, x.model, x.looked_at, x.figure, str(x.times or "again and again")) for x in looks]
    parts = [_LOOKS.format(count=counted(looks), standing=standing)]
    return [*parts, _table(("date", "model", "looked at", "seen", "times"), rows)] if rows else parts


def _inputs(manifest: Manifest, labels: Mapping[str, str]) -> list[str]:
    pairs = zip(manifest.features, manifest.baseline, strict=True)
    rows = [(f"`{name}`", labels[name], f"{value:.4g}") for name, value in pairs]
    return ["## What it reads\n", _table(("feature", "meaning", "a typical stayer"), rows)]


def _table(heads: TableRow, rows: Sequence[TableRow]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
