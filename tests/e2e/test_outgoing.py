"""What happens is told elsewhere: by signed webhooks, each once, in the order of its case."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from baton.contract.outgoing import WebhookMessage
from baton.desk.outgoing import SubscriberState, Way, subscriber_workflow_id
from baton.desk.outgoingclient import OutgoingClient
from lab.rig import Rig, becomes, eventually, failed_tasks, fresh
from tests.conftest import RigOpener
from tests.e2e.test_kill import start_stuck
from tests.outgoing import Answer, Receiver, receiving

QUICK = (0.1,) * 9
"""Pauses between attempts, in seconds, for tests that wait for all of them."""
LIFE = ["case.opened", "case.moved", "case.ended", "case.moved", "case.ended", "case.closed"]
"""What is told about `life`."""


@pytest.fixture
def open_own(open_a_rig: RigOpener) -> RigOpener:
    """Opens rigs that may call this machine."""
    return partial(open_a_rig, outgoing_private=True)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


def outgoing(rig: Rig) -> OutgoingClient:
    return OutgoingClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def subscribed(rig: Rig, receiver: Receiver, *types: str, **options: Any) -> tuple[str, str]:
    """A subscriber for this receiver that is looked after: its ID and its secret."""
    way = options.pop("way", Way.STANDARD)
    made, secret = await rig.desk.subscribers.make(way, "test", receiver.url, types, **options)
    await outgoing(rig).tend(made.id)
    return made.id, secret or ""


async def life(rig: Rig, chat: str) -> None:
    """From the first message until it is closed."""
    await rig.customer(chat, "My card number is secret.")
    await rig.staff(chat, "lena")
    await rig.customer(chat, "Thank you")
    await rig.by("ivan", chat, "chat_ended", status="closed")


async def arrived(receiver: Receiver, number: int) -> None:
    """Wait until so many different letters were accepted."""

    async def enough() -> bool:
        return len({one.webhook_id for one in receiver.accepted}) >= number

    await eventually(enough, lambda: f"{len(receiver.accepted)} of {number} arrived: {receiver.types()}")


def by_case(receiver: Receiver) -> dict[str, list[str]]:
    """What was accepted about each case, in order, each letter once."""
    told: dict[str, list[str]] = {}
    for one in {one.webhook_id: one for one in receiver.accepted}.values():
        told.setdefault(one.message["data"]["case"]["conversation"], []).append(one.message["type"])
    return told


async def test_the_life_of_a_chat_is_told_in_order_and_signed(
    open_own: RigOpener, receiver: Receiver
) -> None:
    async with open_own() as rig:
        _, secret = await subscribed(rig, receiver)
        await life(rig, fresh())
        await arrived(receiver, len(LIFE))
        messages = [WebhookMessage.model_validate(one.verified(secret)) for one in receiver.accepted]
        assert [one.type for one in messages] == LIFE
        moved = messages[1].data
        assert moved.case is not None
        assert (moved.case.assignee, moved.case.line, moved.rules) == (
            "ivan",
            "line-1",
            ("line-2-takes-over",),
        )
        assert "secret" not in "".join(one.body for one in receiver.accepted)


async def test_a_target_that_was_down_gets_everything_once_it_is_back(
    open_own: RigOpener, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.delivering.PAUSES", (0.1,) * 200)
    async with open_own() as rig:
        subscriber, _ = await subscribed(rig, receiver)
        await receiver.close()
        chats = [fresh() for _ in range(5)]
        for chat in chats:
            await life(rig, chat)

        async def noticed() -> bool:
            return (await rig.desk.subscribers.one(subscriber)).failures >= 2

        await eventually(noticed, "nothing was tried")
        shown = await rig.desk.subscribers.one(subscriber)
        assert "no connection" in (shown.last_error or "")
        await receiver.open()
        await arrived(receiver, 5 * len(LIFE))
        assert by_case(receiver) == dict.fromkeys(chats, LIFE)
        assert len(receiver.accepted) == 5 * len(LIFE), "a letter came twice"


async def test_what_is_never_taken_is_dead_after_all_attempts_and_can_be_replayed(
    open_own: RigOpener, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.delivering.PAUSES", QUICK)
    async with open_own() as rig:
        subscriber, _ = await subscribed(rig, receiver, "case.opened")
        receiver.answer = lambda _: Answer(422)
        await rig.customer(fresh())
        client = outgoing(rig)

        async def dead() -> int:
            return (await rig.desk.letters.counts(subscriber))[1]

        await becomes(dead, 1, "dead letters")
        (letter,) = await client.dead(subscriber)
        assert letter.why == "it answered 422 Whatever"
        assert letter.attempts == len(receiver.received) == len(QUICK) + 1
        assert {one.webhook_id for one in receiver.received} == {letter.webhook_id}
        receiver.answer = lambda _: Answer()
        assert await client.replay(subscriber) == 1
        await arrived(receiver, 1)
        assert receiver.accepted[0].webhook_id == letter.webhook_id


async def test_one_letter_that_is_refused_holds_up_no_other_case(
    open_own: RigOpener, receiver: Receiver
) -> None:
    async with open_own() as rig:
        await subscribed(rig, receiver, "case.opened")
        bad = fresh("bad")
        receiver.answer = lambda one: Answer(422 if bad in one.body else 204)
        await rig.customer(bad)
        for _ in range(3):
            await rig.customer(fresh())
        await arrived(receiver, 3)


async def test_gone_switches_the_subscriber_off_until_it_is_resumed(
    open_own: RigOpener, receiver: Receiver
) -> None:
    async with open_own() as rig:
        subscriber, _ = await subscribed(rig, receiver, "case.opened")
        receiver.answer = lambda _: Answer(410)
        await rig.customer(fresh())

        async def state() -> SubscriberState:
            return (await rig.desk.subscribers.one(subscriber)).state

        await becomes(state, SubscriberState.OFF, "its state")
        await rig.customer(fresh())
        assert len(receiver.received) == 1
        receiver.answer = lambda _: Answer()
        assert (await outgoing(rig).resume(subscriber)).state is SubscriberState.ACTIVE
        assert await outgoing(rig).replay(subscriber) == 1
        await rig.customer(fresh())
        await arrived(receiver, 2)


async def test_a_target_that_asks_for_a_pause_gets_it(
    open_own: RigOpener, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.delivering.PAUSES", QUICK)
    async with open_own() as rig:
        subscriber, _ = await subscribed(rig, receiver, "case.opened")
        receiver.answer = lambda _: Answer(429, {"Retry-After": "3600"})
        await rig.customer(fresh())

        async def failures() -> int:
            return (await rig.desk.subscribers.one(subscriber)).failures

        await becomes(failures, 1, "failures")
        shown = await rig.desk.subscribers.one(subscriber)
        assert shown.next_try_at is not None
        assert shown.last_error_at is not None
        assert (shown.next_try_at - shown.last_error_at).total_seconds() > 3500


async def test_a_redirect_is_not_followed(open_own: RigOpener, receiver: Receiver) -> None:
    async with open_own() as rig, receiving() as other:
        subscriber, _ = await subscribed(rig, receiver, "case.opened")
        receiver.answer = lambda _: Answer(302, {"Location": other.url})
        await rig.customer(fresh())

        async def error() -> str | None:
            return (await rig.desk.subscribers.one(subscriber)).last_error

        await becomes(error, "it answered 302 Whatever; redirects are not followed", "the error")
        assert other.received == []


async def test_an_address_that_is_not_public_is_not_called(open_a_rig: RigOpener, receiver: Receiver) -> None:
    async with open_a_rig() as rig:
        made, _ = await rig.desk.subscribers.make(
            Way.STANDARD, "inside", f"https://localhost:{receiver.port}/x", ()
        )
        await outgoing(rig).tend(made.id)
        await rig.customer(fresh())

        async def error() -> bool:
            return "not public" in ((await rig.desk.subscribers.one(made.id)).last_error or "")

        await eventually(error, "it was not refused")
        assert receiver.received == []


async def test_a_slow_answer_holds_up_its_own_case_only(open_own: RigOpener, receiver: Receiver) -> None:
    async with open_own() as rig:
        await subscribed(rig, receiver, "case.opened")
        slow, go_on = fresh("slow"), asyncio.Event()
        receiver.answer = lambda one: Answer(wait=go_on if slow in one.body else None)
        await rig.customer(slow)
        others = [fresh() for _ in range(3)]
        for chat in others:
            await rig.customer(chat)
        await arrived(receiver, 3)
        assert set(by_case(receiver)) == set(others)
        go_on.set()
        await arrived(receiver, 4)


async def test_paused_letters_wait(open_own: RigOpener, receiver: Receiver) -> None:
    async with open_own() as rig, receiving() as other:
        subscriber, _ = await subscribed(rig, receiver, "case.opened")
        await subscribed(rig, other, "case.opened")
        await outgoing(rig).pause(subscriber)
        await rig.customer(fresh())
        await arrived(other, 1)
        assert receiver.received == []
        await outgoing(rig).resume(subscriber)
        await arrived(receiver, 1)


async def test_a_chat_tool_gets_a_line_of_text(open_own: RigOpener, receiver: Receiver) -> None:
    async with open_own() as rig:
        await subscribed(rig, receiver, "case.opened", way=Way.CHAT)
        chat = fresh()
        await rig.customer(chat)

        async def came() -> list[Any]:
            return [one.message for one in receiver.received]

        await becomes(came, [{"text": f"chat:telegram:{chat}: opened, in new"}], "what arrived")
        assert "webhook-signature" not in receiver.received[0].headers


async def test_a_new_secret_signs_beside_the_old_one(open_own: RigOpener, receiver: Receiver) -> None:
    async with open_own() as rig:
        subscriber, old = await subscribed(rig, receiver, "case.opened")
        new = await rig.desk.subscribers.rotate(subscriber, timedelta(hours=1))
        await rig.customer(fresh())
        await arrived(receiver, 1)
        for secret in (old, new):
            assert receiver.accepted[0].verified(secret)["type"] == "case.opened"


async def test_a_worker_killed_in_the_middle_loses_nothing(open_own: RigOpener, receiver: Receiver) -> None:
    """It dies with letters on their way: these come again, under the same ID."""
    async with open_own() as rig:
        subscriber, _ = await subscribed(rig, receiver)
        await rig.stop_worker()
        doomed = await start_stuck(rig, "nobody=before decide")
        never = asyncio.Event()
        chats = [fresh() for _ in range(4)]
        receiver.answer = lambda _: Answer(wait=never)
        for chat in chats:
            await life(rig, chat)

        async def on_its_way() -> bool:
            return len(receiver.received) >= 4

        await eventually(on_its_way, "the doomed worker sent nothing")
        doomed.kill()
        await doomed.wait()
        seen = Counter(one.webhook_id for one in receiver.received)
        receiver.answer = lambda _: Answer()
        await rig.start_worker()
        await arrived(receiver, 4 * len(LIFE))
        again = Counter(one.webhook_id for one in receiver.received)
        assert by_case(receiver) == dict.fromkeys(chats, LIFE)
        assert all(again[one] == 2 for one in seen)
        assert sum(again.values()) == 4 * len(LIFE) + len(seen)
        handle = rig.client.temporal.get_workflow_handle(
            subscriber_workflow_id(subscriber, rig.settings.task_queue)
        )
        assert failed_tasks(await handle.fetch_history()) == []


async def test_the_deliveries_go_on_in_another_run_and_end_with_their_subscriber(
    open_own: RigOpener, receiver: Receiver, impatient_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.delivering.LONGEST", 0.2)
    async with open_own(impatient_server) as rig:
        subscriber, _ = await subscribed(rig, receiver, "case.opened")
        handle = rig.client.temporal.get_workflow_handle(
            subscriber_workflow_id(subscriber, rig.settings.task_queue)
        )
        first = (await handle.describe()).run_id

        async def another() -> bool:
            return (await handle.describe()).run_id != first

        await eventually(another, "the run did not end")
        await rig.customer(fresh())
        await arrived(receiver, 1)
        await rig.desk.subscribers.remove(subscriber)
        await handle.result()
