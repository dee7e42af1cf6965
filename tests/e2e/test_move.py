"""A case on a task queue that no worker polls is found, named, and moved; nothing accepted is lost."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from baton.cli.ops.filters import filters
from baton.cli.ops.move import REASON
from baton.client import BatonClient, Chat
from baton.contract import Tab
from baton.errors import Unanswered
from lab.rig import CHANNEL, Rig, event, eventually, fresh
from tests.commands import Baton
from tests.conftest import RigOpener


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path)


def mistaken(rig: Rig, conversation: str) -> Chat:
    """A chat, for a program with a wrong task queue."""
    return BatonClient(rig.client.temporal, task_queue=wrong(rig)).chat(CHANNEL, conversation)


def wrong(rig: Rig) -> str:
    return f"{rig.settings.task_queue}-wrong"


def message(text: str = "Hello?") -> dict[str, object]:
    return event("customer_message", "customer", text=text)


async def sits_on(rig: Rig, conversation: str) -> str:
    return (await rig.handle(conversation).describe()).task_queue


async def test_what_a_program_with_a_wrong_task_queue_is_told(rig: Rig) -> None:
    chat = fresh("astray")
    with pytest.raises(Unanswered) as raised:
        await mistaken(rig, chat).send(message(), timeout=1)
    assert str(raised.value).endswith(
        f". It sits on the task queue '{wrong(rig)}' (BATON_TASK_QUEUE), which no worker polls."
    )
    with pytest.raises(Unanswered) as raised:
        await rig.send(chat, message(), timeout=1)
    assert (
        f"It sits on the task queue '{wrong(rig)}', which no worker polls; here BATON_TASK_QUEUE is "
        f"'{rig.settings.task_queue}'. Where it is right, `baton ops move chat:{CHANNEL}:{chat}` takes"
    ) in str(raised.value)


async def test_it_is_found_as_stuck(rig: Rig) -> None:
    chat = fresh("astray")
    await mistaken(rig, chat).submit(message())
    await rig.customer(fresh("well"))
    (stuck,) = (
        one.query
        for one in filters(datetime.now(UTC), task_queue=rig.settings.task_queue)
        if one.name == "stuck"
    )
    ours = f"({stuck}) AND (TaskQueue = '{rig.settings.task_queue}' OR TaskQueue = '{wrong(rig)}')"

    async def found() -> bool:
        cases = {one.id async for one in rig.client.temporal.list_workflows(ours)}
        return cases == {f"chat:{CHANNEL}:{chat}"}

    await eventually(found, "it was not found")


async def test_a_case_that_never_had_a_worker_is_moved_with_every_signal(rig: Rig, baton: Baton) -> None:
    chat, first, second = fresh("astray"), message("One."), message("Two.")
    await mistaken(rig, chat).submit(first)
    await mistaken(rig, chat).submit(second)

    would = (await baton.run("ops", "move", f"{CHANNEL}:{chat}", "--dry-run", "--json")).json
    assert [one["verdict"] for one in would] == ["would be done"]
    assert await sits_on(rig, chat) == wrong(rig)
    moved = (await baton.run("ops", "move", f"{CHANNEL}:{chat}", "--json")).json

    assert [(one["verdict"], one["detail"]) for one in moved] == [
        ("done", f"from {wrong(rig)}, with 2 events to be taken in, or again")
    ]
    assert await sits_on(rig, chat) == rig.settings.task_queue

    async def taken_in() -> bool:
        timeline = await rig.client.chat(CHANNEL, chat).timeline()
        return [one.event_id for one in timeline] == [first["id"], second["id"]]

    await eventually(taken_in, "not both were taken in, in their order")
    assert (await rig.snapshot(chat)).tab is Tab.NEW


async def test_an_update_that_nobody_accepted_is_sent_again_by_its_sender(rig: Rig, baton: Baton) -> None:
    chat, sent = fresh("astray"), message()
    waiting = asyncio.create_task(mistaken(rig, chat).send(sent))

    async def started() -> bool:
        with suppress(Exception):
            return await sits_on(rig, chat) == wrong(rig)
        return False

    await eventually(started, "it was not started")
    waiting.cancel()  # or it would go on putting it there
    await asyncio.gather(waiting, return_exceptions=True)
    said = (await baton.run("ops", "move", f"{CHANNEL}:{chat}", "--json")).json
    assert said[0]["detail"] == f"from {wrong(rig)}; nothing was accepted there: its senders send it again"
    outcome = await rig.send(chat, sent)
    assert (outcome.duplicate, outcome.snapshot.tab) == (False, Tab.NEW)


async def test_a_move_that_was_interrupted_is_finished_by_the_same_command(rig: Rig, baton: Baton) -> None:
    chat, sent = fresh("astray"), message()
    await mistaken(rig, chat).submit(sent)
    await rig.handle(chat).terminate(reason=REASON)

    async def done() -> bool:
        said = (await baton.run("ops", "move", f"{CHANNEL}:{chat}", "--json")).json
        return bool(said[0]["verdict"] == "done")  # lists lag behind

    await eventually(done, "it was not finished")
    assert [one.event_id for one in await rig.client.chat(CHANNEL, chat).timeline()] == [sent["id"]]


async def test_a_case_that_the_help_desk_knows_goes_on_as_it_was(rig: Rig, baton: Baton) -> None:
    chat, late = fresh("lost"), event("note_added", "ivan", text="A regular.")
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.settled(chat)
    await rig.handle(chat).terminate(reason="by mistake")
    await mistaken(rig, chat).submit(message("Are you there?"))
    await mistaken(rig, chat).submit(late)

    await baton("ops", "move", f"{CHANNEL}:{chat}")

    async def taken_in() -> bool:
        return any(one.event_id == late["id"] for one in await rig.client.chat(CHANNEL, chat).timeline())

    await eventually(taken_in, "the note was lost")
    assert (await rig.snapshot(chat)).pinned_to == "ivan"
    assert await sits_on(rig, chat) == rig.settings.task_queue


async def test_a_case_that_may_be_decided_at_this_moment_stays(
    rig: Rig, open_a_rig: RigOpener, tmp_path: Path
) -> None:
    chat = fresh("elsewhere")
    async with open_a_rig() as other:
        await other.customer(chat)
        said = await Baton(rig, tmp_path).run("ops", "move", f"{CHANNEL}:{chat}", "--json")
        assert said.code == 1
        assert said.json[0]["detail"].startswith(f"a worker polls {other.settings.task_queue}")
        assert await sits_on(rig, chat) == other.settings.task_queue


async def test_nothing_is_moved_to_where_no_worker_is(rig: Rig, tmp_path: Path) -> None:
    chat = fresh("astray")
    await rig.customer(chat)
    baton = Baton(rig, tmp_path, BATON_TASK_QUEUE=wrong(rig))
    said = await baton.run("ops", "move", f"{CHANNEL}:{chat}")
    assert said.code == 1
    assert f"No worker polls the task queue '{wrong(rig)}', so nothing is moved there." in said.err
