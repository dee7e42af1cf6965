"""What Temporal's own part of a worker reports: metrics for Prometheus, and records for the log."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
)

from baton.errors import SettingsError
from baton.settings import Settings
from baton.temporal.metrics import DELAYS, METRICS

_LATENCIES = (
    "temporal_workflow_task_schedule_to_start_latency",
    "temporal_activity_schedule_to_start_latency",
)
"""Histograms of the SDK whose own bounds end too early to see a backlog."""


def runtime_for(settings: Settings) -> Runtime:
    """What a worker's Temporal client runs on: with its metrics served, if they are, and its records in line.

    Raises ``SettingsError`` if the address for metrics is taken, or is not an address of this machine.
    """
    try:
        return Runtime(telemetry=TelemetryConfig(_RECORDS, _metrics(settings), attach_service_name=False))
    except (RuntimeError, ValueError) as error:
        raise SettingsError(
            f"metrics cannot be served at {settings.metrics_address}: {error}. "
            "Set BATON_METRICS_ADDRESS to a free port of this machine, or unset it."
        ) from None


_RECORDS = LoggingConfig(
    LoggingConfig.default.filter,
    # Without the fields, which may hold what an exception says: `logs` takes the IDs from them.
    LogForwardingConfig(
        logging.getLogger("temporalio"), prepend_target_on_message=False, append_log_fields_to_message=False
    ),
)


def _metrics(settings: Settings) -> PrometheusConfig | None:
    if settings.metrics_address is None:
        return None
    buckets = {metric.name: metric.buckets for metric in METRICS.values() if metric.buckets}
    return PrometheusConfig(
        bind_address=settings.metrics_address,
        counters_total_suffix=True,
        unit_suffix=True,
        durations_as_seconds=True,
        histogram_bucket_overrides={**buckets, **dict.fromkeys(_LATENCIES, DELAYS)},
    )


def metrics_address(settings: Settings, number: int) -> Mapping[str, str]:
    """The environment variable that gives each of several worker processes (counted from 0) its own port."""
    if settings.metrics_address is None:
        return {}
    host, _, port = settings.metrics_address.rpartition(":")
    return {"BATON_METRICS_ADDRESS": f"{host}:{int(port) + number}"}
