"""The sums behind the metrics: adding to them costs a batch next to nothing, and only a scrape makes text of them."""

from bisect import bisect_left
from itertools import product
from typing import NamedTuple

from stream_app.metrics.catalogue import METRICS, Metric

Labels = tuple[str, ...]


class GaugeReading(NamedTuple):
    """What a gauge shows at this moment, its label values in the order of the catalogue."""

    metric: Metric
    labels: Labels
    value: float


class Distribution:
    """How many observations lie up to each bound and above the bound before; the last count is what lies above all."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def add(self, value: float, times: int = 1) -> None:
        """Observe a value so many times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.total += value * times


class WorkerMetrics:
    """Counters and histograms of one worker since its start; those with known label values begin at zero."""

    def __init__(self) -> None:
        self.counters: dict[tuple[str, Labels], float] = {}
        self.histograms: dict[tuple[str, Labels], Distribution] = {}
        for metric in METRICS:
            for labels in product(*metric.labels.values()):
                if metric.kind == "counter":
                    self.counters[metric.name, labels] = 0
                elif metric.kind == "histogram":
                    self.histograms[metric.name, labels] = Distribution(metric.bounds)

    def count(self, metric: Metric, amount: float, *labels: str) -> None:
        """Add to a counter."""
        self.counters[metric.name, labels] += amount

    def observe(self, metric: Metric, value: float, *labels: str, times: int = 1) -> None:
        """Put a value into a histogram, so many times."""
        self.histograms[metric.name, labels].add(value, times)
