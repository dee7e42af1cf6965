"""Presence: who is told, who gets what, and what happens to the chats of somebody who left."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from temporalio.service import RPCError, RPCStatusCode

import activities.presencechanges
import activities.spreading
from activities.telling import submit
from baton.contract import BaseEvent, Presence, Status, Tab, chat_workflow_id
from baton.desk.api import NoticeRow
from baton.desk.client import DeskClient
from baton.documents.yaml import read_yaml
from baton.documents.yamlwriting import write_yaml
from baton.errors import UnknownStaff
from baton.settings import CHECKOUT
from lab.notices import to_each
from lab.rig import CHANNEL, Rig, event, eventually, fresh
from tests.conftest import RigOpener

DEMO_DIRECTORY = CHECKOUT / "deploy/directory/demo.yaml"


def desk_of(rig: Rig) -> DeskClient:
    return DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)


async def notices(rig: Rig, conversation: str) -> list[NoticeRow]:
    await rig.settled(conversation)
    return [row for row in to_each(await rig.desk.notices(None, 1000)) if row.conversation == conversation]


class TestWhoIsTold:
    async def test_a_new_chat_tells_everybody_online_once(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.customer(conversation, "Anybody there?")
        told = await notices(rig, conversation)
        assert sorted(row.staff for row in told) == ["ivan", "lena", "petra"], "whatever their habit"

    async def test_somebody_without_chats_is_not_told(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.presence("petra", Presence.WITHOUT_CHATS)
        await rig.customer(conversation)
        assert sorted(row.staff for row in await notices(rig, conversation)) == ["ivan", "lena"]

    async def test_the_notices_of_somebody_unknown_are_refused_and_of_somebody_who_left_are_not(
        self, rig: Rig
    ) -> None:
        conversation, desk = fresh("told"), desk_of(rig)
        await rig.customer(conversation)
        assert "ivan" in {row.staff for row in await notices(rig, conversation)}
        with pytest.raises(
            UnknownStaff, match=r"there is nobody 'ivna' in the directory; did you mean ivan\?"
        ):
            await desk.notices(staff="ivna")
        assert await desk.notices(staff="maria") == [], "she is there, and was told nothing"
        shown = await desk.directory()
        del shown.directory["staff"]["ivan"]
        await desk.change_directory(shown.directory, based_on=shown.version)
        assert conversation in {row.conversation for row in await desk.notices(staff="ivan")}

    async def test_a_queue_tells_its_line_only(self, rig: Rig) -> None:
        """Ivan is there, but full: the chat waits for him, and only he is told."""
        conversation, other, desk = fresh("told"), fresh("other"), desk_of(rig)
        await rig.presence("petra", Presence.OFFLINE, ago=timedelta(hours=1))
        shown = await desk.directory()
        shown.directory["staff"]["ivan"]["max_chats"] = 1
        await desk.change_directory(shown.directory, based_on=shown.version)
        await rig.customer(other)
        await rig.by("ivan", other, "taken")
        await rig.staff(conversation, "lena")
        await rig.customer(conversation)
        snapshot = await rig.snapshot(conversation)
        assert (snapshot.tab, snapshot.line, snapshot.assignee) == (Tab.NEW, "line-1", None)
        told = await notices(rig, conversation)
        assert [(row.staff, row.reason) for row in told] == [("ivan", "new")]

    async def test_a_queue_of_a_line_in_which_nobody_is_there_tells_everyone_online(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.presence("petra", Presence.WITHOUT_CHATS, ago=timedelta(hours=1))
        await rig.presence("oleg", Presence.ONLINE)
        await rig.staff(conversation, "lena")
        queued = (await rig.customer(conversation)).snapshot
        assert (queued.tab, queued.line, queued.assignee) == (Tab.NEW, "line-1", None)
        told = await notices(rig, conversation)
        assert [(row.staff, row.reason) for row in told] == [("lena", "new"), ("oleg", "new")]

    async def test_where_nobody_is_there_all_are_told_and_hear_when_they_come(self, rig: Rig) -> None:
        conversation = fresh("told")
        for staff in ("ivan", "lena"):
            await rig.presence(staff, Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.presence("petra", Presence.WITHOUT_CHATS)
        await rig.customer(conversation)
        told = await notices(rig, conversation)
        assert sorted(row.staff for row in told) == ["ivan", "lena", "maria", "oleg"], "not about New: petra"
        shown = await desk_of(rig).notices(staff="ivan")
        assert [(row.staff, row.reason) for row in shown if row.conversation == conversation] == [
            ("ivan", "new")
        ]

    async def test_a_new_chat_is_one_row_that_names_all_who_were_told(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.settled(conversation)
        (row,) = [row for row in await desk_of(rig).notices() if row.conversation == conversation]
        assert (sorted(row.told), row.count, row.everyone, row.staff) == (
            ["ivan", "lena", "petra"],
            3,
            True,
            "",
        )
        (own,) = [row for row in await desk_of(rig).notices(staff="lena") if row.conversation == conversation]
        assert own == row.model_copy(update={"staff": "lena"})

    async def test_a_chat_that_somebody_who_is_away_is_given_is_told_to_the_line_too(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.presence("petra", Presence.OFFLINE)
        await rig.by("lena", conversation, "assigned", staff="petra")
        told = [row.staff for row in await notices(rig, conversation) if row.reason == "mine"]
        assert sorted(told) == ["ivan", "petra"]

    async def test_of_a_failed_delivery_somebody_who_is_there_is_told(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan", message_id="m-ivan")
        await rig.presence("ivan", Presence.OFFLINE)
        await rig.presence("petra", Presence.OFFLINE)
        await rig.by("system", conversation, "delivery_failed", message_id="m-ivan")
        told = [row.staff for row in await notices(rig, conversation) if row.reason == "delivery failed"]
        assert sorted(told) == ["ivan", "lena"], "nobody else of line-1 is there"

    async def test_nobody_is_told_what_they_did_themselves(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        before = await notices(rig, conversation)
        await rig.by("ivan", conversation, "taken")
        assert await notices(rig, conversation) == before

    async def test_a_transfer_tells_the_new_holder(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "assigned", staff="petra")
        latest = (await notices(rig, conversation))[0]
        assert (latest.staff, latest.reason) == ("petra", "mine")

    async def test_two_who_reply_at_once_are_both_told_and_the_first_holds(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan")
        outcome = await rig.staff(conversation, "petra")
        assert outcome.snapshot.pinned_to == "ivan"
        told = {row.staff for row in await notices(rig, conversation) if row.reason == "two replied"}
        assert told == {"ivan", "petra"}
        await rig.staff(conversation, "ivan")
        await rig.staff(conversation, "petra")
        again = [row for row in await notices(rig, conversation) if row.reason == "two replied"]
        assert len(again) == 2, "once for the two of them"

    async def test_two_of_different_lines_are_told_where_one_took_over(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan")
        outcome = await rig.staff(conversation, "lena")
        assert [one.rule for one in outcome.fired] == ["line-2-takes-over"]
        told = {row.staff for row in await notices(rig, conversation) if row.reason == "two replied"}
        assert told == {"ivan", "lena"}

    async def test_a_failed_delivery_opens_the_chat_and_tells_writer_and_assignee(self, rig: Rig) -> None:
        conversation = fresh("told")
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan")
        await rig.staff(conversation, "petra", message_id="m-petra")
        outcome = await rig.by("system", conversation, "delivery_failed", message_id="m-petra")
        assert outcome.snapshot.status is Status.OPEN
        told = {row.staff for row in await notices(rig, conversation) if row.reason == "delivery failed"}
        assert told == {"ivan", "petra"}


class TestGoingOffline:
    async def test_open_chats_of_somebody_who_left_are_given_to_others(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(offline_grace_seconds=0.5) as rig:
            waiting, answered, other = fresh("open"), fresh("pending"), fresh("other")
            for conversation, who in ((waiting, "ivan"), (answered, "ivan"), (other, "petra")):
                await rig.customer(conversation)
                await rig.by(who, conversation, "taken")
            await rig.staff(answered, "ivan")

            await desk_of(rig).set_presence("ivan", Presence.OFFLINE)

            async def moved() -> bool:
                return (await rig.snapshot(waiting)).pinned_to == "petra"

            await eventually(moved, "the open chat was not given to Petra")
            assert (await rig.snapshot(answered)).pinned_to == "ivan", "pending: at the customer's reply"
            assert (await rig.snapshot(other)).pinned_to == "petra"
            assert (await rig.customer(answered)).snapshot.pinned_to == "petra"

    async def test_a_chat_that_cannot_be_told_does_not_keep_it_from_the_others(
        self, open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async with open_a_rig(offline_grace_seconds=0.5) as rig:
            mute, other = fresh("mute"), fresh("other")
            for conversation in (mute, other):  # they are told in this order
                await rig.customer(conversation)
                await rig.by("ivan", conversation, "taken")
            muted = {chat_workflow_id(CHANNEL, mute)}

            async def submit_but(workflow_id: str, told: BaseEvent) -> bool:
                if workflow_id in muted:
                    raise RPCError("takes no signal", RPCStatusCode.RESOURCE_EXHAUSTED, b"")
                return await submit(workflow_id, told)

            monkeypatch.setattr(activities.presencechanges, "submit", submit_but)
            monkeypatch.setattr(activities.spreading, "SIGNALS_AT_ONCE", 1)
            await desk_of(rig).set_presence("ivan", Presence.OFFLINE)

            async def moved(conversation: str) -> bool:
                return (await rig.snapshot(conversation)).pinned_to == "petra"

            await eventually(lambda: moved(other), "the other chat was not told")
            assert not await moved(mute)
            muted.clear()
            await eventually(lambda: moved(mute), "the chat was not told when it could be")

    async def test_whoever_comes_back_within_the_grace_keeps_the_chat(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(offline_grace_seconds=1) as rig:
            conversation = fresh("back")
            await rig.customer(conversation)
            await rig.by("ivan", conversation, "taken")
            desk = desk_of(rig)
            await desk.set_presence("ivan", Presence.OFFLINE)
            assert (await rig.customer(conversation)).snapshot.pinned_to == "ivan", "within the grace"
            await desk.set_presence("ivan", Presence.ONLINE)

            async def looked() -> bool:
                timeline = await rig.client.chat(CHANNEL, conversation).timeline()
                return "timed_due" in [entry.kind for entry in timeline]

            await eventually(looked, "the chat did not look at the time when the grace was over")
            assert (await rig.snapshot(conversation)).pinned_to == "ivan"

    async def test_a_queue_is_served_when_somebody_of_the_line_comes(self, rig: Rig) -> None:
        conversation = fresh("queue")
        for staff in ("ivan", "petra"):
            await rig.presence(staff, Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.staff(conversation, "lena")
        queued = (await rig.customer(conversation)).snapshot
        assert (queued.tab, queued.line, queued.assignee) == (Tab.NEW, "line-1", None)

        await desk_of(rig).set_presence("petra", Presence.ONLINE)

        async def served() -> bool:
            return (await rig.snapshot(conversation)).pinned_to == "petra"

        await eventually(served, "Petra did not get the chat of her line's queue")

    async def test_what_somebody_hands_on_does_not_come_back_by_coming_online(self, rig: Rig) -> None:
        conversation, desk = fresh("on"), desk_of(rig)
        await rig.presence("petra", Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "taken")
        handed = (await rig.by("ivan", conversation, "assigned", line="line-1")).snapshot
        assert (handed.tab, handed.line, handed.assignee) == (Tab.NEW, "line-1", None)
        await desk.set_presence("ivan", Presence.WITHOUT_CHATS)
        await desk.set_presence("ivan", Presence.ONLINE)
        assert (await rig.customer(conversation)).snapshot.assignee is None, "nor by the customer's message"

        await desk.set_presence("petra", Presence.ONLINE)

        async def served() -> bool:
            return (await rig.snapshot(conversation)).pinned_to == "petra"

        await eventually(served, "Petra did not get what her colleague had handed on")

    async def test_an_unknown_person_is_refused_with_the_known_ones(self, rig: Rig) -> None:
        with pytest.raises(UnknownStaff, match="allowed: ivan, lena, maria, oleg, petra"):
            await desk_of(rig).set_presence("nobody", Presence.ONLINE)


class TestManyAtOnce:
    """A company of hundreds: one call, one transaction, and one activity that tells of it."""

    async def test_a_queue_is_served_by_those_who_came_and_each_line_is_told_once(
        self, open_a_rig: RigOpener
    ) -> None:
        names = [f"p-{number}" for number in range(300)]
        async with open_a_rig(directory=with_people(names), online=("lena",)) as rig:
            queued = [fresh("queue") for _ in range(3)]
            for conversation in queued:
                await rig.staff(conversation, "lena")
                await rig.customer(conversation)

            done = await desk_of(rig).set_presences(Presence.ONLINE, lines=["line-1"])

            assert done.staff == ("ivan", "petra", *names)
            assert done.already == ()
            assert {row.presence for row in await desk_of(rig).presence(line="line-1")} == {Presence.ONLINE}

            async def served() -> bool:
                return None not in [(await rig.snapshot(conversation)).pinned_to for conversation in queued]

            await eventually(served, "those who came did not get what waited")
            assert len(await spreads(rig)) == 1

    async def test_postgresql_has_room_for_the_name_of_what_tells_of_them(
        self, open_a_rig: RigOpener
    ) -> None:
        """The names of so many just fit into an ID; with what stands before and after them they do not."""
        names = [f"p-{number}" for number in range(47)]
        assert len(":".join(("staff", *names))) in range(230, 256)
        async with open_a_rig(directory=with_people(names), online=()) as rig:
            await desk_of(rig).set_presences(Presence.ONLINE, staff=names)

            async def told() -> bool:
                return len(await spreads(rig)) == 1

            await eventually(told, "nobody was told")
            assert len((await spreads(rig))[0]) <= 255

    async def test_those_who_do_so_already_are_said_and_keep_their_since(self, rig: Rig) -> None:
        before = await rig.desk.presence()

        done = await desk_of(rig).set_presences(Presence.ONLINE, everyone=True)

        assert done.staff == ("ivan", "petra", "lena", "oleg", "maria")
        assert done.already == ("ivan", "petra", "lena")
        assert (await rig.desk.presence())["ivan"] == before["ivan"]

    async def test_what_those_had_who_left_goes_to_others_after_the_grace(
        self, open_a_rig: RigOpener
    ) -> None:
        async with open_a_rig(offline_grace_seconds=0.5, online=("ivan", "petra", "lena")) as rig:
            shown = await desk_of(rig).directory()
            shown.directory["staff"]["anna"] = {"line": "line-1"}
            await desk_of(rig).change_directory(shown.directory, based_on=shown.version)
            held = {fresh("held"): staff for staff in ("ivan", "petra")}
            for conversation, staff in held.items():
                await rig.customer(conversation)
                await rig.by(staff, conversation, "taken")
            await rig.presence("anna", Presence.ONLINE)

            await desk_of(rig).set_presences(Presence.OFFLINE, staff=["petra", "ivan"])

            async def moved() -> bool:
                return {(await rig.snapshot(one)).pinned_to for one in held} == {"anna"}

            await eventually(moved, "Anna did not get the chats of those who left")

    async def test_whoever_comes_back_within_the_grace_keeps_the_chat(self, open_a_rig: RigOpener) -> None:
        async with open_a_rig(offline_grace_seconds=1) as rig:
            mine, theirs = fresh("mine"), fresh("theirs")
            for conversation, staff in ((mine, "ivan"), (theirs, "lena")):
                await rig.customer(conversation)
                await rig.by(staff, conversation, "taken")

            await desk_of(rig).set_presences(Presence.OFFLINE, staff=["ivan", "lena"])
            await desk_of(rig).set_presence("ivan", Presence.ONLINE)

            async def moved() -> bool:
                return (await rig.snapshot(theirs)).pinned_to != "lena"

            await eventually(moved, "the chat of Lena was not given to others")
            assert (await rig.snapshot(mine)).pinned_to == "ivan"

    async def test_a_name_that_is_unknown_changes_nothing(self, rig: Rig) -> None:
        before = await rig.desk.presence()
        desk = desk_of(rig)

        with pytest.raises(UnknownStaff, match="'ivn' in the directory; did you mean ivan"):
            await desk.set_presences(Presence.OFFLINE, staff=["ivn", "petra"])
        with pytest.raises(UnknownStaff, match="no line 'line-9' in the directory; did you mean line-"):
            await desk.set_presences(Presence.OFFLINE, lines=["line-9"])

        assert await rig.desk.presence() == before

    @pytest.mark.parametrize(
        ("filters", "listed"),
        [
            ({}, ["ivan", "petra", "lena", "oleg", "maria"]),
            ({"line": "line-2"}, ["lena", "oleg"]),
            ({"line": "line-2", "presence": Presence.ONLINE}, ["lena"]),
            ({"department": "warranty"}, ["lena", "oleg"]),
            ({"role": "team-lead"}, ["petra", "oleg"]),
            ({"staff": ["oleg", "ivan"]}, ["ivan", "oleg"]),
        ],
    )
    async def test_staff_are_listed_by_filters(
        self, rig: Rig, filters: dict[str, Any], listed: list[str]
    ) -> None:
        assert [row.staff for row in await desk_of(rig).presence(**filters)] == listed

    @pytest.mark.parametrize("filters", [{"line": "lin-1"}, {"role": "lead"}, {"staff": ["ivn"]}])
    async def test_a_filter_that_names_nothing_is_refused(self, rig: Rig, filters: dict[str, Any]) -> None:
        with pytest.raises(UnknownStaff, match="did you mean"):
            await desk_of(rig).presence(**filters)


def with_people(names: Iterable[str]) -> str:
    """The demo directory, with more people in line 1."""
    document: Any = read_yaml(DEMO_DIRECTORY).data
    document["staff"] |= {name: {"line": "line-1"} for name in names}
    return write_yaml(document)


async def spreads(rig: Rig) -> list[str]:
    """The activities that told cases of several people's presence."""
    query = f"ActivityType = 'spread_presences' AND TaskQueue = '{rig.settings.task_queue}'"
    return [one.activity_id async for one in rig.client.temporal.list_activities(query)]


