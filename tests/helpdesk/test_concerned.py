"""Which living cases a change of the directory concerns, and why."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import SYSTEM, Activity, DepartmentState, DirectoryChanged, NoteAdded, Status, TicketStage
from baton.documents.directorychange import DirectoryDifference, Renamed
from baton.model.ticket.state import TicketState
from helpdesks.embedded import EmbeddedHelpDesk
from lab.ledger import events_of
from tests.helpdesk import chats, tickets
from tests.helpdesk.chats import at, customer_says, nothing
from tests.helpdesk.tickets import VERA, department, no_ticket

ASKED, ANSWERED = DepartmentState.ASKED, DepartmentState.ANSWERED
COLLECTING, COMPOSING = TicketStage.COLLECTING, TicketStage.COMPOSING
NOBODY = DirectoryDifference()
PINNED: dict[str, Any] = {"assignee": "ivan", "line": "first", "pinned_to": "ivan"}


async def reasons(desk: EmbeddedHelpDesk, **change: Any) -> list[tuple[str, ...]]:
    return [one.reasons for one in await desk.concerned_by(NOBODY._replace(**change))]


@pytest.mark.parametrize(
    ("case", "why"),
    [
        (PINNED, "ivan is gone, and has it"),
        ({"reserved_for": "ivan"}, "ivan is gone, and has it"),
        (
            {"activity": Activity.ENDED, "assignee": "ivan", "status": Status.PENDING},
            "ivan is gone, and has it",
        ),
    ],
)
async def test_chats_of_somebody_who_is_gone(desk: EmbeddedHelpDesk, case: dict[str, Any], why: str) -> None:
    chat = await chats.take_in(desk, nothing(), customer_says("e"), at(0), **case)
    await chats.take_in(desk, nothing("other"), customer_says("e"), at(1), assignee="vera")

    (found,) = await desk.concerned_by(NOBODY._replace(gone=frozenset({"ivan"})))

    assert (found.case, found.reasons) == (chats.ref(chat), (why,))


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ({"assignee": "ivan"}, "ivan is gone, and has it"),
        ({"composer": "ivan", "stage": COMPOSING}, "ivan is gone, and is to write its reply"),
        ({"composer": "ivan", "stage": TicketStage.ANSWERED}, "ivan is gone, and wrote its last reply"),
        ({"dispatcher": "ivan"}, "ivan is gone, and is its dispatcher"),
        (
            {"departments": (department("billing", escalated=True, escalated_to="ivan"),)},
            "ivan is gone, and was told that billing is overdue",
        ),
    ],
)
async def test_tickets_in_every_role(desk: EmbeddedHelpDesk, case: dict[str, Any], why: str) -> None:
    ticket = await tickets.take_in(desk, no_ticket(), customer_says("e"), at(0), **case)
    await tickets.take_in(desk, no_ticket("other"), customer_says("e"), at(1), assignee="vera")

    (found,) = await desk.concerned_by(NOBODY._replace(gone=frozenset({"ivan"})))

    assert (found.case, found.reasons) == (tickets.ref(ticket), (why,))


async def test_what_is_closed_is_not_concerned(desk: EmbeddedHelpDesk) -> None:
    closed: dict[str, Any] = {"status": Status.CLOSED, "assignee": "ivan"}
    await chats.take_in(desk, nothing(), customer_says("e"), at(0), activity=Activity.ENDED, **closed)
    await tickets.take_in(desk, no_ticket(), customer_says("e"), at(0), stage=TicketStage.CLOSED, **closed)

    assert await reasons(desk, gone=frozenset({"ivan"})) == []


async def test_queues_and_people_of_other_lines(desk: EmbeddedHelpDesk) -> None:
    await chats.take_in(desk, nothing("queue"), customer_says("e"), at(0), line="first")
    await chats.take_in(desk, nothing("mine"), customer_says("e"), at(1), **PINNED)
    await tickets.take_in(desk, no_ticket(), customer_says("e"), at(2), line="first")
    queue = "it waits in the queue of first, and nobody is left there"

    assert await reasons(desk, empty_lines=frozenset({"first"})) == [(queue,), (queue,)]
    assert await reasons(desk, moved=frozenset({"ivan"})) == [("ivan, who has it, is in another line",)]
    assert await reasons(desk) == []


@pytest.mark.parametrize("key", ["bookkeeping", None], ids=["by key", "by label, of an older release"])
@pytest.mark.parametrize("state", [ASKED, ANSWERED])
async def test_departments(desk: EmbeddedHelpDesk, state: DepartmentState, key: str | None) -> None:
    other = department("shipping", key="store")
    asked = (department("billing", state, key=key), other)
    await tickets.take_in(desk, no_ticket(), customer_says("e"), at(0), stage=COLLECTING, departments=asked)
    await tickets.take_in(
        desk, no_ticket("other"), customer_says("e"), at(0), stage=COLLECTING, departments=(other,)
    )
    label = {"bookkeeping": "billing"}

    renamed = await reasons(desk, renamed={"bookkeeping": Renamed("billing", "invoices")})

    assert renamed == [("billing is called invoices",)], "also one that has answered"
    open_question = [("it asks billing, and nobody is left there",)] if state is ASKED else []
    assert await reasons(desk, deserted=label) == open_question
    assert len(await reasons(desk, staffed=label)) == len(open_question)


async def test_chats_with_the_label_of_a_department(desk: EmbeddedHelpDesk) -> None:
    labels = ("vip", "billing")
    chat = await chats.take_in(desk, nothing(), customer_says("e", "billing"), at(0), labels=labels)
    await chats.take_in(desk, nothing("other"), customer_says("e", "billing"), at(1), labels=("billing too",))

    (found,) = await desk.concerned_by(NOBODY._replace(renamed={"bookkeeping": Renamed("billing", "bills")}))

    assert (found.case, found.reasons) == (chats.ref(chat), ("billing is called bills",))


async def test_a_label_is_found_whatever_is_in_it(desk: EmbeddedHelpDesk) -> None:
    label = 'it\'s "100%" \\ of_счета'
    await tickets.take_in(
        desk, no_ticket(), customer_says("e"), at(0), stage=COLLECTING, departments=(department(label),)
    )

    assert await reasons(desk, deserted={"bookkeeping": label}) == [
        (f"it asks {label}, and nobody is left there",)
    ]
    assert await reasons(desk, deserted={"bookkeeping": label.upper()}) == []


async def test_a_case_is_listed_once_with_all_its_reasons(desk: EmbeddedHelpDesk) -> None:
    case: dict[str, Any] = {"assignee": "ivan", "dispatcher": "ivan", "stage": COLLECTING}
    await tickets.take_in(
        desk, no_ticket(), customer_says("e"), at(0), departments=(department("billing"),), **case
    )

    assert await reasons(desk, gone=frozenset({"ivan"}), deserted={"bookkeeping": "billing"}) == [
        (
            "ivan is gone, and has it",
            "ivan is gone, and is its dispatcher",
            "it asks billing, and nobody is left there",
        )
    ]


@pytest.mark.parametrize("key", ["bookkeeping", None], ids=["by key", "by the former label"])
async def test_notes_stay_with_their_department_when_its_label_changes(
    desk: EmbeddedHelpDesk, key: str | None
) -> None:
    one = department("billing", ASKED, key=key)
    ticket = await tickets.take_in(
        desk,
        no_ticket(),
        customer_says("e1"),
        at(0),
        stage=COLLECTING,
        departments=(one,),
        labels=("billing",),
    )
    noted = NoteAdded(id="n1", author=VERA, text="Paid twice.")
    answered = department("billing", ANSWERED, "", key=key)
    note = answered.notes[0].model_copy(update={"text": "Paid twice.", "at": at(5), "event_id": "n1"})
    answered = answered.model_copy(update={"notes": (note,), "note_count": 1})
    ticket = await tickets.take_in(desk, ticket, noted, at(5), departments=(answered,))
    renamed = answered.model_copy(
        update={"label": "invoices", "formerly": ("billing",), "key": "bookkeeping"}
    )

    ticket = await tickets.take_in(
        desk,
        ticket,
        DirectoryChanged(id="d1", author=SYSTEM),
        at(6),
        departments=(renamed,),
        labels=("invoices",),
    )

    kept = await desk.kept(tickets.ref(ticket))
    assert kept is not None
    assert isinstance(kept.state, TicketState)
    assert [found.text for found in kept.state.departments[0].notes] == ["Paid twice."]
    assert kept.state == ticket
    rows = {row.event_id: row.credited for row in await events_of(desk, "T-1")}
    assert rows["n1"] == {"labels": ["billing"], "keys": [key], "round": 1}


async def test_the_directory_of_every_version_can_be_seen(desk: EmbeddedHelpDesk) -> None:
    first = await desk.change_directory(tickets.COMPANY, based_on=None)
    second = await desk.change_directory(tickets.COMPANY.model_copy(update={"labels": ("vip",)}), based_on=1)

    assert [await desk.directory(1), await desk.directory(2), await desk.directory()] == [
        first,
        second,
        second,
    ]
    assert (await desk.directory(0)).directory.staff == {}
