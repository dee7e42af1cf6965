"""The traps of running on Temporal that concern tickets as well: see ``test_traps``."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload as RawPayload
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Replayer

from baton.contract import HANDLE, NOTE_ADDED, TICKET_WORKFLOW, DepartmentState, TicketStage
from baton.errors import InvalidEvent, UnknownStaff
from baton.model.effects import ConsolidatedReply
from baton.temporal.plugin import BatonPlugin
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import ANSWERS, QUIET, replies_of
from lab.rig import Rig, event, eventually, failed_tasks, fresh
from tests.conftest import RigOpener
from workflows.ticket import Ticket

BAD_NOTES: dict[str, Any] = {
    "bad json": RawValue(RawPayload(metadata={"encoding": b"json/plain"}, data=b"{not json")),
    "bad encoding": RawValue(RawPayload(metadata={"encoding": b"unheard/of"}, data=b"\x00\xff")),
    "bytes": RawValue(RawPayload(metadata={"encoding": b"binary/plain"}, data=b"\x00\xff")),
    "string": "just a string",
    "null": None,
    "a list": [{"text": "…"}],
    "unknown kind": {"kind": "noted", "id": "n", "author": {"type": "staff", "id": "ada"}, "text": "…"},
    "no id": {"text": "…", "author": {"type": "staff", "id": "ada"}},
    "no text": {"id": "n", "author": {"type": "staff", "id": "ada"}},
    "wrong fields": {"id": "n", "author": {"type": "staff", "id": "ada"}, "text": ["…"], "label": 7},
    "by a customer": {"id": "n", "author": {"type": "customer", "id": "c"}, "text": "…"},
}


async def _last(rig: Rig, ticket: str) -> Any:
    return (await rig.client.ticket(ticket).timeline())[-1]


async def test_a_note_that_cannot_be_used_is_noted_and_answers_nothing(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("bad")
        await rig.asked(ticket, QUIET)
        handle, before = rig.handle(f"ticket:{ticket}"), await rig.ticket(ticket)
        for name, payload in BAD_NOTES.items():
            had = len(await rig.client.ticket(ticket).timeline())
            await handle.signal(NOTE_ADDED, payload)

            async def noted(had: int = had) -> bool:
                return len(await rig.client.ticket(ticket).timeline()) == had + 1

            await eventually(noted, f"{name}: not in the timeline")
            last = await _last(rig, ticket)
            assert last.refused is not None, name
            assert last.refused.startswith("InvalidEvent: "), (name, last.refused)
        assert await rig.ticket(ticket) == before
        assert failed_tasks(await rig.history(f"ticket:{ticket}")) == []
        await rig.note("ada", ticket)
        assert (await rig.ticket(ticket)).departments[0].state is DepartmentState.ANSWERED


async def test_a_note_needs_no_kind(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("kind")
        await rig.asked(ticket, QUIET)
        note = {"id": fresh(), "author": {"type": "staff", "id": "ada"}, "text": "Paid.", "newer": 1}
        await rig.handle(f"ticket:{ticket}").signal(NOTE_ADDED, note)

        async def answered() -> bool:
            return (await rig.ticket(ticket)).departments[0].state is DepartmentState.ANSWERED

        await eventually(answered, "the note did not count")


async def test_notes_up_to_the_limits_do_not_wedge_a_ticket(open_separate: RigOpener) -> None:
    """The server refuses two megabytes; the ticket refuses what fits the server but is too long."""
    async with open_separate() as rig:
        ticket = fresh("large")
        await rig.asked(ticket, QUIET)
        with pytest.raises(InvalidEvent):
            await rig.note("ada", ticket, "x" * 2_100_000)
        handle = rig.handle(f"ticket:{ticket}")
        with pytest.raises(RPCError):
            await handle.signal(NOTE_ADDED, event("note_added", "ada", text="x" * 2_100_000))
        await handle.signal(NOTE_ADDED, event("note_added", "ada", text="x" * 1_900_000))

        async def refused() -> bool:
            return (await _last(rig, ticket)).refused is not None

        await eventually(refused, "the long note is not in the timeline")
        for who in ("ada", "ada", "ada", "ada", "ada", "ben", "cem"):  # more than a ticket carries with it
            await rig.note(who, ticket, "ю" * 100_000)
        now = await rig.ticket(ticket)
        assert (now.stage, now.composer, now.prompts) == (TicketStage.COMPOSING, "cem", 1)
        reply = await rig.on_ticket("cem", ticket, "send_reply", text="ю" * 100_000)
        assert reply.snapshot.stage is TicketStage.ANSWERED
        await rig.settled(f"ticket:{ticket}")
        assert await replies_of(rig, ticket) == 1
        assert failed_tasks(await rig.history(f"ticket:{ticket}")) == []


LONG = ["я" * 255, *(f"label-{number:02}-" + "x" * 200 for number in range(40))]
"""Labels as long as one may be, and more of them than one search attribute can hold."""
MANY_LABELS = json.dumps(
    {
        "lines": {"line-1": {}},
        "departments": {
            "billing": {"name": "Billing", "label": LONG[0], "answer_within_hours": 8},
            "delivery": {"name": "Delivery", "label": "delivery", "answer_within_hours": 4},
        },
        "labels": [*LONG[1:], "several-departments"],
        "staff": {
            "petra": {"line": "line-1"},
            "ada": {"chats": False, "departments": ["billing"]},
            "ben": {"chats": False, "departments": ["delivery"]},
        },
    }
)
BOTH = """
version: 1
templates:
  - {id: both, name: Both, departments: [billing, delivery], note: Please answer.}
