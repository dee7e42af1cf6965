"""What is asked of a help desk, and checked first: the same for programs that ask by Temporal and by HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from baton.desk.api import PresenceQuery, PresenceRow, ShownDirectory
from baton.documents.directory import Directory
from helpdesks.base import Ledger
from helpdesks.known import VersionedDirectory
from helpdesks.presences import presence_rows


async def require_staff(desk: Ledger, staff: str | None) -> None:
    """Raise ``UnknownStaff`` for somebody whom the directory does not have: a list that is empty because a
    name was misspelt says the wrong thing."""
    if staff is not None:
        (await desk.directory()).directory.require_staff(staff)


async def require_told(desk: Ledger, staff: str | None, found: Sequence[object]) -> None:
    """As `require_staff`, for notices that were found: what somebody was told who has left can be read."""
    if not found:
        await require_staff(desk, staff)


async def presence(desk: Ledger, query: PresenceQuery, grace: timedelta) -> list[PresenceRow]:
    """Everybody in the directory, or who passes every filter, and what they are doing.

    Raises ``UnknownStaff`` or ``UnknownLabel`` for a filter that names what the directory does not have.
    """
    directory = (await desk.directory()).directory
    rows = await presence_rows(desk, directory, selected(query, directory), grace)
    return [row for row in rows if query.presence in (None, row.presence)]


def selected(query: PresenceQuery, directory: Directory) -> list[str]:
    """Who passes the filters about the directory. Raises ``UnknownStaff`` or ``UnknownLabel``."""
    directory.require_staff(*query.staff)
    if query.line is not None:
        directory.require_line(query.line)
    if query.department is not None:
        directory.label_of(query.department)
    if query.role is not None:
        directory.require_role(query.role)
    return [
        key
        for key, member in directory.staff.items()
        if (not query.staff or key in query.staff)
        and query.line in (None, member.line)
        and (query.department is None or query.department in member.departments)
        and (query.role is None or query.role in member.roles)
    ]


def shown(entry: VersionedDirectory) -> ShownDirectory:
    """A directory as a document."""
    return ShownDirectory(version=entry.version, directory=entry.directory.model_dump(mode="json"))
