"""The support lines, played by people at the server that behaves like Libredesk; Temporal is real."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from baton.contract import Activity, Status, Tab
from baton.desk.feed import FEED_STATUS, LOOK, FeedStatus
from helpdesks.libredesk.hooks import read
from helpdesks.outside.asking import NO_DEPARTMENTS
from helpdesks.outside.opening import Beside
from lab.rig import CHANNEL, Rig, eventually, failed_tasks
from tests.conftest import RigOpener
from tests.desks.libredesk.company import Company
from tests.desks.libredesk.server import HOOK_SECRET, LibredeskServer, serving
from tests.desks.looking import feed_of, has_looked, look_now

DESK = "libredesk"


@pytest.fixture
async def libredesk() -> AsyncIterator[LibredeskServer]:
    server = LibredeskServer()
    async with serving(server) as server.url:
        server.begin()
        yield server


@pytest.fixture
async def company(request: pytest.FixtureRequest, libredesk: LibredeskServer) -> AsyncIterator[Company]:
    # An hour between two looks: whatever is heard, the tests have asked for, as a hook would.
    chosen = {"every": 3600, "chats": {CHANNEL: "Website"}, **getattr(request, "param", {})}
    company = Company(libredesk.there, **chosen)
    yield company
    await company.aclose()


@pytest.fixture
async def rig(open_a_rig: RigOpener, company: Company) -> AsyncIterator[Rig]:
    async with open_a_rig(beside=Beside(company.mapping, company.adapter)) as rig:
        await has_looked(rig, DESK, FeedStatus())
        yield rig


async def look(rig: Rig, *cases: str) -> FeedStatus:
    """Let the feed look, and these cases do what follows."""
    status = await look_now(rig, DESK)
    for case in cases:
        await rig.settled(case)
    return status


async def kinds(rig: Rig, case: str) -> list[str]:
    """What the chat was told, in order."""
    return [entry.kind for entry in await rig.client.chat(CHANNEL, case).timeline()]


async def noted(company: Company, case: str) -> list[str]:
    """The notes of Baton's in a conversation."""
    path = f"conversations/{case}/messages"
    rows = (await company.does("petra", "GET", path, type="outgoing"))["results"]
    own = [row for row in reversed(rows) if row["author"]["email"] == "baton@example.com"]
    return [row["text_content"] for row in own if row["private"]]


async def nothing_comes_back(rig: Rig, case: str) -> None:
    """What Baton has written is read, and is nothing that has happened; no workflow task has failed."""
    before = await feed_of(rig, DESK).query(FEED_STATUS, result_type=FeedStatus)
    after = await look(rig, case)
    assert after.told == before.told
    assert after.refused == 0
    assert failed_tasks(await rig.history(case)) == []


async def test_lena_answers_a_new_chat_first_and_it_goes_to_the_first_line(
    rig: Rig, company: Company
) -> None:
    case = await company.customer("Hello?")
    await look(rig, case)
    assert (await rig.snapshot(case)).tab is Tab.NEW
    await company.writes("lena", case, "The invoice is on its way.")
    await look(rig, case)
    now = await rig.snapshot(case)
    assert (now.activity, now.status, now.assignee) == (Activity.ENDED, Status.PENDING, "ivan")
    there = await company.there_now(case)
    assert there["assigned_user_id"] == 1 + list(company.mapping.people).index("ivan") + 1
    assert there["status"] == "Waiting"
    assert await kinds(rig, case) == ["customer_message", "agent_message"]
    await nothing_comes_back(rig, case)
    await company.customer("Thanks!", case)
    await look(rig, case)
    now = await rig.snapshot(case)
    assert (now.activity, now.tab, now.pinned_to) == (Activity.ACTIVE, Tab.MINE, "ivan")
    await nothing_comes_back(rig, case)


async def test_a_chat_that_somebody_is_taken_off_waits_for_the_next(rig: Rig, company: Company) -> None:
    case = await company.customer("Hello?")
    await company.gives("petra", case, "ivan")
    await look(rig, case)
    assert (await rig.snapshot(case)).assignee == "ivan"
    await company.takes_off("petra", case)
    await look(rig, case)
    now = await rig.snapshot(case)
    assert (now.tab, now.assignee) == (Tab.NEW, None)
    await nothing_comes_back(rig, case)


async def test_a_command_that_makes_no_sense_in_a_chat_is_a_note_and_answered_once(
    rig: Rig, company: Company
) -> None:
    case = await company.customer("Hello?")
    await look(rig, case)
    await company.writes("petra", case, "/ask billing", note=True)
    await look(rig, case)
    await look(rig, case)
    assert await kinds(rig, case) == ["customer_message", "note_added"]
    said = await noted(company, case)
    assert [one for one in said if one.startswith("Not done")] == [f"Not done: {NO_DEPARTMENTS}"]


async def test_departments_of_a_mail_are_asked_by_a_note_and_answer_by_notes(
    rig: Rig, company: Company
) -> None:
    mail = await company.mails("Which one do I pay?")
    await company.writes("petra", mail, "/ask billing delivery<br>Please look.", note=True)
    await look(rig)
    ticket = rig.client.ticket(mail)

    async def is_asked() -> bool:
        tags = (await company.there_now(mail))["tags"]
        return bool(tags == ["billing", "delivery", "several-departments"])

    await eventually(is_asked, "the tags are not there")
    now = await ticket.snapshot()
    assert [one.state for one in now.departments] == ["asked", "asked"]
    await company.writes("petra", mail, "/ask nonsense", note=True)
    await look(rig)
    said = await noted(company, mail)
    assert [one for one in said if one.startswith("Not done:") and "nonsense" in one]


async def test_hooks_that_are_lost_doubled_or_late_cost_no_event(
    rig: Rig, company: Company, libredesk: LibredeskServer
) -> None:
    case = await company.customer("Hello?")
    await company.writes("ivan", case, "Good morning.")
    await company.customer("And now?", case)
    hooks = libredesk.hooks()
    order = random.Random(7)
    delivered = [*hooks[::2], *hooks[::3]]
    order.shuffle(delivered)
    for delivery in delivered:
        assert read(delivery, HOOK_SECRET).case_id == case
        await feed_of(rig, DESK).signal(LOOK)
    await look(rig, case)
    assert await kinds(rig, case) == ["customer_message", "agent_message", "customer_message"]
    status = await look(rig, case)
    assert status.told == 3


async def test_a_libredesk_that_is_down_is_heard_when_it_is_back(
    rig: Rig, company: Company, libredesk: LibredeskServer
) -> None:
    case = await company.customer("Hello?")
    libredesk.fail("GET", status=502, page="<html>Bad gateway</html>", times=3)
    await feed_of(rig, DESK).signal(LOOK)

    async def is_heard() -> bool:
        status = await feed_of(rig, DESK).query(FEED_STATUS, result_type=FeedStatus)
        return bool(status.told == 1)

    await eventually(is_heard, "nobody has looked again")
    assert await kinds(rig, case) == ["customer_message"]
