"""A conversation as people read it: everything that was said, by whom, in order."""

from __future__ import annotations

from typing import Any

from baton.contract import (
    Activity,
    ChatEvent,
    DeliveryFailed,
    DepartmentAskedAgain,
    DepartmentDeclined,
    DepartmentState,
    MessageChanged,
    NoteAdded,
    Status,
    TemplateApplied,
    TicketStage,
)
from baton.desk.said import MessageRow
from baton.model.effects import CaseRef, Message
from helpdesks.embedded import EmbeddedHelpDesk
from tests.helpdesk import chats, tickets
from tests.helpdesk.chats import ALL, START, agent_says, at, customer_says, nothing
from tests.helpdesk.tickets import IVAN, VERA, department, no_ticket

CLOSED: dict[str, Any] = {"activity": Activity.ENDED, "status": Status.CLOSED}


def said(rows: list[MessageRow]) -> list[tuple[str, str, str]]:
    return [(row.said, row.author, row.text) for row in rows]


async def test_a_conversation_goes_on_through_all_its_chats(desk: EmbeddedHelpDesk) -> None:
    first = await chats.take_in(desk, nothing(), customer_says("e1", "Hello"), START)
    ended = await chats.take_in(desk, first, agent_says("e2", "ivan", "Bye"), at(1), **CLOSED)
    second = await chats.take_in(desk, ended, customer_says("e3", "Once more"), at(2))
    await chats.take_in(desk, nothing("boris"), customer_says("e1", "Not in here"), at(3))

    rows = await desk.messages(chats.ref(second), ALL)

    assert [(row.text, row.case_id) for row in rows] == [
        ("Hello", first.case_id),
        ("Bye", first.case_id),
        ("Once more", second.case_id),
    ]


async def test_the_latest_come_if_only_some_are_wanted_with_what_rules_wrote(desk: EmbeddedHelpDesk) -> None:
    chat = await chats.take_in(desk, nothing(), customer_says("e1", "Hello"), START)
    noted = chats.write(chat, "e1", START, notes=("VIP",)).model_copy(update={"rules": ("vip",)})
    await desk.write_case(noted)
    chat = await chats.take_in(desk, chat, agent_says("e2", "ivan", "Hi"), at(1))
    await chats.take_in(desk, chat, customer_says("e3", "Thanks"), at(2))

    assert said(list(await desk.messages(chats.ref(chat), 3))) == [
        ("note", "rule:vip", "VIP"),
        ("message", "staff:ivan", "Hi"),
        ("message", "customer:anna", "Thanks"),
    ]


async def test_a_place_is_enough_to_know_what_was_said_there(desk: EmbeddedHelpDesk) -> None:
    await chats.take_in(desk, nothing("a:b"), customer_says("e1", "Hello"), START)

    (row,) = await desk.messages(CaseRef.at("chat:telegram:a:b"), ALL)

    assert row.text == "Hello"


async def test_a_message_shows_what_is_attached_and_what_became_of_it(desk: EmbeddedHelpDesk) -> None:
    attached = ({"name": "a.pdf", "url": "https://files/a"},)
    chat = await chats.take_in(
        desk, nothing(), customer_says("e1", "", message_id="m1", attachments=attached), START
    )
    for number, staff in ((2, "ivan"), (3, "lena"), (4, "lena")):
        chat = await chats.take_in(
            desk, chat, agent_says(f"e{number}", staff, "Hi", message_id=f"m{number}"), at(number)
        )
    became: list[ChatEvent] = [
        MessageChanged(id="e5", author=IVAN, message_id="m2", deleted=True),
        DeliveryFailed(id="e6", author=IVAN, message_id="m3"),
        MessageChanged(id="e7", author=IVAN, message_id="m4"),
    ]
    for number, event in enumerate(became, 5):
        chat = await chats.take_in(desk, chat, event, at(number))

    rows = await desk.messages(chats.ref(chat), ALL)

    assert rows[0].attachments == attached
    assert [(row.deleted, row.undelivered) for row in rows] == [
        *((False, False), (True, False), (False, True), (False, False))
    ]


async def test_a_ticket_says_what_a_template_wrote_and_what_departments_answered(
    desk: EmbeddedHelpDesk,
) -> None:
    ticket = await tickets.take_in(desk, no_ticket(), customer_says("e1", "Two invoices?"), START)
    applied = TemplateApplied(id="e2", author=IVAN, template="refund")
    ticket = await tickets.take_in(
        *(desk, ticket, applied, at(1)),
        stage=TicketStage.COLLECTING,
        departments=(department("billing"), department("shipping")),
    )
    await desk.write_case(
        tickets.write(ticket, "e2", at(1), notes=("Please answer.", "A VIP.")).model_copy(
            update={"rules": ("vip",)}
        )
    )
    to_customer = Message(
        **tickets.effect(ticket, "e2:template", at(1), "e2"), text="We ask.", template="refund"
    )
    assert await desk.send_message(to_customer)
    ticket = await tickets.take_in(
        *(desk, ticket, NoteAdded(id="n-Paid twice.", author=VERA, text="Paid twice."), at(2)),
        departments=(
            department("billing", DepartmentState.ANSWERED, "Paid twice."),
            department("shipping"),
        ),
    )
    declined = DepartmentDeclined(id="e4", author=VERA, label="shipping", reason="Not ours.")
    ticket = await tickets.take_in(desk, ticket, declined, at(3))
    for number, question in ((5, "Really?"), (6, "")):
        again = DepartmentAskedAgain(id=f"e{number}", author=IVAN, label="shipping", question=question)
        ticket = await tickets.take_in(desk, ticket, again, at(number))

    rows = list(await desk.messages(tickets.ref(ticket), ALL))

    assert said(rows) == [
        ("message", "customer:anna", "Two invoices?"),
        ("message", "template:refund", "We ask."),
        ("note", "template:refund", "Please answer."),
        ("note", "rule:vip", "A VIP."),
        ("note", "staff:vera", "Paid twice."),
        ("declined", "staff:vera", "Not ours."),
        ("question", "staff:ivan", "Really?"),
    ]
    assert [row.labels for row in rows[-3:]] == [("billing",), ("shipping",), ("shipping",)]
