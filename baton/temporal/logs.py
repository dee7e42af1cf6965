"""The log of a process: lines for people, or one JSON object per line.

A record written while a workflow or an activity runs says which one: the case (the ID of its workflow),
the run, the activity and its attempt, and the event that it is about. The text of an exception may quote a
message, so it is written only for exceptions that never do; for others, the type and the origin.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal

from temporalio import activity, workflow
from temporalio.service import RPCError

from baton.errors import BatonError, Refused
from baton.signs import escaped, one_line, visible

LogFormat = Literal["text", "json"]

_CHATTY = ("alembic", "httpcore", "httpx", "transitions", "watchfiles")
"""Loggers that write a line for each step; that of a call to a help desk may name a customer."""
_QUOTING = ("psycopg", "temporalio")
"""Loggers whose ``DEBUG`` records may quote what they work with, such as payloads not yet encrypted."""
_event: ContextVar[str | None] = ContextVar("baton_event", default=None)

_OF_WORKFLOW = {"workflow_id": "case", "run_id": "run", "update_id": "event"}
_OF_ACTIVITY = {
    "workflow_id": "case",
    "workflow_run_id": "run",
    "activity_type": "activity",
    "activity_id": "activity_id",
    "attempt": "attempt",
}
"""Temporal's details of a workflow or an activity, and their names in a record. The ID of an update
is that of its event."""
_OWN = ("event", "kind", "reason")
"""What Baton's own records add to that."""


def name_event(event_id: str) -> None:
    """Name the event in every record of the current task. Each activity, for example, runs in its own."""
    _event.set(event_id)


def set_up_logging(level: str, form: LogFormat) -> None:
    """From now on, write records of at least ``level`` to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in _CHATTY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for quoting in _QUOTING:
        logging.getLogger(quoting).setLevel(max(logging.getLevelNamesMapping()[level], logging.INFO))
    # The origin of a record is in its own fields, so it is not repeated in the sentence.
    workflow.logger.workflow_info_on_message = False
    activity.logger.activity_info_on_message = False


def whereabouts(record: logging.LogRecord) -> dict[str, Any]:
    """The case, the run, the event, the activity and the attempt of a record, as far as they are known."""
    # Temporal's own part puts what it knows into fields.
    core: Mapping[str, Any] = getattr(getattr(record, "temporal_log", None), "fields", {})
    of_workflow: Mapping[str, Any] = getattr(record, "temporal_workflow", core)
    of_activity: Mapping[str, Any] = getattr(record, "temporal_activity", {})
    if not of_activity and activity.in_activity():
        info = activity.info()
        of_activity = {key: getattr(info, key) for key in _OF_ACTIVITY}
    found = {name: of_workflow.get(key) for key, name in _OF_WORKFLOW.items()}
    found |= {name: of_activity[key] for key, name in _OF_ACTIVITY.items() if of_activity.get(key)}
    found["event"] = _event.get() or found["event"]
    found |= {name: getattr(record, name) for name in _OWN if hasattr(record, name)}
    return {name: value for name, value in found.items() if value is not None}


class _Discreet(logging.Formatter):
    """Writes exceptions without what they quote."""

    def formatException(  # noqa: N802 – as logging calls it
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> str:
        error = ei[1]
        if error is None:
            return ""
        said = words_of(error)
        if isinstance(error, BatonError):
            return said  # it says everything there is to know
        return "".join(traceback.format_tb(error.__traceback__)) + said


def words_of(error: BaseException) -> str:
    """The type of an error, and its text if that cannot quote a message."""
    harmless = isinstance(error, BatonError | RPCError | OSError) and not isinstance(error, Refused)
    return f"{type(error).__name__}: {error}" if harmless else type(error).__name__


class Lines(_Discreet):
    """Records as lines for people: time, level, logger, message, and which case it is about."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s%(where)s")

    def format(self, record: logging.LogRecord) -> str:
        """See base class."""
        where = " ".join(f"{name}={one_line(str(value))}" for name, value in whereabouts(record).items())
        record.where = f" [{where}]" if where else ""
        return visible(super().format(record))


class JsonLines(_Discreet):
    """Records as JSON, one per line. Times are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """See base class."""
        written = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **whereabouts(record),
        }
        if record.exc_info:
            written["error"] = self.formatException(record.exc_info)
        return escaped(json.dumps(written, ensure_ascii=False, default=str))
