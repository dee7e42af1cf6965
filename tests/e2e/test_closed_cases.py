"""A closed case still hears: bounces, replies of tickets, and a ticket that outlives its chat."""

from __future__ import annotations

from datetime import timedelta

import pytest

from baton.contract import Activity, ChatSnapshot, Presence, Status, Tab, TicketStage
from baton.errors import IllegalTransition
from lab.ledger import cases_of, events_of
from lab.rig import CHANNEL, Rig, event, eventually, failed_tasks, fresh


async def closed_chat(rig: Rig, conversation: str, who: str = "ivan") -> str:
    """A chat in which somebody wrote, and which that person closed. Returns the ID of the message."""
    message = fresh("out")
    await rig.customer(conversation)
    await rig.by(who, conversation, "taken")
    await rig.staff(conversation, who, message_id=message)
    await rig.by(who, conversation, "chat_ended", status="closed")
    await rig.handle(conversation).result()
    return message


async def bounced(rig: Rig, conversation: str, message_id: str) -> ChatSnapshot:
    sent = event("delivery_failed", "system", message_id=message_id)
    return (await rig.client.chat(CHANNEL, conversation).send(sent)).snapshot


async def told(rig: Rig, case_id: str | None, reason: str) -> list[str]:
    notices = await rig.desk.notices(None, 1000)
    return sorted(one.staff for one in notices if one.case_id == case_id and one.reason == reason)


class TestDeliveryFailed:
    async def test_it_opens_a_new_chat_in_the_mine_of_the_last_assignee(self, rig: Rig) -> None:
        conversation = fresh("bounce")
        message = await closed_chat(rig, conversation)
        before = (await cases_of(rig.desk, conversation))[-1].case_id
        chat = await bounced(rig, conversation, message)
        assert (chat.activity, chat.status, chat.tab) == (Activity.ACTIVE, Status.OPEN, Tab.MINE)
        assert (chat.assignee, chat.pinned_to, chat.previous_case) == ("ivan", "ivan", before)
        await rig.settled(conversation)
        assert await told(rig, chat.case_id, "delivery failed") == ["ivan"]
        row = (await cases_of(rig.desk, conversation))[-1]
        assert (row.case_id, row.tab, row.customer) == (chat.case_id, "mine", f"of-{conversation}")

    async def test_if_the_last_assignee_is_away_a_colleague_of_the_line_gets_it(self, rig: Rig) -> None:
        conversation = fresh("bounce")
        message = await closed_chat(rig, conversation)
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
        chat = await bounced(rig, conversation, message)
        assert (chat.tab, chat.assignee, chat.pinned_to) == (Tab.MINE, "petra", "petra")
        await rig.settled(conversation)
        assert await told(rig, chat.case_id, "delivery failed") == ["petra"]

    async def test_if_the_whole_line_is_away_it_waits_in_its_queue(self, rig: Rig) -> None:
        conversation = fresh("bounce")
        message = await closed_chat(rig, conversation)
        for who in ("ivan", "petra"):
            await rig.presence(who, Presence.OFFLINE, ago=timedelta(hours=1))
        chat = await bounced(rig, conversation, message)
        assert (chat.tab, chat.assignee, chat.line) == (Tab.NEW, None, "line-1")

    async def test_by_signal_it_opens_one_too(self, rig: Rig) -> None:
        conversation = fresh("bounce")
        message = await closed_chat(rig, conversation)
        sent = event("delivery_failed", "system", message_id=message)
        await rig.client.chat(CHANNEL, conversation).submit(sent)

        async def open_again() -> bool:
            return (await rig.snapshot(conversation)).tab is Tab.MINE

        await eventually(open_again, "the chat was not opened again")
        assert (await rig.client.chat(CHANNEL, conversation).send(sent)).duplicate

    async def test_in_the_run_that_closed_the_chat_it_is_the_same(self, rig: Rig) -> None:
        conversation, message = fresh("bounce"), fresh("out")
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan", message_id=message)
        closing = event("chat_ended", "ivan", status="closed")
        failed = event("delivery_failed", "system", message_id=message)
        await rig.stop_worker()
        for one in (closing, failed):
            await rig.client.chat(CHANNEL, conversation).submit(one)
        await rig.start_worker()

        async def handled() -> bool:
            return len(await events_of(rig.desk, conversation, "delivery_failed")) == 1

        await eventually(handled, "the bounce was not taken in")
        await rig.settled(conversation)
        chat = await rig.snapshot(conversation)
        assert (chat.tab, chat.pinned_to, len(await cases_of(rig.desk, conversation))) == (
            Tab.MINE,
            "ivan",
            2,
        )

    async def test_a_message_that_nobody_knows_opens_nothing(self, rig: Rig) -> None:
        conversation = fresh("bounce")
        await closed_chat(rig, conversation)
        with pytest.raises(IllegalTransition, match="no message 'other' to its customer is known"):
            await bounced(rig, conversation, "other")
        assert (await rig.handle(conversation).result())["reason"] == "refused"
        assert len(await cases_of(rig.desk, conversation)) == 1

    async def test_a_closed_ticket_is_in_triage_again(self, rig: Rig) -> None:
        ticket = fresh("T")
        await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
        await rig.on_ticket("petra", ticket, "taken")
        await rig.on_ticket("petra", ticket, "agent_message", text="On its way.", message_id="out-1")
        closed = await rig.on_ticket("petra", ticket, "status_set", status="closed")
        await rig.handle(f"ticket:{ticket}").result()
        sent = event("delivery_failed", "system", message_id="out-1")
        now = (await rig.client.ticket(ticket).send(sent)).snapshot
        assert (now.stage, now.status, now.assignee) == (TicketStage.TRIAGE, Status.OPEN, "petra")
        assert now.previous_case == closed.snapshot.case_id
        await rig.settled(f"ticket:{ticket}")
        assert await told(rig, now.case_id, "delivery failed") == ["petra"]

    async def test_a_ticket_s_reply_that_was_not_delivered_opens_it_too(self, rig: Rig) -> None:
        ticket = fresh("T")
        await rig.on_ticket("customer", ticket, "customer_message", text="Where is it?")
        await rig.on_ticket("petra", ticket, "taken")
        reply = await rig.on_ticket("petra", ticket, "send_reply", text="Here.", status="closed")
        await rig.handle(f"ticket:{ticket}").result()
        sent = event("delivery_failed", "system", message_id=f"{reply.snapshot.case_id}:{reply.event_id}")
        assert (await rig.client.ticket(ticket).send(sent)).snapshot.stage is TicketStage.TRIAGE


