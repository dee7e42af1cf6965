"""RT dies, a worker dies, people come in between: nothing is lost, nothing is doubled, people win.

What RT itself has kept is compared: the transactions of each ticket, by whom they are.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from baton.contract import TicketStage
from lab.ledger import events_of
from lab.rig import Rig, becomes
from local.rt import BATON
from tests.desks.rt.playing import (
    REPLY,
    Calls,
    RtRigOpener,
    answered,
    answered_by_the_last,
    asked_and_answered_by_one,
    at_stage,
    feed_of,
    prompts_in,
    shown,
)
from tests.desks.rt.site import Site

BY_BATON = Counter(
    {
        ("CustomField", "", "billing"): 1,
        ("CustomField", "", "delivery"): 1,
        ("CustomField", "", "several-departments"): 1,
        ("CustomField", "billing", ""): 1,
        ("CustomField", "delivery", ""): 1,
        ("Set Owner",): 1,
        ("Set Queue",): 1,
        ("Status", "stalled"): 1,
        ("Correspond",): 1,
    }
)
"""What Baton does to a ticket in the play, besides notes, in RT's words."""


def done_by(record: list[dict[str, Any]], login: str) -> Counter[tuple[str, ...]]:
    """What somebody did to a ticket, as RT has kept it, besides notes."""
    done: Counter[tuple[str, ...]] = Counter()
    for row in record:
        if row["Creator"]["Name"] != login:
            continue
        match row["Type"], row.get("Field"):
            case "CustomField", _:
                done["CustomField", row.get("OldValue") or "", row.get("NewValue") or ""] += 1
            case "Set", field:
                done[f"Set {field}",] += 1
            case "Status", _:
                done["Status", row["NewValue"]] += 1
            case "Correspond", _:
                done["Correspond",] += 1
            case _:
                pass
    return done


PEOPLES = {"Create", "Comment", "Correspond"}


async def heard_once(site: Site, rig: Rig, ticket: str) -> None:
    """Every message and note of people is one event of the case, under its number in RT."""
    record = await site.record(ticket)
    theirs = {
        f"rt:{row['id']}"
        for row in record
        if row["Type"] in PEOPLES and row["Creator"]["Name"] not in (BATON, "RT_System")
    }
    heard = Counter(row.event_id for row in await events_of(rig.desk, ticket))
    assert {event_id.removesuffix(":text") for event_id in heard} >= theirs
    assert set(heard.values()) == {1}


async def test_a_killed_rt_and_a_killed_worker_lose_and_double_nothing(
    site: Site, open_beside: RtRigOpener
) -> None:
    desk = site.desk(every=1)
    calls = Calls(desk)
    async with open_beside(desk=desk, shutdown_grace_seconds=0) as rig:
        first, second, third = [await site.ticket() for _ in range(3)]
        await asyncio.gather(*(asked_and_answered_by_one(site, ticket) for ticket in (first, second, third)))
        await asyncio.gather(*(answered_by_the_last(site, rig, ticket) for ticket in (second, third)))

        # RT dies while it writes down the draft of the first.
        prompting = calls.during(f"POST ticket/{first}/comment", "A draft of it")
        await site.write("maria", first, "It arrives on Tuesday.", "comment")
        await prompting.wait()
        await site.killed()
        await at_stage(rig, first, TicketStage.COMPOSING)

        # RT dies while it sends the reply of the second, and the worker while RT sends that of the third.
        replying = calls.during(f"POST ticket/{second}/correspond", REPLY)
        await rig.on_ticket("maria", second, "send_reply", text=REPLY)
        await replying.wait()
        await site.killed()
        await answered(site, rig, second)
        replying = calls.during(f"POST ticket/{third}/correspond", REPLY)
        await rig.on_ticket("maria", third, "send_reply", text=REPLY)
        await replying.wait()
        await rig.stop_worker()
        await rig.start_worker()
        await rig.on_ticket("maria", first, "send_reply", text=REPLY)

        for ticket in (first, second, third):
            await answered(site, rig, ticket)
            assert done_by(await site.record(ticket), BATON) == BY_BATON, ticket
            assert await site.said(ticket, "Correspond") == [REPLY]
            assert len(await prompts_in(site, ticket)) == 1
            notes = Counter(await site.said(ticket, "Comment"))
            assert set(notes.values()) == {1}, notes
            assert len(notes) == 5
            await heard_once(site, rig, ticket)
        assert (await feed_of(rig)).refused == 0


async def test_a_person_who_comes_in_between_wins(site: Site, open_beside: RtRigOpener) -> None:
    desk = site.desk(every=1)
    calls = Calls(desk)
    async with open_beside(desk=desk) as rig:
        ticket = await site.ticket()
        await site.write("petra", ticket, "/ask billing", "comment")
        await shown(site, ticket, labels={"billing"})

        async def ivan_takes_it() -> None:
            await site.change("ivan", ticket, Owner="ivan.rt")

        taken = calls.before(f"PUT ticket/{ticket}", "lena.rt", ivan_takes_it)
        await site.write("lena", ticket, "Charged once.", "comment")
        await taken.wait()

        async def composer() -> str | None:
            return (await rig.ticket(ticket)).composer

        await becomes(composer, "ivan", "the composer")
        await shown(site, ticket, owner="ivan.rt", labels=set())
        owners = [
            row for row in await site.record(ticket) if (row["Type"], row.get("Field")) == ("Set", "Owner")
        ]
        assert [row["Creator"]["Name"] for row in owners] == ["ivan.rt", BATON, BATON]
