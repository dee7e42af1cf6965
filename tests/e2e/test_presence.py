"""Presence: who is told, who gets what, and what happens to the chats of somebody who left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

import activities.desk
from baton.contract import Presence, PresenceChanged, Status, Tab
from baton.deskclient import DeskClient
from baton.effects import CaseRef, NoticeRow
from baton.errors import UnknownStaff
from tests.conftest import HouseOpener
from tests.house import CHANNEL, House, event, eventually, fresh


def desk_of(house: House) -> DeskClient:
    return DeskClient(house.client.temporal, task_queue=house.settings.task_queue)


async def notices(house: House, conversation: str) -> list[NoticeRow]:
    await house.settled(conversation)
    return [row for row in await house.desk.notices(None, 1000) if row.conversation == conversation]


class TestWhoIsTold:
    async def test_a_new_chat_tells_everybody_online_once(self, house: House) -> None:
        conversation = fresh("told")
        await house.customer(conversation)
        await house.customer(conversation, "Anybody there?")
        told = await notices(house, conversation)
        assert sorted(row.staff for row in told) == ["ivan", "lena", "petra"], "whatever their habit"

    async def test_somebody_without_chats_is_not_told(self, house: House) -> None:
        conversation = fresh("told")
        await house.presence("petra", Presence.WITHOUT_CHATS)
        await house.customer(conversation)
        assert sorted(row.staff for row in await notices(house, conversation)) == ["ivan", "lena"]

    async def test_a_queue_tells_its_line_only(self, house: House) -> None:
        conversation = fresh("told")
        await house.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
        await house.presence("petra", Presence.OFFLINE, ago=timedelta(hours=1))
        await house.presence("oleg", Presence.ONLINE)
        await house.customer(conversation)
        await house.by("lena", conversation, "assigned", line="line-1")
        snapshot = await house.snapshot(conversation)
        assert (snapshot.tab, snapshot.line, snapshot.assignee) == (Tab.NEW, "line-1", None)
        told = await notices(house, conversation)
        assert sorted(row.staff for row in told) == ["lena", "oleg"], "only the first time, in New for all"

    async def test_nobody_is_told_what_they_did_themselves(self, house: House) -> None:
        conversation = fresh("told")
        await house.customer(conversation)
        before = await notices(house, conversation)
        await house.by("ivan", conversation, "taken")
        assert await notices(house, conversation) == before

    async def test_a_transfer_tells_the_new_holder(self, house: House) -> None:
        conversation = fresh("told")
        await house.customer(conversation)
        await house.by("ivan", conversation, "assigned", staff="petra")
        latest = (await notices(house, conversation))[0]
        assert (latest.staff, latest.reason) == ("petra", "mine")

    async def test_two_who_reply_at_once_are_both_told_and_the_first_holds(self, house: House) -> None:
        conversation = fresh("told")
        await house.customer(conversation)
        await house.staff(conversation, "ivan")
        outcome = await house.staff(conversation, "petra")
        assert outcome.snapshot.pinned_to == "ivan"
        told = {row.staff for row in await notices(house, conversation) if row.reason == "two replied"}
        assert told == {"ivan", "petra"}

    async def test_a_failed_delivery_opens_the_chat_and_tells_writer_and_assignee(self, house: House) -> None:
        conversation = fresh("told")
        await house.customer(conversation)
        await house.staff(conversation, "ivan")
        await house.staff(conversation, "petra", message_id="m-petra")
        outcome = await house.by("system", conversation, "delivery_failed", message_id="m-petra")
        assert outcome.snapshot.status is Status.OPEN
        told = {row.staff for row in await notices(house, conversation) if row.reason == "delivery failed"}
        assert told == {"ivan", "petra"}


class TestGoingOffline:
    async def test_open_chats_of_somebody_who_left_are_given_to_others(
        self, open_a_house: HouseOpener
    ) -> None:
        async with open_a_house(offline_grace_seconds=0.5) as house:
            waiting, answered, other = fresh("open"), fresh("pending"), fresh("other")
            for conversation, who in ((waiting, "ivan"), (answered, "ivan"), (other, "petra")):
                await house.customer(conversation)
                await house.by(who, conversation, "taken")
            await house.staff(answered, "ivan")

            await desk_of(house).set_presence("ivan", Presence.OFFLINE)

            async def moved() -> bool:
                return (await house.snapshot(waiting)).pinned_to == "petra"

            await eventually(moved, "the open chat was not given to Petra")
            assert (await house.snapshot(answered)).pinned_to == "ivan", "pending: at the customer's reply"
            assert (await house.snapshot(other)).pinned_to == "petra"
            assert (await house.customer(answered)).snapshot.pinned_to == "petra"

    async def test_a_chat_that_cannot_be_told_does_not_keep_it_from_the_others(
        self, open_a_house: HouseOpener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with open_a_house(offline_grace_seconds=0.5) as house:
            mute, other = fresh("mute"), fresh("other")
            for conversation in (mute, other):  # in this order they are told
                await house.customer(conversation)
                await house.by("ivan", conversation, "taken")
            muted, tell = {mute}, activities.desk._tell

            async def tell_but(client: Client, case: CaseRef, told: PresenceChanged) -> bool:
                if case.conversation in muted:
                    raise RPCError("takes no signal", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
                return await tell(client, case, told)

            monkeypatch.setattr(activities.desk, "_tell", tell_but)
            monkeypatch.setattr(activities.desk, "_SIGNALS_AT_ONCE", 1)
            await desk_of(house).set_presence("ivan", Presence.OFFLINE)

            async def moved(conversation: str) -> bool:
                return (await house.snapshot(conversation)).pinned_to == "petra"

            await eventually(lambda: moved(other), "the other chat was not told")
            assert not await moved(mute)
            muted.clear()
            await eventually(lambda: moved(mute), "the chat was not told when it could be")

    async def test_whoever_comes_back_within_the_grace_keeps_the_chat(
        self, open_a_house: HouseOpener
    ) -> None:
        async with open_a_house(offline_grace_seconds=1) as house:
            conversation = fresh("back")
            await house.customer(conversation)
            await house.by("ivan", conversation, "taken")
            desk = desk_of(house)
            await desk.set_presence("ivan", Presence.OFFLINE)
            assert (await house.customer(conversation)).snapshot.pinned_to == "ivan", "within the grace"
            online = await desk.set_presence("ivan", Presence.ONLINE)

            async def heard() -> bool:
                kinds = [entry.event_id for entry in await house.client.timeline(CHANNEL, conversation)]
                return any(online.since is not None and online.since.isoformat() in kind for kind in kinds)

            await eventually(heard, "the chat did not hear that Ivan is back")
            assert (await house.snapshot(conversation)).pinned_to == "ivan"

    async def test_a_queue_is_served_when_somebody_of_the_line_comes(self, house: House) -> None:
        conversation = fresh("queue")
        for staff in ("ivan", "petra"):
            await house.presence(staff, Presence.OFFLINE, ago=timedelta(hours=1))
        await house.staff(conversation, "lena")
        queued = (await house.customer(conversation)).snapshot
        assert (queued.tab, queued.line, queued.assignee) == (Tab.NEW, "line-1", None)

        await desk_of(house).set_presence("petra", Presence.ONLINE)

        async def served() -> bool:
            return (await house.snapshot(conversation)).pinned_to == "petra"

        await eventually(served, "Petra did not get the chat of her line's queue")

    async def test_an_unknown_person_is_refused_with_the_known_ones(self, house: House) -> None:
        with pytest.raises(UnknownStaff, match="known: ivan, lena, maria, oleg, petra"):
            await desk_of(house).set_presence("nobody", Presence.ONLINE)


class TestOffers:
    async def close(self, house: House, conversation: str) -> None:
        await house.customer(conversation)
        await house.by("petra", conversation, "taken")
        await house.by("petra", conversation, "chat_ended", status="closed")
        await house.handle(conversation).result()

    async def test_thanks_after_closing_is_offered_to_the_previous_assignee(self, house: House) -> None:
        conversation = fresh("thanks")
        await self.close(house, conversation)
        offered = (await house.customer(conversation, "Thanks!")).snapshot
        assert (offered.tab, offered.reserved_for) == (Tab.RESERVED, "petra")
        assert {row.staff for row in await notices(house, conversation) if row.reason == "offered"} == {
            "petra"
        }

    async def test_an_offer_that_nobody_takes_goes_to_new(self, house: House) -> None:
        conversation = fresh("thanks")
        await self.close(house, conversation)
        await house.customer(conversation, "Thanks!")
        await house.fast_forward(conversation, minutes=3)
        released = await house.snapshot(conversation)
        assert (released.tab, released.reserved_for, released.line) == (Tab.NEW, None, None)

    async def test_a_chat_on_another_channel_is_offered_to_the_holder_of_the_first(
        self, house: House
    ) -> None:
        customer = fresh("customer")
        first, second = fresh("first"), fresh("second")
        await house.send(first, event("customer_message", "customer"), customer=customer)
        await house.by("petra", first, "taken")
        outcome = await house.client.send(
            "web", second, event("customer_message", "customer"), customer=customer
        )
        assert outcome.snapshot.reserved_for == "petra"

    async def test_a_blocked_customer_opens_no_chat_and_notifies_nobody(self, house: House) -> None:
        customer, conversation = fresh("blocked"), fresh("blocked")
        await desk_of(house).block_customer(customer, blocked=True)
        outcome = await house.send(conversation, event("customer_message", "customer"), customer=customer)
        assert outcome.snapshot.activity is None
        assert (await house.handle(conversation).result())["reason"] == "blocked"
        assert await notices(house, conversation) == []
        await desk_of(house).block_customer(customer, blocked=False)
        again = await house.send(conversation, event("customer_message", "customer"), customer=customer)
        assert again.snapshot.tab is Tab.NEW


class TestLeavingForGood:
    async def test_chats_of_somebody_who_was_removed_are_given_to_others(self, house: House) -> None:
        conversation, desk = fresh("removed"), desk_of(house)
        await house.customer(conversation)
        await house.by("ivan", conversation, "taken")
        shown = await desk.directory()
        staff = {name: member for name, member in shown.directory["staff"].items() if name != "ivan"}
        await desk.change_directory({**shown.directory, "staff": staff}, based_on=shown.version)

        async def moved() -> bool:
            return (await house.snapshot(conversation)).pinned_to == "petra"

        await eventually(moved, "the chat stayed with somebody who does not work here any more")

    async def test_nobody_is_offered_a_chat_during_the_grace(self, house: House) -> None:
        conversation = fresh("grace")
        await TestOffers().close(house, conversation)
        await house.presence("petra", Presence.OFFLINE)
        assert (await house.customer(conversation, "Thanks!")).snapshot.tab is Tab.NEW
