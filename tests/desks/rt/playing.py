"""A rig beside the real RT, and the play of the joint reply in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx

from baton.contract import TicketStage
from baton.desk.feed import FEED_STATUS, FeedStatus, desk_feed_workflow_id
from helpdesks.outside.opening import Beside
from helpdesks.rt.desk import RtDesk
from lab.rig import Rig, becomes, eventually
from tests.conftest import RigOpener
from tests.desks.rt.site import Site


async def feed_of(rig: Rig) -> FeedStatus:
    """How far the feed of a rig has read."""
    feed = rig.client.temporal.get_workflow_handle(desk_feed_workflow_id("rt", rig.settings.task_queue))
    status: FeedStatus = await feed.query(FEED_STATUS, result_type=FeedStatus)
    return status


RtRigOpener = Callable[..., AbstractAsyncContextManager[Rig]]
"""Opens a rig beside the RT, which listens once the block begins."""


class Calls:
    """What Baton asks of the RT, and what happens while it does.

    Args:
        desk: Baton's way to the RT.
    """

    def __init__(self, desk: RtDesk) -> None:
        self.made: list[str] = []
        self._waiting: list[tuple[str, str, Callable[[], Awaitable[object]]]] = []
        desk._client._http.event_hooks = {"request": [self._about_to_ask]}

    def before(self, call: str, text: str, do: Callable[[], Awaitable[object]]) -> asyncio.Event:
        """Do something once, just before the next call with such a beginning and text in it is made.

        The event that this returns is set when that is done.
        """
        done = asyncio.Event()

        async def then() -> None:
            await do()
            done.set()

        self._waiting.append((call, text, then))
        return done

    def during(self, call: str, text: str) -> asyncio.Event:
        """An event that is set as soon as the next such call is under way."""

        async def nothing() -> None:
            pass

        return self.before(call, text, nothing)

    async def _about_to_ask(self, request: httpx.Request) -> None:
        call = f"{request.method} {request.url.path.partition('/REST/2.0/')[2]}"
        self.made.append(call)
        for waiting in list(self._waiting):
            if call.startswith(waiting[0]) and waiting[1].encode() in request.content:
                self._waiting.remove(waiting)
                await waiting[2]()


@asynccontextmanager
async def beside(
    site: Site, open_a_rig: RigOpener, desk: RtDesk | None = None, every: int = 1, **settings: Any
) -> AsyncIterator[Rig]:
    """A rig beside the RT, which listens once the block begins, and looks ``every`` seconds by itself."""
    desk = desk or site.desk(every=every)
    try:
        async with open_a_rig(beside=Beside(site.mapping_of(every=every), desk), **settings) as rig:
            await listens(rig)
            yield rig
    finally:
        await desk.aclose()


async def listens(rig: Rig) -> None:
    """Wait until the feed has begun."""

    async def has_looked() -> bool:
        return (await feed_of(rig)).looked_at is not None

    await eventually(has_looked, "the feed did not begin")


async def at_stage(rig: Rig, ticket: str, stage: TicketStage) -> None:
    """Wait until Baton has a ticket at a stage, and has written everything that it decided."""

    async def now() -> TicketStage | None:
        return (await rig.ticket(ticket)).stage

    await becomes(now, stage, f"the stage of {ticket}")
    await rig.settled(f"ticket:{ticket}")


async def shown(site: Site, ticket: str, **wanted: Any) -> None:
    """Wait until RT shows this of a ticket."""
    now: dict[str, Any] = {}

    async def is_so() -> bool:
        now.update(await site.shows(ticket))
        return wanted.items() <= now.items()

    await eventually(is_so, lambda: f"{ticket} shows {now}, not {wanted}")


async def asked_and_answered_by_one(site: Site, ticket: str) -> None:
    """Petra asks in a comment, and Lena, of one of the two departments, answers in another."""
    await site.write("petra", ticket, "/ask billing delivery\nPlease be quick.", "comment")
    await shown(site, ticket, labels={"billing", "delivery", "several-departments"})
    await site.write("lena", ticket, "Charged once: the second was only reserved.", "comment")
    await shown(site, ticket, labels={"delivery", "several-departments"})


async def answered_by_the_last(site: Site, rig: Rig, ticket: str) -> None:
    """Maria, of the other department, answers, and is to write the reply."""
    await site.write("maria", ticket, "It arrives on Tuesday.", "comment")
    await at_stage(rig, ticket, TicketStage.COMPOSING)
    await shown(site, ticket, owner="maria.rt", labels={"several-departments"}, status="new")


async def prompts_in(site: Site, ticket: str) -> list[str]:
    """The notes with a draft."""
    return [note for note in await site.said(ticket, "Comment") if "A draft of it" in note]


async def answered(site: Site, rig: Rig, ticket: str) -> None:
    """Wait until the one reply is there, and the ticket is the customer's turn."""
    await at_stage(rig, ticket, TicketStage.ANSWERED)
    await shown(site, ticket, status="stalled", labels={"several-departments"}, owner="maria.rt")


REPLY = "You were charged once; your parcel arrives on Tuesday."
