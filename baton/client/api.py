"""``BatonClient``, and the chats and tickets that it talks to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from temporalio.client import Client

from baton.client.addressing import chat_address, ticket_address
from baton.client.calls import Calls
from baton.client.connecting import connect
from baton.contract import (
    DRAFT,
    NOTE_ADDED,
    SNAPSHOT,
    TASK_QUEUE,
    TIMELINE,
    BaseEvent,
    ChatEvent,
    ChatSnapshot,
    Draft,
    NoteAdded,
    Outcome,
    TicketEvent,
    TicketOutcome,
    TicketSnapshot,
    TimelineEntry,
    chat_workflow_id,
    parse_chat_event,
    parse_ticket_event,
    ticket_workflow_id,
)
from baton.errors import InvalidEvent
from baton.settings import load_settings

ClientT = TypeVar("ClientT", bound="BatonClient")


class BatonClient:
    """Talks to chats and tickets.

    Args:
        client: a connected client, with ``BatonPlugin`` among its plugins.
        task_queue: where the workers listen.
    """

    def __init__(self, client: Client, *, task_queue: str = TASK_QUEUE) -> None:
        self.temporal = client
        self.task_queue = task_queue
        self._calls = Calls(client, task_queue)

    @classmethod
    def connect(cls, *, task_queue: str | None = None) -> Connecting[Self]:
        """Connect as Temporal's own environment configuration says, with the keys of Baton's settings.

            async with BatonClient.connect() as baton:

        closes the client at the end of the block; ``baton = await BatonClient.connect()`` leaves that to
        `close`, or to the end of the program.

        Args:
            task_queue: where the workers listen; by default as Baton's settings say (``BATON_TASK_QUEUE``).

        Raises ``ConnectionFailed``, which names the address, and ``SettingsError``.
        """

        async def connected() -> Self:
            settings = load_settings()
            return cls(await connect(settings), task_queue=task_queue or settings.task_queue)

        return Connecting(connected)

    def close(self) -> None:
        """Take no more calls: from now on each raises ``ConnectionFailed``. Those under way go on."""
        self._calls.close()

    def chat(self, channel: str, conversation: str) -> Chat:
        """The chat of a conversation, whether or not there is one yet.

        Raises ``InvalidEvent`` if channel and conversation cannot name one.
        """
        return Chat(self._calls, channel, conversation)

    def ticket(self, ticket_id: str) -> Ticket:
        """The ticket of this ID, whether or not there is one yet.

        Raises ``InvalidEvent`` if the ID cannot be one.
        """
        return Ticket(self._calls, ticket_id)


class Connecting(AbstractAsyncContextManager[ClientT]):
    """A client that is about to connect: to be awaited, or to be used for an ``async with`` block."""

    def __init__(self, connected: Callable[[], Awaitable[ClientT]]) -> None:
        self._connected = connected

    def __await__(self) -> Generator[Any, None, ClientT]:
        return self._connected().__await__()

    async def __aenter__(self) -> ClientT:
        self._client = await self
        return self._client

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()


class Chat:
    """One conversation: it has one living chat at a time.

    Every method raises ``ConnectionFailed`` if Temporal does not take the call.
    """

    def __init__(self, calls: Calls, channel: str, conversation: str) -> None:
        self.channel, self.conversation = channel, conversation
        self.workflow_id = chat_workflow_id(channel, conversation)
        self._calls = calls

    async def send(
        self, event: ChatEvent | Mapping[str, Any], *, customer: str | None = None, timeout: float = 60.0
    ) -> Outcome:
        """Send one event and wait until it is decided.

        Args:
            customer: whose chat it is. Needed if a member of staff opens it; the default is the author of the
                customer's message.
            timeout: seconds until the call gives up.

        Raises:
            Refused: one of the contract's refusals; nothing of the event was applied.
            Unanswered: no answer in time. The event may have been handled: send it again as it is.
        """
        parsed = parse_chat_event(_dated(event))
        address = chat_address(self.channel, self.conversation, parsed, customer)
        return await self._calls.send(address, parsed, timeout)

    async def submit(self, event: ChatEvent | Mapping[str, Any], *, customer: str | None = None) -> None:
        """Hand one event over without waiting for a decision: for bulk traffic.

        A malformed event raises at once; a later refusal is in the chat's timeline.
        Raises ``IllegalTransition`` if the event needs a chat and there is none, and ``Unanswered`` if it may
        not have arrived: send it again as it is.
        """
        parsed = parse_chat_event(_dated(event))
        await self._calls.submit(chat_address(self.channel, self.conversation, parsed, customer), parsed)

    async def snapshot(self) -> ChatSnapshot:
        """The chat as it is now.

        Raises ``IllegalTransition`` if there never was one, and ``Unanswered`` if no worker answers in time.
        """
        return await self._calls.ask(self.workflow_id, SNAPSHOT, ChatSnapshot)

    async def timeline(self) -> list[TimelineEntry]:
        """The latest events, refused ones included, oldest first. Raises as `snapshot`."""
        return await self._calls.ask(self.workflow_id, TIMELINE, list[TimelineEntry])


class Ticket:
    """One ticket.

    Every method raises ``ConnectionFailed`` if Temporal does not take the call.
    """

    def __init__(self, calls: Calls, ticket_id: str) -> None:
        self.ticket_id = ticket_id
        self.workflow_id = ticket_workflow_id(ticket_id)
        self._calls = calls

    async def send(
        self,
        event: TicketEvent | Mapping[str, Any],
        *,
        customer: str | None = None,
        subject: str = "",
        channel: str | None = None,
        conversation: str | None = None,
        timeout: float = 60.0,
    ) -> TicketOutcome:
        """Send one event and wait until it is decided. Raises as `Chat.send`.

        Args:
            customer: whose ticket it is. Needed if the event may open it and is not the customer's own.
            subject: what the ticket is about, if the event opens it.
            channel: the channel on which it came, if the event opens it.
            conversation: the chat on that channel that gets the reply, if the event opens it.
            timeout: seconds until the call gives up.
        """
        parsed = parse_ticket_event(_dated(event))
        address = ticket_address(self.ticket_id, parsed, customer, subject, channel, conversation)
        return await self._calls.send(address, parsed, timeout)

    async def submit(
        self,
        event: TicketEvent | Mapping[str, Any],
        *,
        customer: str | None = None,
        subject: str = "",
        channel: str | None = None,
        conversation: str | None = None,
    ) -> None:
        """Hand one event over without waiting for a decision. Raises as `Chat.submit`."""
        parsed = parse_ticket_event(_dated(event))
        address = ticket_address(self.ticket_id, parsed, customer, subject, channel, conversation)
        await self._calls.submit(address, parsed)

    async def note(self, note: NoteAdded | Mapping[str, Any]) -> None:
        """Hand a note over, such as a department's answer: the signal ``note_added``. Raises as `submit`.

        ``kind`` may be left out.
        """
        parsed = parse_ticket_event({"kind": NOTE_ADDED, **_dated(note)})
        if not isinstance(parsed, NoteAdded):
            raise InvalidEvent(f"event {parsed.id!r}: {parsed.kind} is not a note")
        await self._calls.submit(ticket_address(self.ticket_id, parsed), parsed, NOTE_ADDED)

    async def snapshot(self) -> TicketSnapshot:
        """The ticket as it is now. Raises as `Chat.snapshot`."""
        return await self._calls.ask(self.workflow_id, SNAPSHOT, TicketSnapshot)

    async def timeline(self) -> list[TimelineEntry]:
        """The latest events, refused ones included, oldest first. Raises as `Chat.snapshot`."""
        return await self._calls.ask(self.workflow_id, TIMELINE, list[TimelineEntry])

    async def draft(self) -> Draft:
        """The consolidated reply, as drafted from the departments' notes. Raises as `Chat.snapshot`."""
        return await self._calls.ask(self.workflow_id, DRAFT, Draft)


def _dated(event: BaseEvent | Mapping[str, Any]) -> dict[str, Any]:
    """The event as a payload, dated: by the dates, a case merges updates and signals that come together."""
    payload = dict(event) if isinstance(event, Mapping) else event.model_dump()
    if payload.get("at") is None:
        payload["at"] = datetime.now(UTC)
    return payload
