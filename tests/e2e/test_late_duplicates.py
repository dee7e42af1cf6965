"""A late duplicate of any event is answered as a duplicate, wherever it comes in, whatever came after it."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import WithStartWorkflowOperation, WorkflowExecutionStatus
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from baton.contract import CHAT_WORKFLOW, HANDLE, TICKET_WORKFLOW, chat_workflow_id, ticket_workflow_id
from baton.errors import IllegalTransition
from lab.ledger import cases_of, events_of
from lab.rig import CHANNEL, Rig, event, fresh
from tests.conftest import RigOpener


def everything() -> list[dict[str, Any]]:
    """A chat from its first message to its closing, with events of many kinds."""
    return [
        event("customer_message", "customer", text="Hello?", message_id="in-1"),
        event("taken", "ivan"),
        event("agent_message", "ivan", text="Hello!", message_id="out-1"),
        event("system_message", "system", text="Your number is 7."),
        event("note_added", "ivan", text="A regular."),
        event("labels_changed", "ivan", add=["vip"]),
        event("message_changed", "customer", message_id="in-1"),
        event("delivery_failed", "system", message_id="out-1"),
        event("status_set", "ivan", status="pending"),
        event("assigned", "ivan", staff="petra"),
        event("chat_ended", "petra"),
        event("status_set", "petra", status="closed"),
    ]


async def played(rig: Rig, conversation: str) -> list[dict[str, Any]]:
    told = everything()
    for one in told:
        await rig.send(conversation, one)
    await rig.handle(conversation).result()
    return told


async def with_start(rig: Rig, workflow_id: str, payload: dict[str, Any], update_id: str) -> dict[str, Any]:
    """As any Temporal client sends it."""
    _, *place = workflow_id.split(":", 2)
    is_chat = workflow_id.startswith("chat:")
    named = dict(zip(("channel", "conversation") if is_chat else ("ticket_id",), place, strict=True))
    outcome: dict[str, Any] = await rig.client.temporal.execute_update_with_start_workflow(
        HANDLE,
        payload,
        start_workflow_operation=WithStartWorkflowOperation(
            CHAT_WORKFLOW if is_chat else TICKET_WORKFLOW,
            {**named, "customer": "c"},
            id=workflow_id,
            task_queue=rig.settings.task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        ),
        id=update_id,
    )
    return outcome


async def newest_run(rig: Rig, case: str) -> str:
    return (await rig.handle(case).describe()).run_id


async def test_the_client_answers_for_a_closed_chat_and_opens_no_run(rig: Rig) -> None:
    conversation = fresh("late")
    told = await played(rig, conversation)
    # A run behind the closing, which does not know the update IDs of the one before.
    assert (await with_start(rig, chat_workflow_id(CHANNEL, conversation), told[0], fresh()))["duplicate"]
    run = await newest_run(rig, conversation)
    for one in told:
        if one["kind"] in ("customer_message", "agent_message"):
            continue  # sent with a start: see below
        outcome = await rig.send(conversation, one)
        assert (outcome.duplicate, outcome.event_id) == (True, one["id"]), one["kind"]
        assert outcome.snapshot.status == "closed", "the chat that had it"
        await rig.client.chat(CHANNEL, conversation).submit(one)
    assert await newest_run(rig, conversation) == run
    assert len(await cases_of(rig.desk, conversation)) == 1
    assert len(await events_of(rig.desk, conversation)) == len(told)


async def test_any_client_is_answered_under_any_update_id(rig: Rig) -> None:
    conversation = fresh("late")
    told = await played(rig, conversation)
    workflow_id = chat_workflow_id(CHANNEL, conversation)
    for one in told:
        for update_id in (fresh("other"), one["id"], fresh("another"), one["id"]):
            outcome = await with_start(rig, workflow_id, one, update_id)
            assert (outcome["duplicate"], outcome["event_id"]) == (True, one["id"]), one["kind"]
            described = await rig.handle(conversation).describe()
            assert described.status is WorkflowExecutionStatus.COMPLETED, "no empty run stays behind"
    assert len(await cases_of(rig.desk, conversation)) == 1


async def test_a_refusal_behind_the_closing_does_not_stand_in_the_way(rig: Rig) -> None:
    """What was refused by an empty run leaves that run as the latest, and it has no chat."""
    conversation = fresh("late")
    told = await played(rig, conversation)
    workflow_id = chat_workflow_id(CHANNEL, conversation)
    with pytest.raises(Exception, match="update failed"):
        await with_start(rig, workflow_id, event("taken", "ivan"), fresh())
    assert (await rig.handle(conversation).result())["reason"] == "refused"
    for one in told:
        assert (await rig.send(conversation, one)).duplicate, one["kind"]


async def test_what_is_impossible_in_the_next_chat_is_still_a_duplicate_of_the_previous_one(rig: Rig) -> None:
    conversation = fresh("late")
    told = await played(rig, conversation)
    await rig.customer(conversation, "Once more")
    await rig.by("ivan", conversation, "chat_ended", status="pending")
    now = await rig.snapshot(conversation)
    for one in told:
        again = await rig.handle(conversation).execute_update(HANDLE, one, id=fresh("other"))
        assert again["duplicate"], one["kind"]
        assert again["snapshot"]["case_id"] == now.previous_case
    assert await rig.snapshot(conversation) == now
    with pytest.raises(IllegalTransition, match=r"^taken is not possible"):
        await rig.by("ivan", conversation, "taken")


async def test_what_a_long_chat_has_forgotten_is_still_a_duplicate(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.inbox.REMEMBERED_EVENTS", 3)
    async with open_a_rig() as rig:
        conversation = fresh("late")
        told = everything()[:-1]
        for one in told:
            await rig.send(conversation, one)
        for one in told:  # such as `taken`, which the ended chat would refuse
            again = await rig.handle(conversation).execute_update(HANDLE, one, id=fresh("other"))
            assert again["duplicate"], one["kind"]


async def test_a_closed_ticket_answers_in_the_same_way(rig: Rig) -> None:
    ticket = fresh("T")
    told = [
        event("customer_message", "customer", text="Three questions."),
        event("taken", "petra"),
        event("labels_changed", "petra", add=["billing"]),
        event("note_added", "lena", text="Paid."),
        event("send_reply", "lena", text="It is paid."),
        event("status_set", "petra", status="closed"),
    ]
    for one in told:
        await rig.to_ticket(ticket, one)
    await rig.handle(f"ticket:{ticket}").result()
    await with_start(rig, ticket_workflow_id(ticket), told[0], fresh())
    run = await newest_run(rig, f"ticket:{ticket}")
    for one in (told[1], *told[3:]):
        assert (await rig.to_ticket(ticket, one)).duplicate, one["kind"]
        await rig.client.ticket(ticket).submit(one)
    assert await newest_run(rig, f"ticket:{ticket}") == run
    for one in told:
        assert (await with_start(rig, ticket_workflow_id(ticket), one, fresh()))["duplicate"], one["kind"]


async def test_an_event_of_a_chat_that_never_was_is_refused_as_before(rig: Rig) -> None:
    conversation = fresh("none")
    for kind, fields in (("taken", {}), ("delivery_failed", {"message_id": "m"}), ("chat_ended", {})):
        with pytest.raises(IllegalTransition, match="only a message starts one"):
            await rig.client.chat(CHANNEL, conversation).send(event(kind, "ivan", **fields))
    with pytest.raises(IllegalTransition, match="only a message starts one"):
        await rig.client.chat(CHANNEL, conversation).submit(event("taken", "ivan"))
