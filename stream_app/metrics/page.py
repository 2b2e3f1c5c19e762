"""The page /metrics: a worker's metrics, the readings of its gauges and its process, as Prometheus reads them."""

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from stream_app.metrics.catalogue import METRICS, Metric
from stream_app.metrics.worker_metrics import Distribution, GaugeReading, WorkerMetrics

CONTENT_TYPE = CONTENT_TYPE_LATEST

Readings = Callable[[], Iterable[GaugeReading]]
"""What the gauges show at this moment."""


class MetricsPage:
    """The metrics of one worker, in a registry of their own."""

    def __init__(self, metrics: WorkerMetrics, readings: Readings) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Catalogued(metrics, readings))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """The page as it stands, of the type CONTENT_TYPE."""
        return generate_latest(self._registry)


class _Catalogued(Collector):
    """Collects every metric of the catalogue, whether or not it has a value yet."""

    def __init__(self, metrics: WorkerMetrics, readings: Readings) -> None:
        self._metrics = metrics
        self._readings = readings

    def collect(self) -> Iterator[Family]:
        """One family a metric."""
        readings = list(self._readings())
        for metric in METRICS:
            match metric.kind:
                case "counter":
                    yield self._counter(metric)
                case "histogram":
                    yield self._histogram(metric)
                case "gauge":
                    yield _gauge(metric, readings)

    def _counter(self, metric: Metric) -> Family:
        family = CounterMetricFamily(metric.name, metric.meaning, labels=list(metric.labels))
        for (name, labels), value in self._metrics.counters.items():
            if name == metric.name:
                family.add_metric(labels, value)
        return family

    def _histogram(self, metric: Metric) -> Family:
        family = HistogramMetricFamily(metric.name, metric.meaning, labels=list(metric.labels))
        for (name, labels), distribution in self._metrics.histograms.items():
            if name == metric.name:
                family.add_metric(labels, _cumulated(distribution), distribution.total)
        return family


def _gauge(metric: Metric, readings: Iterable[GaugeReading]) -> Family:
    family = GaugeMetricFamily(metric.name, metric.meaning, labels=list(metric.labels))
    for reading in readings:
        if reading.metric is metric:
            family.add_metric(reading.labels, reading.value)
    return family


def _cumulated(distribution: Distribution) -> list[tuple[str, float]]:
    """How many observations lie up to each bound."""
    so_far, buckets = 0, []
    for bound, count in zip([*map(str, map(float, distribution.bounds)), "+Inf"], distribution.counts, strict=True):
        so_far += count
        buckets.append((bound, float(so_far)))
    return buckets
