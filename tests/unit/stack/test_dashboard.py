"""The committed dashboard asks only for what workers expose, and what provisions it fits together."""

import json

import pytest
import yaml

from stream_app.metrics.catalogue import MODEL_INFO, PARTITION_LAG, PARTITION_STATE
from stream_app.metrics.page import MetricsPage
from stream_app.metrics.worker_metrics import GaugeReading, WorkerMetrics
from tests.support.dashboards import GRAFANA, REPOSITORY, dashboard, queries
from tests.support.promql import Matcher, Page, parse

READINGS = (
    GaugeReading(PARTITION_STATE, ("0", "running"), 1),
    GaugeReading(PARTITION_LAG, ("0",), 0),
    GaugeReading(MODEL_INFO, ("0", "music", "0.1.0", "default", "1"), 1),
)
PAGE = Page(MetricsPage(WorkerMetrics(), lambda: READINGS).text().decode())


@pytest.mark.parametrize(("panel", "query"), queries(), ids=[f"{panel}-{i}" for i, (panel, _) in enumerate(queries())])
def test_every_query_finds_its_series_and_labels(panel: str, query: str) -> None:
    assert PAGE.complaints(query) == []


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        ("sum(rate(churn_alerts[5m]))", "there is no series churn_alerts"),
        ("sum by (severity) (rate(churn_alerts_total[5m]))", "churn_alerts_total has no label severity"),
        ('churn_alerts_total{level="x"}', "churn_alerts_total has no label level"),
        ('churn_alerts_total{status="fired"}', "churn_alerts_total has no status 'fired'"),
        ('churn_alerts_total{status=~"fired|ended"}', "churn_alerts_total has no status 'fired|ended'"),
        ("histogram_quantile(0.5, sum by (le) (rate(churn_event_delay_bucket[1m])))", "no series churn_event_delay"),
        ("churn_partition_lag / on (topic) churn_partition_lag", "churn_partition_lag has no label topic"),
        ("vector(1)", "selects nothing"),
    ],
)
def test_a_planted_wrong_query_is_told(planted: str, said: str) -> None:
    assert any(said in complaint for complaint in PAGE.complaints(planted))


def test_a_query_is_taken_apart_into_selectors_and_labels() -> None:
    query = 'sum by (z, le) (rate(a_total{x="1", y!~"b|c"}[5m])) / ignoring (z) group_left () sum(b) or vector(0)'
    parsed = parse(query)
    assert parsed.selectors == (("a_total", (Matcher("x", "=", "1"), Matcher("y", "!~", "b|c"))), ("b", ()))
    assert parsed.grouped_by == {"z", "le"}


def test_no_two_panels_share_an_id_or_a_place_and_each_says_what_it_is_for() -> None:
    panels = dashboard()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert len({(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["description"] for panel in panels)


def test_every_panel_reads_from_the_source_that_is_provisioned() -> None:
    provisioned = yaml.safe_load((GRAFANA / "provisioning" / "datasources" / "prometheus.yml").read_text())
    uids = {source["uid"] for source in provisioned["datasources"]}
    targets = [target for panel in dashboard()["panels"] for target in panel["targets"]]
    assert {target["datasource"]["uid"] for target in targets} == uids == {"prometheus"}


def test_the_provider_loads_the_directory_into_which_compose_mounts_the_dashboards() -> None:
    provider = yaml.safe_load((GRAFANA / "provisioning" / "dashboards" / "churn.yml").read_text())["providers"][0]
    mounts = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["grafana"]["volumes"]
    assert f"./stack/grafana/dashboards:{provider['options']['path']}:ro" in mounts
    assert json.loads((GRAFANA / "dashboards" / "churn.json").read_text())["uid"] == "churn"
