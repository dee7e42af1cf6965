"""Tickets: taking their events in, carrying their effects out, and the lists of them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from baton.contract import (
    SYSTEM,
    TICKET_KINDS,
    Activity,
    Assigned,
    DeliveryFailed,
    DepartmentAskedAgain,
    DepartmentDeclined,
    DepartmentDue,
    DepartmentState,
    DirectoryChanged,
    Event,
    LabelsChanged,
    MergedFrom,
    MergedInto,
    MessageChanged,
    NoteAdded,
    PlaceFreed,
    Presence,
    PresenceChanged,
    ReminderDue,
    ReplySent,
    SendReply,
    Status,
    StatusSet,
    SystemMessage,
    Taken,
    Tell,
    TemplateApplied,
    TicketOpened,
    TicketStage,
    TimedDue,
)
from baton.desk.api import InboxQuery, TicketQuery, TicketRow
from baton.documents.directory import Department as DepartmentEntry
from baton.documents.directory import Directory, Member
from baton.errors import InvalidEvent, UnknownLabel
from baton.model.chat.state import ChatState
from baton.model.effects import ConsolidatedReply, Escalation, Notice, Prompt, Reminder
from baton.model.facts import Previous
from baton.model.ticket.state import TicketState
from helpdesks.embedded import EmbeddedHelpDesk
from lab.ledger import events_of, labels_of, replies_of
from lab.notices import to_each
from tests import steps
from tests.helpdesk import chats
from tests.helpdesk.chats import ALL, START, agent_says, at, customer_says, nothing
from tests.helpdesk.tickets import (
    COMPANY,
    IVAN,
    VERA,
    department,
    effect,
    known,
    no_ticket,
    ref,
    shown,
    take_in,
    write,
)

ANSWERED, ASKED = DepartmentState.ANSWERED, DepartmentState.ASKED
CLOSED: dict[str, Any] = {"stage": TicketStage.CLOSED, "status": Status.CLOSED}
COLLECTING = TicketStage.COLLECTING

EVENTS: list[Event] = [
    customer_says("e", "Two invoices?", message_id="m", attachments=({"name": "a.pdf"},)),
    agent_says("e", "ivan"),
    SystemMessage(id="e", author=SYSTEM, text="Survey"),
    MessageChanged(id="e", author=IVAN, message_id="m"),
    DeliveryFailed(id="e", author=SYSTEM, message_id="m"),
    NoteAdded(id="e", author=VERA, text="Paid twice.", label="billing"),
    Taken(id="e", author=IVAN),
    StatusSet(id="e", author=IVAN, status=Status.PENDING, reason="waiting"),
    Assigned(id="e", author=IVAN, staff="vera"),
    LabelsChanged(id="e", author=IVAN, add=("billing",)),
    PresenceChanged(id="e", author=SYSTEM, staff="ivan", presence=Presence.OFFLINE),
    DirectoryChanged(id="e", author=SYSTEM, former_labels={"bills": "bookkeeping"}),
    ReplySent(id="e", author=IVAN, message_id="m", text="Sorry!"),
    TicketOpened(id="e", author=IVAN, ticket_id="T-1"),
    MergedInto(id="e", author=IVAN, case="ticket:T-2"),
    MergedFrom(id="e", author=IVAN, case="ticket:T-2"),
    TimedDue(id="e", author=SYSTEM),
    TemplateApplied(id="e", author=IVAN, template="refund"),
    DepartmentDeclined(id="e", author=VERA, label="billing", reason="not ours"),
    DepartmentAskedAgain(id="e", author=IVAN, label="billing"),
    SendReply(id="e", author=IVAN, text="Sorry!"),
    PlaceFreed(id="e", author=SYSTEM, staff="ivan"),
    ReminderDue(id="e", author=SYSTEM, label="billing"),
    DepartmentDue(id="e", author=SYSTEM, label="billing"),
]


async def only_row(desk: EmbeddedHelpDesk) -> TicketRow:
    (row,) = await desk.tickets(TicketQuery())
    return row


async def asking(desk: EmbeddedHelpDesk, ticket_id: str = "T-1", **fields: Any) -> TicketState:
    """A ticket that has asked two departments with its first event, ``e1``."""
    after: dict[str, Any] = {
        "stage": COLLECTING,
        "dispatcher": "ivan",
        "assignee": "ivan",
        "labels": ("billing", "shipping"),
        "departments": (department("billing", due_at=at(60)), department("shipping")),
    }
    event = TemplateApplied(id="e1", author=IVAN, template="refund")
    return await take_in(desk, no_ticket(ticket_id), event, START, **{**after, **fields})


# --- Taking in -----------------------------------------------------------------------------------


def test_every_kind_of_event_of_a_ticket_is_tried() -> None:
    assert {event.kind for event in EVENTS} == TICKET_KINDS


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
async def test_an_event_that_is_taken_in_twice_is_kept_once(desk: EmbeddedHelpDesk, event: Event) -> None:
    ticket = await take_in(desk, no_ticket(), customer_says("first"), START)
    after: dict[str, Any] = {
        "labels": ("billing",),
        "departments": (department("billing", ANSWERED, "Paid twice."),),
    }
    for _ in range(2):
        taken = await take_in(desk, ticket, event, at(1), **after)
    assert await shown(desk, no_ticket(), event, at(9)) == taken.head()
    (kept,) = [row for row in await events_of(desk, "T-1") if row.event_id == event.id]
    assert (kept.case_id, kept.author) == (ticket.case_id, str(event.author))
    assert len(await desk.tickets(TicketQuery())) == 1


async def test_the_first_event_opens_a_ticket_that_a_list_shows(desk: EmbeddedHelpDesk) -> None:
    ticket = await take_in(
        *(desk, no_ticket(), customer_says("e1", "Two invoices?"), START), last_message_at=START, line="first"
    )
    assert ticket.case_id
    assert ticket.case_id.startswith("t-")
    assert await only_row(desk) == TicketRow(
        case_id=ticket.case_id,
        ticket_id="T-1",
        customer="anna",
        subject="Two invoices",
        stage=TicketStage.TRIAGE,
        status=Status.OPEN,
        line="first",
        last_message_at=START,
        last_text="Two invoices?",
        waits_for="first is no longer in the directory",
    )


async def test_a_late_duplicate_gets_the_whole_ticket_back(desk: EmbeddedHelpDesk) -> None:
    linked = no_ticket(channel="telegram", conversation="anna")
    event = customer_says("e1")
    full: dict[str, Any] = {
        "stage": TicketStage.COMPOSING,
        "assignee": "vera",
        "composer": "vera",
        "dispatcher": "ivan",
        "labels": ("several-departments",),
        "departments": (
            department("billing", ANSWERED, "Paid twice.", answered_at=at(5), answered_by="vera"),
            department("shipping", DepartmentState.DECLINED, declined_to="billing"),
        ),
        "round": 2,
        "prompts": 2,
        "replies": 1,
        "previous_case": "t-0",
        "template": "refund",
        "paused_at": at(4),
        "last_author": event.author,
        "last_message_at": START,
    }
    ticket = await take_in(desk, linked, event, START, **full)
    assert await shown(desk, no_ticket(), event, at(9)) == ticket.head()
    late = await known(desk, no_ticket(), event, at(9))
    assert (late.case_id, late.decided_at, late.chain) == (ticket.case_id, START, "chain")


async def test_a_ticket_that_was_never_opened_is_given_back_as_it_began(desk: EmbeddedHelpDesk) -> None:
    await desk.block_customer("anna", blocked=True)
    start, event = no_ticket(channel="telegram", conversation="anna"), customer_says("e1", "Spam!")
    async with steps.intake(desk, start, event, START, "chain") as intake:
        assert intake.blocked()
        intake.take_in(start, start, [], opened=False)
    assert await desk.tickets(TicketQuery()) == []
    assert await shown(desk, start, event, at(1)) == start.snapshot()


async def test_a_blocked_customer_s_message_does_not_reopen_a_closed_ticket(desk: EmbeddedHelpDesk) -> None:
    ticket = await take_in(desk, no_ticket(), customer_says("e1", "Hello"), START)
    closed = await take_in(
        *(desk, ticket, StatusSet(id="e2", author=IVAN, status=Status.CLOSED), at(1)), **CLOSED
    )
    async with steps.intake(desk, closed, customer_says("e3", "Spam!"), at(2), "chain") as intake:
        intake.take_in(closed, closed, [], opened=False)
    assert ticket.case_id
    said = [(one.text, one.case_id) for one in await desk.messages(ref(ticket), ALL)]
    assert said == [("Hello", ticket.case_id), ("Spam!", "")]


async def test_something_earlier_than_the_last_event_changes_nothing(desk: EmbeddedHelpDesk) -> None:
    first = customer_says("e1")
    ticket = await take_in(desk, no_ticket(), first, at(10))
    await take_in(desk, ticket, Taken(id="e2", author=IVAN), at(20), assignee="ivan", labels=("billing",))
    for late in (10, 5):
        await take_in(desk, no_ticket(), first, at(late))
    assert (await only_row(desk)).assignee == "ivan"
    assert await labels_of(desk, ticket.case_id) == {"billing": None}


async def test_after_a_reset_the_same_event_writes_the_ticket_anew(desk: EmbeddedHelpDesk) -> None:
    await asking(desk)
    ticket = await take_in(
        *(desk, no_ticket(), TemplateApplied(id="e1", author=IVAN, template="refund"), at(100)),
        labels=("shipping",),
        departments=(department("shipping"),),
    )
    assert (await only_row(desk)).labels == ("shipping",)
    assert await labels_of(desk, ticket.case_id) == {"shipping": None}


async def test_a_chat_and_a_ticket_with_the_same_id_are_two_cases(desk: EmbeddedHelpDesk) -> None:
    event = customer_says("e1")
    chat = await chats.take_in(desk, nothing("T-1"), event, START, pinned_to="ivan")
    ticket = await take_in(desk, no_ticket(), event, START, assignee="ivan")
    assert chat.case_id != ticket.case_id
    assert [row.case_id for row in await desk.inbox(InboxQuery())] == [chat.case_id]
    assert [row.case_id for row in await desk.tickets(TicketQuery())] == [ticket.case_id]
    assert (await known(desk, no_ticket(), event, at(1))).case_id == ticket.case_id


async def test_tickets_do_not_count_as_chats(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, no_ticket(), customer_says("e1"), START, assignee="ivan", composer="ivan")
    async with steps.intake(desk, nothing(), customer_says("e2"), at(1), "chain") as intake:
        assert intake.load(["ivan"], "chat") == {"ivan": 0}
        assert intake.other_holder() is None


async def test_the_previous_case_is_the_last_one_of_the_same_ticket(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, no_ticket("T-2"), customer_says("e1"), at(3), assignee="boris")
    ticket = await take_in(desk, no_ticket(), customer_says("e1"), START)
    async with steps.intake(desk, no_ticket(), customer_says("e1"), at(1), "chain") as intake:
        assert intake.previous() is None
    await take_in(
        *(desk, ticket, StatusSet(id="e2", author=IVAN, status=Status.CLOSED), at(1)),
        **CLOSED,
        assignee="ivan",
        holders={"first": "ivan"},
    )
    async with steps.intake(desk, no_ticket(), customer_says("e3"), at(2), "another") as intake:
        assert intake.previous() == Previous(
            case_id=ticket.case_id or "",
            assignee="ivan",
            status=Status.CLOSED,
            stage=TicketStage.CLOSED,
            closed_at=at(1),
            holders={"first": "ivan"},
            subject=ticket.subject,
            channel=ticket.channel,
            conversation=ticket.conversation,
        )
        assert intake.case_id() != ticket.case_id


async def test_the_case_id_of_a_ticket_is_the_one_that_it_has(desk: EmbeddedHelpDesk) -> None:
    async with steps.intake(desk, no_ticket(case_id="t-mine"), customer_says("e1"), START, "chain") as intake:
        assert intake.case_id() == "t-mine"
    ids = []
    for ticket_id, event_id in (("T-1", "e1"), ("T-1", "e1"), ("T-1", "e2"), ("T-2", "e1")):
        async with steps.intake(
            desk, no_ticket(ticket_id), customer_says(event_id), START, "chain"
        ) as intake:
            ids.append(intake.case_id())
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


async def test_nobody_takes_the_row_of_another_ticket(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, no_ticket(case_id="t-mine"), customer_says("e1"), START, case_id="t-mine")
    with pytest.raises(InvalidEvent, match="belongs to another"):
        await take_in(desk, no_ticket("T-2"), customer_says("e1"), START, case_id="t-mine")


async def test_a_ticket_whose_workflow_was_cancelled_leaves_everybody_s_hands(desk: EmbeddedHelpDesk) -> None:
    left = await asking(desk)
    ticket = await take_in(
        desk, no_ticket(), customer_says("e9"), at(9), chain="another", labels=("billing",)
    )
    assert (await only_row(desk)).case_id == ticket.case_id
    assert await labels_of(desk, left.case_id) == {}
    assert await labels_of(desk, ticket.case_id) == {"billing": None}
    gone = await shown(desk, no_ticket(), TemplateApplied(id="e1", author=IVAN, template="refund"), at(10))
    assert (gone.case_id, gone.stage, gone.status) == (left.case_id, TicketStage.CLOSED, Status.CLOSED)


async def test_a_ticket_that_a_reset_never_opened_leaves_everybody_s_hands(desk: EmbeddedHelpDesk) -> None:
    first = await take_in(desk, no_ticket(), customer_says("e1"), at(1))
    closing = StatusSet(id="e2", author=IVAN, status=Status.CLOSED)
    closed = await take_in(desk, first, closing, at(2), **CLOSED)
    ghost = await take_in(desk, closed, customer_says("e3"), at(3), assignee="ivan", labels=("billing",))
    assert ghost.case_id != first.case_id
    # Reset to before e2, which is now refused: e3 meets a living ticket.
    await take_in(desk, first, customer_says("e3"), at(103))
    assert (await only_row(desk)).case_id == first.case_id
    assert await desk.touched_by("ivan") == []
    assert await labels_of(desk, ghost.case_id) == {}


async def test_the_writer_of_a_reply_is_found(desk: EmbeddedHelpDesk) -> None:
    ticket = await take_in(desk, no_ticket(), customer_says("e1"), START)
    await take_in(desk, ticket, ReplySent(id="e2", author=VERA, message_id="m2"), at(1))
    async with steps.intake(desk, ticket, customer_says("e3"), at(2), "chain") as intake:
        assert intake.author_of("m2") == "vera"


# --- Effects -------------------------------------------------------------------------------------


async def test_a_write_changes_what_it_carries_and_keeps_the_rest(desk: EmbeddedHelpDesk) -> None:
    ticket = await asking(desk)
    assert await desk.write_case(
        write(ticket, "e1", START, assignee="vera", line="first", labels=("shipping", "vip"))
    )
    snapshot = await shown(desk, ticket, TemplateApplied(id="e1", author=IVAN, template="refund"), at(9))
    carried = {"assignee": "vera", "line": "first", "labels": ("shipping", "vip")}
    assert snapshot == ticket.snapshot().model_copy(update=carried)


async def test_an_earlier_write_does_not_overwrite_a_later_event(desk: EmbeddedHelpDesk) -> None:
    ticket = await asking(desk, settled={"labels": ("shipping",)})
    await take_in(desk, ticket, Assigned(id="e2", author=IVAN, staff="vera"), at(1), assignee="vera")
    late = write(ticket, "e1", START, assignee="ivan", labels=(), notes=("Ask politely.",))
    for _ in range(2):
        assert not await desk.write_case(late)
    assert (await only_row(desk)).assignee == "vera"
    assert await labels_of(desk, ticket.case_id) == {"shipping": None}
    assert ticket.case_id
    assert [said.text for said in await desk.messages(ref(ticket), ALL)] == ["Ask politely."]


async def test_a_write_for_a_ticket_that_the_database_lost_begins_it_again(desk: EmbeddedHelpDesk) -> None:
    ticket = no_ticket(
        case_id="t-1",
        channel="telegram",
        conversation="anna",
        stage=COLLECTING,
        status=Status.OPEN,
        assignee="ivan",
        labels=("billing",),
    )
    assert await desk.write_case(write(ticket, "e9", START))
    assert (await only_row(desk)).ticket_id == "T-1"
    assert await desk.touched_by("ivan") == [ref(ticket)]
    assert await labels_of(desk, "t-1") == {"billing": None}


async def test_a_reply_is_sent_once_whatever_it_says(desk: EmbeddedHelpDesk) -> None:
    ticket = await asking(desk)
    event = SendReply(id="e2", author=VERA, text="Sorry!")
    ticket = await take_in(desk, ticket, event, at(1), stage=TicketStage.ANSWERED, replies=1)

    def reply(text: str) -> ConsolidatedReply:
        return ConsolidatedReply(**effect(ticket, "e2:reply", at(1), "e2"), text=text, author=VERA, round=1)

    assert await desk.send_reply(reply("Sorry!"))
    assert not await desk.send_reply(reply("Sorry!"))
    assert not await desk.send_reply(reply("Something else"))
    (sent,) = await replies_of(desk, ticket.case_id)
    assert (sent.text, sent.author, sent.at) == ("Sorry!", "staff:vera", at(1))
    assert ticket.case_id
    said = [(one.said, one.author, one.text) for one in await desk.messages(ref(ticket), ALL)]
    assert said == [("reply", "staff:vera", "Sorry!")], "once, though it was asked for and sent"
    assert (await only_row(desk)).last_text == "Sorry!"


async def test_of_many_attempts_at_once_one_sends_the_reply(url: str) -> None:
    # Two help desks on one database, as two worker processes have them.
    async with EmbeddedHelpDesk.open(url) as one, EmbeddedHelpDesk.open(url) as other:
        ticket = await asking(one)
        reply = ConsolidatedReply(**effect(ticket, "reply"), text="Sorry!", author=VERA, round=1)
        sent = await asyncio.gather(*((one, other)[number % 2].send_reply(reply) for number in range(8)))
        assert sorted(sent) == [False] * 7 + [True]
        assert [row.text for row in await replies_of(one, ticket.case_id)] == ["Sorry!"]


async def staffed(desk: EmbeddedHelpDesk) -> TicketState:
    await desk.change_directory(COMPANY, based_on=0)
    for staff in ("ivan", "boris"):
        await desk.set_presence(staff, Presence.ONLINE, START)
    return await asking(desk)


async def told(desk: EmbeddedHelpDesk) -> list[tuple[str, str]]:
    return sorted((row.staff, row.reason) for row in to_each(await desk.notices(None, 50)))


async def test_a_composer_is_prompted_once_and_gets_the_draft(desk: EmbeddedHelpDesk) -> None:
    ticket = await staffed(desk)
    prompt = Prompt(**effect(ticket, "prompt"), composer="vera", round=1)
    assert await desk.prompt_reply(prompt, "Paid twice.")
    assert not await desk.prompt_reply(prompt, "Paid twice.")
    assert await told(desk) == [("vera", "prompt")]
    assert ticket.case_id
    (draft,) = await desk.messages(ref(ticket), ALL)
    assert (draft.said, draft.author, draft.text) == ("draft", "system:baton", "Paid twice.")


async def test_without_a_composer_all_who_are_online_are_prompted(desk: EmbeddedHelpDesk) -> None:
    ticket = await staffed(desk)
    assert await desk.prompt_reply(Prompt(**effect(ticket, "prompt"), round=1), "")
    assert await told(desk) == [("boris", "prompt"), ("ivan", "prompt")]
    assert ticket.case_id
    assert await desk.messages(ref(ticket), ALL) == []


async def test_a_round_has_one_draft_the_latest(desk: EmbeddedHelpDesk) -> None:
    ticket = await staffed(desk)
    for number, (round_, seconds) in enumerate([(1, 1), (1, 5), (1, 3), (2, 2)]):
        made = effect(ticket, f"p{number}", at(seconds))
        assert await desk.prompt_reply(Prompt(**made, composer="vera", round=round_), f"d{number}")
    assert ticket.case_id
    assert sorted(said.text for said in await desk.messages(ref(ticket), ALL)) == ["d1", "d3"]


async def test_a_department_is_reminded_once_in_any_presence(desk: EmbeddedHelpDesk) -> None:
    ticket = await staffed(desk)
    reminder = Reminder(**effect(ticket, "remind"), label="billing", due_at=at(60))
    assert await desk.remind(reminder) == ("vera", "boris")
    await desk.change_directory(Directory(), based_on=None)
    assert await desk.remind(reminder) == ("vera", "boris"), "who was told the first time"
    assert await told(desk) == [("boris", "due soon: billing"), ("vera", "due soon: billing")]


async def test_an_overdue_answer_is_escalated_once(desk: EmbeddedHelpDesk) -> None:
    ticket = await staffed(desk)
    named = Escalation(**effect(ticket, "escalate"), label="billing", due_at=at(60), to="boss")
    for _ in range(2):
        assert await desk.escalate(named) == ("boss",)
    nobody = Escalation(**effect(ticket, "escalate-2"), label="shipping", due_at=at(60))
    assert sorted(await desk.escalate(nobody)) == ["boris", "ivan"]
    assert await told(desk) == [
        *(("boris", "overdue: shipping"), ("boss", "overdue: billing"), ("ivan", "overdue: shipping"))
    ]


async def test_a_department_that_is_told_means_all_its_members(desk: EmbeddedHelpDesk) -> None:
    ticket = await staffed(desk)
    tell = Tell(departments=("billing", "shipping", "gone"), reason="asked")
    assert await desk.notify(Notice(**effect(ticket, "notify"), tell=(tell,))) == ("vera", "boris")
    (row,) = await desk.notices(None, 10)
    assert (row.ticket_id, row.channel, row.conversation, row.case_id) == ("T-1", "", "", ticket.case_id)
    assert (row.staff, row.told, row.count, row.everyone) == ("", ("vera", "boris"), 2, False)


@pytest.mark.parametrize(
    ("away", "heard"),
    [
        ("", ("vera",)),
        ("vera", ("vera", "ivan", "boris")),
        ("vera ivan boris", ("vera", "ivan", "boris", "boss")),
    ],
    ids=["the composer never set a presence", "the composer is offline", "nobody is there"],
)
async def test_of_a_composer_who_is_not_there_somebody_else_is_told_too(
    desk: EmbeddedHelpDesk, away: str, heard: tuple[str, ...]
) -> None:
    ticket = await staffed(desk)
    for staff in away.split():
        await desk.set_presence(staff, Presence.OFFLINE, at(1))
    assert await desk.prompt_reply(Prompt(**effect(ticket, "prompt"), composer="vera", round=1), "")
    (row,) = await desk.notices(None, 10)
    assert (set(row.told), row.reason, row.everyone) == ({*heard}, "prompt", len(heard) > 1)


async def test_a_department_in_which_nobody_works_is_the_dispatcher_s_and_else_everyone_s(
    desk: EmbeddedHelpDesk,
) -> None:
    await staffed(desk)
    deserted = COMPANY.model_copy(update={"staff": {**COMPANY.staff, "boris": Member(), "vera": Member()}})
    await desk.change_directory(deserted, based_on=None)
    ticket = await take_in(desk, no_ticket("T-2"), customer_says("e"), START, dispatcher="boss")
    reminder = Reminder(**effect(ticket, "remind"), label="billing", due_at=at(60))
    assert await desk.remind(reminder) == ("boss",), "who never set a presence, and counts as there"
    await desk.set_presence("boss", Presence.OFFLINE, at(1))
    reminder = Reminder(**effect(ticket, "remind-2"), label="billing", due_at=at(60))
    assert await desk.remind(reminder) == ("boss", "ivan", "boris")


async def test_whoever_has_left_is_not_told_but_the_line_of_the_case_or_everyone(
    desk: EmbeddedHelpDesk,
) -> None:
    await staffed(desk)
    left = {key: member for key, member in COMPANY.staff.items() if key not in ("vera", "boss")}
    departments = {**COMPANY.departments, "bookkeeping": DepartmentEntry(label="billing")}
    await desk.change_directory(
        Directory(**{**dict(COMPANY), "staff": left, "departments": departments}), based_on=None
    )
    lineless = await take_in(desk, no_ticket("T-2"), customer_says("e"), START)
    of_line = await take_in(desk, no_ticket("T-3"), customer_says("e"), START, line="first")
    tell = Tell(staff=("vera",), reason="the customer wrote")
    assert await desk.notify(Notice(**effect(lineless, "n"), tell=(tell,))) == ("ivan", "boris")
    assert await desk.notify(Notice(**effect(of_line, "n2"), tell=(tell,))) == ("ivan",)
    overdue = Escalation(**effect(lineless, "escalate"), label="billing", due_at=at(60), to="boss")
    assert await desk.escalate(overdue) == ("ivan", "boris")
    assert [row.staff for row in await desk.notices("vera", 10)] == []


# --- Lists ---------------------------------------------------------------------------------------


async def listed(desk: EmbeddedHelpDesk, **query: Any) -> list[str]:
    return [row.ticket_id for row in await desk.tickets(TicketQuery(**query))]


@pytest.fixture
async def full(desk: EmbeddedHelpDesk) -> EmbeddedHelpDesk:
    """Tickets in every stage, opened one second after the other."""
    await desk.change_directory(COMPANY, based_on=0)
    both: dict[str, Any] = {"stage": COLLECTING, "labels": ("billing", "shipping")}
    tickets: dict[str, dict[str, Any]] = {
        "untouched": {},
        "later": {**both, "departments": (department("billing", due_at=at(90)), department("shipping"))},
        "sooner": {
            **both,
            "assignee": "ivan",
            "departments": (department("billing", due_at=at(60)), department("shipping", due_at=at(20))),
        },
        "no due time": {**both, "departments": (department("billing"), department("shipping"))},
        "waits for the customer": {
            **both,
            "status": Status.PENDING,
            "paused_at": at(1),
            "departments": (department("billing", due_at=at(10)),),
        },
        "composed": {"stage": TicketStage.COMPOSING, "composer": "ivan", "assignee": "vera"},
        "answered": {
            "stage": TicketStage.ANSWERED,
            "status": Status.PENDING,
            "assignee": "boris",
            "labels": ("several-departments",),
        },
        "closed": {**CLOSED, "labels": ("billing",), "assignee": "ivan", "composer": "ivan"},
    }
    for second, (ticket_id, after) in enumerate(tickets.items()):
        await take_in(desk, no_ticket(ticket_id), customer_says("e"), at(second), **after)
    await chats.take_in(desk, nothing(), customer_says("e"), START, labels=("billing",))
    return desk


async def test_the_list_has_all_that_are_not_closed_those_due_first_on_top(full: EmbeddedHelpDesk) -> None:
    assert await listed(full) == [
        *("sooner", "later", "untouched", "no due time"),
        *("waits for the customer", "composed", "answered"),
    ]
    assert await listed(full, limit=2) == ["sooner", "later"]


async def test_a_department_s_list_is_what_is_open_and_has_its_label(full: EmbeddedHelpDesk) -> None:
    rows = await full.tickets(TicketQuery(department="bookkeeping"))
    assert [(row.ticket_id, row.due_at) for row in rows] == [
        *(("sooner", at(60)), ("later", at(90)), ("no due time", None))
    ]
    assert rows[0].asked == ("billing", "shipping")
    rows = await full.tickets(TicketQuery(department="store"))
    assert [(row.ticket_id, row.due_at) for row in rows] == [
        *(("sooner", at(20)), ("later", None), ("no due time", None))
    ]


async def test_a_list_is_narrowed_by_person_stage_and_status(full: EmbeddedHelpDesk) -> None:
    assert await listed(full, staff="ivan") == ["sooner", "composed"]
    assert await listed(full, stage=TicketStage.COMPOSING) == ["composed"]
    assert await listed(full, stage=TicketStage.CLOSED) == []
    assert await listed(full, status=Status.PENDING) == ["waits for the customer", "answered"]
    assert await listed(full, department="bookkeeping", staff="ivan", stage=COLLECTING) == ["sooner"]
    assert await listed(full, department="bookkeeping", status=Status.PENDING) == []


async def test_a_department_that_nobody_knows_is_refused_with_a_hint(full: EmbeddedHelpDesk) -> None:
    with pytest.raises(UnknownLabel, match="did you mean bookkeeping"):
        await full.tickets(TicketQuery(department="bookeeping"))


async def test_tickets_are_none_of_the_inbox_s(full: EmbeddedHelpDesk) -> None:
    assert [row.conversation for row in await full.inbox(InboxQuery())] == ["anna"]


async def test_the_table_of_labels_is_in_step_with_the_ticket(desk: EmbeddedHelpDesk) -> None:
    ticket = await asking(desk)
    assert await labels_of(desk, ticket.case_id) == {"billing": at(60), "shipping": None}
    answered = (department("billing", ANSWERED, "Paid twice.", due_at=at(60)), department("shipping"))
    note = NoteAdded(id="e2", author=VERA, text="Paid twice.")
    without: dict[str, Any] = {"labels": ("shipping",)}
    ticket = await take_in(desk, ticket, note, at(1), departments=answered, settled=without)
    assert await labels_of(desk, ticket.case_id) == {"billing": None, "shipping": None}
    await desk.write_case(write(ticket, "e2", at(1), do="remove_label"))
    assert await labels_of(desk, ticket.case_id) == {"shipping": None}
    again = (department("billing", due_at=at(99)), department("shipping"))
    asked = DepartmentAskedAgain(id="e3", author=IVAN, label="billing")
    ticket = await take_in(desk, ticket, asked, at(2), departments=again)
    await desk.write_case(write(ticket, "e3", at(2), labels=("billing", "shipping")))
    assert await labels_of(desk, ticket.case_id) == {"billing": at(99), "shipping": None}
    paused = StatusSet(id="e4", author=IVAN, status=Status.PENDING)
    ticket = await take_in(
        *(desk, ticket, paused, at(3)),
        status=Status.PENDING,
        paused_at=at(3),
        labels=("billing",),
    )
    assert await labels_of(desk, ticket.case_id) == {"billing": None}
    closing = StatusSet(id="e5", author=IVAN, status=Status.CLOSED, force=True, reason="spam")
    await take_in(desk, ticket, closing, at(4), **CLOSED)
    assert await labels_of(desk, ticket.case_id) == {}


async def test_presence_concerns_tickets_too(desk: EmbeddedHelpDesk) -> None:
    await desk.change_directory(COMPANY, based_on=0)
    linked = no_ticket("assigned", channel="telegram", conversation="anna")
    assigned = await take_in(desk, linked, customer_says("e"), at(1), assignee="ivan")
    composed = await take_in(desk, no_ticket("composed"), customer_says("e"), at(2), composer="ivan")
    queue = await take_in(desk, no_ticket("queue"), customer_says("e"), at(3), line="first")
    await take_in(desk, no_ticket("another's"), customer_says("e"), at(4), line="first", assignee="vera")
    await take_in(desk, no_ticket("closed"), customer_says("e"), at(5), **CLOSED, assignee="ivan")
    chat = await chats.take_in(desk, nothing(), customer_says("e"), at(6), pinned_to="ivan")
    concerned = await desk.touched_by("ivan")
    assert concerned == [ref(assigned), ref(composed), ref(queue), chats.ref(chat)]
    assert [case.workflow_id for case in concerned] == [
        *("ticket:assigned", "ticket:composed", "ticket:queue", "chat:telegram:anna")
    ]


async def test_a_ticket_tells_its_story(desk: EmbeddedHelpDesk) -> None:
    ticket = await take_in(desk, no_ticket(), customer_says("e1", "Two invoices?"), START)
    asked: dict[str, Any] = {
        "stage": COLLECTING,
        "dispatcher": "ivan",
        "labels": ("billing",),
        "departments": (department("billing"),),
    }
    ticket = await take_in(
        desk, ticket, TemplateApplied(id="e2", author=IVAN, template="refund"), at(1), **asked
    )
    ticket = await take_in(
        *(desk, ticket, NoteAdded(id="e3", author=VERA, text="Paid twice."), at(2)),
        stage=TicketStage.COMPOSING,
        composer="vera",
        assignee="vera",
        departments=(department("billing", ANSWERED, "Paid twice."),),
        settled={"composer": "ivan", "labels": ()},
        rules=("remove-label",),
    )
    await desk.write_case(
        write(ticket, "e3", at(2), do="remove_label").model_copy(update={"rules": ("remove-label",)})
    )
    sent = ReplySent(id="e4", author=IVAN, message_id="m", text="Sorry!")
    await take_in(desk, ticket, sent, at(3), stage=TicketStage.ANSWERED, status=Status.PENDING)
    assert ticket.case_id
    assert [(said.said, said.author, said.text) for said in await desk.messages(ref(ticket), ALL)] == [
        ("message", "customer:anna", "Two invoices?"),
        ("note", "staff:vera", "Paid twice."),
        ("reply", "staff:ivan", "Sorry!"),
    ]
    log = [(entry.by, entry.what) for entry in await desk.change_log(ticket.case_id)]
    assert log == [
        ("customer_anna", "stage – → triage; status – → open"),
        ("staff_ivan", "stage triage → collecting; billing – → asked; +billing"),
        (
            "staff_vera",
            "stage collecting → composing; assignee – → vera; composer – → vera; billing asked → answered",
        ),
        ("rule_remove-label", "composer vera → ivan"),
        ("rule_remove-label", "-billing"),
        ("staff_ivan", "stage composing → answered; status open → pending"),
    ]


async def test_the_customer_s_messages_of_a_chat_come_back_as_they_were(desk: EmbeddedHelpDesk) -> None:
    attachments = ({"name": "a.pdf", "url": "https://files/a"},)
    first = customer_says("e1", "Two invoices?", message_id="m1", attachments=attachments, at=at(-5))
    second = customer_says("e3", "", attachments=attachments)
    chat: ChatState = await chats.take_in(desk, nothing(), first, START)
    chat = await chats.take_in(desk, chat, agent_says("e2", "ivan"), at(1))
    chat = await chats.take_in(desk, chat, second, at(2), activity=Activity.ENDED, status=Status.CLOSED)
    await chats.take_in(desk, chat, customer_says("e4", "The next chat"), at(3))
    assert await desk.customer_messages(chats.ref(chat)) == [
        first,
        second.model_copy(update={"at": at(2)}),
    ]


async def test_a_chat_remembers_the_ticket_that_it_opened(desk: EmbeddedHelpDesk) -> None:
    event = TicketOpened(id="e2", author=IVAN, ticket_id="T-1")
    chat = await chats.take_in(desk, nothing(), customer_says("e1"), START)
    chat = await chats.take_in(desk, chat, event, at(1), ticket_id="T-1")
    async with steps.intake(desk, nothing(), event, at(2), "another") as intake:
        late = intake.known_event()
    assert late is not None
    assert late.snapshot == chat.snapshot()
    assert await desk.tickets(TicketQuery()) == []
