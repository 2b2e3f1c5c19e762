"""The runbook has a section for every state in which a partition stops, and alarms ask for what workers expose."""

import re
from typing import get_args

import pytest
import yaml

from schemas.errors import Doubt, Stop
from stream_app.adapters.prometheus_metrics import MetricsPage
from stream_app.metrics.catalogue import PARTITION_STATE, REDIS_MEMORY
from stream_app.metrics.measures import Measures, Reading
from tests.dashboards import REPOSITORY
from tests.promql import Page

STOPS = (REPOSITORY / "docs" / "runbook" / "stopped-partitions.md").read_text()
READINGS = (Reading(PARTITION_STATE, ("0", "running"), 1), Reading(PARTITION_STATE, ("1", "backing_off"), 1))
PAGE = Page(MetricsPage(Measures(), lambda: (*READINGS, Reading(REDIS_MEMORY, (), 0.5))).text().decode())
RULES = yaml.safe_load((REPOSITORY / "stack" / "prometheus" / "alarms.yml").read_text())["groups"][0]["rules"]


def test_every_state_in_which_a_partition_stops_has_its_section_and_no_other_has() -> None:
    assert sorted(re.findall(r"^## `(\w+)`$", STOPS, re.MULTILINE)) == sorted(get_args(Stop))


def test_every_doubt_that_ends_a_session_is_explained() -> None:
    assert re.findall(r"^\| `(\w+)` \|", STOPS, re.MULTILINE) == list(get_args(Doubt))


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_alarm_asks_for_series_that_exist_and_names_a_page_that_exists(rule: dict[str, dict[str, str]]) -> None:
    assert PAGE.complaints(str(rule["expr"])) == []
    assert (REPOSITORY / rule["annotations"]["runbook"]).is_file()


def test_a_stopped_partition_is_alarmed_at_once() -> None:
    (stopped,) = [rule for rule in RULES if rule["alert"] == "ChurnPartitionStopped"]
    assert "for" not in stopped
    running = re.search(r'state!~"([^"]+)"', stopped["expr"])
    assert running is not None
    assert not any(re.fullmatch(running[1], state) for state in get_args(Stop))


def test_prometheus_loads_the_alarms_that_compose_mounts() -> None:
    prometheus = yaml.safe_load((REPOSITORY / "stack" / "prometheus" / "prometheus.yml").read_text())
    mounts = yaml.safe_load((REPOSITORY / "docker-compose.yml").read_text())["services"]["prometheus"]["volumes"]
    assert [f"./stack/prometheus/alarms.yml:{path}:ro" for path in prometheus["rule_files"]] == [
        mount for mount in mounts if "alarms" in mount
    ]
