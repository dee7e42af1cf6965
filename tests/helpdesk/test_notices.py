"""How notices are kept: one row for each notice and reason, and one person's are found among very many."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import Select, create_engine, select

from baton.contract import Presence, Tell
from baton.desk.api import NoticeRow
from baton.documents.directory import Directory, Line, Member
from helpdesks import notices
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.notices import delivery_list, numbers_on
from helpdesks.schema import heard, metadata, notifications, recipients
from lab.ledger import rows
from lab.notices import to_each
from tests.helpdesk.chats import START, at, customer_says, nothing, notice, take_in
from tests.helpdesk.revisions import insert, write_at

CROWD = tuple(f"s-{number:03}" for number in range(585))
NEW = Tell(everyone=True, reason="new")


async def crowded(desk: EmbeddedHelpDesk, staff: tuple[str, ...] = CROWD) -> None:
    """A help desk in which all these people are online."""
    company = Directory(lines={"first": Line()}, staff=dict.fromkeys(staff, Member(line="first")))
    await desk.change_directory(company, based_on=0)
    await asyncio.gather(*(desk.set_presence(one, Presence.ONLINE, START) for one in staff))


async def test_a_notice_to_everyone_is_one_row_and_one_short_list(desk: EmbeddedHelpDesk) -> None:
    await crowded(desk)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    for number in range(3):
        assert len(await desk.notify(notice(chat, f"k{number}", NEW))) == len(CROWD)
    kept = await rows(desk, select(notifications))
    assert [(row.key, row.staff, row.everyone) for row in kept] == [(f"k{n}", None, True) for n in range(3)]
    assert max(len(row.told) for row in kept) <= len(CROWD) / 4 + 1
    entered = await rows(desk, select(heard))
    assert len(entered) == len(CROWD), "once for the whole block"
    (latest, *_) = await desk.notices(None, 1)
    assert (latest.staff, latest.told, latest.count, latest.everyone) == ("", CROWD, len(CROWD), True)


async def test_one_person_s_notices_name_that_person_and_all_who_were_told(desk: EmbeddedHelpDesk) -> None:
    await crowded(desk, ("ivan", "lena", "petra"))
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    await desk.notify(notice(chat, "k1", NEW))
    await desk.notify(notice(chat, "k2", Tell(staff=("ivan",), reason="mine"), now=at(1)))
    await desk.notify(notice(chat, "k3", Tell(staff=("lena", "petra"), reason="two replied"), now=at(2)))
    assert [(row.staff, row.reason, row.told) for row in await desk.notices("lena", 9)] == [
        ("lena", "two replied", ("lena", "petra")),
        ("lena", "new", ("ivan", "lena", "petra")),
    ]
    (latest,) = await desk.notices("ivan", 1)
    assert (latest.staff, latest.reason, latest.at) == ("ivan", "mine", at(1))
    assert await desk.notices("nobody", 9) == []


async def test_of_two_reasons_in_one_notice_each_is_a_row(desk: EmbeddedHelpDesk) -> None:
    await crowded(desk, ("ivan", "lena"))
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    told = notice(
        *(chat, "k"),
        *(Tell(staff=("ivan",), reason="look"), Tell(line="first", reason="look"), NEW),
    )
    assert await desk.notify(told) == ("ivan", "lena")
    assert [(row.reason, row.told) for row in await desk.notices(None, 9)] == [
        ("new", ("ivan", "lena")),
        ("look", ("ivan", "lena")),
    ]


async def test_what_is_about_no_case_is_told_once(desk: EmbeddedHelpDesk) -> None:
    await crowded(desk, ("ivan", "lena"))
    waiting = Tell(staff=("ivan",), reason="3 cases wait in New")
    for _ in range(2):
        assert await desk.tell("online:ivan:1", waiting, at(5)) == ("ivan",)
    assert await desk.tell("online:ivan:1", NEW, at(6)) == ("ivan",), "whatever it says the next time"
    assert await desk.notices("ivan", 9) == [
        NoticeRow(staff="ivan", told=("ivan",), count=1, reason="3 cases wait in New", at=at(5))
    ]
    assert await desk.notices("lena", 9) == []


async def test_many_who_tell_at_once_keep_everything(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as one, EmbeddedHelpDesk.open(url) as other:
        await crowded(one, CROWD[:40])
        chat = await take_in(one, nothing(), customer_says("e1"), START)
        chance = random.Random(7)
        some = [tuple(chance.sample(CROWD[:40], 3)) for _ in range(60)]
        await asyncio.gather(
            *(
                (one, other)[number % 2].notify(notice(chat, f"k{number}", Tell(staff=staff, reason="r")))
                for number, staff in enumerate(some)
            )
        )
        for person in CROWD[:40]:
            assert len(await one.notices(person, 100)) == sum(person in staff for staff in some)


@pytest.mark.parametrize("limit", [1, 3, 1000])
async def test_the_latest_of_one_person_are_found_in_whichever_block_they_are(
    desk: EmbeddedHelpDesk, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Some hear nearly everything, some nearly nothing."""
    monkeypatch.setattr(notices, "BLOCK", 4)
    staff = ("always", "mostly", "seldom", "once", "never")
    await crowded(desk, staff)
    chat = await take_in(desk, nothing(), customer_says("e1"), START)
    chance = random.Random(3)
    often = {"always": 1.0, "mostly": 0.7, "seldom": 0.04}
    for number in range(120):
        told = [one for one, share in often.items() if chance.random() < share]
        told += ["once"] if number == 17 else []
        await desk.notify(notice(chat, f"k{number}", Tell(staff=tuple(told), reason=f"r{number}")))
    everything = to_each(await desk.notices(None, 1000))
    for person in staff:
        expected = [row for row in everything if row.staff == person][:limit]
        assert await desk.notices(person, limit) == expected, person
    assert [row.reason for row in everything if row.staff == "once"] == ["r17"]


