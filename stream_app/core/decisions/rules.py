"""Rules by which a policy holds alerts back: where one of them says so, no episode begins.

A rule is a function of the facts, and its numbers, by name, stand in the policy: `{"known_for": {"hours": 24}}`. A new
one is written here and named in `RULES`. Episodes that have begun go their way whatever the rules say.
"""

from collections.abc import Callable, Mapping
from inspect import signature

import numpy as np
from numpy.typing import NDArray

from schemas.errors import ContractViolation
from schemas.events import Policy
from stream_app.core.decisions.facts import Facts
from stream_app.core.durations import HOUR_MS

Held = NDArray[np.bool_]


def known_for(facts: Facts, *, hours: float) -> Held:
    """Holds back alerts about customers whose first event is less than so many hours ago: too little is known."""
    return facts.as_of_ms - facts.first_ms < hours * HOUR_MS


RULES: Mapping[str, Callable[..., Held]] = {rule.__name__: rule for rule in (known_for,)}


def held_back(facts: Facts, policy: Policy) -> Held:
    """Of each event whether a rule of the policy forbids that an episode begins there."""
    held = np.zeros(len(facts.score), np.bool_)
    for name, numbers in policy.rules.items():
        held |= RULES[name](facts, **numbers)
    return held


def refuse_unknown_rules(policy: Policy) -> None:
    """Raises ContractViolation for a rule that this version does not know, or numbers that its rules do not take."""
    for name, numbers in policy.rules.items():
        if name not in RULES:
            raise ContractViolation(
                f"policy {policy.name}, version {policy.version}, has a rule {name!r} that is not known here: "
                f"use {_listed(RULES)}, or run a version that knows it",
                state="wrong_policy",
            )
        wanted = [parameter for parameter in signature(RULES[name]).parameters if parameter != "facts"]
        if set(numbers) != set(wanted):
            raise ContractViolation(
                f"rule {name!r} of policy {policy.name}, version {policy.version}, takes the numbers "
                f"{_listed(wanted)}: it was given {_listed(numbers) or 'none'}",
                state="wrong_policy",
            )


def _listed(names: Mapping[str, object] | list[str]) -> str:
    return ", ".join(sorted(names))
