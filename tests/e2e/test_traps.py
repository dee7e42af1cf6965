"""The traps of running on Temporal: each was once measured, and each has a test here."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload as RawPayload
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.contract import CHAT_WORKFLOW, HANDLE, SUBMIT, Presence, Status, Tab, chat_workflow_id
from baton.errors import (
    HelpDeskUnavailable,
    IllegalTransition,
    InvalidEvent,
    Unanswered,
    UnknownLabel,
    UnknownStaff,
)
from baton.model.effects import CaseRef, CaseWrite
from helpdesks.embedded import EmbeddedHelpDesk
from lab.ledger import applied_keys, cases_of, events_of
from lab.rig import CHANNEL, PATIENCE, Rig, event, eventually, failed_tasks, fresh
from tests.conftest import RigOpener


class TestDuplicates:
    async def test_the_same_update_id_is_answered_by_the_server(self, rig: Rig) -> None:
        conversation, message = fresh("dup"), event("customer_message", "customer")
        first = await rig.send(conversation, message)
        assert await rig.send(conversation, message) == first
        assert len(await rig.client.chat(CHANNEL, conversation).timeline()) == 1

    async def test_another_way_in_finds_the_event_known(self, rig: Rig) -> None:
        conversation, message = fresh("dup"), event("customer_message", "customer")
        await rig.send(conversation, message)
        again = await rig.handle(conversation).execute_update(HANDLE, message, id=fresh("other"))
        assert again["duplicate"] is True
        await rig.client.chat(CHANNEL, conversation).submit(message, customer="c")
        await rig.settled(conversation)
        assert len(await rig.client.chat(CHANNEL, conversation).timeline()) == 1

    async def test_ids_stay_known_across_continue_as_new(
        self, open_a_rig: RigOpener, impatient_server: WorkflowEnvironment
    ) -> None:
        async with open_a_rig(impatient_server) as rig:
            conversation, early = fresh("can"), event("customer_message", "customer")
            await rig.send(conversation, early)
            first_run = (await rig.handle(conversation).describe()).run_id
            while (await rig.handle(conversation).describe()).run_id == first_run:
                await rig.by("ivan", conversation, "note_added", text="…")
            again = await rig.handle(conversation).execute_update(HANDLE, early, id=fresh("other"))
            assert again["duplicate"] is True

    async def test_ids_dropped_from_memory_are_known_to_the_help_desk(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("workflows.inbox.REMEMBERED_EVENTS", 3)
        conversation, early = fresh("old"), event("customer_message", "customer")
        await rig.send(conversation, early)
        for _ in range(5):
            await rig.by("ivan", conversation, "note_added", text="…")
        again = await rig.handle(conversation).execute_update(HANDLE, early, id=fresh("other"))
        assert again["duplicate"] is True

    async def test_a_late_duplicate_never_opens_a_ghost_chat(self, rig: Rig) -> None:
        conversation, message = fresh("ghost"), event("customer_message", "customer")
        opened = await rig.send(conversation, message)
        await rig.by("ivan", conversation, "taken")
        await rig.by("ivan", conversation, "chat_ended", status="closed")
        await rig.handle(conversation).result()

        await rig.client.chat(CHANNEL, conversation).submit(message, customer="c")
        summary = await rig.handle(conversation).result()
        assert (summary["reason"], summary["chats"]) == ("duplicate", 0)
        rows = await cases_of(rig.desk, conversation)
        assert [row.case_id for row in rows] == [opened.snapshot.case_id]

    async def test_an_event_of_the_previous_chat_does_not_touch_the_next_one(self, rig: Rig) -> None:
        conversation, message = fresh("prev"), event("customer_message", "customer")
        first = await rig.send(conversation, message)
        await rig.by("ivan", conversation, "taken")
        await rig.by("ivan", conversation, "chat_ended", status="closed")
        await rig.handle(conversation).result()
        second = await rig.staff(conversation, "petra")
        again = await rig.handle(conversation).execute_update(HANDLE, message, id=fresh("other"))
        assert again["duplicate"] is True
        assert again["snapshot"]["case_id"] == first.snapshot.case_id
        assert (await rig.snapshot(conversation)).status == second.snapshot.status == Status.PENDING


class TestRefusals:
    async def test_an_illegal_event_by_update_leaves_no_trace(self, rig: Rig) -> None:
        conversation = fresh("illegal")
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "taken")
        await rig.by("ivan", conversation, "chat_ended", status="pending")
        before = len((await rig.history(conversation)).events)
        with pytest.raises(IllegalTransition, match="needs an active chat"):
            await rig.by("ivan", conversation, "taken")
        assert len((await rig.history(conversation)).events) == before

    async def test_an_illegal_event_by_signal_is_noted_in_the_timeline(self, rig: Rig) -> None:
        conversation = fresh("illegal")
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "taken")
        await rig.by("ivan", conversation, "chat_ended", status="pending")
        await rig.client.chat(CHANNEL, conversation).submit(event("taken", "ivan"))
        await rig.settled(conversation)
        last = (await rig.client.chat(CHANNEL, conversation).timeline())[-1]
        assert last.kind == "taken"
        assert last.refused is not None
        assert last.refused.startswith("IllegalTransition: ")
        assert failed_tasks(await rig.history(conversation)) == []

    @pytest.mark.parametrize(
        "payload",
        [
            RawValue(RawPayload(metadata={"encoding": b"json/plain"}, data=b"{not json")),
            RawValue(RawPayload(metadata={"encoding": b"unheard/of"}, data=b"\x00\xff")),
            RawValue(RawPayload(metadata={"encoding": b"binary/plain"}, data=b"\x00\xff")),
            "just a string",
            None,
            {"kind": "customer_message"},
            {"kind": "unheard_of", "id": "1", "author": {"type": "customer", "id": "c"}},
            {"kind": "idle", "id": "1", "author": {"type": "system", "id": "x"}},
        ],
        ids=["bad json", "bad encoding", "bytes", "string", "null", "no id", "unknown kind", "internal kind"],
    )
    async def test_a_signal_that_cannot_be_used_is_noted_in_the_timeline(
        self, rig: Rig, payload: Any
    ) -> None:
        conversation = fresh("undecodable")
        await rig.customer(conversation)
        await rig.handle(conversation).signal(SUBMIT, payload)
        await rig.settled(conversation)
        last = (await rig.client.chat(CHANNEL, conversation).timeline())[-1]
        assert last.refused is not None
        assert last.refused.startswith("InvalidEvent: ")
        assert failed_tasks(await rig.history(conversation)) == []
        assert (await rig.customer(conversation)).snapshot.tab is Tab.NEW, "the chat goes on"

    async def test_an_update_that_cannot_be_used_is_refused(self, rig: Rig) -> None:
        conversation = fresh("undecodable")
        await rig.customer(conversation)
        bad = RawValue(RawPayload(metadata={"encoding": b"json/plain"}, data=b"{not json"))
        with pytest.raises(WorkflowUpdateFailedError) as raised:
            await rig.handle(conversation).execute_update(HANDLE, bad)
        assert isinstance(raised.value.cause, ApplicationError)
        assert raised.value.cause.type == "InvalidEvent"

    async def test_an_empty_message_is_refused_however_it_comes(self, rig: Rig) -> None:
        conversation, ticket = fresh("empty"), fresh("empty")
        with pytest.raises(InvalidEvent, match="the text is empty, and nothing is attached"):
            await rig.customer(conversation, " \n")
        await rig.customer(conversation)
        await rig.on_ticket("customer", ticket, "customer_message", text="Hello?")
        before = await rig.snapshot(conversation)
        empty = event("customer_message", "customer", text=" ")
        for case in (conversation, f"ticket:{ticket}"):
            with pytest.raises(WorkflowUpdateFailedError) as raised:
                await rig.handle(case).execute_update(HANDLE, empty)
            assert isinstance(raised.value.cause, ApplicationError)
            assert raised.value.cause.type == "InvalidEvent"
            await rig.handle(case).signal(SUBMIT, {**empty, "id": fresh("signal")})
            await rig.settled(case)
        for timeline in (
            await rig.client.chat(CHANNEL, conversation).timeline(),
            await rig.client.ticket(ticket).timeline(),
        ):
            assert "the text is empty" in (timeline[-1].refused or "")
        assert await rig.snapshot(conversation) == before
        await rig.send(
            conversation, event("customer_message", "customer", text="", attachments=["photo.jpg"])
        )
        await rig.send(conversation, event("customer_message", "customer"))
        chat = CaseRef.at(f"chat:{CHANNEL}:{conversation}").model_copy(update={"case_id": before.case_id})
        said = await rig.desk.customer_messages(chat)
        assert [one.says_nothing for one in said] == [False, False, False]

    async def test_the_client_refuses_before_it_calls(self, rig: Rig) -> None:
        with pytest.raises(InvalidEvent, match="kind 'shout' is unknown"):
            await rig.send(fresh("bad"), {**event("taken", "ivan"), "kind": "shout"})

    async def test_what_only_the_directory_knows_is_refused_by_the_decision(self, rig: Rig) -> None:
        conversation = fresh("unknown")
        await rig.customer(conversation)
        with pytest.raises(UnknownStaff, match="nobody 'nobody'"):
            await rig.by("ivan", conversation, "assigned", staff="nobody")
        with pytest.raises(UnknownLabel, match="'nonsense'"):
            await rig.by("ivan", conversation, "labels_changed", add=["nonsense"])
        assert (await rig.snapshot(conversation)).labels == ()

    async def test_an_event_without_a_chat_is_refused_by_the_client(self, rig: Rig) -> None:
        with pytest.raises(IllegalTransition, match="only a message starts one"):
            await rig.by("ivan", fresh("none"), "taken")

    async def test_a_workflow_whose_first_event_was_refused_ends_itself(self, rig: Rig) -> None:
        conversation = fresh("first")
        with pytest.raises(UnknownStaff):
            await rig.staff(conversation, "stranger")
        summary = await rig.handle(conversation).result()
        assert (summary["reason"], summary["refused"]) == ("refused", 1)

    async def test_an_empty_workflow_ends_itself(self, rig: Rig) -> None:
        conversation = fresh("empty")
        handle = await rig.client.temporal.start_workflow(
            CHAT_WORKFLOW,
            {"channel": CHANNEL, "conversation": conversation, "customer": "c"},
            id=chat_workflow_id(CHANNEL, conversation),
            task_queue=rig.settings.task_queue,
        )
        await rig.environment.fast_forward(handle, timedelta(minutes=2))
        assert (await handle.result())["reason"] == "empty"

    async def test_a_workflow_whose_event_opens_nothing_ends_at_once(self, rig: Rig) -> None:
        """Only the ledger knows whether there is a case to which the event may belong."""
        conversation = fresh("nothing")
        handle = await rig.client.temporal.start_workflow(
            CHAT_WORKFLOW,
            {"channel": CHANNEL, "conversation": conversation, "customer": "c"},
            id=chat_workflow_id(CHANNEL, conversation),
            task_queue=rig.settings.task_queue,
        )
        with pytest.raises(WorkflowUpdateFailedError) as refusal:
            await handle.execute_update(HANDLE, event("taken", "ivan"))
        assert isinstance(refusal.value.cause, ApplicationError)
        assert refusal.value.cause.type == "IllegalTransition"
        assert (await handle.result())["reason"] == "refused"
        assert await events_of(rig.desk, conversation) == []

    async def test_a_bad_start_argument_fails_the_workflow_and_not_its_task(self, rig: Rig) -> None:
        handle = await rig.client.temporal.start_workflow(
            CHAT_WORKFLOW, {"channel": 7}, id=fresh("chat:bad"), task_queue=rig.settings.task_queue
        )
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
        assert isinstance(raised.value.cause, ApplicationError)
        assert raised.value.cause.type == "InvalidEvent"


class TestClosing:
    async def test_events_behind_the_closing_become_the_next_chat_in_the_same_run(
        self, open_a_rig: RigOpener
    ) -> None:
        async with open_a_rig(working=False) as rig:
            conversation = fresh("behind")
            closing = [
                event("customer_message", "customer"),
                event("taken", "ivan"),
                event("chat_ended", "ivan", status="closed"),
                event("note_added", "ivan", text="too late"),
                event("customer_message", "customer", text="One more thing"),
            ]
            for item in closing:
                await rig.client.chat(CHANNEL, conversation).submit(item, customer="c")
            await rig.start_worker()
            await eventually(lambda: _has_entries(rig, conversation, 5), "events are missing")
            timeline = await rig.client.chat(CHANNEL, conversation).timeline()
            assert [entry.refused is None for entry in timeline] == [True, True, True, False, True]
            chat = await rig.snapshot(conversation)
            assert chat.previous_case is not None
            assert chat.tab in {Tab.NEW, Tab.RESERVED}

    async def test_twenty_clients_write_while_the_chat_is_closed_again_and_again(self, rig: Rig) -> None:
        conversation, per_client = fresh("storm"), 15
        clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in range(20)]
        accepted: list[str] = []

        async def write(client: BatonClient) -> None:
            for _ in range(per_client):
                message = event("customer_message", "customer")
                outcome = await client.chat(CHANNEL, conversation).send(
                    message, customer="c", timeout=PATIENCE
                )
                assert outcome.event_id == message["id"]
                accepted.append(message["id"])

        async def close() -> int:
            closed = 0
            while not writing.done():
                try:
                    await rig.by("ivan", conversation, "chat_ended", status="closed")
                    closed += 1
                except IllegalTransition:
                    await asyncio.sleep(0)
            return closed

        writing = asyncio.ensure_future(asyncio.gather(*(write(client) for client in clients)))
        closings = await close()
        await writing

        assert closings > 3
        assert len(accepted) == 20 * per_client
        messages = await events_of(rig.desk, conversation, "customer_message")
        assert sorted(row.event_id for row in messages) == sorted(accepted), "kept once each"
        assert await folded_messages(rig, conversation) == sorted(accepted), "folded once each"


class TestWorkerDown:
    async def test_events_wait_for_the_worker_and_none_is_lost(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(working=False) as rig:
            conversation, message = fresh("down"), event("customer_message", "customer")
            with pytest.raises(Unanswered, match="send it again under the same ID"):
                await rig.send(conversation, message, timeout=1)
            await rig.start_worker()
            outcome = await rig.send(conversation, message)
            assert outcome.event_id == message["id"]
            assert len(await rig.client.chat(CHANNEL, conversation).timeline()) == 1
            assert len(await events_of(rig.desk, conversation)) == 1


class DownHelpDesk(EmbeddedHelpDesk):
    """A help desk that takes no writes while it is down."""

    down = False
    attempts = 0

    async def write_case(self, write: CaseWrite) -> bool:
        self.attempts += 1
        if self.down:
            raise HelpDeskUnavailable("down for a test")
        return await super().write_case(write)


class TestHelpDeskDown:
    async def test_deciding_goes_on_and_the_write_follows_even_in_a_later_run(
        self, open_a_rig: RigOpener, impatient_server: WorkflowEnvironment
    ) -> None:
        async with open_a_rig(impatient_server, desk_class=DownHelpDesk) as rig:
            desk = rig.desk
            assert isinstance(desk, DownHelpDesk)
            conversation, desk.down = fresh("down"), True
            await rig.customer(conversation)
            first = (await rig.handle(conversation).describe()).run_id
            await rig.staff(conversation, "lena")
            while (await rig.handle(conversation).describe()).run_id == first:
                await rig.by("ivan", conversation, "labels_changed", add=["vip"])
                await rig.by("ivan", conversation, "labels_changed", remove=["vip"])
            assert desk.attempts > 0
            assert await applied_keys(desk, ":write") == []

            desk.down = False
            await rig.settled(conversation)
            assert len(await applied_keys(desk, ":write")) == 1
            row, now = (await cases_of(desk, conversation))[-1], await rig.snapshot(conversation)
            assert (row.assignee, row.tab, row.status) == (now.assignee, now.tab, now.status)

    async def test_a_write_that_is_refused_for_good_does_not_hold_up_the_chat(
        self, open_a_rig: RigOpener
    ) -> None:
        class Refusing(EmbeddedHelpDesk):
            async def write_case(self, write: CaseWrite) -> bool:
                raise ApplicationError("no such case", type="Gone", non_retryable=True)

        async with open_a_rig(desk_class=Refusing) as rig:
            conversation = fresh("gone")
            await rig.customer(conversation)
            await rig.staff(conversation, "lena")
            await rig.settled(conversation)
            last = (await rig.client.chat(CHANNEL, conversation).timeline())[-1]
            assert (last.kind, last.refused) == (
                "reassign",
                "the help desk did not take it: Gone: no such case",
            )
            assert (await rig.customer(conversation)).snapshot.pinned_to == "ivan"


class TestLimits:
    async def test_no_time_limit_spans_a_chat_that_may_live_for_years(self, rig: Rig) -> None:
        conversation = fresh("limits")
        await rig.customer(conversation)
        history = await rig.history(conversation)
        started = history.events[0].workflow_execution_started_event_attributes
        assert started.workflow_execution_timeout.ToTimedelta() == timedelta()
        assert started.workflow_run_timeout.ToTimedelta() == timedelta()

    async def test_message_bodies_are_not_in_the_state_of_the_workflow(self, rig: Rig) -> None:
        conversation, text = fresh("limits"), "довольно длинный текст " * 4000
        await rig.customer(conversation, text)
        assert text not in str(await rig.client.chat(CHANNEL, conversation).timeline())
        assert "длинный" not in str(await rig.snapshot(conversation))
        kept = await events_of(rig.desk, conversation)
        assert kept[0].text == text


class TestReset:
    async def test_a_reset_chat_reaches_the_same_state_and_doubles_nothing(self, rig: Rig) -> None:
        conversation = fresh("reset")
        # A decision made again is a new decision; here it has no choice.
        await rig.presence("petra", Presence.OFFLINE, ago=timedelta(hours=1))
        # Dated by their senders: a reset takes the events in again, at a later time.
        await rig.customer(conversation, at="2026-01-05T10:00:00Z")
        await rig.staff(conversation, "lena", at="2026-01-05T10:01:00Z")
        await rig.customer(conversation, at="2026-01-05T10:02:00Z")
        await rig.settled(conversation)
        before = await rig.snapshot(conversation)
        told = await rig.desk.notices(None, 1000)
        await rig.reset(conversation)
        await eventually(lambda: _has_entries(rig, conversation, 3), "events are missing after the reset")
        await rig.settled(conversation)
        after = await rig.snapshot(conversation)
        assert after.model_dump() == before.model_dump()
        row = (await cases_of(rig.desk, conversation))[-1]
        assert (row.assignee, row.tab) == (after.assignee, after.tab)
        assert await rig.desk.notices(None, 1000) == told


class TestContinueAsNew:
    async def test_nothing_is_lost_or_doubled_over_many_runs(
        self, open_a_rig: RigOpener, impatient_server: WorkflowEnvironment
    ) -> None:
        async with open_a_rig(impatient_server) as rig:
            conversation, number = fresh("runs"), 120
            sent = [event("customer_message", "customer") for _ in range(number)]
            await asyncio.gather(*(rig.send(conversation, message) for message in sent))
            await rig.settled(conversation)
            runs = await folded_runs(rig, conversation)
            assert len(runs) > 2
            assert await folded_messages(rig, conversation) == sorted(message["id"] for message in sent)
            for status in runs[:-1]:
                assert status is WorkflowExecutionStatus.CONTINUED_AS_NEW


class TestCancel:
    async def test_a_cancelled_chat_still_folds_and_writes_what_was_accepted(self, rig: Rig) -> None:
        conversation = fresh("cancel")
        await rig.customer(conversation)
        await rig.handle(conversation).cancel()
        await eventually(
            lambda: _has_status(rig, conversation, WorkflowExecutionStatus.CANCELED), "not cancelled"
        )
        assert len(await events_of(rig.desk, conversation)) == 1
        assert failed_tasks(await rig.history(conversation)) == []


async def _has_entries(rig: Rig, conversation: str, number: int) -> bool:
    return len(await rig.client.chat(CHANNEL, conversation).timeline()) >= number


async def _has_status(rig: Rig, conversation: str, status: WorkflowExecutionStatus) -> bool:
    return (await rig.handle(conversation).describe()).status is status


async def _runs(rig: Rig, conversation: str) -> list[Any]:
    query = f"WorkflowId = '{rig.handle(conversation).id}'"
    return [run async for run in rig.client.temporal.list_workflows(query)]


async def folded_runs(rig: Rig, conversation: str) -> list[WorkflowExecutionStatus | None]:
    """The status of each run of a conversation, oldest first."""
    runs = sorted(await _runs(rig, conversation), key=lambda run: run.start_time)
    return [run.status for run in runs]


async def folded_messages(rig: Rig, conversation: str) -> list[str]:
    """The IDs of all customer messages that any run of the conversation folded, sorted, with repeats."""
    seen: list[str] = []

    async def everything_is_visible() -> bool:
        # Visibility follows a little later; the run that is open now must be among those listed.
        current = (await rig.handle(conversation).describe()).run_id
        return any(run.run_id == current for run in await _runs(rig, conversation))

    await eventually(everything_is_visible, "visibility did not catch up")
    for run in await _runs(rig, conversation):
        handle = rig.client.temporal.get_workflow_handle(run.id, run_id=run.run_id)
        async for item in handle.fetch_history_events():
            if item.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_COMPLETED:
                outcome = item.workflow_execution_update_completed_event_attributes.outcome
                if outcome.HasField("success"):
                    decoded = await rig.client.temporal.data_converter.decode(outcome.success.payloads)
                    if not decoded[0]["duplicate"]:
                        seen.append(decoded[0]["event_id"])
    kept = {row.event_id for row in await events_of(rig.desk, conversation, "customer_message")}
    return sorted(event_id for event_id in seen if event_id in kept)