@pytest.mark.parametrize("numbers", [[1], [2, 3], [4, 585], [1, 5, 9, 400], list(range(1, 586))])
def test_a_delivery_list_is_read_as_it_was_written(numbers: list[int]) -> None:
    assert numbers_on(delivery_list(reversed(numbers))) == numbers


# --- What the databases make of it -----------------------------------------------------------------


def _plan(statement: Select[Any]) -> str:
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    options = {"literal_binds": True, "render_postcompile": True}
    written = str(statement.compile(engine, compile_kwargs=options))
    with engine.connect() as connection:
        steps = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {written}")]
    engine.dispose()
    return "\n".join(steps)


def test_one_person_s_notices_are_found_by_indexes() -> None:
    for statement, index in (
        (
            notices.to_one("ivan", 50, 10_000),
            "SEARCH notifications USING INDEX ix_notifications_staff (staff=? AND id<?)",
        ),
        (notices.blocks_of(7, 50, 10_000), "SEARCH heard USING PRIMARY KEY (number=? AND block<?)"),
        (
            notices.in_block(3, 7, 50, 10_000),
            "SEARCH notifications USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)",
        ),
    ):
        plan = _plan(statement)
        assert plan == index, plan


# --- Notices of earlier releases -------------------------------------------------------------------


def _told(key: str, staff: str, reason: str, second: int, **about: str) -> str:
    moment = f"2026-03-02 09:00:{second:02}.000000"
    return insert("notifications", key=key, staff=staff, reason=reason, at=moment, **about)


CHAT = {"case_id": "c-1", "channel": "telegram", "conversation": "anna"}
TICKET = {"case_id": "t-1", "ticket_id": "T-1"}
ROWS_OF_THE_FOURTH_REVISION = (
    *(_told("k1", staff, "new", 1, **CHAT) for staff in ("petra", "ivan", "lena")),
    _told("k2", "ivan", "mine", 2, **CHAT),
    # One notice for two reasons, and one that was told late, but decided before.
    *(_told("k3", staff, "asked", 5, **TICKET) for staff in ("vera", "boris")),
    _told("k3", "vera", "last to answer", 5, **TICKET),
    *(_told("k4", staff, "new", 4, **TICKET) for staff in ("ivan", "vera")),
)


async def test_who_was_told_by_earlier_releases_is_known_as_before(url: str) -> None:
    await write_at(url, "0004", ROWS_OF_THE_FOURTH_REVISION)
    async with EmbeddedHelpDesk.open(url) as desk:
        found = await desk.notices(None, 99)
        assert [(row.reason, row.staff, sorted(row.told), row.count, row.at) for row in found] == [
            ("last to answer", "vera", ["vera"], 1, at(5)),
            ("asked", "", ["boris", "vera"], 2, at(5)),
            ("new", "", ["ivan", "vera"], 2, at(4)),
            ("mine", "ivan", ["ivan"], 1, at(2)),
            ("new", "", ["ivan", "lena", "petra"], 3, at(1)),
        ]
        assert [(row.case_id, row.channel, row.conversation, row.ticket_id) for row in found] == [
            *[("t-1", "", "", "T-1")] * 3,
            *[("c-1", "telegram", "anna", None)] * 2,
        ]
        for staff, reasons in {
            "ivan": ["new", "mine", "new"],
            "vera": ["last to answer", "asked", "new"],
            "lena": ["new"],
        }.items():
            assert [row.reason for row in await desk.notices(staff, 99)] == reasons, staff
        chat = await take_in(desk, nothing(), customer_says("e1"), START)
        await crowded(desk, ("ivan", "nina"))
        assert await desk.notify(notice(chat, "k5", NEW)) == ("ivan", "nina")
        assert [row.reason for row in await desk.notices("ivan", 99)] == ["new", "new", "mine", "new"]
        assert [row.told for row in await desk.notices("nina", 99)] == [("ivan", "nina")]


async def test_thousands_of_notices_of_earlier_releases_are_taken_over(url: str) -> None:
    """In more than one portion, and in more than one block."""
    many = [
        _told(f"k{number:04}", staff, "new", 1, **CHAT)
        for number in range(1200)
        for staff in (("ivan", "lena") if number % 3 else ("petra",))
    ]
    await write_at(url, "0004", many)
    async with EmbeddedHelpDesk.open(url) as desk:
        assert len(await desk.notices(None, 5000)) == 1200
        assert [len(await desk.notices(one, 5000)) for one in ("ivan", "lena", "petra")] == [800, 800, 400]
        assert len(await rows(desk, select(recipients))) == 3
