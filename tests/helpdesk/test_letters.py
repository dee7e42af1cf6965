"""Letters: written with what they tell of, due in the order of their case, bounded, and never told twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from baton.contract import Activity, Author, AuthorType, Status
from baton.desk.outgoing import SubscriberState, Way
from baton.errors import InvalidEvent
from baton.model.chat.state import ChatState
from baton.model.effects import CaseRef, ConsolidatedReply, Escalation, Prompt
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.outgoing.letter import Failure, LetterRow
from tests.helpdesk.chats import START, agent_says, at, customer_says, nothing, take_in

LATER = datetime(2100, 1, 1, tzinfo=UTC)


async def subscribed(desk: EmbeddedHelpDesk, *types: str, **options: Any) -> str:
    made, _ = await desk.subscribers.make(Way.STANDARD, "test", "https://example.com/a", types, **options)
    return made.id


async def waiting(desk: EmbeddedHelpDesk, subscriber: str) -> list[LetterRow]:
    """Everything that waits, in the order in which it would be delivered."""
    found = []
    while due := await desk.letters.due(subscriber, LATER, 100):
        for letter in due:
            await desk.letters.delivered(letter)
        found += due
    return found


async def opened(desk: EmbeddedHelpDesk, conversation: str = "anna") -> ChatState:
    event = customer_says("e1", "My secret")
    return await take_in(desk, nothing(conversation), event, START)


async def test_opening_is_told_with_the_head_of_the_case_and_no_text(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    chat = await opened(desk)
    (letter,) = await waiting(desk, subscriber)
    data = json.loads(letter.body)
    assert (letter.type, letter.about, letter.at) == ("case.opened", "chat:telegram:anna", START)
    assert data["case"] == {
        "kind": "chat",
        "workflow_id": "chat:telegram:anna",
        "case_id": chat.case_id,
        "channel": "telegram",
        "conversation": "anna",
        "customer": "anna",
        "activity": "active",
        "status": "open",
        "tab": "new",
    }
    assert data["by"] == {"type": "customer", "id": "anna"}
    assert "secret" not in letter.body


async def test_texts_are_told_to_those_who_asked_for_them(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk, with_text=True)
    await opened(desk)
    (letter,) = await waiting(desk, subscriber)
    assert json.loads(letter.body)["text"] == "My secret"


async def test_a_message_that_changes_nothing_is_not_told(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk, "case.moved", "case.ended", "case.closed")
    chat = await opened(desk)
    await take_in(desk, chat, customer_says("e2"), at(1))
    assert await waiting(desk, subscriber) == []


async def test_what_the_rules_do_is_told_as_one_move_with_what_was_before(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    chat = await opened(desk)
    written = agent_says("e2", "lena")
    mine: dict[str, Any] = {"assignee": "lena", "pinned_to": "lena", "status": Status.PENDING}
    handed: dict[str, Any] = {"assignee": "ivan", "pinned_to": None, "activity": Activity.ENDED}
    await take_in(desk, chat, written, at(1), rules=["hand-off"], settled=handed, **mine)
    _, moved, ended = await waiting(desk, subscriber)
    assert (moved.type, ended.type) == ("case.moved", "case.ended")
    data = json.loads(moved.body)
    assert data["changed"] == {"assignee": None}
    assert data["rules"] == ["hand-off"]
    assert (data["case"]["assignee"], data["case"]["tab"]) == ("ivan", "ended")


async def test_the_loss_of_a_pin_by_ending_is_no_move(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk, "case.moved")
    chat = await opened(desk)
    pinned = await take_in(desk, chat, agent_says("e2", "ivan"), at(1), assignee="ivan", pinned_to="ivan")
    assert len(await waiting(desk, subscriber)) == 1
    await take_in(desk, pinned, agent_says("e3", "ivan"), at(2), activity=Activity.ENDED, pinned_to=None)
    assert await waiting(desk, subscriber) == []


async def test_ended_and_closed_are_both_told_and_once(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk, "case.ended", "case.closed")
    chat = await opened(desk)
    over: dict[str, Any] = {"activity": Activity.ENDED, "status": Status.CLOSED}
    for _ in range(2):  # the worker died, and the event is decided again
        await take_in(desk, chat, agent_says("e2", "ivan"), at(1), **over)
    assert [one.type for one in await waiting(desk, subscriber)] == ["case.ended", "case.closed"]
    await take_in(desk, chat, agent_says("e2", "ivan"), at(1), **over)
    assert await waiting(desk, subscriber) == [], "it was told again after it had been delivered"


async def test_closing_an_unanswered_chat_is_no_move(desk: EmbeddedHelpDesk) -> None:
    chat = await opened(desk)
    ended = await take_in(desk, chat, agent_says("e2", "ivan"), at(1), activity=Activity.ENDED)
    subscriber = await subscribed(desk)
    await take_in(desk, ended, agent_says("e3", "ivan"), at(2), status=Status.CLOSED, activity=Activity.ENDED)
    assert [one.type for one in await waiting(desk, subscriber)] == ["case.closed"]


async def test_prompt_reply_and_overdue_are_told_once(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk, "ticket.prompted", "ticket.replied", "ticket.overdue")
    case = CaseRef(case_id="t-1", channel="", conversation="", customer="carol", ticket_id="T-1")
    common: dict[str, Any] = {"case": case, "event_id": "e9", "decided_at": START}
    author = Author(type=AuthorType.STAFF, id="maria")
    for _ in range(2):
        await desk.prompt_reply(Prompt(key="k1", composer=None, round=1, **common), "")
        for label in ("billing", "delivery"):
            await desk.escalate(Escalation(key=f"k2{label}", label=label, due_at=START, **common))
        await desk.send_reply(ConsolidatedReply(key="k3", text="So.", author=author, round=1, **common))
    told = await waiting(desk, subscriber)
    assert [one.type for one in told] == [
        "ticket.prompted",
        "ticket.overdue",
        "ticket.overdue",
        "ticket.replied",
    ]
    assert json.loads(told[1].body)["label"] == "billing"
    assert {one.about for one in told} == {"ticket:T-1"}
    assert "So." not in told[3].body


async def test_a_full_queue_makes_dead_letters_and_stops_no_case(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk, capacity=2)
    for number in range(5):
        await opened(desk, f"c{number}")
    assert await desk.letters.counts(subscriber) == (2, 3)
    dead = await desk.letters.dead(subscriber, 10)
    assert {one.why for one in dead} == {"the queue was full"}
    assert len(await waiting(desk, subscriber)) == 2
    assert await desk.letters.replay(subscriber) == 3
    assert len(await waiting(desk, subscriber)) == 3


async def test_a_later_letter_of_a_case_waits_for_an_earlier_one(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    chat = await opened(desk)
    await take_in(desk, chat, agent_says("e2", "ivan"), at(1), assignee="ivan", pinned_to="ivan")
    await opened(desk, "other")
    now = datetime.now(UTC)
    first, other = await desk.letters.due(subscriber, now, 10)
    assert (first.about, other.about) == ("chat:telegram:anna", "chat:telegram:other")
    await desk.letters.failed([first], Failure("it failed", now + timedelta(hours=1)))
    assert [one.id for one in await desk.letters.due(subscriber, now, 10)] == [other.id]
    await desk.letters.failed([first], Failure("it failed", None))
    assert [one.type for one in await desk.letters.due(subscriber, now, 10)] == ["case.moved", "case.opened"]
    (dead,) = await desk.letters.dead(subscriber, 10)
    assert (dead.id, dead.attempts, dead.why, dead.webhook_id) == (first.id, 2, "it failed", first.webhook_id)


async def test_a_target_that_fails_is_left_alone_until_it_is_probed(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    await opened(desk)
    now = datetime.now(UTC)
    (letter,) = await desk.letters.due(subscriber, now, 10)
    soon = now + timedelta(seconds=5)
    await desk.letters.failed([letter], Failure("down", soon, probe_at=soon, failures=1))
    await opened(desk, "other")
    look = await desk.letters.look(subscriber, datetime.now(UTC))
    assert look is not None
    assert look.any_due
    assert not look.may_send(now)
    assert look.may_send(soon)
    shown = await desk.subscribers.one(subscriber)
    assert (shown.failures, shown.last_error, shown.waiting) == (1, "down", 2)
    await desk.letters.delivered(letter)
    shown = await desk.subscribers.one(subscriber)
    assert (shown.failures, shown.next_try_at, shown.waiting) == (0, None, 1)


async def test_whoever_is_gone_for_good_gets_no_more_letters(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    for name in ("a", "b"):
        await opened(desk, name)
    letter, _ = await desk.letters.due(subscriber, datetime.now(UTC), 10)
    assert await desk.letters.failed([letter], Failure("410", None, off=True)) == 2
    await opened(desk, "c")
    shown = await desk.subscribers.one(subscriber)
    assert (shown.state, shown.waiting, shown.dead) == (SubscriberState.OFF, 0, 2)
    await desk.subscribers.change(subscriber, {"state": SubscriberState.ACTIVE})
    await opened(desk, "d")
    assert await desk.letters.counts(subscriber) == (1, 2)


async def test_what_has_waited_for_as_long_as_all_attempts_take_dies_with_the_target(
    desk: EmbeddedHelpDesk,
) -> None:
    subscriber = await subscribed(desk)
    await opened(desk, "old")
    await opened(desk, "older")
    letter, _ = await desk.letters.due(subscriber, datetime.now(UTC), 10)
    now = datetime.now(UTC)
    failure = Failure("down", now, probe_at=now, failures=9, too_old=START + timedelta(seconds=1))
    await desk.letters.failed([letter], failure)
    assert await desk.letters.counts(subscriber) == (0, 2)


async def test_dead_letters_are_replayed_by_id_and_by_time(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    for name in ("a", "b", "c"):
        await opened(desk, name)
    for letter in await desk.letters.due(subscriber, datetime.now(UTC), 10):
        await desk.letters.failed([letter], Failure("no", None))
    third, second, first = await desk.letters.dead(subscriber, 10)
    assert await desk.letters.replay(subscriber, [first.id]) == 1
    assert third.died_at is not None
    assert await desk.letters.replay(subscriber, since=third.died_at) == 1
    assert [one.id for one in await desk.letters.dead(subscriber, 10)] == [second.id]


async def test_a_secret_is_shown_once_and_the_one_before_signs_for_a_while(desk: EmbeddedHelpDesk) -> None:
    made, first = await desk.subscribers.make(
        Way.STANDARD, "shop", "https://user.example:8443/hooks?token=abc", capacity=7
    )
    assert first is not None
    assert made.place == "https://user.example:8443/…"
    assert "abc" not in made.model_dump_json()
    assert first not in made.model_dump_json()
    second = await desk.subscribers.rotate(made.id, timedelta(hours=1))
    target = await desk.subscribers.target(made.id)
    assert target is not None
    assert target.secrets == (second, first)
    third = await desk.subscribers.rotate(made.id, timedelta(0))
    target = await desk.subscribers.target(made.id)
    assert target is not None
    assert target.secrets == (third,)


async def test_a_subscriber_that_is_removed_takes_its_letters_along(desk: EmbeddedHelpDesk) -> None:
    subscriber = await subscribed(desk)
    await opened(desk)
    await desk.subscribers.remove(subscriber)
    assert await desk.letters.look(subscriber, LATER) is None
    assert await desk.letters.counts(subscriber) == (0, 0)
    with pytest.raises(InvalidEvent, match="there is no subscriber"):
        await desk.subscribers.one(subscriber)
