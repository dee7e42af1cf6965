"""Tickets on the real server: departments answer, one person replies. Source: section 4 of the design."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.contract import DepartmentState, Presence, Status, TicketStage
from baton.effects import TicketQuery
from baton.errors import DepartmentsWaiting, IllegalTransition, InvalidEvent, NotAllowed, UnknownLabel
from tests.conftest import HouseOpener
from tests.departments import ANSWERS, QUIET, prompts_of, replies_of
from tests.house import CHANNEL, House, event, eventually, failed_tasks, fresh
from tests.ledger import events_of
from tests.waiting import refused


@pytest.mark.parametrize("order", list(itertools.permutations(ANSWERS)), ids="-".join)
async def test_notes_in_every_order_make_one_prompt_and_one_reply(
    open_separate: HouseOpener, order: tuple[str, ...]
) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        outcome = await house.asked(ticket, QUIET)
        assert outcome.snapshot.labels == ("billing", "delivery", "warranty", "several-departments")
        for label in order[:-1]:
            await house.note(ANSWERS[label], ticket, f"About {label}.")
            assert (await house.ticket(ticket)).stage is TicketStage.COLLECTING
        await house.note(ANSWERS[order[-1]], ticket, f"About {order[-1]}.")

        now = await house.ticket(ticket)
        last = ANSWERS[order[-1]]
        assert (now.stage, now.status) == (TicketStage.COMPOSING, Status.OPEN)
        assert (now.prompts, now.composer, now.assignee) == (1, last, last)
        assert now.labels == ("several-departments",)
        draft = await house.draft(ticket)
        assert draft.final
        assert draft.composer == last
        places = [draft.text.index(f"About {label}.") for label in ANSWERS]
        assert places == sorted(places), "not in the template's order"

        reply = await house.on_ticket(last, ticket, "send_reply", text="All about it.")
        assert (reply.snapshot.stage, reply.snapshot.status) == (TicketStage.ANSWERED, Status.PENDING)
        await house.settled(f"ticket:{ticket}")
        assert await prompts_of(house, ticket) == [last]
        assert await replies_of(house, ticket) == 1
        assert failed_tasks(await house.history(f"ticket:{ticket}")) == []


@pytest.mark.timeout(180)
async def test_all_notes_at_once_make_one_prompt_a_hundred_times(open_separate: HouseOpener) -> None:
    """Three clients of their own for each ticket, whose notes race; doubled notes among them."""
    async with open_separate() as house:
        tickets = [fresh("race") for _ in range(100)]
        many = asyncio.Semaphore(20)

        async def race(number: int, ticket: str) -> None:
            async with many:
                await house.asked(ticket, QUIET)
                notes = [event("note_added", who, text=f"By {who}.") for who in ANSWERS.values()]
                notes += [notes[number % 3]]  # one of them comes twice
                clients = [
                    BatonClient(house.client.temporal, task_queue=house.settings.task_queue) for _ in notes
                ]
                ways = (BatonClient.add_note, BatonClient.send_to_ticket, BatonClient.submit_to_ticket)
                await asyncio.gather(
                    *(
                        ways[(number + position) % 3](client, ticket, note)
                        for position, (client, note) in enumerate(zip(clients, notes, strict=True))
                    )
                )

                async def composing() -> bool:
                    return (await house.ticket(ticket)).stage is TicketStage.COMPOSING

                await eventually(composing, f"{ticket} did not come to composing")
                composer = (await house.ticket(ticket)).composer
                assert composer is not None
                assert composer in ANSWERS.values()
                # The composer and the dispatcher press "send" at the same moment.
                results = await asyncio.gather(
                    *(
                        house.on_ticket(who, ticket, "send_reply", text=f"From {who}.")
                        for who in (composer, "petra")
                    ),
                    return_exceptions=True,
                )
                refusals = [result for result in results if isinstance(result, BaseException)]
                assert [type(refusal) for refusal in refusals] == [IllegalTransition]

        await asyncio.gather(*(race(number, ticket) for number, ticket in enumerate(tickets)))
        for ticket in tickets:
            await house.settled(f"ticket:{ticket}")
            now = await house.ticket(ticket)
            assert (now.prompts, now.replies, now.round) == (1, 1, 1)
            assert await prompts_of(house, ticket) == [now.composer]
            assert await replies_of(house, ticket) == 1
            assert [note for one in now.departments for note in one.notes if len(one.notes) != 1] == []


async def test_a_note_for_two_departments_answers_both(house: House) -> None:
    ticket = fresh("T")
    await house.asked(ticket, QUIET)
    await house.note("maria", ticket, "The parcel is here.")
    await house.note("lena", ticket, "Paid, and still under warranty.")
    now = await house.ticket(ticket)
    assert {one.label: one.answered_by for one in now.departments} == {
        "billing": "lena",
        "delivery": "maria",
        "warranty": "lena",
    }
    assert (now.prompts, now.composer) == (1, "lena")
    assert (await house.draft(ticket)).text.count("Paid, and still under warranty.") == 1


async def test_what_is_refused_says_why_and_changes_nothing(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        await refused(IllegalTransition, house.on_ticket("petra", ticket, "taken"))
        await refused(
            InvalidEvent, house.on_ticket("petra", ticket, "template_applied", template="three-departmens")
        )
        await house.asked(ticket, QUIET)
        before = await house.ticket(ticket)
        await refused(IllegalTransition, house.on_ticket("petra", ticket, "template_applied", template=QUIET))
        await refused(DepartmentsWaiting, house.on_ticket("petra", ticket, "status_set", status="closed"))
        await refused(
            InvalidEvent, house.on_ticket("petra", ticket, "status_set", status="closed", force=True)
        )
        await refused(DepartmentsWaiting, house.on_ticket("ada", ticket, "send_reply", text="Too early."))
        await refused(
            UnknownLabel,
            house.on_ticket("ada", ticket, "department_declined", label="billing", to="bilding", reason="?"),
        )
        await refused(
            NotAllowed,
            house.on_ticket("ben", ticket, "department_declined", label="billing", reason="not mine"),
        )
        await refused(
            IllegalTransition, house.on_ticket("petra", ticket, "department_asked_again", label="billing")
        )
        await house.note("ada", ticket)
        await house.note("ben", ticket)
        await house.note("cem", ticket)
        await refused(NotAllowed, house.on_ticket("ada", ticket, "send_reply", text="Not mine to send."))
        await house.settled(f"ticket:{ticket}")
        after = await house.ticket(ticket)
        assert before.departments[0].state is DepartmentState.ASKED
        assert (after.stage, after.replies, after.composer) == (TicketStage.COMPOSING, 0, "cem")
        assert await replies_of(house, ticket) == 0
        assert failed_tasks(await house.history(f"ticket:{ticket}")) == []


async def test_a_department_that_is_added_recalls_the_draft(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        await house.asked(ticket, "billing-and-delivery")
        await house.note("ada", ticket)
        await house.note("ben", ticket)
        assert (await house.ticket(ticket)).composer == "ben"
        outcome = await house.on_ticket("petra", ticket, "labels_changed", add=["warranty"])
        assert (outcome.snapshot.stage, outcome.snapshot.round) == (TicketStage.COLLECTING, 2)
        await refused(DepartmentsWaiting, house.on_ticket("ben", ticket, "send_reply", text="Too early."))
        await house.note("cem", ticket, "And the warranty.")
        now = await house.ticket(ticket)
        assert (now.stage, now.prompts, now.composer) == (TicketStage.COMPOSING, 2, "cem")
        text = (await house.draft(ticket)).text
        assert text.count("Our answer.") == 2
        assert "And the warranty." in text
        await house.settled(f"ticket:{ticket}")
        told = [(row.staff, row.reason) for row in await house.desk.notices("ben", 100)]
        assert ("ben", "recalled: another department is asked") in told


async def test_a_late_note_amends_the_draft_and_tells_the_composer(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        await house.asked(ticket, "billing-and-delivery")
        await house.note("ada", ticket, "Paid.")
        await house.note("ben", ticket, "On its way.")
        await house.note("ada", ticket, "Correction: not paid.")
        now = await house.ticket(ticket)
        assert (now.prompts, now.composer) == (1, "ben")
        assert "Correction: not paid." in (await house.draft(ticket)).text
        await house.settled(f"ticket:{ticket}")
        assert "a late note" in [row.reason for row in await house.desk.notices("ben", 100)]


async def test_a_customer_who_writes_again_reopens_the_ticket(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        first = event("customer_message", "customer", text="Two questions.")
        await house.to_ticket(ticket, first, subject="Two questions", channel="email")
        await house.on_ticket("petra", ticket, "template_applied", template="billing-and-delivery")
        await house.note("ada", ticket)
        await house.on_ticket("ben", ticket, "send_reply", text="From the last one who was asked.")
        now = await house.ticket(ticket)
        assert (now.stage, now.prompts, now.replies) == (TicketStage.ANSWERED, 0, 1)
        back = await house.on_ticket("customer", ticket, "customer_message", text="And the third one?")
        assert (back.snapshot.stage, back.snapshot.assignee) == (TicketStage.TRIAGE, "ben")
        closed = await house.on_ticket("ben", ticket, "status_set", status="closed")
        assert closed.snapshot.stage is TicketStage.CLOSED
        assert (await house.handle(f"ticket:{ticket}").result())["reason"] == "closed"

        await refused(IllegalTransition, house.on_ticket("petra", ticket, "template_applied", template=QUIET))
        again = await house.on_ticket("customer", ticket, "customer_message", text="Once more.")
        assert again.snapshot.stage is TicketStage.TRIAGE
        assert again.snapshot.previous_case == closed.snapshot.case_id
        assert (again.snapshot.subject, again.snapshot.channel) == ("Two questions", "email")
        assert again.snapshot.assignee == "ben"


async def test_events_of_a_closed_ticket_that_come_again_open_no_ghost(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        first = event("customer_message", "customer", text="Hello?")
        await house.to_ticket(ticket, first)
        await house.on_ticket("petra", ticket, "status_set", status="closed")
        await house.handle(f"ticket:{ticket}").result()
        await house.client.submit_to_ticket(ticket, first, customer=f"of-{ticket}")
        summary = await house.handle(f"ticket:{ticket}").result()
        assert summary["reason"] == "duplicate"
        assert len(await events_of(house.desk, ticket, "customer_message")) == 1


async def test_a_template_without_a_ticket_opens_one(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        ticket = fresh("T")
        outcome = await house.on_ticket("petra", ticket, "template_applied", template=QUIET)
        assert (outcome.snapshot.stage, outcome.snapshot.dispatcher) == (TicketStage.COLLECTING, "petra")


async def test_a_composer_who_leaves_hands_the_draft_over(open_separate: HouseOpener) -> None:
    async with open_separate(offline_grace_seconds=0) as house:
        ticket = fresh("T")
        for who in ANSWERS.values():
            await house.presence(who, Presence.ONLINE, ago=timedelta(hours=1))
        await house.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await house.note(who, ticket)
        assert (await house.ticket(ticket)).composer == "cem"

        await house.presence("cem", Presence.OFFLINE)
        await house.on_ticket("system", ticket, "presence_changed", staff="cem", presence="offline")
        now = await house.ticket(ticket)
        assert (now.stage, now.prompts, now.composer, now.assignee) == (
            TicketStage.COMPOSING,
            1,
            "ben",
            "ben",
        )
        assert (await house.draft(ticket)).composer == "ben"
        await house.settled(f"ticket:{ticket}")
        assert "you write the reply now" in [row.reason for row in await house.desk.notices("ben", 100)]


async def test_a_composer_who_does_not_come_back_hands_the_draft_over(open_separate: HouseOpener) -> None:
    """Whoever wrote the last note was there then; the grace counts from that moment."""
    async with open_separate() as house:
        ticket = fresh("T")
        await house.presence("ben", Presence.ONLINE, ago=timedelta(hours=1))
        await house.presence("cem", Presence.OFFLINE, ago=timedelta(hours=1))
        await house.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await house.note(who, ticket)
        assert (await house.ticket(ticket)).composer == "cem"
        await house.fast_forward(f"ticket:{ticket}", minutes=2)
        assert (await house.ticket(ticket)).composer == "cem"
        await house.fast_forward(f"ticket:{ticket}", minutes=2)

        async def handed_over() -> bool:
            return (await house.ticket(ticket)).composer == "ben"

        await eventually(handed_over, "the draft was not handed over")
        assert (await house.ticket(ticket)).prompts == 1
        assert (await house.draft(ticket)).composer == "ben"


DUE = """
version: 1
templates:
  - id: due
    name: With due times
    departments: [billing, delivery]
    note: Please answer.
    due:
      billing: {answer within hours: 8, remind before hours: 2}
      delivery: {answer within hours: 20}
