"""Who hears of a notice. Whoever no longer works here is never told, and no notice is addressed to nobody.

Somebody named is *there* unless offline. Whoever never set a presence counts as there: not everybody who
works with tickets sets one. Offline counts at once, without the grace period, which protects what somebody
has: nothing is lost if a colleague hears, too. *Without chats* is there for everything but New.

If none of those to whom a notice is addressed is there, they are told all the same, and find it when they are
back; and somebody who is there is told, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from baton.contract import Presence, Tab, Tell
from baton.documents.directory import Directory
from baton.model.facts import people


@dataclass(frozen=True)
class Audience:
    """Who is told something, and why."""

    reason: str
    staff: tuple[str, ...]
    everyone: bool = False
    """Whether it is told to everyone who can be told."""


@dataclass(frozen=True)
class Behind:
    """Who has to do with a case, besides those who are told."""

    line: str | None = None
    dispatcher: str | None = None


@dataclass(frozen=True)
class Around:
    """Who works here, and what they are doing."""

    directory: Directory
    presences: Mapping[str, Presence]

    def reaches(self, tell: Tell) -> bool:
        """Whether somebody is there of the people, and of the departments, to whom this is addressed."""
        named = not tell.staff or self._any_there(tell.staff)
        return named and (not tell.departments or self._any_there(self._members(tell.departments)))

    def audience(self, tell: Tell, behind: Behind) -> Audience:
        """Who is told. It is nobody only if nobody works here, and nobody is named.

        - People: they; if none of them is there, also who is there of their lines, else everyone.
        - Departments: all their members; if none of them is there, also the dispatcher, else everyone.
        - A line: who is online there, or else without chats; else everyone.
        - Everyone: who is online, else all who work here.
        """
        about_new = tell.reason == Tab.NEW
        everyone = tell.everyone
        told: list[str] = []
        if tell.staff:
            told += self._working(tell.staff)
            if not self._any_there(told):
                lines = self._lines(tell.staff, behind)
                colleagues = [one for line in lines for one in self._of_line(line, about_new=about_new)]
                told += colleagues
                everyone |= not colleagues
        if tell.departments:
            members = self._members(tell.departments)
            told += members
            if not self._any_there(members):
                dispatcher = self._working([behind.dispatcher])
                told += dispatcher
                everyone |= not self._any_there(dispatcher)
        if tell.line is not None:
            watching = self._of_line(tell.line, about_new=about_new)
            told += watching
            everyone |= not watching
        if everyone or not told:
            told += self._everyone(about_new=about_new)
            everyone = True
        # Where the directory has nobody, somebody named is better than nobody.
        return Audience(tell.reason, people(told or tell.staff), everyone)

    def _everyone(self, *, about_new: bool) -> list[str]:
        staff = list(self.directory.staff)
        online = [one for one in staff if self._is(one, Presence.ONLINE)]
        interested = [one for one in staff if not (about_new and self._is(one, Presence.WITHOUT_CHATS))]
        return online or interested or staff

    def _lines(self, staff: Iterable[str], behind: Behind) -> tuple[str, ...]:
        """The home lines of these people; for somebody who no longer works here, the line of the case."""
        members = (self.directory.staff.get(one) for one in staff)
        return people(member.line if member is not None else behind.line for member in members)

    def _of_line(self, line: str, *, about_new: bool) -> list[str]:
        """Who is online there; if nobody is, who is without chats, unless this is about New."""
        members = [*self.directory.members(line)]
        online = [one for one in members if self._is(one, Presence.ONLINE)]
        without_chats = [one for one in members if self._is(one, Presence.WITHOUT_CHATS)]
        return online or ([] if about_new else without_chats)

    def _members(self, labels: Iterable[str]) -> list[str]:
        asked = (self.directory.department_of(label) for label in labels)
        return [
            staff for department in asked if department for staff in self.directory.members_of(department)
        ]

    def _working(self, staff: Iterable[str | None]) -> list[str]:
        return [one for one in people(staff) if one in self.directory.staff]

    def _any_there(self, staff: Iterable[str]) -> bool:
        return any(not self._is(one, Presence.OFFLINE) for one in self._working(staff))

    def _is(self, staff: str, presence: Presence) -> bool:
        return self.presences.get(staff) is presence
