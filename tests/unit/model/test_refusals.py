"""A refusal names an event as its sender does, and never by the name of a move in the lifecycle's table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

import pytest
from pydantic import TypeAdapter

from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    TICKET_KINDS,
    ChatEvent,
    End,
    SetStatus,
    Status,
    TicketEvent,
    TicketStage,
)
from baton.errors import DepartmentsWaiting, IllegalTransition, Refused
from baton.model.chat import lifecycle as of_chats
from baton.model.chat import model as chats
from baton.model.facts import Facts
from baton.model.ticket import lifecycle as of_tickets
from baton.model.ticket import model as tickets
from baton.model.ticket.state import TicketState
from tests.unit.chat.world import NOW, STATES, chat

FIELDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "message_changed": ({"message_id": "m"},),
    "delivery_failed": ({"message_id": "m"},),
    "note_added": ({"text": "n"},),
    "chat_ended": ({}, *({"status": status} for status in Status)),
    "status_set": tuple({"status": status} for status in Status),
    "presence_changed": ({"staff": "ivan", "presence": "online"},),
    "merged_into": ({"case": "chat:web:2"},),
    "merged_from": ({"case": "chat:web:2"},),
    "template_applied": ({"template": "t"},),
    "department_declined": ({"label": "billing", "reason": "r"},),
    "department_asked_again": ({"label": "billing"},),
    "send_reply": ({"text": "r"},),
    "reply_sent": ({"message_id": "m"},),
    "ticket_opened": ({"ticket_id": "T-1"},),
    "reminder_due": ({"label": "billing"},),
    "department_due": ({"label": "billing"},),
    "place_freed": ({"staff": "ivan"},),
}
"""The fields that events of a kind must have, for each way in which its sender may mean it."""
CHAT_EVENT: TypeAdapter[ChatEvent] = TypeAdapter(ChatEvent)
TICKET_EVENT: TypeAdapter[TicketEvent] = TypeAdapter(TicketEvent)


def events_of(kinds: frozenset[str], adapter: TypeAdapter[Any]) -> Iterator[Any]:
    for kind in sorted(kinds):
        author = {"type": sorted(AUTHORS[kind])[0], "id": "somebody"}
        for fields in FIELDS.get(kind, ({},)):
            yield adapter.validate_python({"kind": kind, "id": "e", "author": author, **fields})


def assert_named(refusal: Refused, kind: str, triggers: type[of_chats.Trigger | of_tickets.Trigger]) -> None:
    assert str(refusal).startswith((f"{kind} ", f"{kind}: ")), str(refusal)
    inner = {trigger.value for trigger in triggers if "_" in trigger.value} - AUTHORS.keys()
    assert not inner & set(re.findall(r"[a-z_]+", str(refusal)))


def test_a_chat_names_every_event_that_it_refuses_as_its_sender_does() -> None:
    refused: set[str] = set()
    for words, event in product(STATES, events_of(CHAT_KINDS, CHAT_EVENT)):
        try:
            chats.check(chat(words), event)
        except IllegalTransition as refusal:
            refused.add(event.kind)
            assert_named(refusal, event.kind, of_chats.Trigger)
    assert {"chat_ended", "status_set", "merged_into", "taken", "note_added", "idle"} <= refused


def test_a_ticket_names_every_event_that_it_refuses_as_its_sender_does() -> None:
    refused: set[str] = set()
    for stage, event in product((None, *TicketStage), events_of(TICKET_KINDS, TICKET_EVENT)):
        ticket = TicketState(ticket_id="T-1", customer="c", stage=stage)
        try:
            tickets.check(ticket, event)
        except IllegalTransition as refusal:
            # What a department may do is refused in the department's name.
            if not str(refusal).startswith("'billing'"):
                refused.add(event.kind)
                assert_named(refusal, event.kind, of_tickets.Trigger)
        except DepartmentsWaiting:
            pass  # it names whom it would pass over
    assert {"send_reply", "reply_sent", "merged_into", "status_set", "note_added", "taken"} <= refused


@pytest.mark.parametrize(
    ("action", "called"),
    [(SetStatus(status=Status.OPEN), "set_status"), (End(status=Status.PENDING), "end")],
    ids=["set status", "end"],
)
def test_an_action_is_named_as_in_the_rules(action: Any, called: str) -> None:
    with pytest.raises(IllegalTransition, match=rf"^{called}: the chat is ended and closed"):
        chats.apply(chat("ended closed: assigned ivan"), action, Facts(now=NOW))
    closed = TicketState(ticket_id="T-1", customer="c", stage=TicketStage.CLOSED)
    with pytest.raises(IllegalTransition, match=rf"^{called}: the ticket is closed"):
        tickets.apply(closed, action, Facts(now=NOW))
