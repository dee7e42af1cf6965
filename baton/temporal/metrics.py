"""What Baton counts and times: one table of metrics. Dashboards, alerts and documents are checked by it.

The code that counts passes Temporal's meter for the place where it runs (``workflow.metric_meter()``,
``activity.metric_meter()``). It adds the namespace, the task queue and the type of the workflow or the
activity, and counts nothing while a workflow is replayed. No label is an ID of a case, an event, a customer
or a member of staff.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from temporalio.common import MetricMeter

from baton.contract import AUTHORS

SHORT = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds in seconds for what should be done at once."""
DELAYS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)
"""Bounds in seconds for what a machine waits for."""
HOURS = (60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0, 14400.0, 28800.0, 86400.0, 172800.0, 604800.0)
"""Bounds in seconds for what people take their time over: from a minute to a week."""

Where = Literal["workflow", "activity", "worker"]


@dataclass(frozen=True)
class Metric:
    """One metric. Made in this module only, so that ``METRICS`` has them all."""

    name: str
    """Without the suffixes that Prometheus' conventions add: see ``exported``."""
    help: str
    where: Where
    """Whose meter counts it: that decides which labels it has besides its own."""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Upper bounds in seconds; a metric without them is a counter."""
    counts: bool = False
    """Whether a worker's own metric is a counter. Otherwise it is a gauge, and says how things are, as far as
    this worker has seen."""

    @property
    def kind(self) -> str:
        if self.where == "worker" and not self.counts:
            return "gauge"
        return "histogram" if self.buckets else "counter"

    @property
    def exported(self) -> str:
        """The name in Prometheus; for a histogram, without ``_bucket``, ``_sum`` and ``_count``."""
        if self.kind == "gauge":
            return self.name
        return f"{self.name}_seconds" if self.buckets else f"{self.name}_total"

    @property
    def series(self) -> tuple[str, ...]:
        """The names of all series that a scrape shows."""
        if not self.buckets:
            return (self.exported,)
        return tuple(f"{self.exported}_{part}" for part in ("bucket", "count", "sum"))

    @property
    def all_labels(self) -> frozenset[str]:
        """Every label of a series, with those that the meter adds."""
        added = {"namespace", "task_queue", *([] if self.where == "worker" else [f"{self.where}_type"])}
        return frozenset({*self.labels, *added, *(["le"] if self.buckets else [])})

    def count(self, meter: MetricMeter, by: int = 1, /, **labels: str) -> None:
        """Add to a counter. Every label must be given."""
        meter.create_counter(self.name, self.help).add(by, self._checked(labels))

    def time(self, meter: MetricMeter, seconds: float, /, **labels: str) -> None:
        """Note a time in a histogram. Clocks of two machines differ: a negative time counts as 0."""
        histogram = meter.create_histogram_float(self.name, self.help, "seconds")
        histogram.record(max(seconds, 0.0), self._checked(labels))

    def set(self, meter: MetricMeter, value: int, /, **labels: str) -> None:
        """Set a gauge."""
        meter.create_gauge(self.name, self.help).set(value, self._checked(labels))

    def _checked(self, labels: Mapping[str, str]) -> Mapping[str, str]:
        if labels.keys() != set(self.labels):
            raise ValueError(f"{self.name} has the labels {self.labels}, and not {tuple(labels)}")
        return labels


EVENTS = Metric("baton_events", "events that were decided and folded", "workflow", ("kind",))
REFUSED_EVENTS = Metric(
    "baton_refused_events", "events that were refused, by the reason", "workflow", ("kind", "reason")
)
LATE_DUPLICATES = Metric(
    "baton_late_duplicates", "events of a case that was closed long ago, sent again", "workflow", ("kind",)
)
REVIVED = Metric(
    "baton_revived", "cases that went on from the ledger after their workflow was closed by force", "workflow"
)
LOST_CASES = Metric(
    "baton_lost_cases",
    "cases that are not closed, but whose workflow was closed by force in the last 30 days",
    "worker",
)
LOOKS = Metric(
    "baton_looks",
    "looks at what may change, of: documents (the files of rules and templates), lost_cases, calendars, or "
    "letters",
    "worker",
    ("of",),
    counts=True,
)
CALENDAR_KNOWN_UNTIL = Metric(
    "baton_calendar_known_until",
    "when the last year ends of which a calendar knows all holidays, in Unix time; 0 if it has none any more",
    "worker",
    ("calendar",),
)
DESK_LOOKS = Metric(
    "baton_desk_looks",
    "looks at what is new at a desk beside the ledger: all of it was read, part of it, or it failed",
    "worker",
    ("desk", "result"),
    counts=True,
)
DESK_LAG = Metric(
    "baton_desk_lag",
    "from the last thing that a look has read, by the desk's clock, until its case had it",
    "activity",
    ("desk",),
    DELAYS,
)
DESK_CALLS_LEFT = Metric(
    "baton_desk_calls_left", "calls that a desk allows until its limit is reached", "worker", ("desk",)
)
LETTERS_WAITING = Metric(
    "baton_letters_waiting",
    "letters whose time has come, and that a subscriber's target does not have yet",
    "worker",
    ("subscriber",),
)
LETTERS_DEAD = Metric(
    "baton_letters_dead",
    "letters that were not delivered and are not tried any more, until they are replayed",
    "worker",
    ("subscriber",),
)
LETTER_ATTEMPTS = Metric(
    "baton_letter_attempts",
    "attempts to deliver a letter, by how they ended: delivered, or failed",
    "worker",
    ("subscriber", "result"),
    counts=True,
)
LETTER_ATTEMPT = Metric(
    "baton_letter_attempt", "duration of an attempt to deliver a letter", "activity", ("subscriber",), DELAYS
)
LETTER_DELAY = Metric(
    "baton_letter_delay",
    "from the moment of which a letter tells until its target had it",
    "activity",
    ("subscriber",),
    DELAYS,
)
RULES_FIRED = Metric("baton_rules_fired", "times that a rule fired", "workflow", ("rule",))
HANDOFFS = Metric("baton_handoffs", "moves of a case by a rule", "workflow", ("rule",))
PROMPTS = Metric("baton_prompts", "composers that were asked for a consolidated reply", "workflow")
REPLIES = Metric("baton_replies", "consolidated replies to customers", "workflow")
DEPARTMENT_WAITING = Metric(
    "baton_department_waiting",
    "from the moment a department was asked until it answered, nights and days off included",
    "workflow",
    ("department",),
    HOURS,
)
EFFECTS_DECIDED = Metric(
    "baton_effects_decided", "calls to the help desk that were decided", "workflow", ("effect",)
)
EFFECTS_DONE = Metric(
    "baton_effects_done",
    "calls to the help desk that are over: carried_out, or refused for good",
    "workflow",
    ("effect", "result"),
)
EFFECT_DELAY = Metric(
    "baton_effect_delay",
    "from the decision until the help desk had it",
    "activity",
    ("effect",),
    DELAYS,
)
DECISION = Metric(
    "baton_decision",
    "duration of a decision, by how it ended: decided, refused, duplicate or failed",
    "activity",
    ("case", "result"),
    SHORT,
)
HELP_DESK = Metric(
    "baton_help_desk", "duration of a call to the help desk", "activity", ("operation",), SHORT
)
HELP_DESK_ERRORS = Metric(
    "baton_help_desk_errors", "calls that the help desk did not answer", "activity", ("operation",)
)

METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in list(globals().values()) if isinstance(metric, Metric)
}
"""Every metric that Baton itself defines, by name."""


UNKNOWN = "unknown"


def kind_label(kind: str) -> str:
    """The kind of an event as a label. Invented kinds share one, or each would be a series of its own."""
    return kind if kind in AUTHORS else UNKNOWN
