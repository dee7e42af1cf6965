"""Dashboards and alerts: well formed, and about metrics in the table. Others are tested with a worker."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from baton.settings import CHECKOUT
from baton.temporal.metrics import METRICS
from tests.deployed import DEPLOY, document
from tests.promql import (
    DASHBOARDS,
    FUNCTIONS,
    MONITORING,
    RULE_TESTS,
    RULES,
    Named,
    alerts,
    dashboard,
    expressions,
    named,
)
from tests.unit.docs.test_docs import anchors

SERIES = {series: metric for metric in METRICS.values() for series in metric.series}
SCRAPED = {"job", "instance"}
"""Labels that Prometheus itself adds."""
RUNBOOK = CHECKOUT / "docs/observability.md"


@pytest.mark.parametrize(
    ("expression", "metrics", "grouped"),
    [
        ('up{job="baton"} == 0', {"up": {"job"}}, set()),
        (
            'sum by (le, case) (rate(a_total{x=~"b|c", y!="d"}[5m])) / (sum(b) or vector(0)) > 0.05',
            {"a_total": {"x", "y"}, "b": set()},
            {"le", "case"},
        ),
    ],
)
def test_names_are_found_in_an_expression(
    expression: str, metrics: dict[str, set[str]], grouped: set[str]
) -> None:
    found = named(expression)
    assert (found.metrics, found.grouped) == (metrics, grouped)


@pytest.mark.parametrize("asked", list(expressions()), ids=lambda asked: asked.where)
def test_an_expression_asks_for_metrics_of_the_table_and_labels_that_they_have(asked: Named) -> None:
    assert asked.functions <= FUNCTIONS
    own = {name: labels for name, labels in asked.metrics.items() if name.startswith("baton_")}
    assert own.keys() <= SERIES.keys()
    for name, labels in own.items():
        assert labels <= SERIES[name].all_labels | SCRAPED
        assert asked.grouped <= SERIES[name].all_labels | SCRAPED


@pytest.mark.parametrize("asked", list(expressions()), ids=lambda asked: asked.where)
def test_an_expression_says_of_whom_where_workers_and_servers_have_metrics_of_one_name(asked: Named) -> None:
    """Temporal's own workers, within the server, report pollers, slots and failed tasks, too."""
    for name in asked.metrics:
        if not name.startswith("baton_"):
            job = "temporal" if name.startswith(("service_", "persistence_")) else "(baton|temporal)"
            job = "baton" if name.startswith("temporal_") else job
            rest = asked.text.replace("\n", " ")
            assert re.findall(rf"\b{name}\b(?!{{job=\"{job}\")", rest) == []


def test_every_metric_is_shown_somewhere() -> None:
    shown = {SERIES[name].name for asked in expressions() for name in asked.metrics if name in SERIES}
    assert shown == METRICS.keys()


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_what_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"\d+[mh]", rule["for"])
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["annotations"].keys() == {"summary", "runbook"}
    assert rule["annotations"]["summary"].endswith(".")
    path, _, anchor = rule["annotations"]["runbook"].partition("#")
    assert CHECKOUT / path == RUNBOOK
    assert anchor == rule["alert"].lower()
    assert anchor in anchors(RUNBOOK.read_text(encoding="utf-8"))


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule["alert"])
def test_what_an_alert_quotes_is_in_its_result(rule: dict[str, Any]) -> None:
    quoted = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
    asked = named(rule["expr"])
    assert quoted <= (asked.grouped or SCRAPED)


