"""Stand-ins for what the commands talk to, so that commands can be tested without a server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from activities.presencechanges import meant
from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChatEvent,
    ChatSnapshot,
    Draft,
    Fired,
    NoteAdded,
    Outcome,
    Presence,
    Status,
    Tab,
    TicketEvent,
    TicketOutcome,
    TicketSnapshot,
    TimelineEntry,
    chat_workflow_id,
    parse_chat_event,
    parse_ticket_event,
    ticket_workflow_id,
)
from baton.desk.api import (
    Concerns,
    InboxRow,
    NoticeRow,
    PresenceRow,
    PresencesChange,
    PresencesSet,
    ShownDirectory,
    TicketQuery,
    TicketRow,
)
from baton.desk.said import MessageRow, Messages
from baton.documents.directory import Directory
from baton.errors import BatonError, IllegalTransition, NotAllowed, UnknownStaff

T = TypeVar("T")

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IVANS_CHAT = ChatSnapshot(
    case_id="c-1",
    channel="telegram",
    conversation="42",
    customer="c-7",
    activity=Activity.ACTIVE,
    status=Status.OPEN,
    assignee="ivan",
    line="line-1",
    pinned_to="ivan",
    tab=Tab.MINE,
    labels=("refund",),
    last_author=Author(type=AuthorType.CUSTOMER, id="c-7"),
    last_message_at=NOON,
)
"""A chat that is pinned to Ivan, and whose customer wrote last."""


def opener(fake: T) -> Callable[[], AbstractAsyncContextManager[T]]:
    """What a command opens instead of a connection."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[T]:
        yield fake

    return opened


class FakeBaton:
    """Chats and tickets that stay as they are, and a record of the events that were sent to them."""

    def __init__(self) -> None:
        self.chats: dict[tuple[str, str], ChatSnapshot] = {}
        self.timelines: dict[tuple[str, str], list[TimelineEntry]] = {}
        self.sent: list[tuple[str, str, ChatEvent, str | None]] = []
        self.tickets: dict[str, TicketSnapshot] = {}
        self.ticket_timelines: dict[str, list[TimelineEntry]] = {}
        self.drafts: dict[str, Draft] = {}
        self.sent_to_tickets: list[tuple[str, TicketEvent, dict[str, Any]]] = []
        self.noted: Callable[[NoteAdded], None] = lambda _: None
        """What the ticket does about a note."""
        self.fires: tuple[Fired, ...] = ()
        self.what = ""
        self.asked: list[str] = []
        """The queries, in order."""
        self.error: BatonError | None = None

    def chat(self, channel: str, conversation: str) -> FakeChat:
        return FakeChat(self, channel, conversation)

    def ticket(self, ticket_id: str) -> FakeTicket:
        return FakeTicket(self, ticket_id)

    @property
    def ticket_event(self) -> dict[str, Any]:
        """The only event that was sent to a ticket."""
        ((_, event, _),) = self.sent_to_tickets
        return event.model_dump(mode="json", exclude_defaults=True) | {"kind": event.kind}

    @property
    def event(self) -> dict[str, Any]:
        """The only event that was sent."""
        ((_, _, event, _),) = self.sent
        return event.model_dump(mode="json", exclude_defaults=True) | {"kind": event.kind}


class FakeChat:
    """One of the chats of `FakeBaton`."""

    def __init__(self, baton: FakeBaton, channel: str, conversation: str) -> None:
        self._baton = baton
        self._place = channel, conversation
        self.workflow_id = chat_workflow_id(channel, conversation)

    async def send(
        self, event: ChatEvent | dict[str, Any], *, customer: str | None = None, timeout: float
    ) -> Outcome:
        if self._baton.error is not None:
            raise self._baton.error
        if isinstance(event, dict):
            event = parse_chat_event(event)
        channel, conversation = self._place
        self._baton.sent.append((channel, conversation, event, customer))
        chat = self._baton.chats.get(self._place) or ChatSnapshot(
            channel=channel, conversation=conversation, customer=customer or "?"
        )
        return Outcome(event_id=event.id, snapshot=chat, fired=self._baton.fires, what=self._baton.what)

    async def snapshot(self) -> ChatSnapshot:
        self._baton.asked.append("snapshot")
        if self._place not in self._baton.chats:
            raise IllegalTransition(f"there is no chat chat:{':'.join(self._place)}")
        return self._baton.chats[self._place]

    async def timeline(self) -> list[TimelineEntry]:
        self._baton.asked.append("timeline")
        return self._baton.timelines.get(self._place, [])


