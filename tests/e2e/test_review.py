"""Odd inputs and bad moments: whatever arrives and whenever, the chat goes on and nobody waits forever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import pytest
from temporalio.api.common.v1 import Payload as RawPayload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.contract import CHAT_WORKFLOW, SUBMIT, Event
from baton.desk.client import DeskClient
from baton.errors import LONGEST_REASON, ConnectionFailed, HelpDeskUnavailable, InvalidEvent, Unanswered
from baton.model.decision import CaseState
from baton.model.effects import CaseWrite
from baton.temporal.plugin import BatonPlugin
from helpdesks.base import Intake
from helpdesks.embedded import EmbeddedHelpDesk
from lab.ledger import cases_of
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh
from lab.server import running_server
from tests.conftest import RigOpener

T = TypeVar("T")


class FlakyHelpDesk(EmbeddedHelpDesk):
    """A help desk that takes no writes while it is ``down``, and not even events while it is ``absent``."""

    down = False
    absent = False

    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str, decide: Callable[[Intake], T]
    ) -> T:
        if self.absent:
            raise HelpDeskUnavailable("absent for a test")
        return await super().intake(before, event, now, chain, decide)

    async def write_case(self, write: CaseWrite) -> bool:
        if self.down:
            raise HelpDeskUnavailable("down for a test")
        return await super().write_case(write)


def flaky(rig: Rig) -> FlakyHelpDesk:
    assert isinstance(rig.desk, FlakyHelpDesk)
    return rig.desk


class TestHelpDeskDown:
    async def test_an_event_behind_a_cancellation_is_still_answered(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(desk_class=FlakyHelpDesk) as rig:
            conversation = fresh("cancel")
            flaky(rig).down = True
            await rig.customer(conversation)
            await rig.staff(conversation, "lena")
            await rig.handle(conversation).cancel()
            outcome = await rig.by("ivan", conversation, "note_added", text="Still there?")
            assert not outcome.duplicate
            flaky(rig).down = False

            async def cancelled() -> bool:
                status = (await rig.handle(conversation).describe()).status
                return status is WorkflowExecutionStatus.CANCELED

            await eventually(cancelled, "the chat was not cancelled")
            assert failed_tasks(await rig.history(conversation)) == []

    async def test_a_chat_waits_for_hours_without_filling_its_history(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(desk_class=FlakyHelpDesk) as rig:
            conversation = fresh("outage")
            await rig.customer(conversation)
            flaky(rig).absent = True
            await rig.client.chat(CHANNEL, conversation).submit(event("taken", "ivan"))

            async def waits() -> bool:
                types = [item.event_type for item in (await rig.history(conversation)).events]
                return types.count(EventType.EVENT_TYPE_TIMER_STARTED) > 1

            await eventually(waits, "the chat does not wait for the help desk with a timer")
            before = len((await rig.history(conversation)).events)
            await rig.fast_forward(conversation, hours=1)
            history = await rig.history(conversation)
            assert len(history.events) - before < 60 * 10, "some events a minute"
            assert failed_tasks(history) == []

            flaky(rig).absent = False
            await rig.fast_forward(conversation, minutes=2)

            async def taken_in() -> bool:
                return (await rig.snapshot(conversation)).assignee == "ivan"

            await eventually(taken_in, "the event was not taken in after the outage")


class TestStopped:
    @pytest.mark.parametrize("how", ["cancel", "terminate"])
    async def test_a_chat_whose_workflow_was_stopped_stays_in_its_hands_with_the_next_message(
        self, rig: Rig, how: str
    ) -> None:
        conversation = fresh(how)
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "taken")
        await rig.settled(conversation)
        handle = rig.handle(conversation)
        await (handle.cancel() if how == "cancel" else handle.terminate())

        async def stopped() -> bool:
            return (await handle.describe()).close_time is not None

        await eventually(stopped, "the workflow was not stopped")
        outcome = await rig.customer(conversation)
        assert outcome.snapshot.pinned_to == "ivan"
        (row,) = await cases_of(rig.desk, conversation)
        assert (row.activity, row.status, row.tab) == ("active", "open", "mine")
        assert (row.holder, row.assignee) == ("ivan", "ivan"), "who counts towards Ivan's load"


class TestOddEvents:
    @pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 1e300])
    async def test_a_moment_beyond_the_calendar_is_refused(self, rig: Rig, at: Any) -> None:
        conversation = fresh("at")
        await rig.customer(conversation)
        await rig.handle(conversation).signal(SUBMIT, event("customer_message", "customer", at=at))
        await rig.settled(conversation)
        assert failed_tasks(await rig.history(conversation)) == []
        last = (await rig.client.chat(CHANNEL, conversation).timeline())[-1]
        assert (last.refused or "").startswith("InvalidEvent")
        with pytest.raises(InvalidEvent):
            await rig.customer(conversation, at=at)

    async def test_megabytes_of_nonsense_do_not_stop_a_chat_from_continuing_as_new(
        self, open_a_rig: RigOpener, impatient_server: WorkflowEnvironment
    ) -> None:
        async with open_a_rig(impatient_server) as rig:
            conversation = fresh("nonsense")
            await rig.customer(conversation)
            first = (await rig.handle(conversation).describe()).run_id
            for _ in range(3):
                await rig.handle(conversation).signal(SUBMIT, {"kind": "x" * 1_500_000})
            while (await rig.handle(conversation).describe()).run_id == first:
                await rig.by("ivan", conversation, "note_added", text="…")
            refused = [entry.refused for entry in await rig.client.chat(CHANNEL, conversation).timeline()]
            assert max(len(reason or "") for reason in refused) < LONGEST_REASON + 100

    @pytest.mark.parametrize("size", [1_900_000, 5_000_000])
    async def test_attachments_that_no_payload_can_hold_are_refused_at_once(
        self, rig: Rig, size: int
    ) -> None:
        message = event("customer_message", "customer", attachments=["x" * size])
        with pytest.raises(InvalidEvent, match=r"attachments: .* send links"):
            await rig.send(fresh("large"), message)

    async def test_more_labels_than_a_search_attribute_can_hold(self, rig: Rig) -> None:
        labels = tuple(f"метка номер {number:03}" for number in range(200))
        directory = (await rig.desk.directory()).directory.model_copy(update={"labels": labels})
        await rig.desk.change_directory(directory, based_on=None)
        conversation = fresh("labels")
        await rig.customer(conversation)
        labelled = await rig.by("ivan", conversation, "labels_changed", add=labels)
        assert labelled.snapshot.labels == labels
        found = (await rig.handle(conversation).describe()).search_attributes["Labels"]
        assert found == list(labels[: len(found)])
        assert len(found) > 20
        few = await rig.by("ivan", conversation, "labels_changed", remove=labels[3:])
        assert few.snapshot.labels == labels[:3]
        assert (await rig.handle(conversation).describe()).search_attributes["Labels"] == list(labels[:3])
        assert failed_tasks(await rig.history(conversation)) == []


class TestOddStarts:
    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            [None],
            [RawValue(RawPayload(metadata={"encoding": b"json/plain"}, data=b"{not json"))],
            [RawValue(RawPayload(metadata={"encoding": b"unheard/of"}, data=b"\x00\xff"))],
            [{"channel": "a", "conversation": "b", "customer": "c", "carried": "nonsense"}],
        ],
        ids=["none", "null", "bad json", "bad encoding", "bad carried"],
    )
    async def test_a_start_that_cannot_be_read_fails_the_workflow_and_not_its_task(
        self, rig: Rig, arguments: list[Any]
    ) -> None:
        handle = await rig.client.temporal.start_workflow(
            CHAT_WORKFLOW, args=arguments, id=fresh("chat:bad"), task_queue=rig.settings.task_queue
        )
        with pytest.raises(WorkflowFailureError) as raised:
            await handle.result()
        assert isinstance(raised.value.cause, ApplicationError)
        assert raised.value.cause.type == "InvalidEvent"


class TestClient:
    @pytest.mark.parametrize("customer", ["c" * 300, " ", "c\n1"])
    async def test_an_unusable_customer_is_refused_in_the_words_of_the_contract(
        self, rig: Rig, customer: str
    ) -> None:
        with pytest.raises(InvalidEvent, match="customer"):
            await rig.send(fresh("ids"), event("agent_message", "ivan"), customer=customer)
        with pytest.raises(InvalidEvent, match="customer"):
            await rig.client.chat(CHANNEL, "c").submit(event("agent_message", "ivan"), customer=customer)

    async def test_what_temporal_does_not_take_is_an_invalid_event(self, rig: Rig) -> None:
        with pytest.raises(InvalidEvent, match="UpdateId length"):
            await rig.customer(fresh("ids"), id="😀" * 255)

    async def test_a_namespace_that_is_not_there_is_named_at_once(self, rig: Rig) -> None:
        address = rig.client.temporal.service_client.config.target_host
        elsewhere = await Client.connect(address, namespace="nowhere", plugins=[BatonPlugin()])
        client = BatonClient(elsewhere)
        message, taken = event("customer_message", "customer"), event("taken", "ivan")
        for call in (
            client.chat(CHANNEL, "c").send(message),
            client.chat(CHANNEL, "c").send(taken),
            client.chat(CHANNEL, "c").submit(message),
            client.chat(CHANNEL, "c").submit(taken),
            client.chat(CHANNEL, "c").snapshot(),
        ):
            with pytest.raises(ConnectionFailed, match="no namespace 'nowhere'"):
                await call

    async def test_a_question_that_no_worker_answers_is_unanswered(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        conversation = fresh("asked")
        await rig.customer(conversation)
        await rig.stop_worker()
        monkeypatch.setattr("baton.client.calls.QUERY_TIMEOUT", 1.0)
        with pytest.raises(Unanswered, match="which a worker polled within the last two minutes"):
            await rig.snapshot(conversation)

    async def test_it_stays_unanswered_when_the_worker_has_been_away_for_a_while(
        self, rig: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """From then on the server says FAILED_PRECONDITION, which elsewhere means a call that is wrong."""
        conversation = fresh("asked")
        await rig.customer(conversation)
        await rig.settled(conversation)  # as long as a task waits, the server gives the query to it
        await rig.stop_worker()
        monkeypatch.setattr("baton.client.calls.QUERY_TIMEOUT", 2.0)

        last = ""

        async def said() -> str:
            nonlocal last
            with pytest.raises(Unanswered) as raised:
                await rig.snapshot(conversation)
            last = str(raised.value)
            return last

        assert "did not answer: not within 2 s" in await said()

        async def is_known_to_be_away() -> bool:
            return "no poller seen for task queue recently" in await said()

        await eventually(is_known_to_be_away, lambda: f"it still says: {last}")
        await rig.start_worker()
        assert (await rig.snapshot(conversation)).conversation == conversation

    async def test_while_temporal_is_away_every_call_is_unanswered(self) -> None:
        async with running_server() as temporal:
            client = BatonClient(temporal.client)
        message, taken = event("customer_message", "customer"), event("taken", "ivan")
        calls = {
            "send": client.chat(CHANNEL, "c").send(message, timeout=1),
            "submit, which may start a chat": client.chat(CHANNEL, "c").submit(message),
            "submit": client.chat(CHANNEL, "c").submit(taken),
            "snapshot": client.chat(CHANNEL, "c").snapshot(),
            "the help desk": DeskClient(temporal.client).inbox(),
        }
        came = await asyncio.gather(*calls.values(), return_exceptions=True)
        assert dict(zip(calls, map(type, came), strict=True)) == dict.fromkeys(calls, Unanswered)

    async def test_long_messages_do_not_make_a_list_too_large(self, rig: Rig) -> None:
        for _ in range(12):
            await rig.customer(fresh("inbox"), text="я" * 100_000)
        rows = await DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue).inbox()
        assert [row.last_text[:3] for row in rows] == ["яяя"] * 12