"""


@pytest.mark.timeout(120)
async def test_reminder_and_escalation_come_once_each(open_separate: HouseOpener) -> None:
    async with open_separate(templates=DUE) as house:
        ticket = fresh("T")
        asked = await house.asked(ticket, "due")
        by_label = {one.label: one for one in asked.snapshot.departments}
        assert by_label["billing"].due_at is not None
        assert by_label["billing"].remind_at == by_label["billing"].due_at - timedelta(hours=2)

        await house.fast_forward(f"ticket:{ticket}", hours=6, minutes=1)
        await _told(house, "ada", "due soon: billing", 1)
        await house.fast_forward(f"ticket:{ticket}", hours=2)
        await _told(house, "dora", "overdue: billing", 1)
        await house.note("ada", ticket)
        await house.fast_forward(f"ticket:{ticket}", hours=30)
        await _told(house, "dora", "overdue: delivery", 1)
        await house.settled(f"ticket:{ticket}")
        notices = await house.desk.notices(None, 100)
        assert sorted((row.staff, row.reason) for row in notices if row.reason != "new") == [
            ("ada", "due soon: billing"),
            ("ben", "last to answer: see what the others wrote"),
            ("dora", "overdue: billing"),
            ("dora", "overdue: delivery"),
        ]


async def test_due_times_pause_while_the_ticket_waits_for_its_customer(open_separate: HouseOpener) -> None:
    async with open_separate(templates=DUE) as house:
        ticket = fresh("T")
        await house.asked(ticket, "due")
        before = {one.label: one.due_at for one in (await house.ticket(ticket)).departments}
        await house.on_ticket("petra", ticket, "status_set", status="pending")
        await house.fast_forward(f"ticket:{ticket}", hours=100)
        back = await house.on_ticket("customer", ticket, "customer_message", text="Here it is.")
        assert back.snapshot.paused_at is None
        for one in back.snapshot.departments:
            was = before[one.label]
            assert was is not None
            assert one.due_at is not None
            assert timedelta(hours=100) <= one.due_at - was < timedelta(hours=100, minutes=1)
        assert await house.desk.notices("dora", 100) == []


async def _told(house: House, staff: str, reason: str, times: int) -> None:
    async def told() -> bool:
        return [row.reason for row in await house.desk.notices(staff, 100)].count(reason) == times

    await eventually(told, f"{staff} was not told {reason!r}")


async def test_a_chat_opens_a_ticket_and_the_reply_goes_out_in_the_chat(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        chat, ticket = fresh("chat"), fresh("T")
        await house.customer(chat, "Three questions.")
        await house.staff(chat, "ivan", "I will ask the others.")
        await house.by("ivan", chat, "ticket_opened", ticket_id=ticket)
        await _in_timeline(house, ticket, "customer_message", 1)
        assert (await house.ticket(ticket)).conversation == chat
        await house.customer(chat, "And a fourth one.")
        await _in_timeline(house, ticket, "customer_message", 2)

        await house.on_ticket("ivan", ticket, "template_applied", template=QUIET)
        await house.by("ivan", chat, "chat_ended", status="pending")
        for who in ANSWERS.values():
            await house.note(who, ticket)
        await house.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await house.settled(f"ticket:{ticket}")

        async def heard() -> bool:
            return (await house.snapshot(chat)).reserved_for == "ivan"

        await eventually(heard, "the chat did not hear of the reply")
        now = await house.snapshot(chat)
        assert (now.activity, now.status, now.assignee) == ("ended", Status.PENDING, "ivan")
        assert now.last_author is not None
        assert now.last_author.id == "cem"
        answer = await house.customer(chat, "Thank you!")
        assert (answer.snapshot.pinned_to, answer.snapshot.tab) == ("ivan", "mine")
        said = [item.text for item in await house.desk.messages(now.case_id or "")]
        assert said.count("All in one.") == 1
        assert await replies_of(house, ticket) == 1


async def _in_timeline(house: House, ticket: str, kind: str, times: int) -> None:
    async def there() -> bool:
        try:
            timeline = await house.client.ticket_timeline(ticket)
        except IllegalTransition:
            return False
        return [entry.kind for entry in timeline].count(kind) == times

    await eventually(there, f"{ticket} has not {times} × {kind}")


async def test_a_ticket_goes_on_in_a_new_run(
    impatient_server: WorkflowEnvironment, open_separate: HouseOpener
) -> None:
    async with open_separate(impatient_server) as house:
        ticket = fresh("T")
        await house.asked(ticket, QUIET)
        for number in range(12):
            await house.note("ada", ticket, f"Part {number}.", answers=False)
        handle = house.handle(f"ticket:{ticket}")
        described = await handle.describe()
        first = described.raw_description.workflow_execution_info.first_run_id
        assert described.run_id != first, "the ticket did not continue as new"
        for who in ANSWERS.values():
            await house.note(who, ticket)
        now = await house.ticket(ticket)
        assert (now.prompts, now.composer) == (1, "cem")
        assert [len(one.notes) for one in now.departments] == [13, 1, 1]
        await house.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await house.settled(f"ticket:{ticket}")
        assert await replies_of(house, ticket) == 1


async def test_the_filter_of_a_department_finds_what_waits_for_it(open_separate: HouseOpener) -> None:
    async with open_separate() as house:
        waiting, answered = fresh("T"), fresh("T")
        for ticket in (waiting, answered):
            await house.asked(ticket, QUIET)
        await house.note("ada", answered)
        for ticket in (waiting, answered):
            await house.settled(f"ticket:{ticket}")
        rows = await house.desk.tickets(TicketQuery(department="billing"))
        assert [row.ticket_id for row in rows] == [waiting]
        query = (
            f"WorkflowType = 'Ticket' AND CaseStatus = 'open' AND Labels = 'billing' "
            f"AND TaskQueue = '{house.settings.task_queue}'"
        )

        async def seen() -> bool:
            found = [item.id async for item in house.client.temporal.list_workflows(query)]
            return found == [f"ticket:{waiting}"]

        await eventually(seen, "the search attributes do not find it")


async def test_a_chat_and_a_ticket_keep_apart(open_separate: HouseOpener) -> None:
    """The same ID, the same channel: two cases."""
    async with open_separate() as house:
        same = fresh("same")
        await house.customer(same)
        await house.client.send_to_ticket(
            same, event("customer_message", "customer", text="Hello?"), channel=CHANNEL
        )
        assert (await house.snapshot(same)).tab == "new"
        assert (await house.ticket(same)).stage is TicketStage.TRIAGE
