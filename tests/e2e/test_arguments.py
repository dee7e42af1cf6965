"""Calls with anything but one event as argument: cases that got stuck by them, and events that are large."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.service import RPCError
from temporalio.worker import Replayer

from baton.contract import HANDLE, MAX_EVENT_SIZE, SUBMIT
from baton.errors import InvalidEvent
from baton.temporal.plugin import BatonPlugin
from lab.deployment import narrow_checkout
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh
from tests.arguments import READABLE, invalid, raw
from tests.conftest import RigOpener
from tests.e2e.test_worker import settings_in, until_ready, worker_process
from workflows.arguments import updated
from workflows.chat import Chat

TOO_LARGE = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_PAYLOADS_TOO_LARGE


@pytest.mark.parametrize("arguments", [[], [READABLE, READABLE]], ids=["none", "two"])
async def test_a_case_that_an_older_version_left_stuck_goes_on(
    open_a_rig: RigOpener, tmp_path: Path, arguments: list[Any]
) -> None:
    async with open_a_rig(working=False) as rig:
        chat, queue = fresh("stuck"), rig.settings.task_queue
        settings = settings_in(rig.settings.data_dir, queue)
        async with worker_process(rig.environment, settings, narrow_checkout(tmp_path / "old")) as old:
            await until_ready(old)
            await rig.customer(chat)
            await rig.handle(chat).signal(SUBMIT, args=arguments)

            async def is_stuck() -> bool:
                return bool(failed_tasks(await rig.history(chat)))

            await eventually(is_stuck, "the older version took it, so this test shows nothing")
        before = failed_tasks(await rig.history(chat))
        await rig.start_worker()
        await rig.by("ivan", chat, "taken")
        customer, signal, taken = await rig.client.chat(CHANNEL, chat).timeline()
        assert (customer.refused, taken.refused) == (None, None)
        assert (signal.refused or "").startswith("InvalidEvent: there ")
        await rig.settled(chat)
        history = await rig.history(chat)
        assert failed_tasks(history) == before
        await Replayer(workflows=[Chat], plugins=[BatonPlugin()]).replay_workflow(history)


# --- Size -----------------------------------------------------------------------------------------


def note_of(size: int, filler: str = "x") -> dict[str, Any]:
    """A note that has this many bytes as JSON, most of them in a field that nobody reads."""
    note = event("note_added", "ivan", text="…", filler="")
    spare = size - len(json.dumps(note, ensure_ascii=False, separators=(",", ":")).encode())
    return {**note, "filler": filler * (spare // len(filler.encode()))}


async def test_an_update_as_large_as_an_event_may_be_is_taken(rig: Rig) -> None:
    chat = fresh("large")
    await rig.customer(chat)
    await rig.handle(chat).execute_update(HANDLE, note_of(MAX_EVENT_SIZE))
    assert [entry.kind for entry in await rig.client.chat(CHANNEL, chat).timeline()] == [
        "customer_message",
        "note_added",
    ]
    await rig.settled(chat)
    assert failed_tasks(await rig.history(chat)) == []


@pytest.mark.parametrize("size", [MAX_EVENT_SIZE + 1, 2_090_000])
async def test_a_larger_one_is_refused_before_it_is_accepted(rig: Rig, size: int) -> None:
    chat = fresh("large")
    await rig.customer(chat)
    await rig.settled(chat)
    before = len((await rig.history(chat)).events)
    reason = await invalid(rig.handle(chat).execute_update(HANDLE, note_of(size)))
    assert f"an event of {size} bytes is too large, at most {MAX_EVENT_SIZE} are allowed" in reason
    assert len((await rig.history(chat)).events) == before
    await rig.by("ivan", chat, "taken")


@pytest.mark.parametrize(
    ("size", "said", "failed"),
    [
        (2_900_000, "due to Workflow Task in failed state", {TOO_LARGE}),
        (3_900_000, "limit on total payload size of in-flight updates has been reached", set()),
    ],
)
async def test_one_that_is_too_large_to_be_refused_is_not_accepted_either(
    rig: Rig, size: int, said: str, failed: set[WorkflowTaskFailedCause.ValueType]
) -> None:
    """A refusal quotes the update, and the SDK sends at most 2 MB; the server takes at most 3 MB."""
    chat = fresh("large")
    await rig.customer(chat)
    with pytest.raises(RPCError, match=said):
        await rig.handle(chat).execute_update(HANDLE, note_of(size))
    await rig.by("ivan", chat, "taken")
    assert [entry.kind for entry in await rig.client.chat(CHANNEL, chat).timeline()] == [
        "customer_message",
        "taken",
    ]
    await rig.settled(chat)
    assert {failure.cause for failure in failed_tasks(await rig.history(chat))} == failed


async def test_its_size_is_that_of_what_came(rig: Rig) -> None:
    """Temporal must keep what a program escapes or pads with spaces just like anything else."""
    chat = fresh("large")
    await rig.customer(chat)
    written = json.dumps(event("note_added", "ivan", text="ы" * 20)).encode()
    padded = raw("json/plain", written + b" " * MAX_EVENT_SIZE)
    assert "too large" in await invalid(rig.handle(chat).execute_update(HANDLE, padded))
    await rig.by("ivan", chat, "taken")


async def test_a_signal_between_the_two_limits_is_noted(rig: Rig) -> None:
    chat = fresh("large")
    await rig.customer(chat)
    await rig.handle(chat).signal(SUBMIT, note_of(MAX_EVENT_SIZE + 1))
    await rig.settled(chat)
    last = (await rig.client.chat(CHANNEL, chat).timeline())[-1]
    said = f"InvalidEvent: an event of {MAX_EVENT_SIZE + 1} bytes is too large"
    assert (last.refused or "").startswith(said)
    await rig.by("ivan", chat, "taken")


def test_a_handler_refuses_it_as_well() -> None:
    """Only a running validator keeps it out earlier, and in a replay no validator runs."""
    with pytest.raises(InvalidEvent, match="too large"):
        updated([raw("json/plain", b'"' + b"x" * MAX_EVENT_SIZE + b'"')])


LABELS = [f"{number:03}" + "😀" * 250 for number in range(1000)]


async def test_the_client_does_not_send_it(rig: Rig) -> None:
    chat, ticket = fresh("large"), fresh("T")
    await rig.customer(chat)
    await rig.on_ticket("customer", ticket, "customer_message", text="…")
    await rig.settled(chat)
    before = len((await rig.history(chat)).events)
    labelled = event("labels_changed", "ivan", add=LABELS, remove=LABELS)
    for call in (
        rig.send(chat, labelled),
        rig.client.chat(CHANNEL, chat).submit(labelled),
        rig.to_ticket(ticket, labelled),
        rig.client.ticket(ticket).submit(labelled),
    ):
        with pytest.raises(InvalidEvent, match=f"too large, at most {MAX_EVENT_SIZE} are allowed"):
            await call
    assert len((await rig.history(chat)).events) == before
