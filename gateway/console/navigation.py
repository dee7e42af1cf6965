"""Where people can go: what stands in the header of every page."""

from __future__ import annotations

from typing import NamedTuple

from baton.desk.accounts import Role
from baton.texts import marked


class Entry(NamedTuple):
    """One way to go."""

    path: str
    title: str
    """In English; it is translated where it is shown."""
    role: Role = Role.AGENT
    """Who sees it: people with this role, or more."""

    def leads_to(self, path: str) -> bool:
        """Whether a page is this one, or below it."""
        return path == self.path or path.startswith(f"{self.path}/")


ENTRIES: tuple[Entry, ...] = (
    Entry("/inbox", marked("Chats")),
    Entry("/tickets", marked("Tickets")),
    Entry("/accounts", marked("Accounts"), Role.ADMIN),
)
"""In the order in which they are shown."""


def seen_by(role: Role) -> list[Entry]:
    """What a person with this role sees."""
    return [entry for entry in ENTRIES if role.includes(entry.role)]
