"""A case that does not answer, since the desk does not take its writes: the others hear in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType

from baton.desk.feed import FeedStatus
from baton.model.effects import CaseRef
from helpdesks.outside.mapping import DeskMapping
from helpdesks.outside.opening import Beside
from lab.ledger import events_of
from lab.rig import PATIENCE, Rig, becomes, eventually, fresh
from tests.conftest import RigOpener
from tests.desks.downdesk import DownDesk
from tests.desks.looking import ask_to_look, look

SIGNAL = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
UPDATE = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED


@pytest.fixture
def desk() -> DownDesk:
    return DownDesk()


@pytest.fixture
async def down_rig(
    open_separate: RigOpener, desk: DownDesk, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Rig]:
    """Beside a desk that may be down. A case holds events back as soon as one effect is unsent."""
    monkeypatch.setattr("workflows.backlog.OUTBOX_BUDGET", 0)
    mapping = DeskMapping(desk="paper", url="https://paper.example", every=3600)
    async with open_separate(beside=Beside(mapping, desk)) as rig:
        await look(rig, desk)
        yield rig
        desk.down_for.clear()


async def stuck(rig: Rig, desk: DownDesk) -> str:
    """A ticket whose writes the desk does not take, and which holds back what comes next."""
    ticket = fresh("T")
    desk.writes(ticket, "carol")
    await look(rig, desk)
    await rig.settled(f"ticket:{ticket}")
    desk.down_for.add(ticket)
    await rig.on_ticket("petra", ticket, "template_applied", template="three-departments-quiet")
    return ticket


async def ways(rig: Rig, ticket: str) -> Counter[object]:
    """How the events came that a ticket has got."""
    history = await rig.history(f"ticket:{ticket}")
    return Counter(one.event_type for one in history.events if one.event_type in (SIGNAL, UPDATE))


async def test_the_others_hear_while_it_is_waited_for(
    down_rig: Rig, desk: DownDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.deskhearing.ANSWERED_WITHIN", PATIENCE)
    monkeypatch.setattr("activities.deskfeed.AT_ONCE", 1)
    silent, other = await stuck(down_rig, desk), fresh("T")
    desk.notes(silent, "ada", "Paid.")
    desk.writes(other, "carl")
    feed = await ask_to_look(down_rig)

    async def heard() -> bool:
        return await down_rig.desk.kept(CaseRef.at(f"ticket:{other}")) is not None

    await eventually(heard, "the other case waits for the one that does not answer")
    status: FeedStatus = await feed.query("status", result_type=FeedStatus)
    assert status.cursor == "1", "the look is over, so that this proves nothing"
    desk.down_for.clear()
    assert (await look(down_rig, desk)).silent == ()


async def test_it_gets_everything_in_order_and_is_waited_for_once(
    down_rig: Rig, desk: DownDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.deskhearing.ANSWERED_WITHIN", 0.5)
    ticket = await stuck(down_rig, desk)
    before = await ways(down_rig, ticket)
    sent = [desk.notes(ticket, who, f"{who} has looked.") for who in ("ada", "ben", "cem")]
    status = await look(down_rig, desk)
    assert (status.silent, status.told) == ((ticket,), 4)
    assert await ways(down_rig, ticket) - before == {UPDATE: 1, SIGNAL: 3}

    monkeypatch.setattr("activities.deskhearing.ASKED_AGAIN_WITHIN", 0.2)
    monkeypatch.setattr("activities.deskhearing.ANSWERED_WITHIN", PATIENCE)
    sent += [desk.notes(ticket, "petra", text) for text in ("Anything new?", "Hello?")]
    assert (await look(down_rig, desk)).silent == (ticket,)
    assert await ways(down_rig, ticket) - before == {UPDATE: 2, SIGNAL: 5}

    desk.down_for.clear()
    await down_rig.settled(f"ticket:{ticket}")
    sent.append(desk.notes(ticket, "petra", "Thank you."))
    monkeypatch.setattr("activities.deskhearing.ASKED_AGAIN_WITHIN", PATIENCE)
    assert (await look(down_rig, desk)).silent == ()
    arrived = [row.event_id for row in await events_of(down_rig.desk, ticket)]
    assert [one for one in arrived if one.startswith("paper:")][1:] == sent


async def test_what_happens_before_a_new_case_has_answered_is_heard(
    down_rig: Rig, desk: DownDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.deskhearing.ANSWERED_WITHIN", 0)
    ticket = fresh("T")
    desk.writes(ticket, "carol")
    desk.labels(ticket, "petra", "billing")
    status = await look(down_rig, desk)
    assert (status.told, status.passed_over) == (2, 0)

    async def labels() -> tuple[str, ...]:
        return (await down_rig.ticket(ticket)).labels

    await becomes(labels, ("billing",), "the labels")
