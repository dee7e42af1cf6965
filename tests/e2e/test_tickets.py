"""Tickets on the real server: departments answer, one person replies. Source: section 4 of the design."""

from __future__ import annotations

import asyncio
import itertools
from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from baton.client import BatonClient, Ticket
from baton.contract import DepartmentState, Presence, Status, TicketStage
from baton.desk.api import TicketQuery
from baton.documents.calendars import Calendar
from baton.errors import DepartmentsWaiting, IllegalTransition, InvalidEvent, NotAllowed, UnknownLabel
from baton.model.effects import CaseRef
from baton.temporal.plugin import BatonPlugin
from lab.departments import ANSWERS, QUIET, prompts_of, replies_of
from lab.ledger import events_of
from lab.notices import to_each
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh
from tests.conftest import RigOpener
from tests.waiting import refused
from workflows.ticket import Ticket as TicketWorkflow


@pytest.mark.parametrize("order", list(itertools.permutations(ANSWERS)), ids="-".join)
async def test_notes_in_every_order_make_one_prompt_and_one_reply(
    open_separate: RigOpener, order: tuple[str, ...]
) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        outcome = await rig.asked(ticket, QUIET)
        assert outcome.snapshot.labels == ("billing", "delivery", "warranty", "several-departments")
        for label in order[:-1]:
            await rig.note(ANSWERS[label], ticket, f"About {label}.")
            assert (await rig.ticket(ticket)).stage is TicketStage.COLLECTING
        await rig.note(ANSWERS[order[-1]], ticket, f"About {order[-1]}.")

        now = await rig.ticket(ticket)
        last = ANSWERS[order[-1]]
        assert (now.stage, now.status) == (TicketStage.COMPOSING, Status.OPEN)
        assert (now.prompts, now.composer, now.assignee) == (1, last, last)
        assert now.labels == ("several-departments",)
        draft = await rig.draft(ticket)
        assert draft.final
        assert draft.composer == last
        places = [draft.text.index(f"About {label}.") for label in ANSWERS]
        assert places == sorted(places), "not in the template's order"

        reply = await rig.on_ticket(last, ticket, "send_reply", text="All about it.")
        assert (reply.snapshot.stage, reply.snapshot.status) == (TicketStage.ANSWERED, Status.PENDING)
        await rig.settled(f"ticket:{ticket}")
        assert await prompts_of(rig, ticket) == [last]
        assert await replies_of(rig, ticket) == 1
        assert failed_tasks(await rig.history(f"ticket:{ticket}")) == []


async def test_all_notes_at_once_make_one_prompt_a_hundred_times(open_separate: RigOpener) -> None:
    """Each ticket has three clients of its own, whose notes race; some notes come twice."""
    async with open_separate() as rig:
        tickets = [fresh("race") for _ in range(100)]
        many = asyncio.Semaphore(20)

        async def race(number: int, ticket: str) -> None:
            async with many:
                await rig.asked(ticket, QUIET)
                notes = [event("note_added", who, text=f"By {who}.") for who in ANSWERS.values()]
                notes += [notes[number % 3]]  # one of them comes twice
                clients = [
                    BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in notes
                ]
                ways = (Ticket.note, Ticket.send, Ticket.submit)
                await asyncio.gather(
                    *(
                        ways[(number + position) % 3](client.ticket(ticket), note)
                        for position, (client, note) in enumerate(zip(clients, notes, strict=True))
                    )
                )

                async def composing() -> bool:
                    return (await rig.ticket(ticket)).stage is TicketStage.COMPOSING

                await eventually(composing, f"{ticket} did not come to composing")
                composer = (await rig.ticket(ticket)).composer
                assert composer is not None
                assert composer in ANSWERS.values()
                # The composer and the dispatcher press "send" at the same moment.
                results = await asyncio.gather(
                    *(
                        rig.on_ticket(who, ticket, "send_reply", text=f"From {who}.")
                        for who in (composer, "petra")
                    ),
                    return_exceptions=True,
                )
                refusals = [result for result in results if isinstance(result, BaseException)]
                assert [type(refusal) for refusal in refusals] == [IllegalTransition]

        await asyncio.gather(*(race(number, ticket) for number, ticket in enumerate(tickets)))
        for ticket in tickets:
            await rig.settled(f"ticket:{ticket}")
            now = await rig.ticket(ticket)
            assert (now.prompts, now.replies, now.round) == (1, 1, 1)
            assert await prompts_of(rig, ticket) == [now.composer]
            assert await replies_of(rig, ticket) == 1
            assert [note for one in now.departments for note in one.notes if len(one.notes) != 1] == []