def test_every_runbook_belongs_to_an_alert_and_names_are_unique() -> None:
    names = [rule["alert"] for rule in alerts()]
    assert len(names) == len(set(names))
    runbooks = re.findall(r"^### ((?:Baton|Temporal)\w+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)
    assert runbooks == names


def test_prometheus_of_the_stack_reads_the_rules() -> None:
    (pattern,) = document(DEPLOY / "compose/prometheus.yml")["rule_files"]
    assert RULES.match(Path(pattern).name)


def test_prometheus_of_kubernetes_asks_the_workers_and_calls_them_as_the_rules_do() -> None:
    asked = document(DEPLOY / "kubernetes/components/monitoring/podmonitor.yaml")["spec"]
    template = document(DEPLOY / "kubernetes/base/worker.yaml")["spec"]["template"]
    assert asked["selector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    (endpoint,) = asked["podMetricsEndpoints"]
    ports = [one["name"] for worker in template["spec"]["containers"] for one in worker["ports"]]
    assert endpoint["port"] in ports
    jobs = {one["job_name"] for one in document(DEPLOY / "compose/prometheus.yml")["scrape_configs"]}
    (named_as,) = endpoint["relabelings"]
    assert named_as["targetLabel"] == "job"
    assert named_as["replacement"] in jobs


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_found_by_its_name_and_can_be_read(path: Path) -> None:
    board = dashboard(path)
    assert board["uid"] == path.stem
    (source,) = document(DEPLOY / "compose/grafana/datasources/prometheus.yaml")["datasources"]
    taken: set[tuple[int, int]] = set()
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        columns, rows = range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        cells = {(column, row) for column in columns for row in rows}
        assert not taken & cells, f"{panel['title']} covers another panel"
        taken |= cells
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"] in {"short", "s", "ops"}
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == source["uid"]
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= named(target["expr"]).grouped


def test_links_between_dashboards_lead_to_one_another() -> None:
    boards = {path.stem for path in DASHBOARDS}
    linked = {link["url"].removeprefix("/d/") for path in DASHBOARDS for link in dashboard(path)["links"]}
    assert linked == boards


def test_each_alert_is_tested_with_what_makes_it_ring_and_just_before() -> None:
    rings: set[str] = set()
    silent: set[str] = set()
    for case in document(RULE_TESTS)["tests"]:
        for one in case.get("alert_rule_test", []):
            (rings if one["exp_alerts"] else silent).add(one["alertname"])
    assert rings == silent == {rule["alert"] for rule in alerts()}


@pytest.fixture
def promtool() -> str:
    """Prometheus's own program for checking rules."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed; on Debian and Ubuntu it is in the package prometheus")
    return found


def _told(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", [("check", RULES), ("test", RULE_TESTS)], ids=["check", "test"])
def test_prometheus_takes_the_rules_and_rings_when_it_should(
    promtool: str, command: tuple[str, Path]
) -> None:
    what, path = command
    told = _told([promtool, what, "rules", str(path)], path.parent)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "SUCCESS" in told.stdout


def test_prometheus_understands_what_dashboards_ask(promtool: str, tmp_path: Path) -> None:
    asked = [one.text.replace("$__rate_interval", "1m") for one in expressions()]
    rules = [{"record": f"asked:{number}", "expr": text} for number, text in enumerate(asked)]
    # JSON is YAML, too.
    path = tmp_path / "asked.rules.yaml"
    path.write_text(json.dumps({"groups": [{"name": "asked", "rules": rules}]}), encoding="utf-8")
    told = _told([promtool, "check", "rules", str(path)], tmp_path)
    assert f"{len(asked)} rules found" in told.stdout, told.stdout + told.stderr


def test_the_adapter_gives_the_share_of_the_slots_of_which_fewest_are_left(
    promtool: str, tmp_path: Path
) -> None:
    (rule,) = document(MONITORING / "prometheus-adapter.yaml")["rules"]["custom"]
    labels = 'job="baton",namespace="baton",pod="worker-1"'
    expression = rule["metricsQuery"].replace("<<.GroupBy>>", "pod").replace("<<.LabelMatchers>>", labels)
    assert set(named(expression).metrics) == {
        "temporal_worker_task_slots_used",
        "temporal_worker_task_slots_available",
    }
    slots = {"WorkflowWorker": (2, 98), "ActivityWorker": (75, 25)}
    series = [
        {"series": f'temporal_worker_task_slots_{what}{{{labels},worker_type="{kind}"}}', "values": number}
        for kind, (used, available) in slots.items()
        for what, number in (("used", used), ("available", available))
    ]
    wanted = [{"labels": '{pod="worker-1"}', "value": 0.75}]
    asked = [{"expr": expression, "eval_time": "0m", "exp_samples": wanted}]
    case = {"input_series": series, "promql_expr_test": asked}
    path = tmp_path / "adapter.test.yaml"
    path.write_text(json.dumps({"tests": [case]}), encoding="utf-8")
    told = _told([promtool, "test", "rules", str(path)], tmp_path)
    assert told.returncode == 0, told.stdout + told.stderr
