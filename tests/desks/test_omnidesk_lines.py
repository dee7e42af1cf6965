"""The support lines, played by people at the server that behaves like Omnidesk; Temporal is real."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from baton.contract import Activity, Status, Tab
from baton.desk.feed import FEED_STATUS, LOOK, FeedStatus
from helpdesks.omnidesk.hooks import read
from helpdesks.outside.expressing import END_IT
from helpdesks.outside.hooks import Delivery
from helpdesks.outside.opening import Beside
from lab.rig import CHANNEL, Rig, eventually, failed_tasks
from tests.conftest import RigOpener
from tests.desks.looking import feed_of, has_looked, look_now
from tests.desks.omnidesk.company import LINES, PEOPLE, Company
from tests.desks.omnidesk.server import serving

DESK = "omnidesk"
RESERVED = "Reserved for ivan: the customer's next message is theirs."


@pytest.fixture
async def company(request: pytest.FixtureRequest) -> AsyncIterator[Company]:
    # An hour between two looks: whatever is heard, the tests have asked for, as a hook would.
    async with serving() as omnidesk:
        company = Company(omnidesk, **{"every": 3600, **getattr(request, "param", {})})
        yield company
        await company.adapter.aclose()


@pytest.fixture
async def rig(open_a_rig: RigOpener, company: Company) -> AsyncIterator[Rig]:
    async with open_a_rig(beside=Beside(company.mapping, company.adapter)) as rig:
        await has_looked(rig, DESK, FeedStatus())
        yield rig


async def look(rig: Rig, company: Company, *cases: str) -> FeedStatus:
    """Let the feed look, as a hook would, and these cases do what follows."""
    company.account.pass_time(3)
    status = await look_now(rig, DESK)
    for case in cases:
        await rig.settled(case)
    return status


async def nothing_comes_back(rig: Rig, company: Company, case: str) -> None:
    """What Baton has written is read, and is nothing that has happened; no workflow task has failed."""
    before = await feed_of(rig, DESK).query(FEED_STATUS, result_type=FeedStatus)
    after = await look(rig, company, case)
    assert after.told == before.told
    assert after.refused == 0
    assert failed_tasks(await rig.history(case)) == []


async def kinds(rig: Rig, case: str) -> list[str]:
    return [entry.kind for entry in await rig.client.chat(CHANNEL, case).timeline()]


async def is_with_ivan(rig: Rig, company: Company, case: str, **expected: object) -> None:
    there = company.case(case)
    assert (there.staff_id, there.group_id) == (PEOPLE["ivan"], LINES["line-1"])
    now = await rig.snapshot(case)
    assert now.assignee == "ivan"
    assert {name: getattr(now, name) for name in expected} == expected


async def test_lena_writes_first_and_the_reply_lands_with_ivan(rig: Rig, company: Company) -> None:
    case = company.writes("lena", "Your invoice is corrected.")
    await look(rig, company, case)
    await is_with_ivan(rig, company, case, tab=Tab.RESERVED, reserved_for="ivan", status=Status.PENDING)
    assert company.case(case).status == "waiting"
    assert company.noted(case)[0] == RESERVED
    await nothing_comes_back(rig, company, case)
    company.customer("Thank you, but the address is wrong.", case)
    await look(rig, company, case)
    await is_with_ivan(rig, company, case, tab=Tab.MINE, pinned_to="ivan", status=Status.OPEN)
    assert await kinds(rig, case) == ["agent_message", "customer_message"]
    await nothing_comes_back(rig, company, case)


async def test_lena_writes_to_somebody_whose_last_chat_is_closed(rig: Rig, company: Company) -> None:
    closed = company.customer("Hello?")
    company.writes("ivan", "Good morning.", closed)
    company.does("ivan", closed, status="closed")
    company.ends("ivan", closed)
    await look(rig, company, closed)
    assert (await rig.snapshot(closed)).status is Status.CLOSED
    case = company.writes("lena", "Your invoice is corrected.")
    await look(rig, company, case)
    assert (await rig.snapshot(case)).reserved_for == "petra", "who has been given nothing so far"
    assert company.case(case).staff_id == PEOPLE["petra"]


async def ended_with_ivan(rig: Rig, company: Company) -> str:
    """A chat that Ivan has answered and ended."""
    case = company.customer("Hello?")
    company.writes("ivan", "Good morning.", case)
    company.ends("ivan", case)
    await look(rig, company, case)
    now = await rig.snapshot(case)
    assert (now.activity, now.status, now.assignee) == (Activity.ENDED, Status.PENDING, "ivan")
    return case


async def test_lena_writes_in_a_chat_that_has_ended(rig: Rig, company: Company) -> None:
    case = await ended_with_ivan(rig, company)
    assert END_IT not in company.noted(case), "Ivan ended it there himself"
    company.writes("lena", "One more thing.", case)
    await look(rig, company, case)
    await is_with_ivan(rig, company, case, activity=Activity.ENDED, status=Status.PENDING)
    assert company.noted(case).count(END_IT) == 1, "Omnidesk cannot be told, so its people are"
    await nothing_comes_back(rig, company, case)
    company.writes("lena", "And another.", case)
    await look(rig, company, case)
    assert company.noted(case).count(END_IT) == 2, "her message has activated it there again"
    assert not company.server.called("PUT"), "it was Ivan's all the time"


async def test_lena_answers_a_new_chat_first(rig: Rig, company: Company) -> None:
    case = company.customer("Hello?")
    await look(rig, company, case)
    assert (await rig.snapshot(case)).tab is Tab.NEW
    company.writes("lena", "The invoice is on its way.", case)
    assert company.case(case).staff_id == PEOPLE["lena"], "Omnidesk gives it to whoever answers first"
    await look(rig, company, case)
    await is_with_ivan(rig, company, case, activity=Activity.ENDED, status=Status.PENDING)
    assert await kinds(rig, case) == ["customer_message", "agent_message"]
    assert END_IT in company.noted(case)
    await nothing_comes_back(rig, company, case)


async def test_lena_writes_in_ivans_chat(rig: Rig, company: Company) -> None:
    case = company.customer("Hello?")
    company.writes("ivan", "Good morning.", case)
    await look(rig, company, case)
    await is_with_ivan_alone(rig, case)
    company.writes("lena", "The invoice is on its way.", case)
    await look(rig, company, case)
    await is_with_ivan(rig, company, case, activity=Activity.ENDED, status=Status.PENDING)
    await nothing_comes_back(rig, company, case)


async def is_with_ivan_alone(rig: Rig, case: str) -> None:
    now = await rig.snapshot(case)
    assert (now.tab, now.pinned_to) == (Tab.MINE, "ivan")


async def test_the_customer_answers_in_an_ended_chat_of_line_1(rig: Rig, company: Company) -> None:
    case = await ended_with_ivan(rig, company)
    company.customer("Thanks. And the address?", case)
    await look(rig, company, case)
    await is_with_ivan(rig, company, case, tab=Tab.MINE, pinned_to="ivan", status=Status.OPEN)
    told = [row.staff for row in await rig.desk.notices(None, 100) if row.conversation == case]
    assert "lena" not in told, "who rarely works with chats was told of it"
    await nothing_comes_back(rig, company, case)


async def test_what_lena_took_stays_hers(rig: Rig, company: Company) -> None:
    case = company.customer("Hello?")
    company.does("lena", case, staff_id=PEOPLE["lena"])
    company.writes("lena", "That is for me.", case)
    await look(rig, company, case)
    now = await rig.snapshot(case)
    assert (now.tab, now.pinned_to) == (Tab.MINE, "lena")
    assert company.case(case).staff_id == PEOPLE["lena"]
    await nothing_comes_back(rig, company, case)


LIMIT = {"status": 429, "headers": {"retry-after": "1"}}


@pytest.mark.parametrize(
    "faults",
    [
        [("GET cases.json", LIMIT)],
        [(r"GET cases/\d+/messages", LIMIT)],
        [("PUT", LIMIT), ("note", LIMIT)],
        [("PUT", {"status": 502, "applies": True}), ("note", {"status": 502, "applies": True})],
        [("PUT", {"status": 200, "body": {"case": {}}})],
        [("PUT", {"drops": True, "applies": True}), ("note", {"drops": True})],
    ],
    ids=["limit-list", "limit-read", "limit-write", "applied-and-failed", "lied", "broken-off"],
)
async def test_whatever_fails_meanwhile_all_of_it_is_there_once(
    rig: Rig, company: Company, faults: Sequence[tuple[str, dict[str, Any]]]
) -> None:
    for on, how in faults:
        company.server.fail(on, **how)
    case = company.writes("lena", "Your invoice is corrected.")
    await look(rig, company, case)

    async def noted() -> bool:
        return RESERVED in company.noted(case)

    await eventually(noted, "the note is not there")
    await rig.settled(case)
    await is_with_ivan(rig, company, case, tab=Tab.RESERVED)
    assert all(fault.times == 0 for fault in company.server.faults), "nothing has failed"
    assert len(company.noted(case)) == len(set(company.noted(case)))
    assert await kinds(rig, case) == ["agent_message"]
    await nothing_comes_back(rig, company, case)


def hook_about(case: str, message: int) -> bytes:
    """What the account's owner has a rule send."""
    return json.dumps({"case_id": case, "message_id": str(message), "status": "в ожидании"}).encode()


