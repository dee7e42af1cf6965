"""The joint reply of several departments, by people who work in RT and never see Baton itself."""

from __future__ import annotations

from baton.contract import TicketStage
from tests.desks.rt.playing import (
    REPLY,
    RtRigOpener,
    answered,
    answered_by_the_last,
    asked_and_answered_by_one,
    at_stage,
    prompts_in,
    shown,
)
from tests.desks.rt.site import CUSTOMERS, Site

CAROL, CARL = CUSTOMERS


async def test_the_composer_sends_the_one_reply_through_baton(site: Site, open_beside: RtRigOpener) -> None:
    async with open_beside() as rig:
        ticket = await site.ticket("Why was I charged twice, and where is my parcel?")
        await asked_and_answered_by_one(site, ticket)
        await answered_by_the_last(site, rig, ticket)
        (prompt,) = await prompts_in(site, ticket)
        assert "Charged once" in prompt
        assert "on Tuesday" in prompt

        await rig.on_ticket("maria", ticket, "send_reply", text=REPLY)
        await answered(site, rig, ticket)
        assert await site.said(ticket, "Correspond") == [REPLY]
        assert await site.said(ticket, "Correspond", by="maria") == []
        assert "The reply above was written by maria." in await site.said(ticket, "Comment")
        assert site.mailed(ticket, CAROL, REPLY) == 1


async def test_the_composer_writes_the_one_reply_in_rt(site: Site, open_beside: RtRigOpener) -> None:
    async with open_beside() as rig:
        ticket = await site.ticket("Charged twice, and no parcel?", by=CARL, Requestor=CARL)
        await asked_and_answered_by_one(site, ticket)
        await answered_by_the_last(site, rig, ticket)
        await site.write("maria", ticket, REPLY)
        await answered(site, rig, ticket)
        assert await site.said(ticket, "Correspond", by="maria") == [REPLY]
        assert await site.said(ticket, "Correspond") == []
        assert len(await prompts_in(site, ticket)) == 1
        assert site.mailed(ticket, CARL, REPLY) == 1

        await site.write(CARL, ticket, "Thanks, and where is the invoice?")
        await at_stage(rig, ticket, TicketStage.TRIAGE)
        await shown(site, ticket, status="open", owner="maria.rt")
