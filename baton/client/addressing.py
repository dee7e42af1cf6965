"""Where an event goes: which workflow, and how to start a case that does not exist yet."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Generic, Self, TypeVar

from temporalio.common import SearchAttributePair, TypedSearchAttributes

from baton.contract import (
    CHAT_OPENING_KINDS,
    CHAT_WORKFLOW,
    FORWARDED_KINDS,
    MESSAGE_KINDS,
    REOPENING_KINDS,
    TICKET_OPENING_KINDS,
    TICKET_WORKFLOW,
    AgentMessage,
    BaseEvent,
    ChatEvent,
    ChatStart,
    CustomerMessage,
    FoundCase,
    Outcome,
    Payload,
    Status,
    Tab,
    TicketEvent,
    TicketOutcome,
    TicketStage,
    TicketStart,
    chat_workflow_id,
    parse_chat_start,
    parse_ticket_start,
    ticket_workflow_id,
    too_long,
)
from baton.errors import IllegalTransition, InvalidEvent, Refused
from baton.signs import summary
from baton.temporal.searchattributes import key_of, searchable

OutcomeT = TypeVar("OutcomeT", bound=Payload)


@dataclass(frozen=True)
class Address(Generic[OutcomeT]):
    """The workflow that an event goes to."""

    workflow: str
    workflow_id: str
    outcome: type[OutcomeT]
    summary: str | None
    start: Payload | None = None
    """None if the event can open nothing, or only what the ledger knows to be closed; and under an ID that is
    too long, which only finds what is there."""
    search_attributes: TypedSearchAttributes | None = None
    openers: Set[str] = frozenset()
    """The kinds of events that open such a case."""
    hint: str = ""
    """What does, in words."""

    def reopening(self, event: BaseEvent, found: FoundCase) -> Self | None:
        """The same case with a start argument from the ledger; none if the event does not open it again."""
        is_chat = self.workflow == CHAT_WORKFLOW
        opening = REOPENING_KINDS | (CHAT_OPENING_KINDS - MESSAGE_KINDS if is_chat else set())
        if found.merged:
            opening |= FORWARDED_KINDS
        if found.start is None or event.kind not in opening or too_long(self.workflow_id):
            return None
        start = parse_chat_start(found.start) if is_chat else parse_ticket_start(found.start)
        return replace(self, start=start)

    def missing(self, event: BaseEvent) -> Refused:
        """What to raise if the event needs a case that does not exist."""
        kind = self.workflow.lower()
        none = f"there is no living {kind} {self.workflow_id}"
        if event.kind not in self.openers:
            return IllegalTransition(f"{event.kind} needs a {kind}, and {none}: {self.hint}")
        if why := too_long(self.workflow_id):
            return InvalidEvent(f"event {event.id!r}: {why}")
        return IllegalTransition(
            f"{none}, and {event.kind} starts one only with 'customer', to say whose it is"
        )


def chat_address(channel: str, conversation: str, event: ChatEvent, customer: str | None) -> Address[Outcome]:
    """The chat that an event goes to. Raises ``InvalidEvent``."""
    start: ChatStart | None = None
    workflow_id = chat_workflow_id(channel, conversation)
    values: dict[str, str] = {}
    if customer is None and isinstance(event, CustomerMessage):
        customer = event.author.id
    if event.kind in CHAT_OPENING_KINDS and customer is not None and not too_long(workflow_id):
        start = parse_chat_start({"channel": channel, "conversation": conversation, "customer": customer})
        # Setting what is known before the first decision saves most chats their first upsert.
        values = {"Channel": channel, "Tab": Tab.NEW.value}
        if isinstance(event, AgentMessage):
            values |= {"Tab": Tab.MINE.value, "Assignee": event.author.id, "PinnedTo": event.author.id}
    return Address(
        CHAT_WORKFLOW,
        workflow_id,
        Outcome,
        summary=summary(f"{channel} · {conversation}"),
        start=start,
        search_attributes=_search_attributes(values),
        openers=CHAT_OPENING_KINDS,
        hint="only a message starts one",
    )


def ticket_address(
    ticket_id: str,
    event: TicketEvent,
    customer: str | None = None,
    subject: str = "",
    channel: str | None = None,
    conversation: str | None = None,
) -> Address[TicketOutcome]:
    """The ticket that an event goes to. Raises ``InvalidEvent``."""
    start: TicketStart | None = None
    workflow_id = ticket_workflow_id(ticket_id)
    if customer is None and isinstance(event, CustomerMessage):
        customer = event.author.id
    if event.kind in TICKET_OPENING_KINDS and customer is not None and not too_long(workflow_id):
        given = {"channel": channel, "conversation": conversation}
        start = parse_ticket_start(
            {"ticket_id": ticket_id, "customer": customer, "subject": subject}
            | {name: value for name, value in given.items() if value is not None}
        )
    values = {"TicketStage": TicketStage.TRIAGE.value, "CaseStatus": Status.OPEN.value}
    if channel is not None:
        values["Channel"] = channel
    return Address(
        TICKET_WORKFLOW,
        workflow_id,
        TicketOutcome,
        summary=summary(f"ticket {ticket_id}"),
        start=start,
        search_attributes=_search_attributes(values),
        openers=TICKET_OPENING_KINDS,
        hint=f"only {', '.join(sorted(TICKET_OPENING_KINDS))} start one",
    )


def _search_attributes(values: Mapping[str, str]) -> TypedSearchAttributes:
    pairs = [(key_of(name), searchable(value)) for name, value in values.items()]
    return TypedSearchAttributes([SearchAttributePair(key, value) for key, value in pairs if value])
