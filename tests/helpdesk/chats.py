"""Chats for the help desk's tests: short words for events, states and effects."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from baton.contract import (
    Activity,
    AgentMessage,
    Author,
    AuthorType,
    ChatEvent,
    CustomerMessage,
    Status,
    Tell,
)
from baton.model.chat.state import ChatState
from baton.model.effects import CaseRef, CaseWrite, Effect, Message, Notice
from helpdesks.base import Ledger
from tests import steps

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ALL = 1000
"""More messages than a test sends."""


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def nothing(conversation: str = "anna", *, channel: str = "telegram", **fields: Any) -> ChatState:
    """The state before the first message."""
    return ChatState(**{"channel": channel, "conversation": conversation, "customer": conversation, **fields})


def customer_says(event_id: str, text: str = "Hello", **fields: Any) -> CustomerMessage:
    return CustomerMessage(
        id=event_id, author=Author(type=AuthorType.CUSTOMER, id="anna"), text=text, **fields
    )


def agent_says(event_id: str, staff: str, text: str = "Hi", **fields: Any) -> AgentMessage:
    return AgentMessage(id=event_id, author=Author(type=AuthorType.STAFF, id=staff), text=text, **fields)


async def take_in(
    desk: Ledger,
    before: ChatState,
    event: ChatEvent,
    now: datetime,
    *,
    chain: str = "chain",
    settled: dict[str, Any] | None = None,
    rules: Sequence[str] = (),
    effects: Sequence[Effect] = (),
    waiting: Collection[str] = (),
    **after: Any,
) -> ChatState:
    """Take in an event that leaves the chat as ``after`` says; the rules then leave it as ``settled`` says.

    Returns the settled state, which the next event starts from.
    """
    opened = before.final or not before.exists
    async with steps.intake(desk, before, event, now, chain) as intake:
        start = nothing(before.conversation, channel=before.channel, customer=before.customer)
        values: dict[str, Any] = {"activity": Activity.ACTIVE, "status": Status.OPEN}
        if opened:
            values |= {"case_id": intake.case_id(), "opened_at": now}
        if isinstance(event, CustomerMessage | AgentMessage):
            values |= {"last_author": event.author, "last_message_at": now}
        folded = (start if opened else before).model_copy(update={**values, **after})
        state = folded.model_copy(update=settled or {})
        intake.take_in(folded, state, rules, effects, waiting, opened=opened)
    return state


def ref(chat: ChatState) -> CaseRef:
    assert chat.case_id
    return CaseRef(
        case_id=chat.case_id, channel=chat.channel, conversation=chat.conversation, customer=chat.customer
    )


def write(
    chat: ChatState,
    event_id: str,
    now: datetime,
    *,
    key: str | None = None,
    do: Literal["reassign", "update_case"] = "reassign",
    **fields: Any,
) -> CaseWrite:
    """The effect that makes the case look like ``chat``, with ``fields`` on top."""
    assert chat.activity
    assert chat.status
    assert chat.tab
    values: dict[str, Any] = {
        "activity": chat.activity,
        "status": chat.status,
        "assignee": chat.assignee,
        "line": chat.line,
        "pinned_to": chat.pinned_to,
        "reserved_for": chat.reserved_for,
        "tab": chat.tab,
        "labels": chat.labels,
    }
    return CaseWrite(
        do=do,
        key=key or f"{chat.case_id}:{event_id}",
        case=ref(chat),
        event_id=event_id,
        decided_at=now,
        **{**values, **fields},
    )


def message(chat: ChatState, key: str, text: str) -> Message:
    return Message(key=key, case=ref(chat), event_id="e", decided_at=START, rules=("greeting",), text=text)


def notice(chat: ChatState, key: str, *tell: Tell, now: datetime = START) -> Notice:
    return Notice(key=key, case=ref(chat), event_id="e", decided_at=now, tell=tell)
