"""What a PromQL query asks of the metrics: enough of the language to hold a dashboard against a page of metrics."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

OF_THE_TARGET = {"job", "instance"}
"""Labels that Prometheus itself puts on every series that it scrapes."""

_WORDS = {"by", "without", "on", "ignoring", "group_left", "group_right", "bool", "offset", "and", "or", "unless"}
_AGGREGATORS = {"sum", "min", "max", "avg", "count", "group", "stddev", "topk", "bottomk", "quantile", "count_values"}
_LABEL_LIST = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_SELECTOR = re.compile(r"([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')


@dataclass(frozen=True)
class Matcher:
    label: str
    operator: str
    value: str

    def could_match(self, values: Iterable[str]) -> bool:
        """Whether it selects any of the values that a label has."""
        if self.operator == "=":
            return self.value in values
        if self.operator == "=~":
            return any(re.fullmatch(self.value, value) for value in values)
        return True


@dataclass(frozen=True)
class Query:
    """The series that a query selects, and the labels that it groups or joins by."""

    selectors: tuple[tuple[str, tuple[Matcher, ...]], ...]
    grouped_by: frozenset[str]


def parse(query: str) -> Query:
    lists = _LABEL_LIST.findall(query)
    plain = re.sub(r"\[[^]]*\]", "", _LABEL_LIST.sub("", query))
    selectors = []
    for name, behind in _SELECTOR.findall(plain):
        if behind != "(" and name not in _WORDS | _AGGREGATORS:
            selectors.append((name, tuple(Matcher(*found) for found in _MATCHER.findall(behind))))
    return Query(tuple(selectors), frozenset(label.strip() for some in lists for label in some.split(",") if some))


class Page:
    """The series of a page of metrics: by name, the values that each label has."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.series: dict[str, dict[str, set[str]]] = {}
        for family in self.families:
            for sample in family.samples:
                labels = self.series.setdefault(sample.name, {})
                for label, value in sample.labels.items():
                    labels.setdefault(label, set()).add(value)

    def value(self, name: str, **labels: str) -> float:
        """The value of one series."""
        found = [s.value for f in self.families for s in f.samples if s.name == name and s.labels == labels]
        assert len(found) == 1, (name, labels)
        return found[0]

    def complaints(self, query: str) -> list[str]:
        """What a query asks for that is not there, in sentences."""
        parsed = parse(query)
        said = [] if parsed.selectors else [f"{query!r} selects nothing"]
        for name, matchers in parsed.selectors:
            if name not in self.series:
                said.append(f"there is no series {name}")
                continue
            asked = (parsed.grouped_by | {matcher.label for matcher in matchers}) - OF_THE_TARGET
            said += [f"{name} has no label {label}" for label in sorted(asked - self.series[name].keys())]
            for matcher in matchers:
                known = self.series[name].get(matcher.label)
                if known is not None and not matcher.could_match(known):
                    said.append(f"{name} has no {matcher.label} {matcher.value!r}")
        return said
