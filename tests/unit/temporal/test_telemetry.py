"""Metrics have names and labels that Prometheus takes; settings say where they go."""

from __future__ import annotations

import re
import socket
import sys

import pytest
from temporalio.common import MetricMeter

from baton.client import plugin_for
from baton.errors import SettingsError
from baton.settings import Settings, load_settings
from baton.temporal.metrics import EVENTS, METRICS, Metric, kind_label
from baton.temporal.telemetry import metrics_address, runtime_for

IDENTIFYING = {"case", "customer", "staff", "event", "conversation", "ticket", "author", "assignee"}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_a_metric_is_named_as_prometheus_wants_it(metric: Metric) -> None:
    assert re.fullmatch(r"baton(_[a-z]+)+", metric.name)
    assert not metric.name.endswith(("_total", "_seconds", "_count", "_sum"))
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.help


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_no_label_tells_one_case_or_one_person_from_another(metric: Metric) -> None:
    # "case" is a kind of case here: chat or ticket.
    assert set(metric.labels) & (IDENTIFYING - {"case"}) == set()


def test_a_label_that_is_missing_or_unknown_is_an_error() -> None:
    with pytest.raises(ValueError, match="baton_events has the labels"):
        EVENTS.count(MetricMeter.noop)
    with pytest.raises(ValueError, match="baton_events has the labels"):
        EVENTS.count(MetricMeter.noop, kind="taken", who="ivan")


def test_a_kind_that_somebody_made_up_is_no_series_of_its_own() -> None:
    assert (kind_label("taken"), kind_label("idle"), kind_label("x-4711")) == ("taken", "idle", "unknown")


def test_without_an_address_nothing_is_counted() -> None:
    assert runtime_for(Settings()).metric_meter is MetricMeter.noop
    assert metrics_address(Settings(), 1) == {}


def test_each_process_has_a_port_of_its_own() -> None:
    settings = Settings(metrics_address="[::1]:9464")
    assert [metrics_address(settings, number)["BATON_METRICS_ADDRESS"] for number in range(2)] == [
        "[::1]:9464",
        "[::1]:9465",
    ]


def test_an_address_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingsError, match=rf"{re.escape(address)}.*BATON_METRICS_ADDRESS"):
            runtime_for(Settings(metrics_address=address))


@pytest.mark.parametrize("address", ["9464", "localhost:9464", "0.0.0.0", "0.0.0.0:x"])
def test_what_is_no_address_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_METRICS_ADDRESS", address)
    with pytest.raises(SettingsError, match="BATON_METRICS_ADDRESS"):
        load_settings()


def test_traces_without_their_packages_are_refused_with_the_way_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "baton.temporal.tracing", None)
    with pytest.raises(SettingsError, match=r"pip install 'baton-desk\[tracing\]'"):
        plugin_for(Settings(tracing=True))
    assert plugin_for(Settings()).interceptors == ()
