"""A ticket comes back to somebody who is away: who has it then, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.contract import Presence
from baton.model.facts import Previous
from tests.unit.ticket.world import MARKER, Ticket, answered, collecting, composing

AGO = timedelta(hours=1)


def leave_all(ticket: Ticket, *staff: str) -> None:
    """These people have been offline for an hour."""
    for one in staff:
        ticket.is_now(one, Presence.OFFLINE, ticket.now - AGO)


def here(ticket: Ticket, *staff: str) -> None:
    for one in staff:
        ticket.is_now(one, Presence.ONLINE, ticket.now - AGO)


STAND_INS = pytest.mark.parametrize(
    ("online", "offline", "expected"),
    [
        (("lena", "bella", "petra"), ("wanda",), "bella"),
        (("dora", "petra"), ("wanda", "bella", "dan", "lena"), "petra"),
        (("ivan",), ("wanda", "bella", "dan", "lena", "petra"), None),
        (("wanda", "bella"), (), "wanda"),
    ],
    ids=["the line", "the dispatcher", "everyone", "nobody needs to stand in"],
)
"""Wanda had the ticket. Bella, Dan and Wanda, all of the line experts, have answered; Petra asked them."""


@STAND_INS
async def test_a_ticket_that_the_customer_answers_finds_somebody_who_is_there(
    online: tuple[str, ...], offline: tuple[str, ...], expected: str | None
) -> None:
    ticket = await answered()
    await ticket.after(hours=2)
    here(ticket, *online)
    leave_all(ticket, *offline)

    state = await ticket.customer()

    assert (ticket.stage, state.assignee) == ("triage", expected)
    assert ticket.told == {"the customer wrote": (expected or "everyone",)}


@STAND_INS
async def test_a_ticket_that_is_opened_again_finds_somebody_who_is_there(
    online: tuple[str, ...], offline: tuple[str, ...], expected: str | None
) -> None:
    ticket = Ticket()
    here(ticket, *online)
    leave_all(ticket, *offline)
    ticket.desk.previous = Previous(
        case_id="t-0",
        assignee="wanda",
        holders={"experts": "wanda"},
        contributed=("wanda", "bella", "dan"),
        dispatcher="petra",
    )

    state = await ticket.customer()

    assert state.assignee == expected
    assert ticket.told == ({"the customer wrote": (expected,)} if expected else {"new": ("everyone",)})


async def test_a_contributor_of_another_line_comes_before_the_dispatcher() -> None:
    ticket = await collecting(["billing"])
    await ticket.do("labels_changed", "petra", add=["delivery"])
    await ticket.note("bella")
    await ticket.note("dora", label="delivery")
    await ticket.reply("dora")
    await ticket.do("assigned", "petra", staff="bella")
    await ticket.after(hours=2)
    here(ticket, "dora")
    leave_all(ticket, "bella", "dan", "wanda", "lena", "desk")
    ticket.state = ticket.state.model_copy(update={"composer": "bella"})

    state = await ticket.customer()

    assert state.assignee == "dora"


async def test_a_round_in_which_nobody_answered_goes_to_who_is_there_in_place_of_the_dispatcher() -> None:
    ticket = await collecting(["billing"])
    await ticket.after(hours=2)
    leave_all(ticket, "petra")
    here(ticket, "ivan")

    state = await ticket.withdraw("billing", by="dora")

    assert (ticket.stage, state.assignee) == ("triage", "ivan")
    assert ticket.told["nobody has answered"] == ("ivan",)

    nobody = await collecting(["billing"])
    await nobody.after(hours=2)
    leave_all(nobody, "petra")
    state = await nobody.withdraw("billing", by="dora")
    assert (state.assignee, nobody.told["nobody has answered"]) == (None, ("everyone",))


async def test_a_customer_who_writes_again_in_triage_finds_the_owner_away() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("assigned", "petra", staff="ivan")
    await ticket.after(hours=2)
    leave_all(ticket, "ivan")
    here(ticket, "dora")

    state = await ticket.customer()

    assert (state.assignee, ticket.told) == ("dora", {"the customer wrote": ("dora",)})


@pytest.mark.parametrize("kind", ["leaves", "is gone when the grace is over"])
async def test_a_ticket_in_triage_does_not_wait_for_somebody_who_left(kind: str) -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("taken", "ivan")
    here(ticket, "dora")
    if kind == "leaves":
        await ticket.after(hours=1)
        leave_all(ticket, "ivan")
        await ticket.do("presence_changed", "system", staff="ivan", presence="offline")
    else:
        await ticket.leave("ivan")
        assert ticket.state.assignee == "ivan", "within the grace"
        made = await ticket.after(minutes=10)
        assert [event.kind for event in made] == ["timed_due"]

    assert (ticket.state.assignee, ticket.told) == ("dora", {"assigned": ("dora",)})


async def test_when_nobody_is_there_a_ticket_in_triage_is_everybodys() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("taken", "ivan")
    await ticket.after(hours=1)
    leave_all(ticket, "ivan", "petra", "dora")

    state = await ticket.do("presence_changed", "system", staff="ivan", presence="offline")

    assert ((state.assignee, state.line), ticket.told) == ((None, None), {"new": ("everyone",)})


async def test_a_ticket_that_waits_for_its_customer_stays_until_it_is_somebodys_turn_again() -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("agent_message", "ivan", text="Which one?")
    await ticket.after(hours=1)
    leave_all(ticket, "ivan")
    here(ticket, "dora")
    await ticket.do("presence_changed", "system", staff="ivan", presence="offline")
    assert (ticket.state.status, ticket.state.assignee) == ("pending", "ivan")

    await ticket.do("delivery_failed", "system", message_id="m-1")
    assert (ticket.state.status, ticket.state.assignee) == ("open", "dora")


@pytest.mark.parametrize("presence", [None, Presence.WITHOUT_CHATS], ids=["never said", "without chats"])
async def test_who_only_does_no_chats_or_never_had_a_presence_is_not_away(presence: Presence | None) -> None:
    ticket = Ticket()
    await ticket.customer()
    await ticket.do("taken", "ivan")
    here(ticket, "dora")
    if presence is not None:
        ticket.is_now("ivan", presence, ticket.now)
    await ticket.after(hours=1)

    assert (await ticket.customer()).assignee == "ivan"


async def test_a_reply_goes_to_a_colleague_of_the_line_where_the_dispatcher_is_away_too() -> None:
    ticket = await composing()
    await ticket.after(hours=1)
    leave_all(ticket, "wanda", "petra", "bella", "dan")
    here(ticket, "lena")

    await ticket.do("presence_changed", "system", staff="wanda", presence="offline")

    assert (ticket.state.composer, ticket.told) == ("lena", {"you write the reply now": ("lena",)})


async def test_a_customer_who_writes_while_the_reply_is_written_finds_a_composer_who_is_there() -> None:
    ticket = await composing()
    await ticket.after(hours=1)
    leave_all(ticket, "wanda")
    here(ticket, "bella")

    await ticket.customer()

    assert ticket.state.composer == "bella"
    assert ticket.told == {"you write the reply now": ("bella",), "the customer wrote": ("bella",)}


async def test_a_round_that_is_over_finds_a_composer_who_is_there() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("bella")
    await ticket.after(hours=1)
    leave_all(ticket, "bella", "petra")
    here(ticket, "wanda")

    state = await ticket.withdraw("delivery", by="dora")

    assert (state.composer, ticket.prompted) == ("wanda", ["wanda"])


# --- By hand ------------------------------------------------------------------------------------


async def test_by_hand_a_ticket_stays_with_somebody_away_and_the_giver_is_told() -> None:
    ticket = Ticket()
    await ticket.customer()
    leave_all(ticket, "lena")
    here(ticket, "bella")

    state = await ticket.do("assigned", "petra", staff="lena")

    assert state.assignee == "lena"
    assert ticket.told == {"assigned": ("lena",), "lena is away": ("petra",)}


async def test_a_program_is_not_told_and_of_somebody_who_is_there_nobody_is() -> None:
    ticket = Ticket()
    await ticket.customer()
    leave_all(ticket, "lena")

    await ticket.do("assigned", "system", staff="lena")
    assert ticket.told == {"assigned": ("lena",)}
    await ticket.do("assigned", "petra", staff="ivan")
    assert ticket.told == {"assigned": ("ivan",)}


# --- Who does something is there ----------------------------------------------------------------


async def test_an_owner_who_is_offline_but_writes_keeps_the_ticket_for_the_grace() -> None:
    ticket = Ticket()
    leave_all(ticket, "ivan")
    here(ticket, "dora")
    await ticket.customer()
    await ticket.do("taken", "ivan")
    await ticket.after(minutes=2)

    assert (await ticket.customer()).assignee == "ivan"
    made = await ticket.after(minutes=10)
    assert [event.kind for event in made] == ["timed_due"]
    assert ticket.state.assignee == "dora", "the grace is over, and the customer waits"


async def test_a_composer_who_is_offline_but_writes_a_note_stays_composer_for_the_grace() -> None:
    ticket = await composing()
    leave_all(ticket, "wanda")
    here(ticket, "bella")
    await ticket.after(minutes=2)
    await ticket.note("wanda", "I am at it")
    assert ticket.state.composer == "wanda"

    await ticket.after(minutes=2)
    assert ticket.state.composer == "wanda"
    await ticket.after(minutes=10)
    assert ticket.state.composer == "bella"


# --- Opening again ------------------------------------------------------------------------------


async def test_labels_that_are_no_departments_survive_the_opening() -> None:
    ticket = Ticket()
    ticket.desk.previous = Previous(
        case_id="t-0", assignee="ivan", holders={}, labels=("vip", "billing", MARKER)
    )

    state = await ticket.customer()

    assert (state.labels, state.departments) == (("vip", MARKER), ())
    assert ticket.stage == "triage"
