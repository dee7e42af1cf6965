"""A duplicate is merged into another case, which hears from then on what its customer writes there."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from baton.contract import Status, Tab, TicketStage
from baton.errors import IllegalTransition, InvalidEvent
from lab.ledger import cases_of, events_of
from lab.rig import CHANNEL, Rig, becomes, event, eventually, failed_tasks, fresh


def chat_id(conversation: str) -> str:
    return f"chat:{CHANNEL}:{conversation}"


async def texts(rig: Rig, case: str) -> list[str]:
    """What customers wrote in a case."""
    return [row.text for row in await events_of(rig.desk, case, "customer_message")]


async def heard(rig: Rig, case: str, *expected: str) -> None:
    """Wait until a case has heard exactly this."""
    await becomes(partial(texts, rig, case), list(expected), f"what {case} has heard")


async def chat_of(rig: Rig, who: str, *said: str) -> str:
    conversation = fresh("chat")
    for text in said:
        await rig.customer(conversation, text)
    await rig.by(who, conversation, "taken")
    return conversation


async def ticket_of(rig: Rig, who: str, *said: str) -> str:
    ticket = fresh("T")
    for text in said:
        await rig.on_ticket("customer", ticket, "customer_message", text=text)
    await rig.on_ticket(who, ticket, "taken")
    return ticket


async def knows(rig: Rig, case: str, other: str) -> None:
    """Wait until a case knows whose customer writes to it."""

    async def it_does() -> bool:
        snapshot = await rig.ticket(case) if case.startswith("T") else await rig.snapshot(case)
        return other in snapshot.merged_from

    await eventually(it_does, f"{case} does not know of {other}")


async def reasons(rig: Rig, who: str) -> list[str]:
    return [one.reason for one in await rig.desk.notices(who, 1000)]


class TestAChatIntoAChat:
    async def test_the_words_move_and_later_ones_follow(self, rig: Rig) -> None:
        twin, target = await chat_of(rig, "ivan", "One", "Two"), await chat_of(rig, "petra", "Hello")
        merged = await rig.by("ivan", twin, "merged_into", case=chat_id(target))
        assert (merged.snapshot.status, merged.snapshot.merged_into) == (Status.CLOSED, chat_id(target))
        await heard(rig, target, "Hello", "One", "Two")
        await knows(rig, target, chat_id(twin))
        await rig.settled(target)
        assert f"{chat_id(twin)} was merged into this chat" in await reasons(rig, "petra")
        assert (await rig.handle(twin).result())["reason"] == "closed"

        later = await rig.customer(twin, "Three")
        assert (later.duplicate, later.what) == (False, f"forwarded to {chat_id(target)}")
        await heard(rig, target, "Hello", "One", "Two", "Three")
        assert (await rig.handle(twin).result())["reason"] == "forwarded"
        assert len(await cases_of(rig.desk, twin)) == 1, "it is not opened again"
        now = await rig.snapshot(target)
        assert (now.tab, now.pinned_to, now.status) == (Tab.MINE, "petra", Status.OPEN)
        with pytest.raises(IllegalTransition):
            await rig.by("ivan", twin, "taken")

    async def test_in_the_run_that_merged_it_later_words_are_forwarded_too(self, rig: Rig) -> None:
        twin, target = await chat_of(rig, "ivan", "One"), await chat_of(rig, "petra", "Hello")
        await rig.stop_worker()
        for one in (
            event("merged_into", "ivan", case=chat_id(target)),
            event("customer_message", "customer", text="Two"),
            event("agent_message", "ivan", text="We answer there."),
        ):
            await rig.client.chat(CHANNEL, twin).submit(one, customer="c")
        await rig.start_worker()
        await heard(rig, target, "Hello", "One", "Two")

        async def agent_too() -> bool:
            return len(await events_of(rig.desk, target, "agent_message")) == 1

        await eventually(agent_too, "the message of staff was not forwarded")
        summary = await rig.handle(twin).result()
        assert (summary["reason"], summary["chats"]) == ("closed", 1)
        assert failed_tasks(await rig.history(twin)) == []

    async def test_the_same_message_again_is_a_duplicate_and_arrives_once(self, rig: Rig) -> None:
        twin, target = await chat_of(rig, "ivan", "One"), await chat_of(rig, "petra", "Hello")
        await rig.by("ivan", twin, "merged_into", case=chat_id(target))
        await heard(rig, target, "Hello", "One")
        message = event("customer_message", "customer", text="Two")
        await rig.send(twin, message)
        await rig.handle(twin).result()
        await rig.client.chat(CHANNEL, twin).submit(message, customer="c")
        await rig.handle(twin).result()
        await rig.customer(twin, "Three")
        await heard(rig, target, "Hello", "One", "Two", "Three")

    async def test_a_closed_target_is_opened_again(self, rig: Rig) -> None:
        twin, target = await chat_of(rig, "ivan", "One"), await chat_of(rig, "petra", "Hello")
        await rig.by("petra", target, "chat_ended", status="closed")
        await rig.handle(target).result()
        await rig.by("ivan", twin, "merged_into", case=chat_id(target))
        await heard(rig, target, "Hello", "One")
        await knows(rig, target, chat_id(twin))
        assert (await rig.snapshot(target)).reserved_for == "petra", "as when its own customer writes again"
        await rig.by("petra", target, "chat_ended", status="closed")
        await rig.handle(target).result()
        await rig.customer(twin, "Two")
        await heard(rig, target, "Hello", "One", "Two")
        assert chat_id(twin) in (await rig.snapshot(target)).merged_from, "it knows that later, too"

    async def test_a_chain_leads_to_its_end(self, rig: Rig) -> None:
        a, b, c = [await chat_of(rig, "ivan", text) for text in ("A", "B", "C")]
        await rig.by("ivan", a, "merged_into", case=chat_id(b))
        await knows(rig, b, chat_id(a))
        await rig.by("ivan", b, "merged_into", case=chat_id(c))
        await heard(rig, c, "C", "B", "A")
        await knows(rig, c, chat_id(b))
        assert (await rig.snapshot(c)).merged_from == (chat_id(b), chat_id(a))
        assert (await rig.customer(a, "A again")).what == f"forwarded to {chat_id(c)}"
        await heard(rig, c, "C", "B", "A", "A again")
        d = await chat_of(rig, "ivan", "D")
        await rig.by("ivan", d, "merged_into", case=chat_id(a))
        await heard(rig, c, "C", "B", "A", "A again", "D")

    async def test_a_circle_is_refused(self, rig: Rig) -> None:
        a, b = await chat_of(rig, "ivan", "A"), await chat_of(rig, "ivan", "B")
        await rig.by("ivan", a, "merged_into", case=chat_id(b))
        await knows(rig, b, chat_id(a))
        with pytest.raises(IllegalTransition, match="was itself merged into"):
            await rig.by("ivan", b, "merged_into", case=chat_id(a))
        assert (await rig.snapshot(b)).tab is Tab.MINE

    async def test_two_that_are_merged_into_each_other_at_once_end_somewhere(self, rig: Rig) -> None:
        a, b = await chat_of(rig, "ivan", "A"), await chat_of(rig, "ivan", "B")
        await asyncio.gather(
            rig.by("ivan", a, "merged_into", case=chat_id(b)),
            rig.by("ivan", b, "merged_into", case=chat_id(a)),
            return_exceptions=True,
        )
        outcomes = [await rig.customer(one, "Hello?") for one in (a, b)]
        assert outcomes

        async def one_is_open_and_has_heard_both() -> bool:
            said = [await texts(rig, one) for one in (a, b)]
            rows = [(await cases_of(rig.desk, one))[-1] for one in (a, b)]
            living = [row for row in rows if row.status != "closed"]
            return len(living) >= 1 and any(one.count("Hello?") >= 2 for one in said)

        await eventually(one_is_open_and_has_heard_both, "nobody hears the customer")
        for one in (a, b):
            await rig.settled(one)
        number = len(await events_of(rig.desk, a)) + len(await events_of(rig.desk, b))
        await rig.settled(a)
        assert number < 20, "the words go round and round"

    @pytest.mark.parametrize(
        ("case", "why"),
        [
            ("chat:telegram:nobody-ever", "there is no case chat:telegram:nobody-ever"),
            ("ticket:never", "there is no case ticket:never"),
            ("c-123456", "does not name a case"),
            ("chat:telegram", "does not name a case"),
            ("ticket:", "does not name a case"),
            ("itself", "cannot be merged into itself"),
        ],
    )
    async def test_a_target_that_is_no_other_case_is_refused(self, rig: Rig, case: str, why: str) -> None:
        twin = await chat_of(rig, "ivan", "One")
        named = chat_id(twin) if case == "itself" else case
        with pytest.raises(InvalidEvent, match=why):
            await rig.by("ivan", twin, "merged_into", case=named)
        now = await rig.snapshot(twin)
        assert (now.tab, now.pinned_to, now.merged_into) == (Tab.MINE, "ivan", None)

    async def test_a_bounce_of_the_twin_s_message_reaches_whoever_has_the_target(self, rig: Rig) -> None:
        twin, target = await chat_of(rig, "ivan", "One"), await chat_of(rig, "petra", "Hello")
        await rig.staff(twin, "ivan", message_id="out-7")
        await rig.by("ivan", twin, "merged_into", case=chat_id(target))
        await knows(rig, target, chat_id(twin))
        await rig.by("petra", target, "chat_ended", status="closed")
        await rig.handle(target).result()
        failed = event("delivery_failed", "system", message_id="out-7")
        assert (await rig.client.chat(CHANNEL, twin).send(failed)).what == f"forwarded to {chat_id(target)}"

        async def open_again() -> bool:
            return (await rig.snapshot(target)).tab is Tab.MINE

        await eventually(open_again, "the target was not opened again")
        await rig.settled(target)
        assert "delivery failed" in await reasons(rig, "ivan"), "who wrote it"


class TestTickets:
    async def test_asked_departments_move_along(self, rig: Rig) -> None:
        twin, target = await ticket_of(rig, "petra", "One"), await ticket_of(rig, "petra", "Two")
        await rig.on_ticket("petra", twin, "labels_changed", add=["delivery", "warranty"])
        await rig.on_ticket("petra", target, "labels_changed", add=["billing", "warranty"])
        await rig.on_ticket("petra", twin, "merged_into", case=f"ticket:{target}")
        await heard(rig, target, "Two", "One")
        await knows(rig, target, f"ticket:{twin}")
        now = await rig.ticket(target)
        assert {one.label: one.state for one in now.departments} == dict.fromkeys(
            ("billing", "warranty", "delivery"), "asked"
        )
        await rig.settled(f"ticket:{target}")
        assert "asked" in await reasons(rig, "maria")
        closed = await rig.handle(f"ticket:{twin}").result()
        assert closed["snapshot"]["merged_into"] == f"ticket:{target}"

        later = await rig.on_ticket("customer", twin, "customer_message", text="Three")
        assert later.what == f"forwarded to ticket:{target}"
        await heard(rig, target, "Two", "One", "Three")
        assert len(await cases_of(rig.desk, twin)) == 1

    async def test_a_department_that_has_answered_there_is_named_to_the_dispatcher(self, rig: Rig) -> None:
        twin, target = await ticket_of(rig, "petra", "One"), await ticket_of(rig, "petra", "Two")
        await rig.on_ticket("petra", target, "labels_changed", add=["billing", "delivery"])
        await rig.note("lena", target, "Paid.")
        await rig.on_ticket("lena", twin, "labels_changed", add=["billing"])
        await rig.on_ticket("lena", twin, "merged_into", case=f"ticket:{target}")
        await knows(rig, target, f"ticket:{twin}")
        await rig.settled(f"ticket:{target}")
        said = f"ticket:{twin} was merged into this ticket; asked there: billing"
        assert said in await reasons(rig, "petra")
        assert (await rig.ticket(target)).stage is TicketStage.COLLECTING

    async def test_a_closed_ticket_is_opened_by_what_is_merged_into_it(self, rig: Rig) -> None:
        twin, target = fresh("T"), await ticket_of(rig, "petra", "Two")
        await rig.on_ticket("petra", target, "status_set", status="closed")
        await rig.handle(f"ticket:{target}").result()
        await rig.on_ticket("lena", twin, "labels_changed", add=["delivery"])  # its customer never wrote
        await rig.on_ticket("lena", twin, "merged_into", case=f"ticket:{target}")
        await knows(rig, target, f"ticket:{twin}")
        now = await rig.ticket(target)
        assert (now.stage, [one.label for one in now.departments]) == (TicketStage.COLLECTING, ["delivery"])

    async def test_a_chat_into_a_ticket_and_its_own_ticket_gets_nothing_twice(self, rig: Rig) -> None:
        chat, ticket = await chat_of(rig, "ivan", "One"), fresh("T")
        await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)
        await heard(rig, ticket, "One")
        await rig.by("ivan", chat, "merged_into", case=f"ticket:{ticket}")
        await knows(rig, ticket, chat_id(chat))
        await rig.customer(chat, "Two")
        await heard(rig, ticket, "One", "Two")
        await rig.on_ticket("petra", ticket, "taken")
        await rig.on_ticket("petra", ticket, "send_reply", text="Here.")
        await rig.settled(f"ticket:{ticket}")

        async def recorded() -> bool:
            return len(await events_of(rig.desk, chat, "reply_sent")) == 1

        await eventually(recorded, "the chat does not know of the reply")
        assert len(await cases_of(rig.desk, chat)) == 1
        await rig.customer(chat, "Three")
        await heard(rig, ticket, "One", "Two", "Three")

    async def test_a_ticket_into_its_own_chat_goes_round_no_circle(self, rig: Rig) -> None:
        chat, ticket = await chat_of(rig, "ivan", "One"), fresh("T")
        await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)
        await heard(rig, ticket, "One")
        await rig.on_ticket("petra", ticket, "merged_into", case=chat_id(chat))
        await knows(rig, chat, f"ticket:{ticket}")
        await rig.customer(chat, "Two")
        await rig.settled(chat)
        await rig.on_ticket("customer", ticket, "customer_message", text="Three")
        await heard(rig, chat, "One", "Two", "Three")
        await rig.settled(chat)
        assert await texts(rig, ticket) == ["One", "Three"]

    async def test_a_chat_s_ticket_that_was_merged_still_hears_through_the_other_one(self, rig: Rig) -> None:
        chat, ticket = await chat_of(rig, "ivan", "One"), fresh("T")
        target = await ticket_of(rig, "petra", "Elsewhere")
        await rig.by("ivan", chat, "ticket_opened", ticket_id=ticket)
        await heard(rig, ticket, "One")
        await rig.on_ticket("petra", ticket, "merged_into", case=f"ticket:{target}")
        await heard(rig, target, "Elsewhere", "One")
        await rig.customer(chat, "Two")
        await heard(rig, target, "Elsewhere", "One", "Two")
        await rig.by("ivan", chat, "chat_ended", status="closed")
        await rig.handle(chat).result()
        assert (await rig.customer(chat, "Three")).snapshot.tickets == (target,)
        await heard(rig, target, "Elsewhere", "One", "Two", "Three")

    async def test_the_tickets_of_a_merged_chat_hear_what_its_customer_writes(self, rig: Rig) -> None:
        twin, target = await chat_of(rig, "ivan", "One"), await chat_of(rig, "petra", "Hello")
        ticket = fresh("T")
        await rig.by("ivan", twin, "ticket_opened", ticket_id=ticket)
        await heard(rig, ticket, "One")
        await rig.by("ivan", twin, "merged_into", case=chat_id(target))
        await knows(rig, target, chat_id(twin))
        assert (await rig.snapshot(target)).tickets == (ticket,)
        await rig.customer(twin, "Two")
        await heard(rig, ticket, "One", "Two")
        await heard(rig, target, "Hello", "One", "Two")
        # Its reply goes out where the ticket came from; who has the chat now gets the answer.
        await rig.on_ticket("petra", ticket, "taken")
        await rig.on_ticket("petra", ticket, "send_reply", text="Here.")

        async def pending() -> bool:
            return (await rig.snapshot(target)).status is Status.PENDING

        await eventually(pending, "the target does not know of the reply")
        assert len(await cases_of(rig.desk, twin)) == 1
