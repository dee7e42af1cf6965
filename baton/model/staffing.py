"""The people of a line: which of them gets a case, and who is away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from baton.contract import Assigned, Author, AuthorType, Tell
from baton.model.chat.state import ChatState
from baton.model.facts import Candidate, Facts, MissingLine
from baton.model.ticket.state import TicketState

Case = ChatState | TicketState


def choose(
    line: str, case: Case, facts: Facts, *, habit: bool = False, unless: str | None = None
) -> str | None:
    """Who of ``line`` gets the case, or ``None`` if nobody is available.

    The order of preference: the current assignee, the line's last holder of this or the previous
    case, then the fewest cases of this kind, the longest time without a new one, and the ID. With
    ``habit``, only people who usually work with chats are considered, and ``unless``.
    """
    if line not in facts.lines:
        raise MissingLine(line)
    return prefer(
        facts.lines[line],
        assignee=case.assignee,
        last_holder=case.holders.get(line),
        not_to=case.handed_on_by,
        habit=habit,
        unless=unless,
    )


def prefer(
    members: Iterable[Candidate],
    *,
    assignee: str | None,
    last_holder: str | None,
    not_to: str | None,
    habit: bool,
    unless: str | None = None,
) -> str | None:
    """Which of a line's members gets a case, in the order that `choose` describes.

    ``not_to`` is somebody who handed the case on, and must not get it back.
    """
    able = {
        member.staff: member
        for member in members
        if member.available and (member.chats or not habit or member.staff == unless)
        if member.staff != not_to
    }
    for known in (assignee, last_holder):
        if known in able:
            return known
    longest_ago = datetime.min.replace(tzinfo=UTC)
    return min(
        able,
        key=lambda staff: (able[staff].load, able[staff].last_assigned_at or longest_ago, staff),
        default=None,
    )


def handing_on(case: Case, event: Assigned, had: Iterable[str | None], facts: Facts) -> str | None:
    """Who must not get the case from the line that it is given to by hand.

    Whoever hands a case to their own line hands it on to a colleague. ``had`` are those who had it until now.
    A case that waits there already is not handed to anybody by being put there once more.
    """
    if event.not_to is not None:
        return event.not_to
    by = event.author.id if event.author.type is AuthorType.STAFF else None
    if by is not None and by in tuple(had) and line_of(by, facts) == event.line:
        return by
    waits_there = case.assignee is None and case.line == event.line
    return case.handed_on_by if waits_there else None


def tell_giver(by: Author, staff: str) -> tuple[Tell, ...]:
    """Tell whoever gave a case by hand to somebody that this person is away. The case stays there."""
    gave = by.type is AuthorType.STAFF and by.id != staff
    return (Tell(staff=(by.id,), reason=f"{staff} is away"),) if gave else ()


def line_of(staff: str, facts: Facts) -> str | None:
    """The home line of somebody."""
    person = facts.person(staff)
    return person.line if person else None


def stand_in(away: str, case: Case, facts: Facts) -> tuple[str | None, str | None]:
    """Who gets a case in place of somebody who is away, and of which line; neither if everyone must look.

    The line is that of the person who is away: a chat that a rule pinned to somebody keeps its assignee's
    line. A chat goes to people who usually work with chats; a queue that none of them watches would hide it.
    """
    line = line_of(away, facts) or case.line
    of_chats = isinstance(case, ChatState)
    staff = choose(line, case, facts, habit=of_chats) if line else None
    if of_chats and staff is None and (line in facts.queues or line in facts.empty_lines):
        line = None
    return staff, line


def watched_queue(line: str | None, facts: Facts) -> str | None:
    """The line for which a case may wait; none, so that everyone sees it, where nobody is."""
    return None if line in facts.empty_lines else line


def still_holding(case: Case, facts: Facts) -> dict[str, str]:
    """The last holder in each line, without those who no longer work here."""
    return {line: staff for line, staff in case.holders.items() if facts.person(staff) is not None}


def is_away(staff: str, facts: Facts) -> bool:
    """Somebody whom the directory no longer knows is away for good."""
    person = facts.person(staff)
    return person is None or person.away
