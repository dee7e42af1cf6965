"""An answer says what happened in the words of the timeline, so nobody has to ask for the timeline."""

from __future__ import annotations

from baton.desk.client import DeskClient
from lab.rig import CHANNEL, Rig, event, fresh


async def test_the_answer_of_a_chat_says_what_its_timeline_says(rig: Rig) -> None:
    conversation = fresh("answers")
    chat = rig.client.chat(CHANNEL, conversation)

    answers = [
        await rig.customer(conversation),
        await rig.by("ivan", conversation, "taken"),
        await rig.by("ivan", conversation, "labels_changed", add=["vip"]),
        await rig.by("ivan", conversation, "labels_changed", add=["vip"]),
    ]

    assert [answer.what for answer in answers] == [entry.what for entry in await chat.timeline()]
    assert answers[2].what == "+vip"
    assert answers[3].what == ""


async def test_a_duplicate_is_answered_by_what_the_event_had_changed(rig: Rig) -> None:
    conversation = fresh("answers")
    await rig.customer(conversation)
    taken = event("taken", "ivan")
    chat = rig.client.chat(CHANNEL, conversation)
    await chat.submit(taken)
    await rig.settled(conversation)

    again = await chat.send(taken)

    assert again.duplicate
    assert "pinned to ivan" in again.what


async def test_the_answer_to_a_blocked_customer_says_so(rig: Rig) -> None:
    conversation, desk = fresh("answers"), DeskClient(rig.client.temporal, task_queue=rig.client.task_queue)
    await desk.block_customer(f"of-{conversation}")

    assert (await rig.customer(conversation)).what == "the customer is blocked: recorded only"


async def test_the_answer_of_a_ticket_says_what_its_timeline_says(rig: Rig) -> None:
    number = fresh("T")

    opened = await rig.on_ticket("customer", number, "customer_message", text="Two questions.")
    asked = await rig.on_ticket("petra", number, "template_applied", template="billing-and-delivery")

    said = [entry.what for entry in await rig.client.ticket(number).timeline()]
    assert [opened.what, asked.what] == said
    assert "billing asked" in asked.what