class FakeTicket:
    """One of the tickets of `FakeBaton`."""

    def __init__(self, baton: FakeBaton, ticket_id: str) -> None:
        self._baton = baton
        self._id = ticket_id
        self.workflow_id = ticket_workflow_id(ticket_id)

    async def send(
        self, event: TicketEvent | dict[str, Any], *, timeout: float, **opening: Any
    ) -> TicketOutcome:
        if self._baton.error is not None:
            raise self._baton.error
        if isinstance(event, dict):
            event = parse_ticket_event(event)
        given = {name: value for name, value in opening.items() if value}
        self._baton.sent_to_tickets.append((self._id, event, given))
        ticket = self._baton.tickets.get(self._id) or TicketSnapshot(
            ticket_id=self._id, customer=given.get("customer", "?")
        )
        return TicketOutcome(
            event_id=event.id, snapshot=ticket, fired=self._baton.fires, what=self._baton.what
        )

    async def note(self, note: dict[str, Any]) -> None:
        parsed = parse_ticket_event({"kind": "note_added", **note})
        assert isinstance(parsed, NoteAdded)
        self._baton.sent_to_tickets.append((self._id, parsed, {}))
        self._baton.noted(parsed)

    async def snapshot(self) -> TicketSnapshot:
        self._baton.asked.append("snapshot")
        if self._id not in self._baton.tickets:
            raise IllegalTransition(f"there is no ticket ticket:{self._id}")
        return self._baton.tickets[self._id]

    async def timeline(self) -> list[TimelineEntry]:
        self._baton.asked.append("timeline")
        return self._baton.ticket_timelines.get(self._id, [])

    async def draft(self) -> Draft:
        return self._baton.drafts.get(self._id, Draft())


class FakeDesk:
    """A help desk in memory."""

    def __init__(self, directory: Mapping[str, Any] | None = None) -> None:
        self.version = 1
        self.document = Directory.model_validate(directory or {}).model_dump(mode="json")
        self.meanwhile: list[Callable[[], None]] = []
        """What others do between the reading and the writing of the directory, one for each change."""
        self.rows: list[InboxRow] = []
        self.ticket_rows: list[TicketRow] = []
        self.told: list[NoticeRow] = []
        self.said: dict[str, list[MessageRow]] = {}
        """What was said, by workflow ID."""
        self.presences: dict[str, Presence] = {}
        self.presence_rows: list[PresenceRow] = []
        """What is listed, instead of what follows from the directory and from ``presences``."""
        self.blocked: dict[str, bool] = {}
        self.asked: list[dict[str, Any]] = []
        self.concerned = Concerns()
        """The cases that any change of the directory concerns."""

    async def inbox(
        self, tab: Tab | None = None, *, staff: str | None = None, limit: int = 50
    ) -> list[InboxRow]:
        self.asked.append({"tab": tab, "staff": staff, "limit": limit})
        return self.rows[:limit]

    async def tickets(self, **query: Any) -> list[TicketRow]:
        self.asked.append(query)
        return self.ticket_rows[: TicketQuery.model_validate(query).limit]

    async def notices(self, *, staff: str | None = None, limit: int = 50) -> list[NoticeRow]:
        if staff is None:
            return self.told[:limit]
        told = [row for row in self.told if staff in (row.staff, *row.told)][:limit]
        return [row.model_copy(update={"staff": staff}) for row in told]

    async def messages(self, workflow_id: str, *, limit: int = 50) -> Messages:
        said = self.said.get(workflow_id, [])
        return Messages(messages=tuple(said[-limit:]), earlier=len(said) > limit)

    async def directory(self) -> ShownDirectory:
        return ShownDirectory(version=self.version, directory=self.document)

    async def change_directory(
        self, directory: Mapping[str, Any], *, based_on: int | None = None
    ) -> ShownDirectory:
        if self.meanwhile:
            self.meanwhile.pop(0)()
        if based_on != self.version:
            raise NotAllowed(f"the directory is at version {self.version} by now")
        self.replace(directory)
        return await self.directory()

    async def preview_directory(
        self, directory: Mapping[str, Any], *, based_on: int | None = None
    ) -> Concerns:
        Directory.model_validate(directory)
        return self.concerned

    def replace(self, directory: Mapping[str, Any]) -> None:
        self.document = Directory.model_validate(directory).model_dump(mode="json")
        self.version += 1

    async def presence(self, **filters: Any) -> list[PresenceRow]:
        self.asked.append(filters)
        return self.presence_rows or [self._presence(staff) for staff in self.document["staff"]]

    async def set_presences(self, presence: Presence, **whom: Any) -> PresencesSet:
        change = PresencesChange(presence=presence, **whom)
        staff = meant(change, Directory.model_validate(self.document))
        already = tuple(one for one in staff if self.presences.get(one) is presence)
        self.presences |= dict.fromkeys(staff, presence)
        return PresencesSet(presence=presence, staff=staff, already=already)

    async def set_presence(self, staff: str, presence: Presence) -> PresenceRow:
        if staff not in self.document["staff"]:
            raise UnknownStaff(f"there is nobody {staff!r} in the directory")
        self.presences[staff] = presence
        return self._presence(staff)

    async def block_customer(self, customer: str, *, blocked: bool = True) -> None:
        self.blocked[customer] = blocked

    def staff(self) -> Iterable[str]:
        return list(self.document["staff"])

    def _presence(self, staff: str) -> PresenceRow:
        member = self.document["staff"][staff]
        return PresenceRow(
            staff=staff,
            line=member["line"],
            chats=member["chats"],
            max_chats=member["max_chats"],
            max_tickets=member["max_tickets"],
            presence=self.presences.get(staff, Presence.OFFLINE),
        )
