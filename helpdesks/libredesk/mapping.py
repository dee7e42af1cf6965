"""The company's ``desk.yaml`` for Libredesk: everything there has a name that people see.

desk: libredesk
url: https://desk.example.com
people: {ivan: ivan@example.com}        # the e-mail addresses of agents
lines: {line-1: First line}             # teams
labels: {several-departments: several}  # tags, where they have another name
chats: {web: Website}                   # Baton's channel: the inbox
tickets: {mail: Support mail}
statuses:                               # the first of each is what Baton sets
  open: [Open]
  pending: [Waiting, Snoozed]
  closed: [Closed, Resolved]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Field

from baton.contract.words import Key
from baton.documents.plain import Amount, Whole
from helpdesks.outside.mapping import DeskMapping, Mistake, Names, Own, Statuses

SNOOZED = "Snoozed"
"""The status from which Libredesk wakes a conversation by itself, and which needs a time for that."""


class LibredeskStatuses(Statuses):
    """Libredesk's statuses for each of Baton's, with those of a new Libredesk, and one that setup makes."""

    open: Names = ("Open",)
    pending: Names = ("Waiting", SNOOZED)
    closed: Names = ("Closed", "Resolved")


class LibredeskMapping(DeskMapping):
    """Whose and what's name in Libredesk is what."""

    desk: Literal["libredesk"]
    """Which help desk it is: ``libredesk``."""
    chats: dict[Key, Own] = {}
    """By channel of Baton: the inbox whose conversations are chats."""
    tickets: dict[Key, Own] = {}
    """By channel of Baton: the inbox whose conversations are tickets. Other inboxes are not heard."""
    statuses: LibredeskStatuses = LibredeskStatuses()
    """Libredesk's statuses for each of Baton's: ``open``, ``pending`` and ``closed``. The first of each is
    what Baton sets; the others are understood. One that is not named means nothing to Baton."""
    overlap: Annotated[Whole, Field(ge=0, le=3600)] = 60
    """Seconds that are read again each time, for what becomes visible later than it is dated."""
    presence_every: Annotated[Amount, Field(ge=1, le=3600)] = 30
    """Seconds between two looks at who is online."""

    def mistakes(self) -> Iterator[Mistake]:
        """Inboxes that mean two things, and a status that cannot be set."""
        known: dict[str, str] = {}
        for part, channels in (("chats", self.chats), ("tickets", self.tickets)):
            for channel, inbox in channels.items():
                if inbox in known:
                    what = f"the inbox {inbox!r} is {known[inbox]!r} already"
                    yield (part, channel), what, "each inbox is one channel of Baton's"
                known[inbox] = channel
        if self.statuses.pending[0] == SNOOZED:
            what = "Baton cannot snooze: that needs a time at which Libredesk opens it again"
            yield ("statuses", "pending"), what, "put another status first, such as Waiting"

    @cached_property
    def chats_there(self) -> Mapping[str, str]:
        """By inbox: the channel of Baton, if its conversations are chats."""
        return {inbox: channel for channel, inbox in self.chats.items()}

    @cached_property
    def tickets_there(self) -> Mapping[str, str]:
        """By inbox: the channel of Baton, if its conversations are tickets."""
        return {inbox: channel for channel, inbox in self.tickets.items()}

    @cached_property
    def people_by_email(self) -> Mapping[str, str]:
        """By e-mail address, in small letters, since Libredesk does not mind them: the person."""
        return {email.lower(): name for name, email in self.people.items()}
