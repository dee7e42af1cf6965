"""What happened to a case of Omnidesk, in Baton's words: from its messages and its changelog to events.

Pure: the same messages and entries are always the same events, with the same IDs, whoever reads them, when
and in how many steps.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from baton.contract import Activity, Author, AuthorType, ChatStart, Event, TicketStart
from baton.contract.events import (
    AgentMessage,
    Assigned,
    ChatEnded,
    CustomerMessage,
    LabelsChanged,
    StatusSet,
    SystemMessage,
    Taken,
)
from helpdesks.omnidesk.along import Along, along
from helpdesks.omnidesk.mapping import STATUSES, OmnideskMapping
from helpdesks.omnidesk.marker import has_marker
from helpdesks.omnidesk.wire import CaseThere, EntryThere, MessageThere
from helpdesks.outside.adapter import Difference, HeardThere
from helpdesks.outside.asking import Noted, noted
from helpdesks.outside.fitting import cut, files_that_fit

NAME = "omnidesk"
_LONGEST_SUBJECT = 1000
_NOBODY = ("0", "")
_NUMBERS = re.compile(r"[0-9]+")


@dataclass(frozen=True)
class Happened:
    """One thing that happened, and when."""

    at: datetime
    id: str
    """Made of Omnidesk's own IDs."""
    heard: HeardThere


def message_id(case_id: str, message: int | str) -> str:
    """The ID of the event of a message or note."""
    return f"{NAME}:{case_id}:{message}"


def start_of(case: CaseThere, mapping: OmnideskMapping) -> ChatStart | TicketStart | None:
    """The case as whoever opens it needs it; None if it is nothing to Baton, such as one in the bin."""
    if case.deleted or case.spam:
        return None
    if channel := mapping.chats_there.get(case.channel):
        return ChatStart(channel=channel, conversation=case.id, customer=str(case.user_id))
    if channel := mapping.tickets_there.get(case.channel):
        subject = case.subject[:_LONGEST_SUBJECT]
        return TicketStart(ticket_id=case.id, customer=str(case.user_id), subject=subject, channel=channel)
    return None


def happened(
    case: CaseThere,
    messages: Iterable[MessageThere],
    entries: Sequence[EntryThere],
    mapping: OmnideskMapping,
) -> list[Happened]:
    """What happened to a case, in order: of one second, messages come first."""
    start = start_of(case, mapping)
    if start is None:
        return []
    in_order = sorted(messages, key=lambda one: one.message_id)
    written = [one for one in in_order if not _is_own(one, mapping)]
    there = _Translation(case, start, mapping, along(case, written, entries, mapping))
    found = [*there.of_messages(written), *there.of_entries(entries)]
    return sorted(found, key=lambda one: one.at)


def _is_own(message: MessageThere, mapping: OmnideskMapping) -> bool:
    if message.sent_via_rule or str(message.staff_id) == mapping.own_staff:
        return True
    # In the name of a person; a customer may quote a marker.
    return message.staff_id != 0 and has_marker(message.text)


