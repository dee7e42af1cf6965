"""Queues: whose turn it is when somebody of a line has room for one more case.

A *place* is room for one more: a chat takes one of a person's ``max_chats``, a ticket one of ``max_tickets``.
A free place goes to the case that has waited longest in the queues of that person's line, so nobody
overtakes. The ledger promises it to that case within a transaction (`helpdesks.queues`), and the case then
decides for itself who of the line gets it. A promise counts like a case that somebody has: two places that
become free at the same moment, and two chats that arrive then, are never given the same one.

Source: section 9 of the design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from baton.contract import Instant
from baton.model.chat.state import ChatState
from baton.model.facts import Candidate
from baton.model.staffing import prefer
from baton.model.ticket.state import TicketState

_JUST_NOW = datetime.max.replace(tzinfo=UTC)
"""When somebody got a case who gets one here: after everybody else."""


class Waiting(NamedTuple):
    """A case that waits for somebody of a line, as the ledger lists it."""

    case_id: str
    assignee: str | None = None
    """Of an Unanswered chat: who is responsible for it, and gets it back if there."""
    last_holder: str | None = None
    """Who of the line had it last."""
    handed_on_by: str | None = None
    """Who must not get it."""


def hand_out(
    waiting: Iterable[Waiting], members: Sequence[Candidate], room: Mapping[str, int]
) -> dict[str, str]:
    """Who gets which case: by case ID, the member of staff.

    Args:
        waiting: those who wait, the longest first.
        members: those of the line.
        room: how many more cases each of them takes.
    """
    places = {member.staff: member for member in members if member.available and room[member.staff] > 0}
    left = {staff: room[staff] for staff in places}
    given: dict[str, str] = {}
    for one in waiting:
        if not places:
            break
        staff = prefer(
            places.values(),
            assignee=one.assignee,
            last_holder=one.last_holder,
            not_to=one.handed_on_by,
            habit=one.assignee is not None,
            unless=one.assignee,
        )
        if staff is None:
            continue
        given[one.case_id] = staff
        left[staff] -= 1
        if left[staff]:
            given_one = {"load": places[staff].load + 1, "last_assigned_at": _JUST_NOW}
            places[staff] = places[staff].model_copy(update=given_one)
        else:
            del places[staff]
    return given


def waits_since(case: ChatState | TicketState) -> Instant | None:
    """What orders the cases: when the customer's first unanswered message came, or else the handing over."""
    return case.waiting_since or case.held_since or case.opened_at