class TestTicketOfAClosedChat:
    async def test_the_next_chat_is_linked_and_the_departments_see_what_is_written(self, rig: Rig) -> None:
        conversation, ticket = fresh("linked"), fresh("T")
        await self._opened(rig, conversation, ticket)
        await rig.by("ivan", conversation, "chat_ended", status="closed")
        await rig.handle(conversation).result()
        wrote = await rig.customer(conversation, "And it is urgent!")
        assert (wrote.snapshot.ticket_id, wrote.snapshot.tickets) == (ticket, (ticket,))
        await eventually(lambda: _said(rig, ticket, 2), "the ticket does not hear it")
        now = await rig.ticket(ticket)
        assert now.stage is TicketStage.COLLECTING
        await rig.settled(f"ticket:{ticket}")
        assert "maria" in await told(rig, now.case_id, "the customer wrote")

    async def test_once_the_ticket_is_closed_the_next_chat_has_none(self, rig: Rig) -> None:
        conversation, ticket = fresh("linked"), fresh("T")
        await self._opened(rig, conversation, ticket)
        await rig.on_ticket("petra", ticket, "status_set", status="closed", force=True, reason="sold")
        await rig.by("ivan", conversation, "chat_ended", status="closed")
        await rig.handle(conversation).result()
        wrote = await rig.customer(conversation, "Hello again")
        assert (wrote.snapshot.ticket_id, wrote.snapshot.tickets) == (None, ())
        await rig.settled(conversation)
        assert await rig.handle(f"ticket:{ticket}").result()
        assert len(await _messages(rig, ticket)) == 1

    async def test_a_second_ticket_does_not_cut_off_the_first(self, rig: Rig) -> None:
        conversation, first, second = fresh("linked"), fresh("T"), fresh("T")
        await self._opened(rig, conversation, first)
        await rig.by("ivan", conversation, "ticket_opened", ticket_id=second)
        await eventually(lambda: _said(rig, second, 1), "the second ticket was not opened")
        await rig.customer(conversation, "One more thing")
        await eventually(lambda: _said(rig, first, 2), "the first ticket does not hear it")
        await eventually(lambda: _said(rig, second, 2), "the second ticket does not hear it")
        assert (await rig.snapshot(conversation)).tickets == (first, second)
        await rig.on_ticket("petra", first, "status_set", status="closed", force=True, reason="sold")
        await rig.handle(f"ticket:{first}").result()
        await rig.customer(conversation, "And another")
        await eventually(lambda: _said(rig, second, 3), "the second ticket does not hear it")
        assert len(await _messages(rig, first)) == 2

    async def test_a_changed_message_makes_the_ticket_s_draft_stale(self, rig: Rig) -> None:
        conversation, ticket = fresh("linked"), fresh("T")
        await rig.customer(conversation, "Where is it?", message_id="in-1")
        await rig.by("ivan", conversation, "ticket_opened", ticket_id=ticket)
        await eventually(lambda: _said(rig, ticket, 1), "the ticket was not opened")
        await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery"])
        await rig.note("maria", ticket, "In the depot.")
        assert not (await rig.draft(ticket)).stale
        await rig.send(conversation, event("message_changed", "customer", message_id="in-1"))

        async def stale() -> bool:
            return (await rig.draft(ticket)).stale

        await eventually(stale, "the draft is not stale")
        await rig.settled(f"ticket:{ticket}")
        assert await told(rig, (await rig.ticket(ticket)).case_id, "a message was changed") == ["maria"]

    @pytest.mark.parametrize(
        ("away", "reserved", "line", "tab"),
        [
            ((), "ivan", "line-1", Tab.RESERVED),
            (("ivan",), "petra", "line-1", Tab.RESERVED),
            (("ivan", "petra"), None, "line-1", Tab.NEW),
        ],
        ids=["there", "away", "all away"],
    )
    async def test_the_reply_into_a_closed_chat_opens_one_for_the_customer_s_answer(
        self, rig: Rig, away: tuple[str, ...], reserved: str | None, line: str, tab: Tab
    ) -> None:
        conversation, ticket = fresh("linked"), fresh("T")
        await self._opened(rig, conversation, ticket)
        await rig.note("maria", ticket, "It is in the depot.")
        await rig.by("ivan", conversation, "chat_ended", status="closed")
        await rig.handle(conversation).result()
        for who in away:
            await rig.presence(who, Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.on_ticket("maria", ticket, "send_reply", text="In the depot.")

        async def open_again() -> bool:
            return (await rig.snapshot(conversation)).activity is Activity.ACTIVE

        await eventually(open_again, "the reply opened no chat")
        chat = await rig.snapshot(conversation)
        assert (chat.status, chat.tab, chat.line) == (Status.PENDING, tab, line)
        assert (chat.reserved_for, chat.assignee, chat.ticket_id) == (reserved, reserved, ticket)
        assert [row.text for row in await events_of(rig.desk, conversation, "reply_sent")] == [
            "In the depot."
        ]
        for who in away:
            await rig.presence(who, Presence.ONLINE)
        answer = await rig.customer(conversation, "Thank you")
        if reserved:
            assert answer.snapshot.pinned_to == reserved
        await eventually(lambda: _said(rig, ticket, 2), "the ticket does not hear the answer")
        assert (await rig.ticket(ticket)).stage is TicketStage.TRIAGE
        assert failed_tasks(await rig.history(conversation)) == []

    async def _opened(self, rig: Rig, conversation: str, ticket: str) -> None:
        """A chat of Ivan's with a ticket for which a department is asked."""
        await rig.customer(conversation, "Where is it?")
        await rig.staff(conversation, "ivan", "I'll ask.")
        await rig.by("ivan", conversation, "ticket_opened", ticket_id=ticket)
        await eventually(lambda: _said(rig, ticket, 1), "the ticket was not opened")
        await rig.on_ticket("petra", ticket, "labels_changed", add=["delivery"])


async def _messages(rig: Rig, ticket: str) -> list[str]:
    return [row.text for row in await events_of(rig.desk, ticket, "customer_message")]


async def _said(rig: Rig, ticket: str, number: int) -> bool:
    return len(await _messages(rig, ticket)) == number
