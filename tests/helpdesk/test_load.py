"""How much everybody has to do; chats handed out at the same moment take one another into account."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from baton.contract import Activity, Presence, Status
from baton.desk.api import InboxQuery
from baton.errors import HelpDeskUnavailable
from helpdesks.embedded import EmbeddedHelpDesk
from tests import steps
from tests.helpdesk.chats import START, agent_says, at, customer_says, nothing, take_in, write

LINE = ("ivan", "lena", "petra")


async def load(desk: EmbeddedHelpDesk, conversation: str = "somebody-else") -> dict[str, int]:
    async with steps.intake(desk, nothing(conversation), customer_says("load"), at(1000), "chain") as intake:
        return dict(intake.load(LINE, "chat"))


async def test_active_chats_count_pinned_or_reserved(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing("a"), customer_says("e"), START, pinned_to="ivan")
    await take_in(desk, nothing("b"), customer_says("e"), START, reserved_for="ivan")
    await take_in(desk, nothing("c"), customer_says("e"), START, pinned_to="lena")
    await take_in(desk, nothing("d"), customer_says("e"), START, assignee="petra")
    ended = {"activity": Activity.ENDED, "reserved_for": "petra"}
    chat = await take_in(desk, nothing("e"), customer_says("e"), START)
    await take_in(desk, chat, agent_says("f", "petra"), at(1), settled=ended)
    assert await load(desk) == {"ivan": 2, "lena": 1, "petra": 0}


async def test_a_chat_does_not_count_for_its_own_decision(desk: EmbeddedHelpDesk) -> None:
    chat = await take_in(desk, nothing(), customer_says("e"), START, pinned_to="ivan")
    async with steps.intake(desk, chat, customer_says("f"), at(1), "chain") as intake:
        assert intake.load(["ivan"], "chat") == {"ivan": 0}


async def test_what_the_rules_decided_counts_before_its_effect_is_carried_out(desk: EmbeddedHelpDesk) -> None:
    settled = {"assignee": "ivan", "pinned_to": "ivan"}
    chat = await take_in(desk, nothing(), customer_says("e"), START, settled=settled)
    (row,) = await desk.inbox(InboxQuery())
    assert row.pinned_to is None
    assert (await load(desk))["ivan"] == 1
    await desk.write_case(write(chat, "e", START))
    assert (await load(desk))["ivan"] == 1


async def test_nobody_asked_for_is_nobody_counted(desk: EmbeddedHelpDesk) -> None:
    async with steps.intake(desk, nothing(), customer_says("e"), START, "chain") as intake:
        assert intake.load([], "chat") == {}
        assert intake.attendance([]) == {}


async def hand_out(desk: EmbeddedHelpDesk, number: int) -> None:
    """Open a chat and give it to whoever in the line has the fewest."""
    chat = nothing(f"customer-{number}")
    async with steps.intake(desk, chat, customer_says("e"), at(number / 10), "chain") as intake:
        loads = intake.load(LINE, "chat")
        chosen = min(loads, key=lambda staff: (loads[staff], staff))
        after = {"case_id": intake.case_id(), "activity": Activity.ACTIVE, "status": Status.OPEN}
        folded = chat.model_copy(update={**after, "opened_at": START})
        settled = folded.model_copy(update={"assignee": chosen, "pinned_to": chosen})
        intake.take_in(folded, settled, ["least-load"], opened=True)


async def test_chats_handed_out_at_the_same_moment_are_spread_evenly(url: str) -> None:
    # Two help desks on one database, as two worker processes have them.
    async with EmbeddedHelpDesk.open(url) as one, EmbeddedHelpDesk.open(url) as other:
        await asyncio.gather(*(hand_out((one, other)[number % 2], number) for number in range(30)))
        assert await load(one) == {"ivan": 10, "lena": 10, "petra": 10}


async def test_a_takeover_at_the_same_moment_is_counted(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        await asyncio.gather(
            *(hand_out(desk, number) for number in range(10)),
            *(
                take_in(desk, nothing(f"call-{number}"), agent_says("e", "ivan"), START, pinned_to="ivan")
                for number in range(10)
            ),
        )
        assert sum((await load(desk)).values()) == 20


async def test_decisions_about_two_lines_in_opposite_order_do_not_fail_for_good(
    desk: EmbeddedHelpDesk,
) -> None:
    begun: list[int] = []
    decided: list[int] = []

    async def decide(number: int, first: str, second: str) -> None:
        async with steps.intake(desk, nothing(f"c{number}"), customer_says("e"), START, "chain") as intake:
            begun.append(number)
            intake.load([first], "chat")
            intake.load([second], "chat")
        decided.append(number)

    async def tried_again(number: int, *pair: str) -> None:
        """As the activity is."""
        while True:
            with suppress(HelpDeskUnavailable):
                return await decide(number, *pair)

    pairs = [("ivan", "lena"), ("lena", "ivan")] * 3
    await asyncio.gather(*(tried_again(number, *pair) for number, pair in enumerate(pairs)))
    assert sorted(decided) == list(range(len(pairs)))
    assert len(begun) < 5 * len(pairs), "each attempt lets somebody pass"


async def test_whoever_gets_a_chat_was_assigned_one_last(desk: EmbeddedHelpDesk) -> None:
    for staff in LINE:
        await desk.set_presence(staff, Presence.ONLINE, START)
    chat = await take_in(desk, nothing(), customer_says("e"), at(5), settled={"pinned_to": "ivan"})
    await take_in(desk, chat, agent_says("f", "ivan"), at(9))
    await take_in(desk, nothing("b"), agent_says("g", "lena"), at(7), assignee="lena", pinned_to="lena")
    await take_in(desk, nothing("c"), agent_says("g", "lena"), at(6), assignee="lena", pinned_to="lena")
    present = await desk.presence()
    assert {staff: present[staff].last_assigned_at for staff in LINE} == {
        "ivan": at(5),
        "lena": at(7),
        "petra": None,
    }


async def test_being_assigned_a_chat_is_not_being_present(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing(), customer_says("e"), START, assignee="ivan", pinned_to="ivan")
    assert await desk.presence() == {}
    attends = await desk.set_presence("ivan", Presence.ONLINE, at(60))
    assert (attends.since, attends.last_assigned_at) == (at(60), START)
