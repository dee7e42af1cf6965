"""What crosses Temporal and HTTP: how events are read, and that payloads stay readable by other releases.

``contract.schema.json`` holds the JSON Schemas of all payloads as they were promised. A new field or payload
is written there by ``python -m tests.unit.contract.test_payloads``; what is there already never goes away.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from baton import contract
from baton.contract import (
    AUTHORS,
    CHAT_KINDS,
    CHAT_OPENING_KINDS,
    FORWARDED_KINDS,
    INTERNAL_KINDS,
    MAX_TEXT_LENGTH,
    MESSAGE_KINDS,
    REOPENING_KINDS,
    SEARCH_ATTRIBUTES,
    TICKET_KINDS,
    TICKET_OPENING_KINDS,
    AgentMessage,
    Assigned,
    AuthorType,
    BaseEvent,
    CustomerMessage,
    Event,
    Payload,
    SystemMessage,
    actions,
    cases,
    chat_workflow_id,
    derived_id,
    events,
    lookup,
    outcomes,
    parse_chat_event,
    parse_chat_start,
    parse_ticket_event,
    parse_ticket_start,
    require_plain,
    ticket_workflow_id,
    values,
)
from baton.desk import api
from baton.errors import REFUSALS, InvalidEvent
from baton.model import decision, effects, facts
from baton.model.chat import state as chatstate
from baton.model.ticket import state as ticketstate

AT = "2026-03-02T10:00:00Z"
CUSTOMER = {"type": "customer", "id": "c-1"}
STAFF = {"type": "staff", "id": "ivan"}
SYSTEM = {"type": "system", "id": "crm"}

# Every kind with all of its fields, by an author who may do it.
EVENTS: dict[str, dict[str, Any]] = {
    "customer_message": {
        "author": CUSTOMER,
        "text": "Где мой заказ? 📦",
        "message_id": "m-1",
        "attachments": [{"name": "чек.pdf", "size": 3}, "photo.jpg"],
    },
    "agent_message": {"author": STAFF, "text": "Уже едет", "message_id": "m-2", "attachments": []},
    "system_message": {"author": SYSTEM, "text": "?", "message_id": "m-3", "attachments": []},
    "message_changed": {"author": CUSTOMER, "message_id": "m-1", "deleted": True},
    "delivery_failed": {"author": SYSTEM, "message_id": "m-2"},
    "note_added": {
        "author": STAFF,
        "text": "см. договор",
        "label": "billing",
        "answers": False,
        "instruction": True,
    },
    "taken": {"author": STAFF},
    "chat_ended": {"author": CUSTOMER, "status": "pending"},
    "status_set": {"author": STAFF, "status": "closed", "force": True, "reason": "дубль"},
    "assigned": {"author": STAFF, "staff": "petra"},
    "labels_changed": {"author": STAFF, "add": ["vip"], "remove": ["refund"]},
    "presence_changed": {"author": SYSTEM, "staff": "ivan", "presence": "without_chats"},
    "place_freed": {"author": SYSTEM, "staff": "ivan"},
    "directory_changed": {"author": SYSTEM, "former_labels": {"счета": "accounts"}},
    "merged_into": {"author": STAFF, "case": "chat:web:7"},
    "merged_from": {
        "author": STAFF,
        "case": "chat:web:8",
        "cases": ["ticket:t-8"],
        "departments": ["billing"],
        "tickets": ["t-9"],
    },
    "template_applied": {"author": STAFF, "template": "three-departments"},
    "department_declined": {"author": STAFF, "label": "billing", "to": "warranty", "reason": "гарантия"},
    "department_asked_again": {"author": STAFF, "label": "billing", "question": "А НДС?"},
    "send_reply": {"author": STAFF, "text": "Здравствуйте!", "status": "open", "force": True},
    "reply_sent": {"author": STAFF, "message_id": "m-4", "text": "Здравствуйте!", "ticket_id": "t-1"},
    "ticket_opened": {"author": STAFF, "ticket_id": "t-1"},
}
ONLY_TICKETS = {"template_applied", "department_declined", "department_asked_again", "send_reply"}
# The fields without which an event of a kind says nothing.
NEEDED: dict[str, tuple[str, ...]] = {
    "message_changed": ("message_id",),
    "delivery_failed": ("message_id",),
    "note_added": ("text",),
    "status_set": ("status",),
    "presence_changed": ("staff", "presence"),
    "place_freed": ("staff",),
    "merged_into": ("case",),
    "merged_from": ("case",),
    "template_applied": ("template",),
    "department_declined": ("label", "reason"),
    "department_asked_again": ("label",),
    "send_reply": ("text",),
    "reply_sent": ("message_id",),
    "ticket_opened": ("ticket_id",),
}
# The same, for the kinds that only a workflow makes for itself.
NEEDED_INSIDE: dict[str, tuple[str, ...]] = {"reminder_due": ("label",), "department_due": ("label",)}


def payload(kind: str, **changes: Any) -> dict[str, Any]:
    return {"kind": kind, "id": "e-1", "at": AT, **EVENTS[kind], **changes}


def read(given: object) -> Event:
    """The event as its case reads it: a ticket, if chats do not take such events."""
    for_ticket = isinstance(given, dict) and str(given.get("kind")) in ONLY_TICKETS
    return parse_ticket_event(given) if for_ticket else parse_chat_event(given)


def refusal_of(given: object) -> str:
    with pytest.raises(InvalidEvent) as refused:
        read(given)
    return str(refused.value)


# --- Reading events -----------------------------------------------------------------------------


def test_the_samples_have_every_kind_that_is_accepted_from_outside() -> None:
    assert EVENTS.keys() == AUTHORS.keys() - INTERNAL_KINDS


@pytest.mark.parametrize("kind", EVENTS)
def test_an_event_is_read_with_all_its_fields(kind: str) -> None:
    given = payload(kind)

    event = read(given)

    assert event.kind == kind
    assert {name: event.model_dump(mode="json")[name] for name in given} == given


@pytest.mark.parametrize("kind", EVENTS)
def test_unknown_fields_are_ignored(kind: str) -> None:
    newer = payload(kind, mood="grumpy", author={**EVENTS[kind]["author"], "avatar": "😀"})

    assert read(newer) == read(payload(kind))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        (kind, field)
        for kind, fields in EVENTS.items()
        for field in (*fields, "at")
        if field not in NEEDED.get(kind, ()) and field != "author"
    ],
)
def test_a_field_that_is_null_is_absent(kind: str, field: str) -> None:
    absent = {name: value for name, value in payload(kind).items() if name != field}

    assert read(payload(kind, **{field: None})) == read(absent)


@pytest.mark.parametrize("kind", sorted(EVENTS.keys() & CHAT_KINDS & TICKET_KINDS))
def test_chats_and_tickets_read_the_same_event_alike(kind: str) -> None:
    assert parse_ticket_event(payload(kind)) == parse_chat_event(payload(kind))


def test_which_kinds_are_only_for_one_of_them() -> None:
    assert {*ONLY_TICKETS, "reminder_due", "department_due"} == TICKET_KINDS - CHAT_KINDS
    assert {"chat_ended", "idle"} == CHAT_KINDS - TICKET_KINDS


@pytest.mark.parametrize("kind", sorted(ONLY_TICKETS))
def test_a_chat_says_that_an_event_is_for_tickets_only(kind: str) -> None:
    with pytest.raises(InvalidEvent, match=f"kind '{kind}' is not for a chat; a chat takes agent_message, "):
        parse_chat_event(payload(kind))


def test_a_ticket_says_that_it_cannot_be_ended() -> None:
    with pytest.raises(InvalidEvent, match="kind 'chat_ended' is not for a ticket; a ticket takes agent_mes"):
        parse_ticket_event(payload("chat_ended"))


@pytest.mark.parametrize("kind", ["reminder_due", "department_due", "timed_due"])
def test_a_ticket_takes_what_it_makes_for_itself_from_nobody_else(kind: str) -> None:
    with pytest.raises(InvalidEvent, match=f"kind '{kind}' is made by Baton itself"):
        parse_ticket_event({"kind": kind, "id": "e-1", "author": SYSTEM, "label": "billing"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "String should have at least 1 character"),
        (" ", "must not be blank"),
        ("\n\t ", "must not be blank"),
    ],
    ids=["empty", "a space", "only white space"],
)
def test_a_reply_that_says_nothing_is_refused(text: str, said: str) -> None:
    assert refusal_of(payload("send_reply", text=text)) == f"event 'e-1' (send_reply): text: {said}"


@pytest.mark.parametrize(
    ("kind", "field"),
    [(kind, field) for kind in EVENTS for field in (*NEEDED.get(kind, ()), "id", "author")],
)
@pytest.mark.parametrize("how", ["absent", "null"])
def test_a_field_that_is_needed_is_missed_by_name(kind: str, field: str, how: str) -> None:
    given = payload(kind, **{field: None})
    if how == "absent":
        del given[field]
    event_id = None if field == "id" else "e-1"

    assert refusal_of(given) == f"event {event_id!r} ({kind}): {field}: Field required"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "an event is a JSON object with 'kind', 'id' and 'author', not NoneType"),
        ([], "an event is a JSON object with 'kind', 'id' and 'author', not list"),
        ("taken", "an event is a JSON object with 'kind', 'id' and 'author', not str"),
        (
            {"kind": "resolved", "id": "e-1", "author": STAFF},
            "kind 'resolved' is unknown; a chat takes agent_message, assigned, chat_ended, customer_message, "
            "delivery_failed, directory_changed, labels_changed, merged_from, merged_into, message_changed, "
            "note_added, place_freed, presence_changed, reply_sent, status_set, system_message, taken, "
            "ticket_opened",
        ),
        ({"id": "e-1"}, "kind None is unknown; a chat takes"),
        ({"kind": ["taken"]}, "kind ['taken'] is unknown; a chat takes"),
        ({"kind": {}}, "kind {} is unknown; a chat takes"),
        ({"kind": "Taken"}, "kind 'Taken' is unknown; a chat takes"),
        ({"kind": "idle"}, "kind 'idle' is made by Baton itself and is not accepted from outside"),
        ({"kind": "timed_due"}, "kind 'timed_due' is made by Baton itself and is not accepted from outside"),
        (payload("taken", id=""), "event '' (taken): id: String should have at least 1 character"),
        (payload("taken", id="  "), "event '  ' (taken): id: String should have at least 1 character"),
        (payload("taken", id=7), "event 7 (taken): id: Input should be a valid string"),
        (payload("taken", id="x" * 256), "(taken): id: String should have at most 255 characters"),
        (payload("taken", at="yesterday"), "event 'e-1' (taken): at: Input should be a valid datetime"),
        (
            payload("taken", at="2026-03-02T10:00:00"),
            "event 'e-1' (taken): at: Input should have timezone info",
        ),
        (payload("taken", author="ivan"), "event 'e-1' (taken): author: Input should be a valid dictionary"),
        (payload("taken", author={"type": "staff"}), "event 'e-1' (taken): author.id: Field required"),
        (
            payload("taken", author={"type": "robot", "id": "x"}),
            "event 'e-1' (taken): author.type: Input should be 'customer', 'staff' or 'system'",
        ),
        (
            payload("taken", author=CUSTOMER),
            "event 'e-1': the author of taken is of type staff, not customer",
        ),
        (
            payload("note_added", author=CUSTOMER),
            "event 'e-1': the author of note_added is of type staff or system, not customer",
        ),
        (
            payload("assigned", line="line-1"),
            "event 'e-1': assigned takes a staff or a line, not both",
        ),
        (
            payload("status_set", status="resolved"),
            "event 'e-1' (status_set): status: Input should be 'open', 'pending' or 'closed'",
        ),
        (
            payload("presence_changed", presence="asleep"),
            "(presence_changed): presence: Input should be 'online', 'without_chats' or 'offline'",
        ),
        (
            payload("labels_changed", add=["vip", ""]),
            "event 'e-1' (labels_changed): add.1: String should have at least 1 character",
        ),
        (
            payload("labels_changed", add="vip"),
            "event 'e-1' (labels_changed): add: Input should be a valid tuple",
        ),
        (
            payload("customer_message", text="я" * (MAX_TEXT_LENGTH + 1)),
            "event 'e-1' (customer_message): text: String should have at most 100000 characters",
        ),
        (
            {"kind": "presence_changed", "id": "", "author": {}, "presence": 3, "staff": 4},
            "event '' (presence_changed): id: String should have at least 1 character; author.type: Field "
            "required; author.id: Field required; and 2 more",
        ),
    ],
    ids=[
        "nothing",
        "a list",
        "a word",
        "an unknown kind",
        "no kind",
        "a kind that is a list",
        "a kind that is an object",
        "a kind in capitals",
        "idle from outside",
        "timed_due from outside",
        "an empty ID",
        "an ID of spaces",
        "an ID that is a number",
        "an ID too long",
        "no time at all",
        "a time without a zone",
        "an author without a type",
        "an author without an ID",
        "an unknown type of author",
        "a customer who takes a chat",
        "a customer who leaves a note",
        "a person and a line",
        "an unknown status",
        "an unknown presence",
        "an empty label",
        "a label that is not in a list",
        "a text too long",
        "five mistakes",
    ],
)
def test_a_refusal_says_what_is_wrong_and_where(given: object, said: str) -> None:
    assert said in refusal_of(given)


def test_a_refusal_keeps_the_text_of_the_message_to_itself() -> None:
    assert "секрет" not in refusal_of(payload("customer_message", text=["секрет"]))


MAY: dict[str, str] = {
    # kind: who may be its author – c(ustomer), s(taff), system = b(aton and other programs)
    "customer_message": "c",
    "agent_message": "s",
    "system_message": "b",
    "message_changed": "csb",
    "delivery_failed": "csb",
    "note_added": "sb",
    "taken": "s",
    "chat_ended": "csb",
    "status_set": "sb",
    "assigned": "sb",
    "labels_changed": "sb",
    "presence_changed": "sb",
    "place_freed": "b",
    "directory_changed": "b",
    "merged_into": "sb",
    "merged_from": "sb",
    "template_applied": "sb",
    "department_declined": "s",
    "department_asked_again": "sb",
    "send_reply": "s",
    "reply_sent": "s",
    "ticket_opened": "sb",
}


@pytest.mark.parametrize("author", [CUSTOMER, STAFF, SYSTEM], ids=["customer", "staff", "system"])
@pytest.mark.parametrize("kind", MAY)
def test_only_some_may_be_the_author_of_a_kind(kind: str, author: dict[str, str]) -> None:
    given = payload(kind, author=author)
    letter = {"customer": "c", "staff": "s", "system": "b"}[author["type"]]

    if letter in MAY[kind]:
        assert read(given).author.type == author["type"]
    else:
        assert f"the author of {kind} is of type" in refusal_of(given)


def test_only_baton_makes_the_internal_kinds() -> None:
    assert {"idle", "timed_due", "reminder_due", "department_due"} == INTERNAL_KINDS
    assert all(AUTHORS[kind] == {AuthorType.SYSTEM} for kind in INTERNAL_KINDS)


def test_what_starts_a_chat() -> None:
    assert {"customer_message", "agent_message"} == MESSAGE_KINDS
    assert {*MESSAGE_KINDS, "reply_sent"} == CHAT_OPENING_KINDS


def test_what_opens_only_a_closed_case_again() -> None:
    assert {"delivery_failed", "merged_from"} == REOPENING_KINDS


def test_what_another_case_hears_once_one_was_merged_into_it() -> None:
    assert {*MESSAGE_KINDS, "message_changed", "delivery_failed", "reply_sent"} == FORWARDED_KINDS


def test_what_starts_a_ticket() -> None:
    assert {*MESSAGE_KINDS, "template_applied", "labels_changed", "ticket_opened"} == TICKET_OPENING_KINDS


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"staff": "petra"}, ("petra", None)),
        ({"staff": None, "line": "line-1"}, (None, "line-1")),
        ({"staff": None, "line": None}, (None, None)),
        ({"staff": None}, (None, None)),
    ],
    ids=["to a person", "to a line", "to nobody, in nulls", "to nobody"],
)
def test_a_transfer_goes_to_a_person_or_a_line_or_nobody(
    fields: dict[str, Any], expected: tuple[str | None, str | None]
) -> None:
    event = parse_chat_event(payload("assigned", **fields))

    assert isinstance(event, Assigned)
    assert (event.staff, event.line) == expected


MESSAGES = ("customer_message", "agent_message", "system_message")


@pytest.mark.parametrize("kind", MESSAGES)
@pytest.mark.parametrize(
    "text", ["", " ", "\n\t ", "\u00a0\u2003"], ids=["empty", "a blank", "white", "wide"]
)
def test_a_message_whose_text_is_empty_is_refused_unless_something_is_attached(kind: str, text: str) -> None:
    assert "the text is empty, and nothing is attached" in refusal_of(
        payload(kind, text=text, attachments=[])
    )
    with_file = parse_chat_event(payload(kind, text=text, attachments=["photo.jpg"]))
    assert isinstance(with_file, CustomerMessage | AgentMessage | SystemMessage)
    for_ticket = {**payload(kind), "text": text, "attachments": []}
    with pytest.raises(InvalidEvent, match="the text is empty"):
        parse_ticket_event(for_ticket)


@pytest.mark.parametrize("kind", MESSAGES)
def test_who_leaves_the_text_out_only_reports_that_there_is_a_message(kind: str) -> None:
    given = payload(kind, text=None, attachments=None)

    event = parse_chat_event(given)
    again = parse_chat_event(event.model_dump(mode="json"))

    assert isinstance(event, CustomerMessage | AgentMessage | SystemMessage)
    assert again == event
    assert "text" not in event.model_dump()
    assert "text" not in again.model_fields_set
    require_plain(again)


@pytest.mark.parametrize("parse", [parse_chat_event, parse_ticket_event])
def test_an_empty_message_that_a_history_holds_stays_readable(parse: Any) -> None:
    old = payload("customer_message", text=" ", attachments=[])

    event = parse(old, strict=False)

    assert event.text == " "
    with pytest.raises(InvalidEvent, match="the text is empty"):
        require_plain(event)


@pytest.mark.parametrize("kind", ["note_added", "reply_sent"])
def test_a_note_and_the_report_of_a_reply_may_be_empty(kind: str) -> None:
    """Whether a note that says nothing answers is for whoever wrote it; a reply was sent already."""
    assert read(payload(kind, text=" ")).kind == kind


def test_a_transfer_to_a_line_may_say_who_must_not_get_it() -> None:
    event = parse_chat_event(payload("assigned", staff=None, line="line-1", not_to="ivan"))

    assert isinstance(event, Assigned)
    assert (event.line, event.not_to) == ("line-1", "ivan")
    assert "not_to goes with a line" in refusal_of(payload("assigned", not_to="ivan"))


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T13:00:00+03:00",
        "2026-03-02T10:00:00Z",
        datetime(2026, 3, 2, 11, tzinfo=timezone(timedelta(hours=1))),
    ],
    ids=["Moscow", "UTC", "an object"],
)
def test_a_time_is_kept_in_utc(written: object) -> None:
    at = parse_chat_event(payload("taken", at=written)).at

    assert at == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert at is not None
    assert at.tzinfo is UTC


def test_spaces_around_an_id_are_dropped_so_that_it_stays_one_id() -> None:
    event = parse_chat_event(payload("taken", id=" e-1\n", author={"type": "staff", "id": " ivan "}))

    assert (event.id, event.author.id) == ("e-1", "ivan")


def test_ids_and_labels_may_be_cyrillic_and_labels_may_have_emoji() -> None:
    event = parse_chat_event(payload("labels_changed", id="событие-1", add=["Возврат 🔥"]))

    assert (event.id, event.model_dump()["add"]) == ("событие-1", ("Возврат 🔥",))


def test_the_longest_text_is_accepted() -> None:
    event = parse_chat_event(payload("customer_message", text="я" * MAX_TEXT_LENGTH))

    assert len(event.model_dump()["text"]) == MAX_TEXT_LENGTH


def test_an_event_cannot_be_changed_once_it_is_read() -> None:
    event = parse_chat_event(payload("taken"))

    with pytest.raises(ValueError, match="frozen"):
        event.id = "e-2"  # type: ignore[misc]


# --- The start and the workflow's ID ------------------------------------------------------------


def test_a_start_is_read_without_its_unknown_fields() -> None:
    start = parse_chat_start({"channel": "telegram", "conversation": "42", "customer": "c-1", "locale": "ru"})

    assert start.model_dump() == {
        "channel": "telegram",
        "conversation": "42",
        "customer": "c-1",
        "case_id": None,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"channel": "telegram"},
            "start argument: conversation: Field required; customer: Field required",
        ),
        (None, "start argument: event: Input should be a valid dictionary"),
        (
            {"channel": "", "conversation": "42", "customer": "c-1"},
            "start argument: channel: String should have at least 1 character",
        ),
    ],
    ids=["fields are missing", "nothing", "an empty channel"],
)
def test_a_bad_start_is_refused(given: object, said: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        parse_chat_start(given)

    assert said in str(refused.value)


def test_a_start_of_a_ticket_is_read_without_its_unknown_fields() -> None:
    start = parse_ticket_start({"ticket_id": "t-1", "customer": "c-1", "locale": "ru"})

    assert start.model_dump() == {
        "ticket_id": "t-1",
        "customer": "c-1",
        "subject": "",
        "channel": None,
        "conversation": None,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "start argument: ticket_id: Field required; customer: Field required"),
        ({"ticket_id": "t-1", "customer": "c-1", "subject": "x" * 1001}, "start argument: subject: String"),
        ({"ticket_id": " ", "customer": "c-1"}, "start argument: ticket_id: String should have at least 1"),
    ],
    ids=["nothing", "a subject too long", "an empty ID"],
)
def test_a_bad_start_of_a_ticket_is_refused(given: object, said: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        parse_ticket_start(given)

    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("ticket_id", "expected"),
    [("4711", "ticket:4711"), ("desk:7", "ticket:desk:7"), ("x" * 992, "ticket:" + "x" * 992)],
    ids=["plain", "a colon", "999 characters"],
)
def test_the_workflow_id_of_a_ticket_is_made_of_its_id(ticket_id: str, expected: str) -> None:
    assert ticket_workflow_id(ticket_id) == expected


@pytest.mark.parametrize(
    ("ticket_id", "said"),
    [
        ("", "ticket_id is '': give an ID"),
        (
            "x" * 993,
            "the workflow ID would have 1000 bytes; at most 999 are allowed: shorten the ticket id",
        ),
    ],
    ids=["no ID", "1,000 bytes"],
)
def test_a_workflow_id_of_a_ticket_that_cannot_be_is_refused(ticket_id: str, said: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        ticket_workflow_id(ticket_id)

    assert said in str(refused.value)


def test_an_id_made_of_others_is_readable_while_it_is_short_and_else_a_digest() -> None:
    long = derived_id("department_due", "case-1", "x" * 300)

    assert derived_id("department_due", "case-1", "billing") == "department_due:case-1:billing"
    assert long.startswith("department_due:")
    assert len(long) <= 255
    assert long != derived_id("department_due", "case-1", "x" * 301)


@pytest.mark.parametrize(
    ("channel", "conversation", "expected"),
    [
        ("telegram", "42", "chat:telegram:42"),
        ("telegram", "group:7:8", "chat:telegram:group:7:8"),
        ("чат", "беседа 7", "chat:чат:беседа 7"),
        ("c", "x" * 992, "chat:c:" + "x" * 992),
    ],
    ids=["plain", "colons in the conversation", "Cyrillic", "999 characters"],
)
def test_the_workflow_id_is_made_of_channel_and_conversation(
    channel: str, conversation: str, expected: str
) -> None:
    assert chat_workflow_id(channel, conversation) == expected


@pytest.mark.parametrize(
    ("channel", "conversation", "said"),
    [
        ("", "42", "channel is '': give an ID"),
        ("telegram", "", "conversation is '': give an ID"),
        ("telegram", " 42", "conversation is ' 42': give an ID"),
        ("telegram\n", "42", "channel is 'telegram\\n': give an ID"),
        ("tele:gram", "42", "channel 'tele:gram' has a colon: use a name such as 'telegram'"),
        ("c", "x" * 993, "the workflow ID would have 1000 bytes; at most 999 are allowed"),
        ("c", "ж" * 497, "the workflow ID would have 1001 bytes; at most 999 are allowed"),
    ],
    ids=["no channel", "no conversation", "a space", "a newline", "a colon", "1,000 bytes", "in Cyrillic"],
)
def test_a_workflow_id_that_cannot_be_is_refused(channel: str, conversation: str, said: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        chat_workflow_id(channel, conversation)

    assert said in str(refused.value)


def test_the_search_attributes_are_those_of_the_contract() -> None:
    keywords = ("Tab", "CaseStatus", "TicketStage", "Assignee", "PinnedTo", "Line", "Channel")
    expected = {**dict.fromkeys(keywords, "Keyword"), "Labels": "KeywordList", "DueAt": "Datetime"}

    assert expected == SEARCH_ATTRIBUTES


def test_the_refusals_are_those_of_the_contract() -> None:
    assert REFUSALS.keys() == {
        "InvalidEvent",
        "IllegalTransition",
        "UnknownStaff",
        "UnknownLabel",
        "DepartmentsWaiting",
        "NotAllowed",
    }


# --- Payloads from release to release -----------------------------------------------------------

GOLDEN = Path(__file__).with_name("contract.schema.json")
CONTRACT = (actions, cases, events, lookup, outcomes, values)
MODULES = (*CONTRACT, chatstate, ticketstate, facts, decision, effects, api)


def payload_models() -> list[type[Payload]]:
    """Every payload that is public in one of the modules whose payloads are found in histories."""
    return [
        model
        for module in MODULES
        for name, model in sorted(vars(module).items())
        if isinstance(model, type)
        and issubclass(model, Payload)
        and model.__module__ == module.__name__
        and not name.startswith("_")
        and model not in (Payload, BaseEvent, facts.Compact)
    ]


@cache
def schemas() -> dict[str, Any]:
    """The JSON Schemas of all payloads, by name."""
    models = payload_models()
    _, document = models_json_schema([(model, "validation") for model in models])
    named: dict[str, Any] = _bare(document["$defs"])
    return named


def _bare(schema: Any) -> Any:
    """A schema without its descriptions, which may change."""
    if isinstance(schema, dict):
        words = ("description", "title")
        return {
            key: _bare(value)
            for key, value in schema.items()
            if not (key in words and isinstance(value, str))
        }
    return [_bare(item) for item in schema] if isinstance(schema, list) else schema


@cache
def promised() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8"))
    return found


def _alternatives(field: dict[str, Any]) -> set[str]:
    """The types that a field takes, each as text, so that they can be compared."""
    meant = ("type", "$ref", "format", "const", "items", "enum", "additionalProperties")
    kinds = field.get("anyOf") or field.get("oneOf") or [field]
    return {json.dumps({key: kind[key] for key in meant if key in kind}, sort_keys=True) for kind in kinds}


@pytest.mark.parametrize("name", promised())
def test_a_promised_payload_keeps_its_fields(name: str) -> None:
    before, now = promised()[name], schemas()[name]

    assert before.get("properties", {}).keys() <= now.get("properties", {}).keys()
    assert set(now.get("required", ())) <= set(before.get("required", ())), "a field was made required"
    assert set(before.get("enum", ())) <= set(now.get("enum", ())), "a value is no longer known"
    for field, schema in before.get("properties", {}).items():
        assert _alternatives(schema) <= _alternatives(now["properties"][field]), f"{field}: another type"


def test_every_payload_and_field_is_promised() -> None:
    golden = promised()
    new = [
        f"{name}.{field}"
        for name, schema in schemas().items()
        for field in schema.get("properties", {"": ""})
        if name not in golden or field not in golden[name].get("properties", {"": ""})
    ]

    assert new == [], "write them down: python -m tests.unit.contract.test_payloads"


# The first fields of each payload, documented as needed; every other one has a default.
FIRST_FIELDS: dict[str, set[str]] = {
    "Author": {"type", "id"},
    "ChatStart": {"channel", "conversation", "customer"},
    "ChatSnapshot": {"channel", "conversation", "customer"},
    "ChatSummary": {"reason", "snapshot"},
    "Outcome": {"event_id", "snapshot"},
    "Fired": {"rule"},
    "TimelineEntry": {"at", "event_id", "kind", "author"},
    "Assign": set(),
    "Pin": {"staff"},
    "End": set(),
    "SetStatus": {"status"},
    "ChangeLabels": set(),
    "AddNote": {"text"},
    "Reply": {"text"},
    "Tell": set(),
    "TicketStart": {"ticket_id", "customer"},
    "TicketSnapshot": {"ticket_id", "customer"},
    "TicketOutcome": {"event_id", "snapshot"},
    "TicketSummary": {"reason", "snapshot"},
    "Department": {"label", "state", "asked_at"},
    "Note": {"author", "text", "at"},
    "Draft": set(),
    "CaseQuery": {"workflow_id", "event_id"},
    "FoundCase": set(),
}


def _contract_models() -> Iterator[Any]:
    for model in payload_models():
        if model.__module__ in {module.__name__ for module in CONTRACT}:
            yield pytest.param(model, id=model.__name__)


@pytest.mark.parametrize("model", list(_contract_models()))
def test_all_but_the_documented_first_fields_have_defaults(model: type[Payload]) -> None:
    needed = {name for name, field in model.model_fields.items() if field.is_required()}
    if issubclass(model, BaseEvent):
        kind = model.model_fields["kind"].default
        assert needed == {"id", "author", *NEEDED.get(kind, ()), *NEEDED_INSIDE.get(kind, ())}
    else:
        assert needed == FIRST_FIELDS[model.__name__]


def test_every_kind_of_event_has_its_authors() -> None:
    models = get_args(get_args(Event)[0])

    assert {model.model_fields["kind"].default for model in models} == AUTHORS.keys()


SNAPSHOT: dict[str, Any] = {
    "case_id": "case-1",
    "channel": "telegram",
    "conversation": "42",
    "customer": "c-1",
    "activity": "active",
    "status": "open",
    "assignee": "ivan",
    "line": "line-1",
    "pinned_to": "ivan",
    "reserved_for": None,
    "offer_until": AT,
    "tab": "mine",
    "labels": ["Возврат 🔥"],
    "last_author": CUSTOMER,
    "last_message_at": AT,
    "waiting_since": AT,
    "previous_case": "case-0",
    "ticket_id": "t-1",
    "tickets": ["t-0", "t-1"],
    "merged_into": "chat:web:7",
    "merged_from": ["chat:web:8"],
}
STATE: dict[str, Any] = {
    **{name: value for name, value in SNAPSHOT.items() if name != "tab"},
    "opened_at": AT,
    "wrote_at": AT,
    "customer_wrote_at": AT,
    "staff_wrote_at": AT,
    "held_since": AT,
    "idle_after": 90.0,
    "offer_until": AT,
    "wake_at": AT,
    "handed_on_by": "lena",
    "answered_by": ["ivan"],
    "acted_at": {"ivan": AT},
    "holders": {"line-1": "ivan"},
    "timed": {"slow": AT},
}
ACTIONS: list[dict[str, Any]] = [
    {"do": "assign", "staff": "ivan", "line": "line-1"},
    {"do": "pin", "staff": "ivan"},
    {"do": "end", "status": "pending"},
    {"do": "set_status", "status": "open"},
    {"do": "labels", "add": ["vip"], "remove": ["refund"]},
    {"do": "note", "text": "передано"},
    {"do": "reply", "text": "завтра"},
    {
        "do": "notify",
        "staff": ["ivan"],
        "line": "line-1",
        "departments": ["billing"],
        "everyone": True,
        "reason": "VIP",
    },
]
NOTE: dict[str, Any] = {"author": STAFF, "text": "оплачено", "at": AT, "event_id": "e-7", "round": 2}
DEPARTMENT: dict[str, Any] = {
    "label": "billing",
    "key": "accounts",
    "formerly": ["счета"],
    "state": "declined",
    "asked_at": AT,
    "due_at": AT,
    "remind_at": AT,
    "escalated": True,
    "escalated_to": "lena",
    "answered_at": AT,
    "answered_by": "lena",
    "declined_to": "warranty",
    "blocks": True,
    "note_count": 1,
    "notes": [NOTE],
}
DRAFT: dict[str, Any] = {
    "text": "Здравствуйте!",
    "round": 2,
    "at": AT,
    "composer": "lena",
    "final": True,
    "stale": True,
}
TICKET_SNAPSHOT: dict[str, Any] = {
    "ticket_id": "t-1",
    "customer": "c-1",
    "subject": "Счёт и доставка",
    "stage": "collecting",
    "status": "open",
    "assignee": "lena",
    "line": "line-2",
    "composer": "lena",
    "dispatcher": "petra",
    "labels": ["billing", "several-departments"],
    "departments": [DEPARTMENT],
    "round": 2,
    "prompts": 1,
    "replies": 1,
    "previous_case": "case-0",
    "case_id": "case-1",
    "channel": "telegram",
    "conversation": "42",
    "template": "three-departments",
    "paused_at": AT,
    "last_author": CUSTOMER,
    "last_message_at": AT,
    "waiting_since": AT,
    "closed_because": "дубль",
    "merged_into": "chat:web:7",
    "merged_from": ["ticket:t-8"],
}
SOURCES: dict[str, Any] = {
    "template": "{{ composer }}",
    "departments": {"billing": "Счета"},
    "zones": {"billing": "Europe/Berlin"},
    "people": {"lena": "Лена"},
}
TICKET_STATE: dict[str, Any] = {
    **TICKET_SNAPSHOT,
    "prompted_round": 1,
    "replied_round": 1,
    "contributed": ["lena"],
    "noted_at": {"lena": AT},
    "noted_round": 2,
    "stale_round": 2,
    "sources": SOURCES,
    "draft": DRAFT,
    "opened_at": AT,
    "wrote_at": AT,
    "customer_wrote_at": AT,
    "staff_wrote_at": AT,
    "held_since": AT,
    "composing_since": AT,
    "wake_at": AT,
    "handed_on_by": "lena",
    "answered_by": ["ivan"],
    "acted_at": {"ivan": AT},
    "holders": {"line-2": "lena"},
    "timed": {"slow": AT},
}
FIRED: dict[str, Any] = {"rule": "handoff", "actions": ACTIONS, "skipped": ["pin: nobody"]}
FACTS: dict[str, Any] = {
    "now": AT,
    "arrived_at": AT,
    "people": {
        "ivan": {
            "line": "line-1",
            "departments": ["sales"],
            "roles": ["lead"],
            "chats": False,
            "takes_over": False,
            "away": True,
            "away_at": AT,
            "shared": True,
            "present": True,
            "gone_at": AT,
            "full": True,
        }
    },
    "lines": {
        "line-1": [
            {
                "staff": "ivan",
                "departments": ["billing"],
                "roles": ["lead"],
                "available": True,
                "chats": False,
                "load": 3,
                "last_assigned_at": AT,
            },
        ]
    },
    "queues": ["phones"],
    "empty_lines": ["faxes"],
    "dispatchers": ["dora"],
    "case_id": "case-1",
    "previous": {
        "case_id": "case-0",
        "assignee": "ivan",
        "labels": ["vip"],
        "contributed": ["lena"],
        "dispatcher": "petra",
        "holders": {"line-1": "ivan"},
        "tickets": ["t-1"],
        "merged_from": ["chat:web:8"],
        "merged_into": "chat:web:7",
        "subject": "Счёт",
        "channel": "telegram",
        "conversation": "42",
    },
    "other_holder": "petra",
    "message_author": "lena",
    "message_known": True,
    "closed_tickets": ["t-0"],
    "forward_to": "chat:web:7",
    "blocked": True,
    "departments": {"billing": {"key": "accounts", "lead": "lena"}},
    "due": {"billing": {"due_at": AT, "remind_at": AT}},
    "template": {
        "template": "three-departments",
        "departments": ["billing", "delivery"],
        "marker": "several-departments",
        "note": "Ответьте, пожалуйста",
        "message": "Мы проверяем",
        "tell": [ACTIONS[-1]],
        "tell_departments": True,
    },
    "marker": "several-departments",
    "idle_after": 90.0,
    "offer_for": 30.0,
}
CASE = {
    "case_id": "case-1",
    "channel": "telegram",
    "conversation": "42",
    "customer": "c-1",
    "ticket_id": "t-1",
}
EFFECT = {"key": "case-1:e-1", "case": CASE, "event_id": "e-1", "decided_at": AT, "rules": ["handoff"]}

# One of each payload that has structure, with a value in every field.
KEPT: dict[str, Any] = {
    "state": TICKET_STATE,
    "unsent": [{**EFFECT, "do": "notify", "tell": [ACTIONS[-1]]}],
    "unsent_size": 300,
    "seen": {"e-1": AT},
    "done": True,
}
SAMPLES: dict[type[Payload], dict[str, Any]] = {
    **{
        type(read(payload(kind))): {"kind": kind, "id": "e-1", "at": AT, **fields}
        for kind, fields in EVENTS.items()
    },
    contract.Assigned: {**payload("assigned"), "line": None},
    contract.Idle: {"kind": "idle", "id": "e-1", "at": AT, "author": SYSTEM},
    contract.TimedDue: {"kind": "timed_due", "id": "e-1", "at": AT, "author": SYSTEM},
    contract.ReminderDue: {
        "kind": "reminder_due",
        "id": "e-1",
        "at": AT,
        "author": SYSTEM,
        "label": "billing",
    },
    contract.DepartmentDue: {
        "kind": "department_due",
        "id": "e-1",
        "at": AT,
        "author": SYSTEM,
        "label": "billing",
    },
    **{
        type(action): sample
        for sample in ACTIONS
        for action in [TypeAdapter[Any](contract.Action).validate_python(sample)]
    },
    contract.Author: STAFF,
    contract.ChatStart: {"channel": "t", "conversation": "42", "customer": "c-1", "case_id": "case-1"},
    contract.ChatSnapshot: SNAPSHOT,
    contract.Fired: FIRED,
    contract.Outcome: {"event_id": "e-1", "duplicate": True, "snapshot": SNAPSHOT, "fired": [FIRED]},
    contract.TimelineEntry: {
        "at": AT,
        "event_id": "e-1",
        "kind": "taken",
        "author": "staff:ivan",
        "what": "pinned to ivan",
        "rules": ["r"],
        "moved": True,
        "refused": "NotAllowed: no",
    },
    contract.ChatSummary: {
        "reason": "closed",
        "snapshot": SNAPSHOT,
        "chats": 2,
        "events": 9,
        "refused": 1,
    },
    contract.TicketStart: {
        "ticket_id": "t-1",
        "customer": "c-1",
        "subject": "Счёт и доставка",
        "channel": "telegram",
        "conversation": "42",
    },
    contract.Note: NOTE,
    contract.Department: DEPARTMENT,
    contract.Draft: DRAFT,
    contract.TicketSnapshot: TICKET_SNAPSHOT,
    contract.TicketOutcome: {
        "event_id": "e-1",
        "duplicate": True,
        "snapshot": TICKET_SNAPSHOT,
        "fired": [FIRED],
    },
    contract.TicketSummary: {"reason": "closed", "snapshot": TICKET_SNAPSHOT, "events": 9, "refused": 1},
    chatstate.ChatState: STATE,
    ticketstate.DraftSources: SOURCES,
    ticketstate.TicketState: TICKET_STATE,
    decision.Kept: KEPT,
    facts.Person: FACTS["people"]["ivan"],
    facts.Clock: {"zone": "Europe/Berlin", "wall": "2026-03-02T11:00:00", "open": False, "turns_at": AT},
    facts.Candidate: FACTS["lines"]["line-1"][0],
    facts.Previous: FACTS["previous"],
    facts.AskedOf: FACTS["departments"]["billing"],
    facts.Due: FACTS["due"]["billing"],
    facts.AppliedTemplate: FACTS["template"],
    facts.Facts: FACTS,
    decision.Refusal: {"type": "UnknownStaff", "message": "кто это?"},
    decision.DecideRequest: {
        "before": STATE,
        "event": payload("labels_changed"),
        "now": AT,
        "seen_until": AT,
        "chain": "run-1",
        "unsent": ["case-1:e-1:write"],
    },
    decision.Decision: {
        "facts": FACTS,
        "fired": [FIRED],
        "refusal": {"type": "NotAllowed", "message": "no"},
        "duplicate": SNAPSHOT,
        "revived": KEPT,
        "sources": SOURCES,
        "wake_at": AT,
        "timed": {"slow": AT},
        "rules": "abc",
        "directory": "7",
        "task_size": 1200,
        "answer_size": 700,
        "effects_size": 900,
    },
    effects.CaseRef: CASE,
    effects.CaseWrite: {
        **EFFECT,
        "do": "reassign",
        **{name: SNAPSHOT[name] for name in ("activity", "status", "assignee", "line", "pinned_to")},
        "reserved_for": "petra",
        "tab": "mine",
        "stage": "triage",
        "labels": ["vip"],
        "add_labels": ["vip"],
        "remove_labels": ["refund"],
        "notes": ["передано"],
    },
    effects.Message: {**EFFECT, "do": "send_message", "text": "завтра", "template": "three-departments"},
    effects.Notice: {**EFFECT, "do": "notify", "tell": [ACTIONS[-1]]},
    effects.Prompt: {
        **EFFECT,
        "do": "prompt_reply",
        "composer": "lena",
        "round": 2,
    },
    effects.ConsolidatedReply: {
        **EFFECT,
        "do": "send_reply",
        "text": "Здравствуйте!",
        "author": STAFF,
        "round": 2,
    },
    effects.Reminder: {**EFFECT, "do": "remind", "label": "billing", "due_at": AT},
    effects.Escalation: {**EFFECT, "do": "escalate", "label": "billing", "due_at": AT, "to": "lena"},
    effects.GivePlaces: {
        **EFFECT,
        "do": "give_places",
        "places": [{"case": "chat:telegram:43", "staff": "ivan"}],
    },
    effects.GivenPlace: {"case": "chat:telegram:43", "staff": "ivan"},
    effects.Forward: {
        **EFFECT,
        "do": "forward",
        "to": "chat:web:7",
        "merged_by": STAFF,
        "merged_from": ["chat:web:8"],
        "departments": ["billing"],
        "tickets": ["t-1"],
    },
    contract.CaseQuery: {"workflow_id": "chat:web:7", "event_id": "e-1"},
    contract.FoundCase: {"known": True, "snapshot": SNAPSHOT, "merged": True, "start": {"channel": "web"}},
    effects.CopyToTicket: {**EFFECT, "do": "copy_to_ticket", "ticket_id": "t-1", "opened_by": STAFF},
}

SAMPLED = [pytest.param(model, sample, id=model.__name__) for model, sample in SAMPLES.items()]


def test_every_payload_of_the_contract_and_of_a_decision_has_a_sample() -> None:
    done_or_asked = {effects.__name__, api.__name__}
    expected = {model for model in payload_models() if model.__module__ not in done_or_asked}

    assert expected <= SAMPLES.keys()


@pytest.mark.parametrize(("model", "sample"), SAMPLED)
def test_a_payload_goes_through_json_and_comes_back(model: type[Payload], sample: dict[str, Any]) -> None:
    there = model.model_validate(sample)
    back = model.model_validate_json(there.model_dump_json())

    assert back == there
    assert {name: back.model_dump(mode="json").get(name) for name in sample} == sample


@pytest.mark.parametrize(("model", "sample"), SAMPLED)
def test_an_older_release_reads_what_a_newer_one_wrote(model: type[Payload], sample: dict[str, Any]) -> None:
    newer = {**sample, "from_a_newer_release": {"deep": [1, {"er": None}]}}

    assert model.model_validate(newer) == model.model_validate(sample)


@pytest.mark.parametrize(("model", "sample"), SAMPLED)
def test_a_newer_release_reads_what_had_only_the_first_fields(
    model: type[Payload], sample: dict[str, Any]
) -> None:
    first = {name: sample[name] for name, field in model.model_fields.items() if field.is_required()}

    assert model.model_validate(first).model_fields_set == first.keys()


@pytest.mark.parametrize(
    ("case", "state", "snapshot", "event"),
    [
        (chatstate.ChatState, STATE, SNAPSHOT, payload("taken")),
        (ticketstate.TicketState, TICKET_STATE, TICKET_SNAPSHOT, payload("send_reply")),
    ],
    ids=["a chat", "a ticket"],
)
def test_a_decision_knows_a_chat_from_a_ticket(
    case: type[Payload], state: dict[str, Any], snapshot: dict[str, Any], event: dict[str, Any]
) -> None:
    request = decision.DecideRequest.model_validate({"before": state, "event": event, "now": AT})
    late = decision.Decision.model_validate({"facts": {"now": AT}, "duplicate": snapshot})

    assert type(decision.DecideRequest.model_validate_json(request.model_dump_json()).before) is case
    assert decision.Decision.model_validate_json(late.model_dump_json()) == late
    assert late.duplicate is not None
    assert late.duplicate.case_id == "case-1"


def test_a_decision_is_written_without_what_has_its_default() -> None:
    empty = decision.Decision(facts=facts.Facts(now=datetime(2026, 3, 2, 10, tzinfo=UTC)))

    assert json.loads(empty.model_dump_json()) == {"facts": {"now": AT}}


if __name__ == "__main__":
    GOLDEN.write_text(
        json.dumps(schemas(), indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8"
    )
