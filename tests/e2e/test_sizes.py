"""No kind of growth can stop a case: many notes, long texts, and many things that wait at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.service import RPCError

from baton.contract import HANDLE, MAX_LABELS_SIZE, NOTE_ADDED, TicketOutcome, TicketStage
from baton.errors import HelpDeskUnavailable, InvalidEvent, Unanswered
from baton.model.effects import Message
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import ANSWERS, QUIET, replies_of
from lab.ledger import applied_keys, events_of
from lab.rig import CHANNEL, NO_RULES, Rig, event, eventually, failed_tasks, fresh, rules_but
from lab.server import running_server
from tests.conftest import RigOpener
from workflows.backlog import OUTBOX_BUDGET

MEGABYTE = 1_000_000
NO_TEMPLATES = "version: 1\ntemplates: []\n"
LOUD_SIZE = 3 * 9_000
LOUD: dict[str, Any] = {
    "name": "Says much",
    "when": {"event.kind": "customer_message"},
    "then": [{"reply": "x" * 9_000}, {"reply": "y" * 9_000}, {"reply": "z" * 9_000}],
}


async def runs_of(rig: Rig, case: str) -> list[WorkflowHistory]:
    """The histories of all runs of a case, the first one first."""
    found = [
        one async for one in rig.client.temporal.list_workflows(f"WorkflowId = '{case}'") if one.id == case
    ]
    handles = [
        rig.client.temporal.get_workflow_handle(case, run_id=one.run_id)
        for one in sorted(found, key=lambda one: one.start_time)
    ]
    return [await handle.fetch_history() for handle in handles]


def bytes_of(histories: Iterable[WorkflowHistory]) -> int:
    return sum(item.ByteSize() for history in histories for item in history.events)


BROUGHT = (
    EventType.EVENT_TYPE_MARKER_RECORDED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED,
    EventType.EVENT_TYPE_TIMER_STARTED,
    EventType.EVENT_TYPE_TIMER_CANCELED,
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
)
"""What the end of a workflow task brings."""


def tasks_of(history: WorkflowHistory) -> list[int]:
    """The bytes that each workflow task added."""
    sizes: list[int] = []
    brings = False
    for item in history.events:
        if item.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
            brings = True
            sizes.append(0)
        elif brings and item.event_type in BROUGHT:
            sizes[-1] += item.ByteSize()
        else:
            brings = False
    return sizes


def note(who: str, text: str, **fields: Any) -> dict[str, Any]:
    return event("note_added", who, text=text, **fields)


async def test_a_ticket_of_a_thousand_notes_ends_with_one_prompt_and_one_reply(
    open_separate: RigOpener,
) -> None:
    """A hundred of them wait for a worker at once. The history has each note once, and little else."""
    async with open_separate() as rig:
        ticket, text = fresh("many"), "x" * 5000
        await rig.asked(ticket, QUIET)
        handle = rig.handle(f"ticket:{ticket}")
        for _ in range(9):
            await asyncio.gather(
                *(handle.signal(NOTE_ADDED, note("ada", text, answers=False)) for _ in range(100))
            )
        await rig.stop_worker()
        waiting = [
            asyncio.create_task(handle.execute_update(HANDLE, sent, id=sent["id"], result_type=TicketOutcome))
            for sent in (note("ada", text, answers=False) for _ in range(97))
        ]
        await rig.start_worker()
        outcomes = await asyncio.gather(*waiting)
        assert all(outcome.snapshot.stage is TicketStage.COLLECTING for outcome in outcomes)
        for who in ANSWERS.values():
            await rig.note(who, ticket, text)

        now = await rig.ticket(ticket)
        assert (now.stage, now.prompts) == (TicketStage.COMPOSING, 1)
        assert sum(one.note_count for one in now.departments) == 1000
        await rig.on_ticket(now.composer or "", ticket, "send_reply", text="All is well.")
        await rig.settled(f"ticket:{ticket}")
        assert await replies_of(rig, ticket) == 1
        histories = await runs_of(rig, f"ticket:{ticket}")
        assert [failed_tasks(history) for history in histories] == [[]] * len(histories)
        assert bytes_of(histories) < 3 * 1000 * 5000
        assert max(size for history in histories for size in tasks_of(history)) < 3 * MEGABYTE


async def test_large_messages_that_wait_at_once_are_all_handled(open_separate: RigOpener) -> None:
    """Each task sends back the updates that came with it: together they would be too large for one task."""
    async with open_separate() as rig:
        ticket = fresh("large")
        await rig.asked(ticket, QUIET)
        await rig.stop_worker()
        large = [event("customer_message", "customer", text="ж" * 99_000, attachments=["y" * 99_000])]
        large += [event("customer_message", "customer", text="ж" * 99_000) for _ in range(20)]
        waiting = [asyncio.create_task(rig.to_ticket(ticket, sent)) for sent in large]
        await rig.start_worker()
        outcomes = await asyncio.gather(*waiting)
        assert [outcome.event_id for outcome in outcomes] == [sent["id"] for sent in large]
        now = await rig.ticket(ticket)
        assert (now.stage, now.case_id) == (TicketStage.COLLECTING, outcomes[0].snapshot.case_id)


async def test_updates_that_are_too_large_do_not_close_a_ticket(open_separate: RigOpener) -> None:
    """Even what is refused is sent back, so the server must not let that much in at once."""
    async with open_separate() as rig:
        ticket = fresh("huge")
        before = (await rig.asked(ticket, QUIET)).snapshot
        await rig.stop_worker()
        handle = rig.handle(f"ticket:{ticket}")
        huge = [event("customer_message", "customer", text="x", attachments=["y" * 900_000])] * 8
        waiting = [
            asyncio.create_task(handle.execute_update(HANDLE, sent, id=f"{sent['id']}-{number}"))
            for number, sent in enumerate(huge)
        ]
        await rig.start_worker()
        for failure in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(failure, WorkflowUpdateFailedError | RPCError)
        assert (await rig.ticket(ticket)).case_id == before.case_id
        assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING


LABELS = [f"{number:03}-{'x' * 240}" for number in range(300)]
MANY = f"""
lines: {{line-1: {{}}}}
labels: {LABELS}
staff: {{ivan: {{line: line-1}}}}
"""


async def test_a_chat_has_as_many_labels_as_its_answers_can_carry(open_a_rig: RigOpener) -> None:
    async with open_a_rig(directory=MANY, rules=NO_RULES, templates=NO_TEMPLATES, online=("ivan",)) as rig:
        chat = fresh("labels")
        await rig.customer(chat)
        fits = LABELS[: MAX_LABELS_SIZE // len(LABELS[0])]
        outcome = await rig.by("ivan", chat, "labels_changed", add=fits)
        assert outcome.snapshot.labels == tuple(fits)
        with pytest.raises(InvalidEvent, match="at most 64,000 are possible"):
            await rig.by("ivan", chat, "labels_changed", add=LABELS)
        assert (await rig.snapshot(chat)).labels == tuple(fits)
        *_, added, refused = await rig.client.chat(CHANNEL, chat).timeline()
        assert max(len(added.what), len(refused.refused or "")) <= 500
        assert failed_tasks(await rig.history(chat)) == []


class Mute(EmbeddedHelpDesk):
    """A help desk that sends no messages until it may."""

    may_send = False
    attempts = 0

    async def send_message(self, message: Message) -> bool:
        self.attempts += 1
        if not self.may_send:
            raise HelpDeskUnavailable("down for a test")
        return await super().send_message(message)


async def test_what_a_help_desk_that_is_down_has_yet_to_get_is_bounded(open_a_rig: RigOpener) -> None:
    """Events wait, not their effects: those would be carried from run to run."""
    rules = rules_but(
        drop=[""],
        add={"incoming": [LOUD | {"id": "loud-1"}], "changed": [LOUD | {"id": "loud-2"}]},
    )
    async with open_a_rig(rules=rules, desk_class=Mute) as rig:
        desk = rig.desk
        assert isinstance(desk, Mute)
        chat = fresh("mute")
        sent = [event("customer_message", "customer", text=str(number)) for number in range(20)]
        waiting = [asyncio.create_task(rig.send(chat, one)) for one in sent]

        async def tried_again() -> bool:
            return desk.attempts >= 3

        await eventually(tried_again, "the first message was not tried three times")
        taken_in = await events_of(desk, chat)
        assert 0 < len(taken_in) <= 2 + OUTBOX_BUDGET // LOUD_SIZE
        desk.may_send = True
        await asyncio.gather(*waiting)
        await rig.settled(chat)
        assert len(await applied_keys(desk, ":reply:0")) == len(sent)
        assert len(await events_of(desk, chat)) == len(sent)


async def test_a_signal_more_than_a_run_takes_is_to_be_sent_again_and_not_refused(
    open_a_rig: RigOpener,
) -> None:
    """The server calls it an invalid argument, and a sender would give up an event that was refused."""
    async with (
        running_server(**{"history.maximumSignalsPerExecution": "3"}) as server,
        open_a_rig(server, working=False) as rig,
    ):
        chat = rig.client.chat(CHANNEL, fresh("signals"))
        for _ in range(3):
            await chat.submit(event("customer_message", "customer"), customer="c")
        with pytest.raises(Unanswered, match="limit for signal events"):
            await chat.submit(event("customer_message", "customer"), customer="c")
