"""Holds what a schedule came to against one undisturbed fold of its log, with the decisions as they were published."""

from collections import Counter
from typing import Any, cast

from proofs.simulation.ports import Surroundings
from proofs.simulation.toy_fold import IN_FORCE, POISON, ToyFold, ToyState, decoded
from stream_app.core.blocks import Block
from stream_app.core.engine import InForce, Recorded

STUCK = "stuck"
POSITION = "position"
LOST_EVENT, DOUBLED_EVENT, OTHER_STATE = "lost event", "doubled event", "other state"
MISSING_ALERT, DUPLICATE_ALERT, PHANTOM_ALERT = "missing alert", "duplicate alert", "phantom alert"
DEAD_LETTERS = "dead letters"

_EVERYTHING = 1 << 60


def verdict(around: Surroundings) -> str | None:
    """The first thing that is wrong, None if nothing is."""
    meta = around.redis.kept.meta
    if meta is None or meta.position != around.log.end:
        return POSITION
    letters = around.topics.committed(around.topics.letters)
    rejected = {offset: reason for offset, reason, _ in letters}
    poison = {record.offset for record in around.log.records() if decoded(record.value).kind == "poison"}
    if len(rejected) != len(letters) or {o for o, reason in rejected.items() if reason == POISON} != poison:
        return DEAD_LETTERS
    barred = {offset for offset, reason in rejected.items() if reason == "bug"}
    return _alerts(around) or _states(around, barred)


def _alerts(around: Surroundings) -> str | None:
    """Each decision once, and each on an event that stands in the log."""
    alerts = [alert.data for alert in around.topics.committed(around.topics.alerts)]
    sources = Counter(alert.src.offset for alert in alerts)
    episodes = Counter((alert.user, alert.episode) for alert in alerts)
    if any(times > 1 for times in (*sources.values(), *episodes.values())):
        return DUPLICATE_ALERT
    if any(_user_at(around, alert.src.offset) != alert.user for alert in alerts):
        return PHANTOM_ALERT
    return None


def _user_at(around: Surroundings, offset: int) -> str | None:
    record = around.log.record_at(offset)
    return decoded(record.value).user if record else None


def _states(around: Surroundings, barred: set[int]) -> str | None:
    alerts = {alert.data.src.offset: alert for alert in around.topics.committed(around.topics.alerts)}
    expected = folded(around, barred, Recorded(alerts, _EVERYTHING))
    found = cast("dict[str, ToyState]", around.redis.kept.states)
    if found == expected:
        return None
    for user, state in expected.items():
        other = found.get(user, ToyState())
        if len(other.ids) != len(state.ids) or other.last_offset < state.last_offset:
            return LOST_EVENT
        if other.chain != state.chain:
            return DOUBLED_EVENT
        if other.episode != state.episode:
            return MISSING_ALERT if other.episode > state.episode else PHANTOM_ALERT
    return OTHER_STATE


def folded(around: Surroundings, barred: set[int], recorded: Recorded) -> dict[str, ToyState]:
    """The states after one fold of the whole log."""
    fold, states = ToyFold(), dict[str, ToyState]()
    in_force: InForce | None = None
    rest = Block.of(around.log.records())
    while rest:
        intake = fold.take_in(rest, barred)
        if intake.control is not None:
            in_force = IN_FORCE[int(intake.control.model.version.partition(".")[0])]
        users = fold.users(intake)
        stored = cast("Any", [states.get(user) for user in users])
        _, after = fold.advance(intake, stored, in_force, recorded)
        states.update(zip(users, cast("list[ToyState]", after), strict=True))
        rest = rest.between(intake.end_offset, rest.end)
    return states
