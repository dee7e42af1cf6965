"""A ticket hears of more than messages: what was not delivered or was changed, and duplicates."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import DepartmentState
from baton.errors import IllegalTransition, InvalidEvent
from baton.model.effects import Forward
from helpdesks.known import CaseAt
from tests.unit.ticket.world import Ticket, answered, collecting, composing

ASKED, ANSWERED = DepartmentState.ASKED, DepartmentState.ANSWERED
TARGET = "ticket:t-2"
WRITTEN = pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("delivery_failed", {"message_id": "m-1"}),
        ("message_changed", {"message_id": "m-1"}),
        ("message_changed", {"message_id": "m-1", "deleted": True}),
    ],
    ids=["not delivered", "changed", "deleted"],
)


async def closed() -> Ticket:
    ticket = await answered()
    await ticket.close()
    ticket.desk.writers["m-1"] = "petra"
    return ticket


# --- A closed ticket ----------------------------------------------------------------------------


async def test_a_message_that_was_not_delivered_opens_it_in_triage_with_its_last_assignee() -> None:
    ticket = await closed()
    before = ticket.state.case_id

    state = await ticket.do("delivery_failed", "system", message_id="m-1")

    assert (state.stage, state.status, state.assignee) == ("triage", "open", "wanda")
    assert (state.previous_case, state.departments) == (before, ())
    assert ticket.told == {"delivery failed": ("petra", "wanda")}


async def test_if_its_people_have_left_everyone_is_told() -> None:
    ticket = await closed()
    ticket.gone("wanda", "petra")

    state = await ticket.do("delivery_failed", "system", message_id="m-1")

    assert (state.stage, state.assignee) == ("triage", None)
    assert ticket.told == {"delivery failed": ("everyone",)}


async def test_a_message_that_nobody_knows_does_not_open_it() -> None:
    ticket = await closed()

    with pytest.raises(
        IllegalTransition, match=r"^delivery_failed: the ticket t-1 is closed, and no message"
    ):
        await ticket.do("delivery_failed", "system", message_id="m-2")


async def test_where_there_was_none_nothing_opens_one_but_what_begins_one() -> None:
    for kind, fields in (("delivery_failed", {"message_id": "m-1"}), ("merged_from", {"case": "chat:a:b"})):
        with pytest.raises(IllegalTransition, match=rf"^{kind} needs a ticket, and there is none yet"):
            await Ticket().do(kind, "system", **fields)


# --- The draft ----------------------------------------------------------------------------------


@WRITTEN
async def test_what_departments_have_answered_makes_the_draft_stale(
    kind: str, fields: dict[str, Any]
) -> None:
    ticket = await composing()
    assert not ticket.state.draft.stale

    state = await ticket.do(kind, "system", **fields)

    assert (state.stage, state.draft.stale) == ("composing", True)
    assert "wanda" in next(iter(ticket.told.values())), "who writes the reply"
    assert (await ticket.note("bella", "One more thing")).draft.stale, "of the same round"


@WRITTEN
async def test_it_is_stale_from_its_beginning_if_a_department_had_answered(
    kind: str, fields: dict[str, Any]
) -> None:
    ticket = await collecting()
    await ticket.note("bella")
    await ticket.do(kind, "system", **fields)
    await ticket.note("dan")

    assert (await ticket.note("wanda")).draft.stale


@WRITTEN
async def test_before_anybody_has_answered_and_in_the_next_round_it_is_not(
    kind: str, fields: dict[str, Any]
) -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.do(kind, "system", **fields)
    await ticket.note("bella")
    assert not (await ticket.note("dan")).draft.stale

    await ticket.do(kind, "system", **fields)
    await ticket.reply("dan")
    await ticket.again("billing")
    assert not (await ticket.note("bella")).draft.stale


# --- Merging ------------------------------------------------------------------------------------


async def test_what_is_merged_goes_to_the_other_case_with_those_who_are_asked() -> None:
    ticket = await collecting()
    await ticket.note("bella")

    state = await ticket.do("merged_into", "petra", case=TARGET)

    assert (state.stage, state.merged_into) == ("closed", TARGET)
    (forward,) = [effect for effect in ticket.effects if isinstance(effect, Forward)]
    assert (forward.to, forward.departments) == (TARGET, ("delivery", "warranty"))
    assert forward.merged_by is not None


@pytest.mark.parametrize("kind", ["customer_message", "agent_message", "message_changed", "delivery_failed"])
async def test_what_is_written_to_it_later_is_forwarded_and_opens_nothing(kind: str) -> None:
    ticket = await collecting()
    closed = await ticket.do("merged_into", "petra", case=TARGET)
    by = {"agent_message": "petra", "customer_message": "customer"}.get(kind, "system")
    fields = {} if kind in ("agent_message", "customer_message") else {"message_id": "m-1"}

    assert await ticket.do(kind, by, **fields) == closed
    assert [(one.do, getattr(one, "to", None)) for one in ticket.effects] == [("forward", TARGET)]


async def test_it_goes_to_the_end_of_a_chain() -> None:
    ticket = await collecting()
    ticket.desk.others[TARGET] = CaseAt(final=True, merged_into="chat:web:1")
    ticket.desk.others["chat:web:1"] = CaseAt(final=True, merged_into=None)

    await ticket.do("merged_into", "petra", case=TARGET)

    assert [one.to for one in ticket.effects if isinstance(one, Forward)] == ["chat:web:1"]


@pytest.mark.parametrize(
    ("case", "error", "why"),
    [
        ("ticket:t-1", InvalidEvent, "ticket:t-1 cannot be merged into itself: name another case"),
        ("ticket:t-9", InvalidEvent, "there is no case ticket:t-9, into which ticket:t-1 could be merged"),
        ("t-2", InvalidEvent, "'t-2' does not name a case: give the ID of its workflow"),
        ("chat:web", InvalidEvent, "'chat:web' does not name a case"),
        ("line:line-1", InvalidEvent, "'line:line-1' does not name a case"),
        ("ticket:round", IllegalTransition, "merged_into: ticket:round was itself merged into ticket:t-1"),
    ],
    ids=["itself", "unknown", "no workflow", "half a place", "no case", "a circle"],
)
async def test_it_must_be_merged_into_another_case(case: str, error: type[Exception], why: str) -> None:
    ticket = await collecting()
    before = ticket.state
    ticket.desk.others["ticket:round"] = CaseAt(final=True, merged_into="ticket:t-1")

    with pytest.raises(error, match=why):
        await ticket.do("merged_into", "petra", case=case)

    assert ticket.state == before


async def test_in_a_circle_that_two_made_at_once_the_customer_s_message_opens_it_again() -> None:
    ticket = await collecting()
    await ticket.do("merged_into", "petra", case=TARGET)
    ticket.desk.others[TARGET] = CaseAt(final=True, merged_into="ticket:t-1")

    assert (await ticket.customer()).stage == "triage"


async def test_departments_that_were_asked_there_are_asked_here_or_named() -> None:
    ticket = await collecting(["billing", "delivery"])
    await ticket.note("bella")

    state = await ticket.do(
        "merged_from", "ivan", case=TARGET, departments=["billing", "delivery", "warranty", "gone"]
    )

    assert ticket.states() == {"billing": ANSWERED, "delivery": ASKED, "warranty": ASKED}
    assert (state.merged_from, state.round) == ((TARGET,), 1)
    assert ticket.told == {
        "asked": ("warranty",),
        f"{TARGET} was merged into this ticket; asked there: billing, gone": ("petra",),
    }


async def test_a_twin_opens_a_closed_ticket_and_is_known_in_the_next_one() -> None:
    ticket = await closed()

    state = await ticket.do("merged_from", "petra", case=TARGET, cases=["chat:web:1"])
    assert (state.stage, state.merged_from) == ("triage", (TARGET, "chat:web:1"))

    await ticket.close()
    assert (await ticket.customer()).merged_from == (TARGET, "chat:web:1")
