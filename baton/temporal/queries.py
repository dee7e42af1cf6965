"""The language of Temporal's lists. To write a query, nobody needs to import Temporal's SDK."""

from __future__ import annotations

from datetime import UTC, datetime

from baton.contract import CHAT_WORKFLOW, TICKET_WORKFLOW

DATABASE_WORKFLOW = "Database"
"""The type of the workflows that are no cases: see ``baton.temporal.binding``."""


def quoted(value: str) -> str:
    """A value in a query; backslashes and quotes in it are escaped with a backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def one_of(name: str, *values: str) -> str:
    """A condition on a search attribute, without IN: the UI's editor breaks that when it changes it."""
    return "(" + " OR ".join(f"{name} = {quoted(value)}" for value in values) + ")"


def moment(at: datetime) -> str:
    """A time in a query, without quotation marks."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


OURS = one_of("WorkflowType", CHAT_WORKFLOW, TICKET_WORKFLOW)


def without_bindings(query: str) -> str:
    """The same query, without the workflows that say which database belongs to a task queue."""
    others = f"WorkflowType != {quoted(DATABASE_WORKFLOW)}"
    return f"({query}) AND {others}" if query.strip() else others
