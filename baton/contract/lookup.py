"""Asking the ledger about a case that has no running workflow: the client does so before it says "no case".

The answer is a standalone activity, so it opens no run.
"""

from __future__ import annotations

from typing import Any

from baton.contract.values import Payload

FIND_CASE = "find_case"


class CaseQuery(Payload):
    """Which case, by the ID of its workflow, and the event that was meant for it."""

    workflow_id: str
    event_id: str


class FoundCase(Payload):
    """What the ledger knows of a conversation or a ticket; everything is left out if it knows nothing."""

    known: bool = False
    """Whether the event was handled before."""
    snapshot: dict[str, Any] | None = None
    """Of an event that was handled before: the case that had it, as it is now."""
    merged: bool = False
    """Whether what is written there is forwarded to another case."""
    start: dict[str, Any] | None = None
    """The start argument with which the conversation or the ticket can go on, if there ever was a case."""