async def test_hooks_that_come_twice_and_late_name_the_event_that_the_feed_has(
    rig: Rig, company: Company
) -> None:
    case = company.customer("Hello?")
    message = company.case(case).messages[-1]["message_id"]
    for _ in range(3):
        assert read(Delivery(hook_about(case, message)), None).case_id == case
        await feed_of(rig, DESK).signal(LOOK)
    await look(rig, company, case)
    late = read(Delivery(hook_about(case, message)), None)
    status = await look(rig, company, case)
    timeline = await rig.client.chat(CHANNEL, case).timeline()
    assert [entry.event_id for entry in timeline] == [late.event]
    assert (status.heard, status.told) == (1, 1)


@pytest.mark.parametrize("company", [{"every": 1}], indirect=True)
async def test_lost_hooks_cost_seconds_and_no_event(rig: Rig, company: Company) -> None:
    case = company.customer("Hello?")
    company.writes("ivan", "Good morning.", case)
    company.customer("And now?", case)

    async def is_told() -> bool:
        status = await feed_of(rig, DESK).query(FEED_STATUS, result_type=FeedStatus)
        return bool(status.told == 3)

    await eventually(is_told, "nobody has looked")
    assert await kinds(rig, case) == ["customer_message", "agent_message", "customer_message"]


async def test_what_an_event_costs(rig: Rig, company: Company) -> None:
    case = company.customer("Hello?")
    company.writes("ivan", "Good morning.", case)
    await look(rig, company, case)
    await look(rig, company, case)

    async def called() -> list[str]:
        company.server.calls.clear()
        await look(rig, company, case)
        return [f"{call.method} {call.path}" for call in company.server.calls]

    own = f"cases/{case}"
    assert await called() == ["GET cases.json"], "nothing is new"
    reading = ["GET cases.json", f"GET {own}/changelog.json", f"GET {own}/messages.json"]
    company.writes("ivan", "Still there?", case)
    assert await called() == reading, "it changes nothing"
    company.writes("lena", "One more thing.", case)
    calls = await called()
    assert calls[: len(reading)] == reading
    writing = [f"GET {own}.json", *[f"POST {own}/note.json"] * 2]
    assert calls[len(reading) :] == writing, "it ended, and two have written"
    assert await called() == reading, "what Baton wrote is read once"
