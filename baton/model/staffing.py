"""The people of a line: which of them gets a case, and who is away."""

from __future__ import annotations

from datetime import UTC, datetime

from baton.model.chat.state import ChatState
from baton.model.facts import Facts, MissingLine
from baton.model.ticket.state import TicketState

Case = ChatState | TicketState


def choose(line: str, case: Case, facts: Facts, *, habit: bool = False) -> str | None:
    """Who of ``line`` gets the case, or ``None`` if nobody is available.

    The order of preference: the current assignee, the line's last holder of this or the previous
    chat, then the fewest active chats, the longest time without a new one, and the ID. With
    ``habit``, only people who usually work with chats are considered.
    """
    if line not in facts.lines:
        raise MissingLine(line)
    able = {
        member.staff: member
        for member in facts.lines[line]
        if member.available and (member.chats or not habit)
    }
    for known in (case.assignee, case.holders.get(line)):
        if known in able:
            return known
    longest_ago = datetime.min.replace(tzinfo=UTC)
    return min(
        able,
        key=lambda staff: (able[staff].load, able[staff].last_assigned_at or longest_ago, staff),
        default=None,
    )


def line_of(staff: str, facts: Facts) -> str | None:
    """The home line of somebody."""
    person = facts.person(staff)
    return person.line if person else None


def is_away(staff: str, facts: Facts) -> bool:
    """Somebody whom the directory no longer knows is away for good."""
    person = facts.person(staff)
    return person is None or person.away
