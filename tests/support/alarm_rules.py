"""What an alarm of Prometheus does in a course of scrapes: as much of its language as the committed rules use."""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from tests.support.dashboards import REPOSITORY
from tests.support.promql import Matcher

PROMETHEUS = REPOSITORY / "stack" / "prometheus"

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]
Scrape = Mapping[Labels, float]
"""What there is after one round of scrapes; `__name__` is a label as any other."""

_TOKEN = re.compile(r'"[^"]*"|=~|!~|!=|==|>=|<=|[a-zA-Z_][\w:]*|\d+(?:\.\d+)?[smh]?|[^\s]')
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {"==": operator.eq, ">": operator.gt, ">=": operator.ge}
_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0}


def rules() -> list[dict[str, Any]]:
    """The committed alarms."""
    (group,) = yaml.safe_load((PROMETHEUS / "alarms.yml").read_text())["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


def rule_named(name: str) -> dict[str, Any]:
    (found,) = [rule for rule in rules() if rule["alert"] == name]
    return found


def series(name: str, value: float, **labels: str) -> tuple[Labels, float]:
    """One sample of a scrape."""
    return frozenset({"__name__": name, **labels}.items()), value


def seconds(duration: str) -> float:
    """Of a duration as Prometheus writes it."""
    return float(duration[:-1]) * _SECONDS[duration[-1]]


def first_fired_s(rule: Mapping[str, Any], scrapes: Sequence[Scrape], every_s: float) -> float | None:
    """After how many seconds the alarm fires for the first time, if it does; it is evaluated after each scrape."""
    waits_s = seconds(rule["for"]) if "for" in rule else 0.0
    since: dict[Labels, float] = {}
    for number in range(len(scrapes)):
        now_s = number * every_s
        active = evaluate(str(rule["expr"]), scrapes[: number + 1], every_s)
        since = {labels: since.get(labels, now_s) for labels in active}
        if any(now_s - began_s >= waits_s for began_s in since.values()):
            return now_s
    return None


def evaluate(expression: str, scrapes: Sequence[Scrape], every_s: float) -> Vector:
    """What an expression gives after the last scrape. A series that a scrape does not have is stale."""
    evaluation = _Evaluation(_TOKEN.findall(expression), scrapes, every_s)
    found = evaluation.joined()
    assert not evaluation.tokens, f"not understood from {evaluation.tokens} on"
    return found


@dataclass
class _Evaluation:
    tokens: list[str]
    scrapes: Sequence[Scrape]
    every_s: float

    def joined(self) -> Vector:
        left = self._compared()
        while self._next() in {"or", "unless"}:
            if self._take() == "or":
                left = {**self._compared(), **left}
            else:
                self._expect("on")
                labels = self._label_list()
                away = {_only(other, labels) for other in self._compared()}
                left = {one: value for one, value in left.items() if _only(one, labels) not in away}
        return left

    def _compared(self) -> Vector:
        left = self._operand()
        if self._next() not in _COMPARISONS:
            return left
        holds, bound = _COMPARISONS[self._take()], float(self._take())
        return {labels: value for labels, value in left.items() if holds(value, bound)}

    def _operand(self) -> Vector:
        name = self._take()
        if name == "max":
            self._expect("by")
            labels = self._label_list()
            return _largest(self._in_parentheses(self.joined), labels)
        if name == "absent":
            return {} if self._in_parentheses(self.joined) else {frozenset(): 1.0}
        if name == "changes":
            return self._in_parentheses(lambda: self._over_time(_changes))
        if name == "increase":
            return self._in_parentheses(lambda: self._over_time(lambda values: values[-1] - values[0]))
        assert self._next() != "(", f"{name} is not understood"
        return _nameless(self.scrapes[-1], self._selects(name))

    def _over_time(self, summary: Callable[[Sequence[float]], float]) -> Vector:
        selects = self._selects(self._take())
        self._expect("[")
        samples = int(seconds(self._take()) / self.every_s)
        self._expect("]")
        found: dict[Labels, list[float]] = {}
        for scrape in self.scrapes[-samples:]:
            for labels, value in _nameless(scrape, selects).items():
                found.setdefault(labels, []).append(value)
        return {labels: summary(values) for labels, values in found.items()}

    def _selects(self, name: str) -> list[Matcher]:
        matchers = [Matcher("__name__", "=", name)]
        if self._next() == "{":
            while self._take() != "}":
                matchers.append(Matcher(self._take(), self._take(), self._take().strip('"')))
        return matchers

    def _label_list(self) -> set[str]:
        self._expect("(")
        labels = set(iter(self._take, ")"))
        return labels - {","}

    def _in_parentheses(self, read: Callable[[], Vector]) -> Vector:
        self._expect("(")
        found = read()
        self._expect(")")
        return found

    def _next(self) -> str:
        return self.tokens[0] if self.tokens else ""

    def _take(self) -> str:
        return self.tokens.pop(0)

    def _expect(self, token: str) -> None:
        assert self._take() == token, f"{token} expected before {self.tokens}"


def _nameless(scrape: Scrape, matchers: Sequence[Matcher]) -> Vector:
    found = {labels: value for labels, value in scrape.items() if all(_matches(m, dict(labels)) for m in matchers)}
    return {frozenset(pair for pair in labels if pair[0] != "__name__"): value for labels, value in found.items()}


def _matches(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    value = labels.get(matcher.label, "")
    found = re.fullmatch(matcher.value, value) is not None if "~" in matcher.operator else matcher.value == value
    return found != matcher.operator.startswith("!")


def _only(labels: Labels, wanted: set[str]) -> Labels:
    return frozenset(pair for pair in labels if pair[0] in wanted)


def _largest(vector: Vector, labels: set[str]) -> Vector:
    found: Vector = {}
    for one, value in vector.items():
        group = _only(one, labels)
        found[group] = max(value, found.get(group, value))
    return found


def _changes(values: Sequence[float]) -> float:
    return float(sum(a != b for a, b in pairwise(values)))
