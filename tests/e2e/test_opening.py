"""An event that may open its case asks the workflow that is there first, and opens one where none runs.

The two calls differ only where nothing is running. Callers must not notice which of them brought their event
in: ``test_ending_runs`` has the runs that end with an event in their hands.
"""

# ruff: noqa: A002 – the arguments have Temporal's names

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowUpdateHandle,
)
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from lab.ledger import cases_of, events_of
from lab.rig import CHANNEL, Rig, event, fresh
from tests.conftest import RigOpener
from tests.e2e.test_revive import close_by_force

PLAIN, WITH_START = "update", "update with start"


class Calls(Interceptor):
    """Notes which calls a client makes."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Noting(next, self.made)

    def taken(self) -> list[str]:
        """The calls since the last time."""
        made = list(self.made)
        self.made.clear()
        return made


class _Noting(OutboundInterceptor):
    def __init__(self, next: OutboundInterceptor, made: list[str]) -> None:
        super().__init__(next)
        self._made = made

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        self._made.append(PLAIN)
        return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self, input: StartWorkflowUpdateWithStartInput
    ) -> WorkflowUpdateHandle[Any]:
        self._made.append(WITH_START)
        return await super().start_update_with_start_workflow(input)


def noting(rig: Rig) -> Calls:
    """Make the rig's client note its calls."""
    calls, config = Calls(), rig.client.temporal.config(active_config=True)
    config["interceptors"], config["plugins"] = [*config["interceptors"], calls], []
    rig.client = BatonClient(Client(**config), task_queue=rig.settings.task_queue)
    return calls


async def run_of(rig: Rig, conversation: str) -> str:
    return (await rig.handle(conversation).describe()).run_id


async def close(rig: Rig, conversation: str) -> None:
    """Close the chat, and wait until its workflow has completed."""
    await rig.by("ivan", conversation, "taken")
    await rig.by("ivan", conversation, "chat_ended", status="closed")
    await rig.handle(conversation).result()


# --- What is there ------------------------------------------------------------------------------


async def test_a_message_to_a_chat_that_is_there_is_a_plain_update(rig: Rig) -> None:
    calls, conversation = noting(rig), fresh("opening")
    opened = await rig.customer(conversation)
    assert calls.taken() == [PLAIN, WITH_START]
    for who in ("lena", "ivan"):
        outcome = await rig.staff(conversation, who)
        assert outcome.snapshot.case_id == opened.snapshot.case_id
    assert calls.taken() == [PLAIN, PLAIN]


async def test_what_cannot_open_a_chat_is_never_sent_with_a_start(rig: Rig) -> None:
    calls, conversation = noting(rig), fresh("opening")
    await rig.customer(conversation)
    await close(rig, conversation)
    calls.taken()
    late = event("labels_changed", "ivan", add=["vip"])
    with pytest.raises(Exception, match="there is no living chat"):
        await rig.send(conversation, late)
    assert calls.taken() == [PLAIN]


async def test_a_message_after_the_closing_opens_the_next_chat(rig: Rig) -> None:
    calls, conversation = noting(rig), fresh("opening")
    first = await rig.customer(conversation)
    await close(rig, conversation)
    calls.taken()
    second = await rig.customer(conversation, "One more thing")
    assert calls.taken() == [PLAIN, WITH_START]
    assert second.snapshot.previous_case == first.snapshot.case_id
    assert len(await cases_of(rig.desk, conversation)) == 2


@pytest.mark.parametrize("how", ["terminate", "cancel"])
async def test_a_message_after_a_closing_by_force_goes_on_with_the_same_chat(rig: Rig, how: str) -> None:
    calls, conversation = noting(rig), fresh("opening")
    first = await rig.customer(conversation)
    await rig.settled(conversation)
    await close_by_force(rig, conversation, how)
    calls.taken()
    second = await rig.customer(conversation, "Are you there?")
    assert calls.taken() == [PLAIN, WITH_START]
    assert (second.duplicate, second.snapshot.case_id) == (False, first.snapshot.case_id)
    assert len(await events_of(rig.desk, conversation)) == 2


async def test_a_ticket_is_asked_first_and_opened_where_it_is_not_there(rig: Rig) -> None:
    calls, ticket = noting(rig), fresh("T")
    await rig.on_ticket("customer", ticket, "customer_message", text="Three questions.")
    assert calls.taken() == [PLAIN, WITH_START]
    await rig.on_ticket("customer", ticket, "customer_message", text="And a fourth.")
    assert calls.taken() == [PLAIN]


# --- Races --------------------------------------------------------------------------------------


