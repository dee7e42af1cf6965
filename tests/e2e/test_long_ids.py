"""No case begins under an ID for which PostgreSQL has no room; one that a former release began goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from baton.client import Chat
from baton.contract import CHAT_WORKFLOW, HANDLE, Presence, Status, Tab
from baton.desk.client import DeskClient
from baton.errors import InvalidEvent
from lab.rig import CHANNEL, Rig, event, eventually, fresh
from tests.commands import Baton


def long_conversation() -> str:
    name = fresh("long")
    return name + "x" * (250 - len(name))


async def as_a_former_release(rig: Rig, conversation: str) -> Chat:
    """Begin a chat without the client, as far as the development server lets any program."""
    handle = await rig.client.temporal.start_workflow(
        CHAT_WORKFLOW,
        {"channel": CHANNEL, "conversation": conversation, "customer": "customer"},
        id=f"chat:{CHANNEL}:{conversation}",
        task_queue=rig.settings.task_queue,
    )
    await handle.execute_update(HANDLE, event("customer_message", "customer", text="Hello?"))
    return rig.client.chat(CHANNEL, conversation)


async def test_no_case_begins_under_a_long_id_at_any_door(rig: Rig, tmp_path: Path) -> None:
    conversation = long_conversation()
    said = f"no case begins under the workflow ID chat:{CHANNEL}:{conversation[:26]}…: it has 264 characters"
    with pytest.raises(InvalidEvent, match="at most 255 are allowed") as refused:
        await rig.customer(conversation)
    assert said in str(refused.value)
    with pytest.raises(InvalidEvent, match="at most 255 are allowed"):
        await rig.client.chat(CHANNEL, conversation).submit(
            event("customer_message", "customer", text="Hello?")
        )
    with pytest.raises(InvalidEvent, match="Shorten the ticket ID"):
        await rig.on_ticket("customer", "T" * 249, "customer_message", text="Hello?")
    message = ("chat", "send", f"{CHANNEL}:{conversation}", "--from", "customer:c", "Hello?")
    told = await Baton(rig, tmp_path).run(*message)
    assert told.code == 1
    assert "at most 255 are allowed" in told.err


async def test_a_ticket_for_which_there_is_no_room_is_not_opened_from_a_chat(rig: Rig) -> None:
    chat = fresh("chat")
    await rig.customer(chat)
    with pytest.raises(InvalidEvent, match="a ticket's ID may have at most 248 characters"):
        await rig.by("ivan", chat, "ticket_opened", ticket_id="T" * 249)


async def test_a_case_that_is_there_goes_on_until_it_is_closed(rig: Rig, tmp_path: Path) -> None:
    conversation = long_conversation()
    chat, baton = await as_a_former_release(rig, conversation), Baton(rig, tmp_path)
    outcome = await chat.send(event("customer_message", "customer", text="Anybody?"))
    assert outcome.snapshot.tab is Tab.NEW
    await chat.submit(event("agent_message", "ivan", text="Good morning."))

    async def held() -> bool:
        return (await chat.snapshot()).pinned_to == "ivan"

    await eventually(held, "a signal was not taken in")
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    assert conversation in {row.conversation for row in await desk.inbox(staff="ivan")}
    for command in ("poke", "resend", "move"):
        assert (await baton.run("ops", command, f"{CHANNEL}:{conversation}")).code == 0
    await rig.presence("ivan", Presence.ONLINE)
    closed = await chat.send(event("status_set", "ivan", status="closed"))
    assert closed.snapshot.status is Status.CLOSED
    await chat.send(event("chat_ended", "ivan"))
    await rig.handle(conversation).result()
    with pytest.raises(InvalidEvent, match="at most 255 are allowed"):
        await chat.send(event("customer_message", "customer", text="Thanks."))