@dataclass(frozen=True)
class _Translation:
    case: CaseThere
    start: ChatStart | TicketStart
    mapping: OmnideskMapping
    along: Along

    def of_messages(self, messages: Sequence[MessageThere]) -> Iterator[Happened]:
        for message in messages:
            if message.at is not None:
                event_id = message_id(self.case.id, message.message_id)
                shows = self.along.shows.get(message.message_id, Difference())
                if not message.note:
                    event = self._message(message, event_id, message.at)
                    yield Happened(message.at, event_id, HeardThere(self.start, self.case.id, event, shows))
                    continue
                for note in self._note(message, event_id, message.at):
                    heard = HeardThere(self.start, self.case.id, note.event, shows, answer=note.answer)
                    yield Happened(message.at, note.event.id, heard)

    def _note(self, message: MessageThere, event_id: str, at: datetime) -> Sequence[Noted]:
        names = ", ".join(str(file.get("file_name", "")) for file in message.attachments)
        said = {"id": event_id, "at": at, "author": self._staff(message.staff_id)}
        return noted(
            cut(message.text, "Omnidesk") or names, self.start, self.mapping, said, f"{event_id}:text"
        )

    def _message(self, message: MessageThere, event_id: str, at: datetime) -> Event:
        text = cut(message.text, "Omnidesk")
        said: dict[str, Any] = {"id": event_id, "at": at, "message_id": str(message.message_id)}
        if text:
            said["text"] = text
        if files := files_that_fit(message.attachments):
            said["attachments"] = files
        if message.staff_id == 0:
            customer = str(message.user_id or self.case.user_id)
            return CustomerMessage(author=Author(type=AuthorType.CUSTOMER, id=customer), **said)
        author = self._staff(message.staff_id)
        return (AgentMessage if author.type is AuthorType.STAFF else SystemMessage)(author=author, **said)

    def _staff(self, staff_id: int) -> Author:
        person = self.mapping.people_there.get(str(staff_id))
        return _system(f"staff_{staff_id}") if person is None else Author(type=AuthorType.STAFF, id=person)

    def of_entries(self, entries: Sequence[EntryThere]) -> Iterator[Happened]:
        """What the changelog says. It has no IDs: an entry is known by what it says, and its time."""
        times: Counter[str] = Counter()
        fields = {name: field for field, name in self.mapping.changelog.words.items()}
        for place, entry in enumerate(entries):
            field, at = fields.get(entry.event), entry.created_at
            if field is None or at is None:
                continue
            event_id = f"{NAME}:{self.case.id}:{int(at.timestamp())}:{_fingerprint(entry)}"
            times[event_id] += 1
            event_id += f":{times[event_id]}" if times[event_id] > 1 else ""
            if place in self.along.entries:
                continue
            event, shows = self._entry(field, entry, entries, {"id": event_id, "at": at})
            own = entry.done_by == f"staff_{self.mapping.own_staff}"
            if own:
                event = None
            if event is not None or shows:
                yield Happened(at, event_id, HeardThere(self.start, self.case.id, event, shows, own=own))

    def _entry(
        self, field: str, entry: EntryThere, all_entries: Sequence[EntryThere], said: dict[str, Any]
    ) -> tuple[Event | None, Difference]:
        """The event, and what is shown since then."""
        author = said["author"] = self._doer(entry.done_by)
        person = self.mapping.people_there.get(entry.value)
        match field:
            case "assignee":
                # To somebody who is nobody in the directory: no event could say so.
                is_known = person is not None or entry.value in _NOBODY
                return Assigned(staff=person, **said) if is_known else None, Difference(assignee=person)
            case "pinned" if person is not None:
                took = author == Author(type=AuthorType.STAFF, id=person)
                return Taken(**said) if took else Assigned(staff=person, **said), Difference()
            case "line":
                line = self.mapping.lines_there.get(entry.value)
                alone = not any(self._is_assignment_with(other, entry) for other in all_entries)
                return Assigned(line=line, **said) if line and alone else None, Difference(line=line)
            case "status" if status := STATUSES.get(entry.value):
                # What Omnidesk does by itself, such as opening it when the customer writes, Baton does, too.
                somebody = author.type is AuthorType.STAFF or entry.done_by.startswith(("staff_", "rule_"))
                return StatusSet(status=status, **said) if somebody else None, Difference(status=status)
            case "labels":
                before, after = (self._labels(one) for one in (entry.old_value, entry.value))
                add, remove = after - before, before - after
                if not (add or remove):
                    return None, Difference()
                event = LabelsChanged(add=tuple(sorted(add)), remove=tuple(sorted(remove)), **said)
                return event, Difference(labels_added=add, labels_removed=remove)
            case "ended" if isinstance(self.start, ChatStart):
                return ChatEnded(**said), Difference(activity=Activity.ENDED)
        return None, Difference()

    def _is_assignment_with(self, other: EntryThere, entry: EntryThere) -> bool:
        """Whether a change of the group goes with the choice of a person, so that nobody is to be found."""
        return (
            other.event == self.mapping.changelog.assignee
            and other.value not in _NOBODY
            and (other.done_by, other.created_at) == (entry.done_by, entry.created_at)
        )

    def _doer(self, done_by: str) -> Author:
        kind, _, number = done_by.partition("_")
        return self._staff(int(number)) if kind == "staff" and number.isdecimal() else _system(done_by)

    def _labels(self, numbers: str) -> frozenset[str]:
        there = self.mapping.labels_there
        return frozenset(there[number] for number in _NUMBERS.findall(numbers) if number in there)


def _system(name: str) -> Author:
    """Who is nobody in the directory: a rule, Omnidesk itself, or a person that is not in the mapping."""
    return Author(type=AuthorType.SYSTEM, id=name or NAME)


def _fingerprint(entry: EntryThere) -> str:
    said = "\n".join((entry.event, entry.done_by, entry.old_value, entry.value))
    return sha256(said.encode()).hexdigest()[:12]
