"""What a decision asks of the help desk: at most one write, then messages, then one notice."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import (
    Action,
    AddNote,
    AgentMessage,
    Assign,
    ChangeLabels,
    ChatEvent,
    CustomerMessage,
    End,
    Fired,
    Pin,
    Reply,
    ReplySent,
    SetStatus,
    Status,
    Tell,
    TicketOpened,
    TicketStart,
)
from baton.model.chat.model import settle
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.effects import CaseWrite, ConsolidatedReply, CopyToTicket, Effect, Message, Notice, Prompt
from baton.model.reactions import reactions
from baton.model.ticket.state import TicketState
from tests.unit.chat.world import CUSTOMER, NO_CHAT, chat, facts, staff
from tests.unit.ticket.world import Ticket, answered, composing

BY_LENA = AgentMessage(id="e-1", author=staff("lena"))
BY_CUSTOMER = CustomerMessage(id="e-1", author=CUSTOMER)


def asked(before: ChatState, event: ChatEvent, *actions: Action) -> list[Effect]:
    fired = (Fired(rule="r", actions=actions),) if actions else ()
    decision = Decision(facts=facts(), fired=fired)
    return list(reactions(before, event, decision, settle(before, event, decision)))


def test_without_rules_nothing_is_written_because_the_event_was_taken_in() -> None:
    assert asked(chat("active open: mine ivan"), BY_CUSTOMER) == []


def test_a_handoff_is_one_write_that_says_how_the_case_stands() -> None:
    actions = (End(status=Status.PENDING), Assign(staff="ivan", line="line-1"))
    (write,) = asked(chat("ended pending: assigned ivan"), BY_LENA, *actions)

    assert isinstance(write, CaseWrite)
    assert (write.do, write.key) == ("reassign", "case-1:e-1:write")
    assert (write.activity, write.status, write.assignee, write.line) == (
        "ended",
        "pending",
        "ivan",
        "line-1",
    )
    assert (write.pinned_to, write.reserved_for, write.tab) == (None, None, "ended")
    assert write.rules == ("r",)


@pytest.mark.parametrize(
    ("before", "event", "action"),
    [
        ("ended pending: reserved ivan", BY_CUSTOMER, Pin(staff="ivan")),
        ("active open: mine ivan", BY_CUSTOMER, SetStatus(status=Status.OPEN)),
        ("active open: mine ivan", BY_CUSTOMER, ChangeLabels(add=("refund",), remove=("vip",))),
        ("active open: mine ivan", BY_CUSTOMER, Assign(staff="ivan", line="line-1")),
    ],
    ids=["a pin that the reservation had made", "the same status", "labels that it has", "the same assignee"],
)
def test_a_rule_that_changes_nothing_writes_nothing(before: str, event: ChatEvent, action: Action) -> None:
    assert [effect for effect in asked(chat(before), event, action) if isinstance(effect, CaseWrite)] == []


@pytest.mark.parametrize(
    ("action", "activity"),
    [
        (Pin(staff="ivan"), "update_case"),
        (SetStatus(status=Status.PENDING), "update_case"),
        (ChangeLabels(add=("vip",)), "update_case"),
        (AddNote(text="Look here."), "update_case"),
        (Assign(staff="petra", line="line-1"), "reassign"),
        (End(), "reassign"),
    ],
)
def test_the_activity_is_named_after_what_changed(action: Action, activity: str) -> None:
    effects = asked(chat("active open: assigned ivan"), BY_CUSTOMER, action)

    assert [effect.do for effect in effects if isinstance(effect, CaseWrite)] == [activity]


def test_labels_are_written_as_what_was_added_and_removed() -> None:
    actions = (ChangeLabels(add=("vip",)), ChangeLabels(add=("urgent",), remove=("vip", "refund")))
    (write,) = asked(chat("active open: mine ivan"), BY_CUSTOMER, *actions)

    assert isinstance(write, CaseWrite)
    assert (write.add_labels, write.remove_labels, write.labels) == (
        ("urgent",),
        ("refund",),
        ("billing", "urgent"),
    )


def test_the_order_is_write_then_messages_then_one_notice() -> None:
    effects = asked(
        chat("active open: nobody"),
        BY_CUSTOMER,
        Reply(text="One moment."),
        Tell(everyone=True, reason="waits"),
        Assign(staff="ivan", line="line-1"),
        Reply(text="Ivan comes."),
    )

    assert [type(effect) for effect in effects] == [CaseWrite, Message, Message, Notice]
    assert [effect.key for effect in effects] == [
        "case-1:e-1:write",
        "case-1:e-1:reply:0",
        "case-1:e-1:reply:1",
        "case-1:e-1:notify",
    ]
    notice: Any = effects[-1]
    assert [tell.reason for tell in notice.tell] == ["mine", "waits"], "the new audience, then what rules say"


def test_what_opened_no_chat_asks_for_nothing() -> None:
    decision = Decision(facts=facts(blocked=True))
    settlement = settle(chat(NO_CHAT), BY_CUSTOMER, decision)

    assert list(reactions(chat(NO_CHAT), BY_CUSTOMER, decision, settlement)) == []


# --- A chat that has a ticket -------------------------------------------------------------------

BY_TICKET = TicketOpened(id="e-1", author=staff("lena"), ticket_id="t-1")
LINKED = {"ticket_id": "t-1"}


def copies(effects: list[Effect]) -> list[CopyToTicket]:
    return [effect for effect in effects if isinstance(effect, CopyToTicket)]


def test_the_event_that_opens_a_ticket_tells_it_who_did() -> None:
    (copy,) = copies(asked(chat("active open: mine ivan"), BY_TICKET))

    assert (copy.key, copy.ticket_id, copy.opened_by) == ("case-1:e-1:copy", "t-1", staff("lena"))
    assert copy.case.ticket_id is None, "the case is the chat"


@pytest.mark.parametrize("phase", ["active open: mine ivan", "ended pending: assigned ivan"])
def test_what_the_customer_writes_goes_to_the_ticket_too(phase: str) -> None:
    (copy,) = copies(asked(chat(phase, **LINKED), BY_CUSTOMER))

    assert (copy.ticket_id, copy.opened_by) == ("t-1", None)


@pytest.mark.parametrize(
    ("before", "event"),
    [
        (chat("active open: mine ivan"), BY_CUSTOMER),
        (chat("active open: mine ivan", **LINKED), BY_LENA),
        (chat("active open: mine ivan", **LINKED), ReplySent(id="e-1", author=staff("lena"), message_id="m")),
        (chat("ended closed: assigned ivan", **LINKED), BY_CUSTOMER),
    ],
    ids=["no ticket", "staff write", "the ticket's own reply", "the next chat"],
)
def test_nothing_else_is_copied(before: ChatState, event: ChatEvent) -> None:
    assert copies(asked(before, event)) == []


def test_a_blocked_customer_s_message_is_not_copied() -> None:
    before = chat("active open: mine ivan", **LINKED)
    decision = Decision(facts=facts(blocked=True))

    assert copies(list(reactions(before, BY_CUSTOMER, decision, settle(before, BY_CUSTOMER, decision)))) == []


# --- Tickets ------------------------------------------------------------------------------------


async def test_a_last_note_is_one_write_for_its_label_and_one_prompt() -> None:
    ticket = await composing()

    write, prompt = ticket.effects
    assert isinstance(write, CaseWrite)
    assert (write.do, write.remove_labels, write.stage, write.assignee) == (
        "remove_label",
        ("warranty",),
        "composing",
        "wanda",
    )
    assert isinstance(prompt, Prompt)
    assert (prompt.composer, prompt.round) == ("wanda", 1)
    assert (prompt.case.ticket_id, prompt.case.workflow_id) == ("t-1", "ticket:t-1")


async def test_a_template_is_one_write_with_its_note_then_the_message_then_one_notice() -> None:
    ticket = Ticket()

    await ticket.apply()

    assert [effect.key for effect in ticket.effects] == [
        "simulated-1:e-1:write",
        "simulated-1:e-1:template",
        "simulated-1:e-1:notify",
    ]
    write, message, _ = ticket.effects
    assert isinstance(write, CaseWrite)
    assert (write.do, write.add_labels, len(write.notes)) == ("update_case", (), 1)
    assert isinstance(message, Message)
    assert message.template == "all-three"


async def test_the_reply_is_asked_for_once_for_each_round() -> None:
    ticket = await answered()
    await ticket.again("billing")
    await ticket.note("bella")
    await ticket.reply("bella", "And the rest")

    sent = [effect for effect in ticket.carried_out if isinstance(effect, ConsolidatedReply)]
    assert [(one.round, one.text) for one in sent] == [(1, "Dear customer"), (2, "And the rest")]
    assert len({one.key for one in ticket.carried_out}) == len(ticket.carried_out)


async def test_a_ticket_of_a_chat_names_the_chat_so_that_the_reply_goes_there() -> None:
    ticket = Ticket()
    ticket.state = TicketState.before_first(
        TicketStart(ticket_id="t-1", customer="c", channel="telegram", conversation="42")
    )
    await ticket.do("ticket_opened", "petra", ticket_id="t-1")
    await ticket.reply("dora")

    (sent,) = ticket.effects
    assert (sent.case.channel, sent.case.conversation) == ("telegram", "42")
    assert sent.case.workflow_id == "ticket:t-1", "it is still the ticket's"
