"""A desk on paper: a desk in memory with an honest adapter, for the tests of what all desks have in common.

What people do goes into its journal, and so does what Baton does; reading the journal is the feed. It can do
everything or, with fewer ``capabilities``, less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from baton.contract import (
    AgentMessage,
    Assigned,
    Author,
    AuthorType,
    ChatStart,
    CustomerMessage,
    Event,
    LabelsChanged,
    NoteAdded,
    Presence,
    Status,
    StatusSet,
    TicketStart,
)
from baton.model.effects import CaseRef
from helpdesks.outside.adapter import (
    SINGLE,
    Capability,
    Change,
    Changes,
    Difference,
    Finding,
    HeardThere,
    OpenCase,
    OpenCases,
    Saying,
    Shown,
)

BATON = "baton"


@dataclass
class Sheet:
    """One case as this desk has it."""

    start: ChatStart | TicketStart
    shows: Change
    said: list[tuple[str, Saying]] = field(default_factory=list)
    """What Baton said, with the marks."""


@dataclass
class PaperDesk:
    capabilities: frozenset[Capability] = frozenset(Capability)
    name: str = "paper"
    calls_left: int | None = None
    sheets: dict[str, Sheet] = field(default_factory=dict)
    journal: list[tuple[str, HeardThere]] = field(default_factory=list)
    """Everything that happened: who did it, and what the feed tells of it."""
    calls: list[str] = field(default_factory=list)
    presences: dict[str, Presence] = field(default_factory=dict)
    """Who came or went since the last look."""

    # --- What people do there ---------------------------------------------------------------------

    def writes(self, desk_id: str, customer: str, text: str = "Three questions.") -> str:
        """The customer writes, which opens a ticket if it is the first time. Returns the event's ID."""
        if desk_id not in self.sheets:
            shows = Change(status=Status.OPEN, assignee=None, line=None, labels=frozenset())
            self.sheets[desk_id] = Sheet(TicketStart(ticket_id=desk_id, customer=customer), shows)
        shows = self.sheets[desk_id].shows
        return self._event(desk_id, customer, CustomerMessage, text=text, shows=dict(shows))

    def answers(self, desk_id: str, who: str, text: str) -> str:
        return self._event(desk_id, who, AgentMessage, text=text, message_id=f"m{len(self.journal)}")

    def notes(self, desk_id: str, who: str, text: str) -> str:
        return self._event(desk_id, who, NoteAdded, text=text)

    def assigns(self, desk_id: str, who: str, to: str | None) -> str:
        return self._event(desk_id, who, Assigned, staff=to, shows={"assignee": to})

    def sets(self, desk_id: str, who: str, status: Status) -> str:
        return self._event(desk_id, who, StatusSet, status=status, shows={"status": status})

    def labels(self, desk_id: str, who: str, *add: str, remove: Sequence[str] = ()) -> str:
        shows = {"labels_added": frozenset(add), "labels_removed": frozenset(remove)}
        return self._event(desk_id, who, LabelsChanged, add=add, remove=tuple(remove), shows=shows)

    def asks(self, desk_id: str, who: str, *labels: str) -> str:
        """Asks departments in words, as by a command in a comment: the labels are to follow."""
        return self._event(desk_id, who, LabelsChanged, add=labels)

    def texts(self, desk_id: str, *, to_customer: bool) -> list[str]:
        """What Baton said in a case."""
        return [saying.text for _, saying in self.sheets[desk_id].said if saying.to_customer is to_customer]

    def _event(self, desk_id: str, who: str, kind: type[Event], **fields: Any) -> str:
        shows = cast(Difference, fields.pop("shows", {}))
        sheet, event_id = self.sheets[desk_id], f"paper:{len(self.journal)}"
        is_customer = kind is CustomerMessage
        author = Author(type=AuthorType.CUSTOMER if is_customer else AuthorType.STAFF, id=who)
        event = kind(id=event_id, at=datetime.now(UTC), author=author, **fields)
        self._turn(sheet, shows)
        self.journal.append((who, HeardThere(sheet.start, desk_id, event, shows)))
        return event_id

    def _turn(self, sheet: Sheet, shows: Difference) -> None:
        fields: dict[str, Any] = {name: shows[name] for name in (*SINGLE, "labels") if name in shows}  # type: ignore[literal-required]
        labels = fields.pop("labels", sheet.shows["labels"])
        added, removed = (shows.get(name, frozenset()) for name in ("labels_added", "labels_removed"))
        sheet.shows = cast(Change, {**sheet.shows, **fields, "labels": (labels | added) - removed})

    # --- The adapter ------------------------------------------------------------------------------

    def desk_id(self, case: CaseRef) -> str | None:
        return case.ticket_id

    async def show(self, desk_id: str) -> Shown:
        self.calls.append("show")
        return Shown(cast(Change, dict(self.sheets[desk_id].shows)))

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        self.calls.append("change")
        sheet = self.sheets[desk_id]
        self._turn(sheet, cast(Difference, change))
        self.journal.append(
            (BATON, HeardThere(sheet.start, desk_id, None, cast(Difference, change), own=True))
        )

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        self.calls.append("say")
        sheet = self.sheets[desk_id]
        sheet.said.append((key, saying))
        self.journal.append((BATON, HeardThere(sheet.start, desk_id, None, own=True)))

    async def has_said(self, desk_id: str, key: str) -> bool:
        self.calls.append("has_said")
        return any(mark == key for mark, _ in self.sheets[desk_id].said)

    async def changes(self, cursor: str | None, most: int) -> Changes:
        begin = int(cursor) if cursor is not None else len(self.journal)
        part = [heard for _, heard in self.journal[begin : begin + most]]
        end = begin + len(part)
        latest = next((heard.event.at for heard in reversed(part) if heard.event), None)
        presences, self.presences = self.presences, {}
        return Changes(part, str(end), end < len(self.journal), latest, presences)

    async def open_cases(self, after: str | None) -> OpenCases:
        numbers = [number for number in sorted(self.sheets) if after is None or number > after][:2]
        cases = [
            OpenCase(
                self.sheets[number].start,
                number,
                Shown(self.sheets[number].shows),
                [heard.event for _, heard in self.journal if heard.desk_id == number and heard.event],
            )
            for number in numbers
            if self.sheets[number].shows["status"] is not Status.CLOSED
        ]
        return OpenCases(cases, numbers[-1] if len(numbers) == 2 else None, len(self.sheets))

    async def check(self) -> Sequence[Finding]:
        return [Finding("paper")]

    async def set_up(self, *, dry_run: bool) -> Sequence[str]:
        return []

    async def aclose(self) -> None:
        pass