class TestWhoWritesIsThere:
    async def test_an_offline_person_who_answers_keeps_the_chat_for_the_grace(self, rig: Rig) -> None:
        conversation = fresh("phone")
        await rig.presence("ivan", Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.customer(conversation)
        await rig.staff(conversation, "ivan")
        assert (await rig.customer(conversation)).snapshot.pinned_to == "ivan"
        await rig.fast_forward(conversation, minutes=4)
        after = await rig.snapshot(conversation)
        assert (after.pinned_to, after.assignee) == ("petra", "petra"), "the grace is over"

    async def test_by_hand_a_chat_stays_with_somebody_away_and_the_giver_is_told(self, rig: Rig) -> None:
        conversation = fresh("away")
        await rig.presence("lena", Presence.OFFLINE, ago=timedelta(hours=1))
        await rig.customer(conversation)
        given = await rig.by("ivan", conversation, "assigned", staff="lena")
        assert given.snapshot.pinned_to == "lena"
        told = [row.staff for row in await notices(rig, conversation) if row.reason == "lena is away"]
        assert told == ["ivan"]


class TestOffers:
    async def close(self, rig: Rig, conversation: str) -> None:
        await rig.customer(conversation)
        await rig.by("petra", conversation, "taken")
        await rig.by("petra", conversation, "chat_ended", status="closed")
        await rig.handle(conversation).result()

    async def test_thanks_after_closing_is_offered_to_the_previous_assignee(self, rig: Rig) -> None:
        conversation = fresh("thanks")
        await self.close(rig, conversation)
        offered = (await rig.customer(conversation, "Thanks!")).snapshot
        assert (offered.tab, offered.reserved_for) == (Tab.RESERVED, "petra")
        assert {row.staff for row in await notices(rig, conversation) if row.reason == "offered"} == {"petra"}

    async def test_an_offer_that_nobody_takes_goes_to_new(self, rig: Rig) -> None:
        conversation = fresh("thanks")
        await self.close(rig, conversation)
        await rig.customer(conversation, "Thanks!")
        await rig.fast_forward(conversation, minutes=3)
        released = await rig.snapshot(conversation)
        assert (released.tab, released.reserved_for, released.line) == (Tab.NEW, None, None)

    async def test_two_lines_in_a_row_pin_the_chat_to_nobody_and_after_the_time_everyone_is_told(
        self, rig: Rig
    ) -> None:
        conversation = fresh("thanks")
        await self.close(rig, conversation)
        await rig.customer(conversation, "Thanks!")
        twice = (await rig.customer(conversation, "One more thing:")).snapshot
        assert (twice.tab, twice.reserved_for, twice.assignee, twice.line) == (
            Tab.RESERVED,
            "petra",
            None,
            None,
        )
        offered = [row.reason for row in await notices(rig, conversation)]
        assert offered[0] == "offered", "the last that anybody was told"
        await rig.fast_forward(conversation, minutes=3)
        released = await rig.snapshot(conversation)
        assert (released.tab, released.reserved_for, released.line) == (Tab.NEW, None, None)
        assert (await notices(rig, conversation))[0].reason == "new"

    async def test_an_ended_offer_waits_in_no_queue(self, rig: Rig) -> None:
        conversation = fresh("thanks")
        await self.close(rig, conversation)
        await rig.customer(conversation, "Thanks!")
        ended = (await rig.by("petra", conversation, "chat_ended")).snapshot
        assert (ended.tab, ended.assignee, ended.line) == (Tab.UNANSWERED, None, None)
        again = await rig.customer(conversation, "And now?")
        assert (again.snapshot.tab, again.snapshot.pinned_to, again.fired) == (Tab.NEW, None, ())

    async def test_whoever_answers_first_ends_the_offer(self, rig: Rig) -> None:
        conversation = fresh("thanks")
        await self.close(rig, conversation)
        await rig.customer(conversation, "Thanks!")
        answered = (await rig.staff(conversation, "ivan")).snapshot
        assert (answered.pinned_to, answered.offer_until) == ("ivan", None)

    async def test_an_offer_to_somebody_who_leaves_goes_to_everyone(self, rig: Rig) -> None:
        conversation = fresh("thanks")
        await self.close(rig, conversation)
        await rig.customer(conversation, "Thanks!")
        await desk_of(rig).set_presence("petra", Presence.WITHOUT_CHATS)

        async def released() -> bool:
            return (await rig.snapshot(conversation)).tab is Tab.NEW

        await eventually(released, "the offer stood although Petra had left")
        assert (await rig.snapshot(conversation)).line is None

    async def test_a_chat_on_another_channel_is_offered_to_the_holder_of_the_first(self, rig: Rig) -> None:
        customer = fresh("customer")
        first, second = fresh("first"), fresh("second")
        await rig.send(first, event("customer_message", "customer"), customer=customer)
        await rig.by("petra", first, "taken")
        outcome = await rig.client.chat("web", second).send(
            event("customer_message", "customer"), customer=customer
        )
        assert outcome.snapshot.reserved_for == "petra"

    async def test_a_blocked_customer_opens_no_chat_and_notifies_nobody(self, rig: Rig) -> None:
        customer, conversation = fresh("blocked"), fresh("blocked")
        await desk_of(rig).block_customer(customer, blocked=True)
        outcome = await rig.send(conversation, event("customer_message", "customer"), customer=customer)
        assert outcome.snapshot.activity is None
        assert (await rig.handle(conversation).result())["reason"] == "blocked"
        assert await notices(rig, conversation) == []
        await desk_of(rig).block_customer(customer, blocked=False)
        again = await rig.send(conversation, event("customer_message", "customer"), customer=customer)
        assert again.snapshot.tab is Tab.NEW


class TestLeavingForGood:
    async def test_chats_of_somebody_who_was_removed_are_given_to_others(self, rig: Rig) -> None:
        conversation, desk = fresh("removed"), desk_of(rig)
        await rig.customer(conversation)
        await rig.by("ivan", conversation, "taken")
        shown = await desk.directory()
        staff = {name: member for name, member in shown.directory["staff"].items() if name != "ivan"}
        await desk.change_directory({**shown.directory, "staff": staff}, based_on=shown.version)

        async def moved() -> bool:
            return (await rig.snapshot(conversation)).pinned_to == "petra"

        await eventually(moved, "the chat stayed with somebody who does not work here any more")

    async def test_nobody_is_offered_a_chat_during_the_grace(self, rig: Rig) -> None:
        conversation = fresh("grace")
        await TestOffers().close(rig, conversation)
        await rig.presence("petra", Presence.OFFLINE)
        assert (await rig.customer(conversation, "Thanks!")).snapshot.tab is Tab.NEW