async def test_ten_clients_that_open_a_chat_at_once_open_one(rig: Rig) -> None:
    conversation = fresh("race")
    sent = [event("customer_message", "customer") for _ in range(10)]
    clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in sent]
    outcomes = await asyncio.gather(
        *(
            client.chat(CHANNEL, conversation).send(one, customer="c")
            for client, one in zip(clients, sent, strict=True)
        )
    )
    assert len({outcome.snapshot.case_id for outcome in outcomes}) == 1
    assert not any(outcome.duplicate for outcome in outcomes)
    kept = await events_of(rig.desk, conversation)
    assert sorted(row.event_id for row in kept) == sorted(one["id"] for one in sent)
    timeline = await rig.client.chat(CHANNEL, conversation).timeline()
    assert len(timeline) == 10, "all in one run"


async def test_ten_clients_that_send_the_same_first_message_open_one_chat_with_it(rig: Rig) -> None:
    conversation, message = fresh("race"), event("customer_message", "customer")
    clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in range(10)]
    outcomes = await asyncio.gather(
        *(client.chat(CHANNEL, conversation).send(message, customer="c") for client in clients)
    )
    assert all(outcome == outcomes[0] for outcome in outcomes)
    assert len(await rig.client.chat(CHANNEL, conversation).timeline()) == 1
    assert len(await events_of(rig.desk, conversation)) == 1


async def test_ten_clients_that_write_behind_a_closing_open_one_chat(rig: Rig) -> None:
    conversation = fresh("race")
    await rig.customer(conversation)
    await rig.by("ivan", conversation, "taken")
    clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in range(10)]
    closing, *outcomes = await asyncio.gather(
        rig.by("ivan", conversation, "chat_ended", status="closed"),
        *(
            client.chat(CHANNEL, conversation).send(event("customer_message", "customer"), customer="c")
            for client in clients
        ),
    )
    assert closing.snapshot.status == "closed"
    after = {one.snapshot.case_id for one in outcomes} - {closing.snapshot.case_id}
    assert len(after) <= 1, "those behind the closing are in one chat"
    assert len(await events_of(rig.desk, conversation, "customer_message")) == 11


# --- The same ID in several runs ----------------------------------------------------------------


async def test_an_id_is_known_in_whatever_run_it_comes_again(rig: Rig) -> None:
    conversation, message = fresh("again"), event("customer_message", "customer")
    first = await rig.send(conversation, message)
    await close(rig, conversation)
    run = await run_of(rig, conversation)
    # To the closed run: by its update ID, without a new run.
    assert await rig.send(conversation, message) == first
    assert await run_of(rig, conversation) == run
    # To the run of the next chat, which does not know the update ID.
    second = await rig.customer(conversation, "One more thing")
    again = await rig.send(conversation, message)
    assert (again.duplicate, again.snapshot.case_id) == (True, first.snapshot.case_id)
    assert (await rig.snapshot(conversation)).case_id == second.snapshot.case_id
    # Behind that run, which has not been told that it is a duplicate of an earlier chat's.
    await close(rig, conversation)
    third = await rig.send(conversation, event("customer_message", "customer", id=second.event_id))
    assert third == second, "by its update ID"
    assert len(await cases_of(rig.desk, conversation)) == 2
    assert len(await events_of(rig.desk, conversation, "customer_message")) == 2


async def test_behind_two_closed_runs_an_early_id_opens_no_chat(rig: Rig) -> None:
    conversation, message = fresh("again"), event("customer_message", "customer")
    first = await rig.send(conversation, message)
    await close(rig, conversation)
    await rig.customer(conversation, "One more thing")
    await close(rig, conversation)
    again = await rig.send(conversation, message)
    assert (again.duplicate, again.snapshot.case_id) == (True, first.snapshot.case_id)
    assert (await rig.handle(conversation).result())["reason"] == "duplicate"
    assert len(await cases_of(rig.desk, conversation)) == 2


async def test_an_id_is_known_behind_continue_as_new(
    open_a_rig: RigOpener, impatient_server: WorkflowEnvironment
) -> None:
    async with open_a_rig(impatient_server) as rig:
        calls, conversation = noting(rig), fresh("again")
        message = event("customer_message", "customer")
        first = await rig.send(conversation, message)
        run = await run_of(rig, conversation)
        while await run_of(rig, conversation) == run:
            await rig.by("ivan", conversation, "note_added", text="…")
        calls.taken()
        again = await rig.send(conversation, message)
        assert (again.duplicate, again.snapshot.case_id) == (True, first.snapshot.case_id)
        assert calls.taken() == [PLAIN]
        assert len(await events_of(rig.desk, conversation, "customer_message")) == 1


async def test_a_refusal_of_a_closed_run_is_repeated_under_its_id(rig: Rig) -> None:
    conversation, stranger = fresh("again"), event("agent_message", "stranger")
    await rig.customer(conversation)
    for _ in range(2):
        with pytest.raises(Exception, match="nobody 'stranger'"):
            await rig.send(conversation, stranger)
        if (await rig.snapshot(conversation)).status != "closed":
            await close(rig, conversation)
    assert len(await cases_of(rig.desk, conversation)) == 1
