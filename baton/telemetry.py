"""Where a worker's metrics go: Prometheus fetches them from ``BATON_METRICS_ADDRESS``."""

from __future__ import annotations

from collections.abc import Mapping

from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig

from baton.errors import SettingsError
from baton.metrics import DELAYS, METRICS
from baton.settings import Settings

_LATENCIES = (
    "temporal_workflow_task_schedule_to_start_latency",
    "temporal_activity_schedule_to_start_latency",
)
"""Histograms of the SDK whose own bounds end too early to see a backlog."""


def runtime_for(settings: Settings) -> Runtime | None:
    """What a Temporal client and its workers run on, where their metrics are served; None if nowhere.

    Raises ``SettingsError`` if the address is taken, or is none of this machine's.
    """
    if settings.metrics_address is None:
        return None
    buckets = {metric.name: metric.buckets for metric in METRICS.values() if metric.buckets}
    config = PrometheusConfig(
        bind_address=settings.metrics_address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides={**buckets, **dict.fromkeys(_LATENCIES, DELAYS)},
    )
    try:
        return Runtime(telemetry=TelemetryConfig(metrics=config, attach_service_name=False))
    except (RuntimeError, ValueError) as error:
        raise SettingsError(
            f"metrics cannot be served at {settings.metrics_address}: {error}. "
            "Set BATON_METRICS_ADDRESS to a free port of this machine, or unset it."
        ) from None


def metrics_address(settings: Settings, number: int) -> Mapping[str, str]:
    """The environment variable that gives one of several worker processes, counted from 0, its own port."""
    if settings.metrics_address is None:
        return {}
    host, _, port = settings.metrics_address.rpartition(":")
    return {"BATON_METRICS_ADDRESS": f"{host}:{int(port) + number}"}