"""


async def test_search_attributes_stay_within_what_temporal_takes(open_separate: RigOpener) -> None:
    async with open_separate(directory=MANY_LABELS, templates=BOTH, online=("petra",)) as rig:
        ticket = fresh("labels")
        asked = await rig.asked(ticket, "both")
        await rig.on_ticket("petra", ticket, "labels_changed", add=LONG[1:])
        now = await rig.ticket(ticket)
        assert set(now.labels) == {*LONG, "delivery", "several-departments"}
        found = await _search_attributes(rig, ticket)
        assert found["Labels"] == list(now.labels[: len(found["Labels"])])
        assert 0 < len(json.dumps(found["Labels"])) <= 2048
        due = {one.label: one.due_at for one in asked.snapshot.departments}
        assert found["DueAt"] == due["delivery"]
        await rig.note("ben", ticket)
        assert (await _search_attributes(rig, ticket))["DueAt"] == due[LONG[0]]
        await rig.note("ada", ticket)
        assert "DueAt" not in await _search_attributes(rig, ticket)
        assert (await rig.ticket(ticket)).stage is TicketStage.COMPOSING
        assert failed_tasks(await rig.history(f"ticket:{ticket}")) == []


async def _search_attributes(rig: Rig, ticket: str) -> dict[str, Any]:
    await rig.settled(f"ticket:{ticket}")
    described = await rig.handle(f"ticket:{ticket}").describe()
    return {pair.key.name: pair.value for pair in described.typed_search_attributes.search_attributes}


async def test_more_updates_at_once_than_the_server_takes_are_all_answered(
    open_separate: RigOpener,
) -> None:
    async with open_separate() as rig:
        ticket = fresh("crowd")
        await rig.asked(ticket, QUIET)
        notes = [event("note_added", "ada", text=f"Part {number}.", answers=False) for number in range(40)]
        outcomes = await asyncio.gather(*(rig.to_ticket(ticket, note) for note in notes))
        assert [outcome.event_id for outcome in outcomes] == [note["id"] for note in notes]
        kept = (await rig.ticket(ticket)).departments[0].notes
        assert sorted(note.event_id for note in kept) == sorted(note["id"] for note in notes)


@pytest.mark.parametrize("start", [{"ticket_id": 7}, {"customer": "c"}, "nonsense", None], ids=str)
async def test_a_bad_start_argument_fails_the_workflow_and_not_its_task(rig: Rig, start: Any) -> None:
    handle = await rig.client.temporal.start_workflow(
        TICKET_WORKFLOW, start, id=fresh("ticket:bad"), task_queue=rig.settings.task_queue
    )
    with pytest.raises(WorkflowFailureError) as raised:
        await handle.result()
    assert isinstance(raised.value.cause, ApplicationError)
    assert raised.value.cause.type == "InvalidEvent"


async def test_an_empty_ticket_ends_itself(rig: Rig) -> None:
    ticket = fresh("empty")
    handle = await rig.client.temporal.start_workflow(
        TICKET_WORKFLOW,
        {"ticket_id": ticket, "customer": "c"},
        id=f"ticket:{ticket}",
        task_queue=rig.settings.task_queue,
    )
    await rig.environment.fast_forward(handle, timedelta(minutes=2))
    assert (await handle.result())["reason"] == "empty"


async def test_a_ticket_whose_first_event_was_refused_ends_itself(rig: Rig) -> None:
    ticket = fresh("first")
    with pytest.raises(UnknownStaff):
        await rig.on_ticket("stranger", ticket, "labels_changed", add=["billing"])
    summary = await rig.handle(f"ticket:{ticket}").result()
    assert (summary["reason"], summary["refused"]) == ("refused", 1)


async def test_ids_of_a_ticket_stay_known_by_every_way_in(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("dup")
        await rig.asked(ticket, QUIET)
        note = event("note_added", "ada", text="Once.")
        await rig.client.ticket(ticket).note(note)
        again = await rig.handle(f"ticket:{ticket}").execute_update(HANDLE, note, id=fresh("other"))
        assert again["duplicate"] is True
        await rig.client.ticket(ticket).submit(note)
        await rig.settled(f"ticket:{ticket}")
        assert [one.text for one in (await rig.ticket(ticket)).departments[0].notes] == ["Once."]


class SlowToSend(EmbeddedHelpDesk):
    """A help desk that is sending a reply until it may go on."""

    sending: asyncio.Event
    may_go_on: asyncio.Event

    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        self.sending.set()
        await self.may_go_on.wait()
        return await super().send_reply(reply)


async def test_a_cancelled_ticket_still_sends_the_reply_that_was_accepted(
    open_separate: RigOpener,
) -> None:
    async with open_separate(desk_class=SlowToSend) as rig:
        assert isinstance(rig.desk, SlowToSend)
        rig.desk.sending, rig.desk.may_go_on = asyncio.Event(), asyncio.Event()
        ticket = fresh("cancel")
        await rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await rig.note(who, ticket)
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await rig.desk.sending.wait()
        handle = rig.handle(f"ticket:{ticket}")
        await handle.cancel()
        late = await rig.on_ticket("customer", ticket, "customer_message", text="Still there?")
        assert late.snapshot.stage is TicketStage.TRIAGE
        rig.desk.may_go_on.set()

        async def cancelled() -> bool:
            return (await handle.describe()).status is WorkflowExecutionStatus.CANCELED

        await eventually(cancelled, "the ticket was not cancelled")
        assert await replies_of(rig, ticket) == 1
        assert failed_tasks(await rig.history(f"ticket:{ticket}")) == []


async def test_a_ticket_that_is_reset_folds_its_events_as_before_and_can_be_replayed(
    open_separate: RigOpener,
) -> None:
    """Notes are signals, the rest are updates: a reset brings all of them back at once."""
    async with open_separate() as rig:
        ticket = fresh("T")
        await rig.asked(ticket, QUIET)
        for who in ANSWERS.values():
            await rig.note(who, ticket, f"By {who}.")
        await rig.on_ticket("cem", ticket, "send_reply", text="All in one.")
        await rig.settled(f"ticket:{ticket}")
        before = await rig.ticket(ticket)
        told = len(await rig.desk.notices(None, 1000))

        await rig.reset(f"ticket:{ticket}")

        async def folded_again() -> bool:
            return len(await rig.client.ticket(ticket).timeline()) == 6

        await eventually(folded_again, "events are missing after the reset")
        await rig.settled(f"ticket:{ticket}")
        after = await rig.ticket(ticket)
        same = ("stage", "status", "composer", "prompts", "replies", "labels", "round", "case_id")
        assert [getattr(after, name) for name in same] == [getattr(before, name) for name in same]
        assert await replies_of(rig, ticket) == 1
        assert len(await rig.desk.notices(None, 1000)) == told
        history = await rig.history(f"ticket:{ticket}")
        replayer = Replayer(workflows=[Ticket], plugins=[BatonPlugin()])
        assert (await replayer.replay_workflow(history)).replay_failure is None


async def test_the_signal_of_notes_takes_nothing_else(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        ticket = fresh("T")
        await rig.asked(ticket, QUIET)
        handle = rig.handle(f"ticket:{ticket}")
        await handle.signal("note_added", event("taken", "ada"))

        async def refused_it() -> bool:
            timeline = await rig.client.ticket(ticket).timeline()
            return bool(timeline[-1].refused)

        await eventually(refused_it, "a signal of another kind was not refused")
        assert (await rig.ticket(ticket)).assignee is None
