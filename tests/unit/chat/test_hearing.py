"""A chat and its tickets, and a chat that is merged into another case or has got one."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import (
    AgentMessage,
    ChatEvent,
    CustomerMessage,
    DeliveryFailed,
    MergedFrom,
    MergedInto,
    MessageChanged,
    ReplySent,
    Tell,
    TicketOpened,
)
from baton.errors import IllegalTransition
from baton.model.chat.model import fold, settle
from baton.model.chat.state import ChatState
from baton.model.decision import Decision
from baton.model.effects import CopyToTicket, Effect, Forward
from baton.model.facts import Facts, Previous
from baton.model.reactions import reactions
from tests.unit.chat.world import CUSTOMER, NO_CHAT, SYSTEM, chat, facts, staff

WROTE = CustomerMessage(id="c", author=CUSTOMER, text="И ещё вот что")
CHANGED = MessageChanged(id="x", author=CUSTOMER, message_id="in-1")
FAILED = DeliveryFailed(id="d", author=SYSTEM, message_id="out-1")
REPLIED = ReplySent(id="r", author=staff("lena"), message_id="t:1", ticket_id="T-1")
CLOSED = "ended closed: assigned ivan"
TARGET = "chat:web:7"


def after(before: ChatState, event: ChatEvent, world: Facts) -> tuple[ChatState, list[Effect]]:
    """The chat after an event, and what that asks of the help desk."""
    decision = Decision(facts=world)
    settlement = settle(before, event, decision)
    return settlement.state, list(reactions(before, event, decision, settlement))


def copies(effects: list[Effect]) -> list[str]:
    return [one.ticket_id for one in effects if isinstance(one, CopyToTicket)]


# --- Tickets ------------------------------------------------------------------------------------


@pytest.mark.parametrize("event", [WROTE, CHANGED], ids=["a message", "a change of one"])
def test_each_ticket_that_is_not_closed_hears_what_the_customer_says(event: ChatEvent) -> None:
    linked = chat("active open: mine ivan", ticket_id="T-3", tickets=("T-1", "T-2", "T-3"))

    _, effects = after(linked, event, facts(closed_tickets=("T-2",)))

    assert copies(effects) == ["T-1", "T-3"]
    assert len({one.key for one in effects}) == len(effects)


def test_a_change_of_a_message_of_staff_is_none_of_a_ticket_s_business() -> None:
    linked = chat("active open: mine ivan", ticket_id="T-1")

    assert copies(after(linked, CHANGED, facts(message_known=True))[1]) == []


def test_a_second_ticket_joins_the_one_that_an_older_release_opened() -> None:
    linked = chat("active open: mine ivan", ticket_id="T-1")

    opened, _ = after(linked, TicketOpened(id="t", author=staff("ivan"), ticket_id="T-2"), facts())

    assert (opened.ticket_id, opened.tickets) == ("T-2", ("T-1", "T-2"))
    assert copies(after(opened, WROTE, facts())[1]) == ["T-1", "T-2"]


@pytest.mark.parametrize(
    "event",
    [WROTE, AgentMessage(id="a", author=staff("ivan"), text="?"), FAILED, REPLIED],
    ids=["the customer", "staff", "a bounce", "a reply"],
)
@pytest.mark.parametrize("before", [NO_CHAT, CLOSED], ids=["another run", "the same run"])
def test_the_next_chat_is_linked_to_the_tickets_of_the_last_one(before: str, event: ChatEvent) -> None:
    previous = Previous(case_id="case-0", assignee="ivan", line="line-1", tickets=("T-1", "T-2"))

    opened, _ = after(chat(before), event, facts(previous=previous, message_known=True))

    assert set(opened.tickets) == {"T-1", "T-2"}
    assert opened.ticket_id == ("T-1" if event is REPLIED else "T-2"), "the one that has just replied"


def test_a_reply_links_the_chat_that_it_opens_to_its_ticket() -> None:
    opened, _ = after(chat(CLOSED), REPLIED, facts(previous=Previous(case_id="case-0", assignee="ivan")))

    assert (opened.tickets, opened.reserved_for, opened.status) == (("T-1",), "ivan", "pending")


@pytest.mark.parametrize(
    ("writer", "reserved_for"), [("lena", None), ("petra", "petra")], ids=["rarely in chats", "in chats"]
)
def test_a_reply_into_a_chat_that_nobody_had_is_reserved_for_a_writer_who_works_with_chats(
    writer: str, reserved_for: str | None
) -> None:
    reply = REPLIED.model_copy(update={"author": staff(writer)})

    opened, _ = after(chat(CLOSED), reply, facts(previous=Previous(case_id="case-0")))

    assert (opened.reserved_for, opened.assignee, opened.status) == (reserved_for, reserved_for, "pending")


# --- Merged into another case -------------------------------------------------------------------


def test_what_the_customer_wrote_goes_to_the_case_that_it_is_merged_into() -> None:
    twin = chat("active open: mine ivan", ticket_id="T-1", tickets=("T-1",), merged_from=("chat:web:3",))
    merging = MergedInto(id="m", author=staff("ivan"), case=TARGET)

    merged, effects = after(twin, merging, facts(forward_to=TARGET))

    assert (merged.phase.value, merged.merged_into) == ("ended · closed", TARGET)
    (forward,) = [one for one in effects if isinstance(one, Forward)]
    assert (forward.to, forward.merged_by, forward.merged_from) == (TARGET, staff("ivan"), ("chat:web:3",))
    assert forward.tickets == ("T-1",)


@pytest.mark.parametrize("event", [WROTE, CHANGED, FAILED, REPLIED], ids=lambda event: event.kind)
@pytest.mark.parametrize("before", [NO_CHAT, CLOSED], ids=["another run", "the same run"])
def test_what_is_written_later_is_forwarded_and_opens_nothing(before: str, event: ChatEvent) -> None:
    merged = chat(before, **({} if before == NO_CHAT else {"merged_into": TARGET}))
    previous = Previous(case_id="case-0", assignee="ivan", merged_into=TARGET)

    same, effects = after(merged, event, facts(previous=previous, forward_to=TARGET))

    assert same == merged
    assert [(one.do, one.case.case_id) for one in effects] == [("forward", "case-0")]
    assert isinstance(effects[0], Forward)
    assert effects[0].merged_by is None


def test_a_ticket_s_reply_is_not_forwarded_to_a_ticket_but_the_customer_is_heard_by_all() -> None:
    previous = Previous(case_id="case-0", tickets=("T-1", "T-9"), merged_into="ticket:T-9")
    world = facts(previous=previous, forward_to="ticket:T-9")

    assert after(chat(NO_CHAT), REPLIED, world)[1] == []
    _, effects = after(chat(NO_CHAT), WROTE, world)
    assert [one.do for one in effects] == ["forward", "copy_to_ticket"]
    assert copies(effects) == ["T-1"]


def test_a_change_in_a_closed_chat_that_was_not_merged_is_refused() -> None:
    with pytest.raises(IllegalTransition, match=r"^message_changed: the chat is ended and closed"):
        fold(chat(NO_CHAT), CHANGED, facts(previous=Previous(case_id="case-0")))


# --- Another case is merged into it -------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "world", "heard"),
    [
        ("active open: mine ivan", {}, Tell(staff=("ivan",), reason="?")),
        ("active open: queue line-1", {}, Tell(line="line-1", reason="?")),
        ("active open: nobody", {}, Tell(everyone=True, reason="?")),
        ("ended pending: assigned ivan", {"away": ("ivan",)}, Tell(everyone=True, reason="?")),
    ],
    ids=["whoever has it", "the queue", "everyone", "everyone, as he is away"],
)
def test_whoever_has_the_chat_hears_whose_customer_writes_there_now(
    before: str, world: dict[str, Any], heard: Tell
) -> None:
    event = MergedFrom(
        id="m",
        author=SYSTEM,
        case="ticket:T-2",
        cases=("chat:web:3",),
        departments=("billing",),
        tickets=("T-1",),
    )

    found, told = fold(chat(before), event, facts(**world))

    assert (found.merged_from, found.tickets) == (("ticket:T-2", "chat:web:3"), ("T-1",))
    said = "ticket:T-2 was merged into this chat; asked there: billing"
    assert told == (heard.model_copy(update={"reason": said}),)


def test_a_closed_chat_is_opened_by_its_twin_and_the_next_one_knows_of_it() -> None:
    event = MergedFrom(id="m", author=SYSTEM, case="chat:web:3")
    previous = Previous(case_id="case-0", assignee="ivan", merged_from=("chat:web:2",))

    found, _ = fold(chat(CLOSED), event, facts(previous=previous))

    assert (found.phase.value, found.pinned_to) == ("active · open", "ivan")
    assert found.merged_from == ("chat:web:2", "chat:web:3")