async def test_a_note_for_two_departments_answers_both(rig: Rig) -> None:
    ticket = fresh("T")
    await rig.asked(ticket, QUIET)
    await rig.note("maria", ticket, "The parcel is here.")
    await rig.note("lena", ticket, "Paid, and still under warranty.")
    now = await rig.ticket(ticket)
    assert {one.label: one.answered_by for one in now.departments} == {
        "billing": "lena",
        "delivery": "maria",
        "warranty": "lena",
    }
    assert (now.prompts, now.composer) == (1, "lena")
    assert (await rig.draft(ticket)).text.count("Paid, and still under warranty.") == 1


async def test_what_is_refused_says_why_and_changes_nothing(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        await refused(IllegalTransition, rig.on_ticket("petra", ticket, "taken"))
        await refused(
            InvalidEvent, rig.on_ticket("petra", ticket, "template_applied", template="three-departmens")
        )
        await rig.asked(ticket, QUIET)
        before = await rig.ticket(ticket)
        await refused(IllegalTransition, rig.on_ticket("petra", ticket, "template_applied", template=QUIET))
        await refused(DepartmentsWaiting, rig.on_ticket("petra", ticket, "status_set", status="closed"))
        await refused(InvalidEvent, rig.on_ticket("petra", ticket, "status_set", status="closed", force=True))
        await refused(DepartmentsWaiting, rig.on_ticket("ada", ticket, "send_reply", text="Too early."))
        await refused(
            UnknownLabel,
            rig.on_ticket("ada", ticket, "department_declined", label="billing", to="bilding", reason="?"),
        )
        await refused(
            NotAllowed,
            rig.on_ticket("ben", ticket, "department_declined", label="billing", reason="not mine"),
        )
        await refused(
            IllegalTransition, rig.on_ticket("petra", ticket, "department_asked_again", label="billing")
        )
        await rig.note("ada", ticket)
        await rig.note("ben", ticket)
        await rig.note("cem", ticket)
        await refused(NotAllowed, rig.on_ticket("ada", ticket, "send_reply", text="Not mine to send."))
        await rig.settled(f"ticket:{ticket}")
        after = await rig.ticket(ticket)
        assert before.departments[0].state is DepartmentState.ASKED
        assert (after.stage, after.replies, after.composer) == (TicketStage.COMPOSING, 0, "cem")
        assert await replies_of(rig, ticket) == 0
        assert failed_tasks(await rig.history(f"ticket:{ticket}")) == []


async def test_a_department_that_is_added_recalls_the_draft(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        await rig.asked(ticket, "billing-and-delivery")
        await rig.note("ada", ticket)
        await rig.note("ben", ticket)
        assert (await rig.ticket(ticket)).composer == "ben"
        outcome = await rig.on_ticket("petra", ticket, "labels_changed", add=["warranty"])
        assert (outcome.snapshot.stage, outcome.snapshot.round) == (TicketStage.COLLECTING, 2)
        await refused(DepartmentsWaiting, rig.on_ticket("ben", ticket, "send_reply", text="Too early."))
        await rig.note("cem", ticket, "And the warranty.")
        now = await rig.ticket(ticket)
        assert (now.stage, now.prompts, now.composer) == (TicketStage.COMPOSING, 2, "cem")
        text = (await rig.draft(ticket)).text
        assert text.count("Our answer.") == 2
        assert "And the warranty." in text
        await rig.settled(f"ticket:{ticket}")
        told = [(row.staff, row.reason) for row in await rig.desk.notices("ben", 100)]
        assert ("ben", "recalled: another department is asked") in told


async def test_a_late_note_amends_the_draft_and_tells_the_composer(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        await rig.asked(ticket, "billing-and-delivery")
        await rig.note("ada", ticket, "Paid.")
        await rig.note("ben", ticket, "On its way.")
        await rig.note("ada", ticket, "Correction: not paid.")
        now = await rig.ticket(ticket)
        assert (now.prompts, now.composer) == (1, "ben")
        assert "Correction: not paid." in (await rig.draft(ticket)).text
        await rig.settled(f"ticket:{ticket}")
        assert "a late note" in [row.reason for row in await rig.desk.notices("ben", 100)]


async def test_a_customer_who_writes_again_reopens_the_ticket(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        first = event("customer_message", "customer", text="Two questions.")
        await rig.to_ticket(ticket, first, subject="Two questions", channel="email")
        await rig.on_ticket("petra", ticket, "template_applied", template="billing-and-delivery")
        await rig.note("ada", ticket)
        await rig.on_ticket("ben", ticket, "send_reply", text="From the last one who was asked.")
        now = await rig.ticket(ticket)
        assert (now.stage, now.prompts, now.replies) == (TicketStage.ANSWERED, 0, 1)
        back = await rig.on_ticket("customer", ticket, "customer_message", text="And the third one?")
        assert (back.snapshot.stage, back.snapshot.assignee) == (TicketStage.TRIAGE, "ben")
        closed = await rig.on_ticket("ben", ticket, "status_set", status="closed")
        assert closed.snapshot.stage is TicketStage.CLOSED
        assert (await rig.handle(f"ticket:{ticket}").result())["reason"] == "closed"

        await refused(IllegalTransition, rig.on_ticket("petra", ticket, "template_applied", template=QUIET))
        again = await rig.on_ticket("customer", ticket, "customer_message", text="Once more.")
        assert again.snapshot.stage is TicketStage.TRIAGE
        assert again.snapshot.previous_case == closed.snapshot.case_id
        assert (again.snapshot.subject, again.snapshot.channel) == ("Two questions", "email")
        assert again.snapshot.assignee == "ben"


async def test_events_of_a_closed_ticket_that_come_again_open_no_ghost(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        first = event("customer_message", "customer", text="Hello?")
        await rig.to_ticket(ticket, first)
        await rig.on_ticket("petra", ticket, "status_set", status="closed")
        await rig.handle(f"ticket:{ticket}").result()
        await rig.client.ticket(ticket).submit(first, customer=f"of-{ticket}")
        summary = await rig.handle(f"ticket:{ticket}").result()
        assert summary["reason"] == "duplicate"
        assert len(await events_of(rig.desk, ticket, "customer_message")) == 1


async def test_a_template_without_a_ticket_opens_one(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        outcome = await rig.on_ticket("petra", ticket, "template_applied", template=QUIET)
        assert (outcome.snapshot.stage, outcome.snapshot.dispatcher) == (TicketStage.COLLECTING, "petra")


async def test_a_composer_who_leaves_hands_the_draft_over(open_separate: RigOpener) -> None:
    async with open_separate(offline_grace_seconds=0) as rig:
        ticket = fresh("T")
        for who in ANSWERS.values():
            await rig.presence(who, Presence.ONLINE, ago=timedelta(hours=1))
        await rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await rig.note(who, ticket)
        assert (await rig.ticket(ticket)).composer == "cem"

        await rig.presence("cem", Presence.OFFLINE)
        await rig.on_ticket("system", ticket, "presence_changed", staff="cem", presence="offline")
        now = await rig.ticket(ticket)
        assert (now.stage, now.prompts, now.composer, now.assignee) == (
            TicketStage.COMPOSING,
            1,
            "ben",
            "ben",
        )
        assert (await rig.draft(ticket)).composer == "ben"
        await rig.settled(f"ticket:{ticket}")
        assert "you write the reply now" in [row.reason for row in await rig.desk.notices("ben", 100)]


async def test_a_composer_who_does_not_come_back_hands_the_draft_over(open_separate: RigOpener) -> None:
    """The author of the last note was there then; the grace counts from that moment."""
    async with open_separate() as rig:
        ticket = fresh("T")
        await rig.presence("ben", Presence.ONLINE, ago=timedelta(hours=1))
        await rig.presence("cem", Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await rig.note(who, ticket)
        assert (await rig.ticket(ticket)).composer == "cem"
        await rig.fast_forward(f"ticket:{ticket}", minutes=2)
        assert (await rig.ticket(ticket)).composer == "cem"
        await rig.fast_forward(f"ticket:{ticket}", minutes=2)

        async def handed_over() -> bool:
            return (await rig.ticket(ticket)).composer == "ben"

        await eventually(handed_over, "the draft was not handed over")
        assert (await rig.ticket(ticket)).prompts == 1
        assert (await rig.draft(ticket)).composer == "ben"


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


async def test_reminder_and_escalation_come_once_each(open_separate: RigOpener) -> None:
    async with open_separate(templates=DUE) as rig:
        ticket = fresh("T")
        asked = await rig.asked(ticket, "due")
        by_label = {one.label: one for one in asked.snapshot.departments}
        assert by_label["billing"].due_at is not None
        assert by_label["billing"].remind_at == by_label["billing"].due_at - timedelta(hours=2)

        await rig.fast_forward(f"ticket:{ticket}", hours=6, minutes=1)
        await _told(rig, "ada", "due soon: billing", 1)
        await rig.fast_forward(f"ticket:{ticket}", hours=2)
        await _told(rig, "dora", "overdue: billing", 1)
        await rig.note("ada", ticket)
        await rig.fast_forward(f"ticket:{ticket}", hours=30)
        await _told(rig, "dora", "overdue: delivery", 1)
        await rig.settled(f"ticket:{ticket}")
        notices = to_each(await rig.desk.notices(None, 100))
        assert sorted((row.staff, row.reason) for row in notices if row.reason != "new") == [
            ("ada", "due soon: billing"),
            ("ben", "last to answer: see what the others wrote"),
            ("dora", "overdue: billing"),
            ("dora", "overdue: delivery"),
        ]


async def test_due_times_pause_while_the_ticket_waits_for_its_customer(open_separate: RigOpener) -> None:
    async with open_separate(templates=DUE) as rig:
        ticket = fresh("T")
        await rig.asked(ticket, "due")
        before = {one.label: one.due_at for one in (await rig.ticket(ticket)).departments}
        await rig.on_ticket("petra", ticket, "status_set", status="pending")
        await rig.fast_forward(f"ticket:{ticket}", hours=100)
        back = await rig.on_ticket("customer", ticket, "customer_message", text="Here it is.")
        assert back.snapshot.paused_at is None
        for one in back.snapshot.departments:
            was = before[one.label]
            assert was is not None
            assert one.due_at is not None
            assert timedelta(hours=100) <= one.due_at - was < timedelta(hours=100, minutes=1)
        assert await rig.desk.notices("dora", 100) == []


async def test_a_calendar_that_changes_moves_no_due_time_that_was_set(open_separate: RigOpener) -> None:
    """Such as a release in which a Saturday is worked that was free before, for tickets that are open."""
    async with open_separate(templates=DUE) as rig:
        before, after = fresh("T"), fresh("T")
        asked = await rig.asked(before, "due")
        present = await rig.desk.directory()
        departments = {
            key: department.model_copy(update={"calendar": "rarely"})
            for key, department in present.directory.departments.items()
        }
        rarely = Calendar.model_validate({"weekly": {"mon": ["09:00-10:00"]}})
        changed = {"calendars": {"rarely": rarely}, "departments": departments}
        await rig.desk.change_directory(
            present.directory.model_copy(update=changed), based_on=present.version
        )
        await rig.on_ticket("customer", before, "customer_message", text="And one more.")
        now = await rig.ticket(before)
        assert [one.due_at for one in now.departments] == [one.due_at for one in asked.snapshot.departments]
        other = (await rig.asked(after, "due")).snapshot.departments
        waits = [one.due_at - one.asked_at for one in other if one.due_at is not None]
        assert len(waits) == 2
        assert min(waits) > timedelta(weeks=6), "eight hours, one a week"
        for ticket in (before, after):
            replayer = Replayer(workflows=[TicketWorkflow], plugins=[BatonPlugin()])
            history = await rig.history(f"ticket:{ticket}")
            assert (await replayer.replay_workflow(history)).replay_failure is None


async def _told(rig: Rig, staff: str, reason: str, times: int) -> None:
    async def told() -> bool:
        return [row.reason for row in await rig.desk.notices(staff, 100)].count(reason) == times

    await eventually(told, f"{staff} was not told {reason!r}")


async def test_a_chat_opens_a_ticket_and_the_reply_goes_out_in_the_chat(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        chat, ticket = fresh("chat"), fresh("T")
        await rig.customer(chat, "Three questions.")
        await rig.staff(chat, "ivan", "I will ask the others.")
        await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)
        await _in_timeline(rig, ticket, "customer_message", 1)
        assert (await rig.ticket(ticket)).conversation == chat
        await rig.customer(chat, "And a fourth one.")
        await _in_timeline(rig, ticket, "customer_message", 2)

        await rig.on_ticket("ivan", ticket, "template_applied", template=QUIET)
        await rig.by("ivan", chat, "chat_ended", status="pending")
        for who in ANSWERS.values():
            await rig.note(who, ticket)
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await rig.settled(f"ticket:{ticket}")

        async def heard() -> bool:
            return (await rig.snapshot(chat)).reserved_for == "ivan"

        await eventually(heard, "the chat did not hear of the reply")
        now = await rig.snapshot(chat)
        assert (now.activity, now.status, now.assignee) == ("ended", Status.PENDING, "ivan")
        assert now.last_author is not None
        assert now.last_author.id == "cem"
        answer = await rig.customer(chat, "Thank you!")
        assert (answer.snapshot.pinned_to, answer.snapshot.tab) == ("ivan", "mine")
        said = [item.text for item in await rig.desk.messages(CaseRef.at(f"chat:telegram:{chat}"), 1000)]
        assert said.count("All in one.") == 1
        assert await replies_of(rig, ticket) == 1


async def _in_timeline(rig: Rig, ticket: str, kind: str, times: int) -> None:
    async def there() -> bool:
        try:
            timeline = await rig.client.ticket(ticket).timeline()
        except IllegalTransition:
            return False
        return [entry.kind for entry in timeline].count(kind) == times

    await eventually(there, f"{ticket} has not {times} × {kind}")


async def test_a_ticket_goes_on_in_a_new_run(
    impatient_server: WorkflowEnvironment, open_separate: RigOpener
) -> None:
    async with open_separate(impatient_server) as rig:
        ticket = fresh("T")
        await rig.asked(ticket, QUIET)
        for number in range(12):
            await rig.note("ada", ticket, f"Part {number}.", answers=False)
        handle = rig.handle(f"ticket:{ticket}")

        async def in_a_new_run() -> bool:
            described = await handle.describe()
            return described.run_id != described.raw_description.workflow_execution_info.first_run_id

        await eventually(in_a_new_run, "the ticket did not continue as new")
        for who in ANSWERS.values():
            await rig.note(who, ticket)
        now = await rig.ticket(ticket)
        assert (now.prompts, now.composer) == (1, "cem")
        assert [len(one.notes) for one in now.departments] == [13, 1, 1]
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")

        async def replied() -> bool:  # it may be sent by the next run
            return await replies_of(rig, ticket) > 0

        await eventually(replied, "the reply was not sent")
        assert await replies_of(rig, ticket) == 1


async def test_the_filter_of_a_department_finds_what_waits_for_it(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        waiting, answered = fresh("T"), fresh("T")
        for ticket in (waiting, answered):
            await rig.asked(ticket, QUIET)
        await rig.note("ada", answered)
        for ticket in (waiting, answered):
            await rig.settled(f"ticket:{ticket}")
        rows = await rig.desk.tickets(TicketQuery(department="billing"))
        assert [row.ticket_id for row in rows] == [waiting]
        query = (
            f"WorkflowType = 'Ticket' AND CaseStatus = 'open' AND Labels = 'billing' "
            f"AND TaskQueue = '{rig.settings.task_queue}'"
        )

        async def seen() -> bool:
            found = [item.id async for item in rig.client.temporal.list_workflows(query)]
            return found == [f"ticket:{waiting}"]

        await eventually(seen, "the search attributes do not find it")


async def test_a_chat_and_a_ticket_keep_apart(open_separate: RigOpener) -> None:
    """The same ID, the same channel: two cases."""
    async with open_separate() as rig:
        same = fresh("same")
        await rig.customer(same)
        await rig.client.ticket(same).send(
            event("customer_message", "customer", text="Hello?"), channel=CHANNEL
        )
        assert (await rig.snapshot(same)).tab == "new"
        assert (await rig.ticket(same)).stage is TicketStage.TRIAGE


class TestSomebodyWhoIsThere:
    """The company of the rig: Lena and Oleg are in line 2, Maria on the phones, Ivan and Petra in line 1."""

    async def finished(self, rig: Rig, ticket: str) -> None:
        """Lena and then Ivan, who has taken the ticket, have written; the reply is Ivan's."""
        await rig.on_ticket("customer", ticket, "customer_message", text="Two questions.")
        await rig.on_ticket("petra", ticket, "labels_changed", add=["billing", "vip"])
        await rig.note("lena", ticket)
        await rig.on_ticket("ivan", ticket, "taken")
        await rig.on_ticket("ivan", ticket, "send_reply", text="Both answers.")

    @pytest.mark.parametrize("closed", [False, True], ids=["answered", "closed"])
    async def test_a_ticket_that_its_customer_brings_back_finds_its_owner_away(
        self, rig: Rig, closed: bool
    ) -> None:
        ticket = fresh("back")
        await self.finished(rig, ticket)
        if closed:
            await rig.on_ticket("ivan", ticket, "status_set", status="closed")
            await rig.handle(f"ticket:{ticket}").result()
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
        back = (await rig.on_ticket("customer", ticket, "customer_message", text="And now?")).snapshot
        assert (back.stage, back.assignee, back.line) == (TicketStage.TRIAGE, "petra", "line-1")
        assert back.labels == ("vip",), "the label of no department survives"

        await rig.presence("petra", Presence.OFFLINE, ago=timedelta(hours=1))
        again = (await rig.on_ticket("customer", ticket, "customer_message", text="Hello?")).snapshot
        assert again.assignee == ("lena" if not closed else None), "who contributed; else everyone"

    async def test_by_hand_a_ticket_stays_with_somebody_away_and_the_giver_is_told(self, rig: Rig) -> None:
        ticket = fresh("away")
        await rig.presence("lena", Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.on_ticket("customer", ticket, "customer_message", text="Hello?")
        given = await rig.on_ticket("ivan", ticket, "assigned", staff="lena")
        assert given.snapshot.assignee == "lena"
        await rig.settled(f"ticket:{ticket}")
        told = [row for row in await rig.desk.notices("ivan", 100) if row.ticket_id == ticket]
        assert "lena is away" in [row.reason for row in told]

    async def test_a_ticket_in_triage_does_not_wait_for_somebody_who_left(self, rig: Rig) -> None:
        ticket = fresh("left")
        await rig.on_ticket("customer", ticket, "customer_message", text="Hello?")
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(minutes=1))
        await rig.on_ticket("petra", ticket, "assigned", staff="ivan")
        assert (await rig.ticket(ticket)).assignee == "ivan", "within the grace"
        await rig.fast_forward(f"ticket:{ticket}", minutes=5)
        assert (await rig.ticket(ticket)).assignee == "petra"
