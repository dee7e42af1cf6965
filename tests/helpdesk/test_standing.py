"""Who gets the next case: the count that the database keeps, and the order in which people are preferred."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, select, text

from activities.places import RUNNERS_UP, Line, look_at_line
from baton.contract import Activity, Presence, Status
from baton.documents.directory import Directory
from baton.model.staffing import prefer
from helpdesks import triggers
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.known import Standing
from helpdesks.schema import LIVING, cases, loads
from lab.ledger import rows
from tests import steps
from tests.helpdesk import tickets
from tests.helpdesk.chats import START, agent_says, at, customer_says, nothing, take_in, write
from tests.helpdesk.revisions import insert, migrated_and_made, write_at

STAFF = ("ivan", "lena", "petra")


async def kept(desk: EmbeddedHelpDesk) -> Counter[tuple[str, str]]:
    """What the database has counted, by person and kind."""
    return Counter({(row.staff, row.kind): row.number for row in await rows(desk, select(loads))})


async def counted(desk: EmbeddedHelpDesk) -> Counter[tuple[str, str]]:
    """The same, counted from the cases."""
    living = await rows(desk, select(cases.c.holder, cases.c.kind).where(LIVING, cases.c.holder.is_not(None)))
    return Counter((row.holder, row.kind) for row in living)


async def test_the_count_is_right_whatever_happens_to_cases(desk: EmbeddedHelpDesk) -> None:
    """Chats are opened, taken over, ended, closed and opened again; events are repeated, and effects late."""
    dice = random.Random(7)
    chats = {name: nothing(name) for name in ("a", "b", "c", "d")}
    moments = (at(number) for number in itertools.count())
    for number in range(150):
        name, who = dice.choice(list(chats)), dice.choice([*STAFF, None])
        before, now = chats[name], next(moments)
        event = customer_says(f"e{number}") if dice.random() < 0.5 else agent_says(f"e{number}", "ivan")
        settled: dict[str, Any] = {"pinned_to": who, "reserved_for": None, "activity": Activity.ACTIVE}
        match dice.choice(("pinned", "reserved", "ended", "closed")):
            case "reserved":
                settled |= {"pinned_to": None, "reserved_for": who}
            case "ended":
                settled |= {"activity": Activity.ENDED, "pinned_to": None}
            case "closed":
                settled |= {"activity": Activity.ENDED, "status": Status.CLOSED, "pinned_to": None}
        chats[name] = await take_in(desk, before, event, now, settled=settled)
        if dice.random() < 0.3:  # its answer was lost, and it is decided again
            chats[name] = await take_in(desk, before, event, now, settled=settled)
        if dice.random() < 0.5:
            await desk.write_case(write(chats[name], event.id, now))
        assert +await kept(desk) == await counted(desk), number


async def test_chats_and_tickets_are_counted_apart(desk: EmbeddedHelpDesk) -> None:
    await take_in(desk, nothing("a"), customer_says("e"), START, pinned_to="ivan")
    await tickets.take_in(desk, tickets.no_ticket(), customer_says("t"), START, settled={"assignee": "ivan"})
    assert +await kept(desk) == await counted(desk) == {("ivan", "chat"): 1, ("ivan", "ticket"): 1}


async def test_a_repair_by_hand_is_counted(url: str) -> None:
    async with EmbeddedHelpDesk.open(url) as desk:
        for name in ("a", "b", "c"):
            await take_in(desk, nothing(name), customer_says("e"), START, pinned_to="ivan")
        await desk._database.write(
            lambda connection: connection.execute(
                cases.update().where(cases.c.conversation == "a").values(holder="lena")
            )
        )
        assert +await kept(desk) == {("ivan", "chat"): 2, ("lena", "chat"): 1}

        def remove(connection: Connection) -> None:
            connection.execute(text("UPDATE events SET case_id = NULL"))
            connection.execute(cases.delete().where(cases.c.conversation == "b"))

        await desk._database.write(remove)
        assert +await kept(desk) == await counted(desk) == {("ivan", "chat"): 1, ("lena", "chat"): 1}


async def test_what_people_have_on_the_day_of_the_deploy_is_counted(url: str) -> None:
    moment = "2026-03-02 09:00:00.000000"

    def case(number: int, kind: str, holder: str | None, *, closed: bool = False) -> str:
        place = {"ticket_id": f"T-{number}"} if kind == "ticket" else {"conversation": f"c-{number}"}
        return insert(
            "cases",
            **place,
            case_id=f"case-{number}",
            kind=kind,
            channel="telegram" if kind == "chat" else None,
            customer="anna",
            status="closed" if closed else "open",
            activity=None if kind == "ticket" else "ended" if closed else "active",
            holder=holder,
            labels="[]",
            holders="{}",
            opened_at=moment,
            opened_by="e",
            decided_at=moment,
            last_event="e",
            settled=True,
            since=moment,
        )

    await write_at(
        url,
        "0006",
        [
            case(1, "chat", "ivan"),
            case(2, "chat", "ivan"),
            case(3, "ticket", "ivan"),
            case(4, "chat", "lena", closed=True),
            case(5, "chat", None),
        ],
    )
    async with EmbeddedHelpDesk.open(url) as desk:
        assert await kept(desk) == {("ivan", "chat"): 2, ("ivan", "ticket"): 1}


async def test_the_migrations_make_the_same_triggers_as_the_schema(
    url: str, request: pytest.FixtureRequest
) -> None:
    """Alembic does not compare them."""
    migrated, made = await migrated_and_made(url, request, _triggers)
    assert len(migrated) == len(triggers.TRIGGERS["sqlite" if url.startswith("sqlite") else "postgresql"])
    assert made == migrated


def _triggers(connection: Connection) -> Sequence[str]:
    if connection.dialect.name == "sqlite":
        query = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
        return list(connection.scalars(text(query)))
    schema = inspect(connection).default_schema_name
    function, trigger = (
        f"SELECT {what} WHERE {namespace} = CAST(:schema AS regnamespace)"
        for what, namespace in (
            ("prosrc FROM pg_proc", "pronamespace"),
            (
                "pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid",
                "NOT tgisinternal AND relnamespace",
            ),
        )
    )
    made = [connection.scalars(text(query), {"schema": schema}) for query in (function, trigger)]
    return [str(one).replace(f"{schema}.", "") for found in made for one in found]


# --- The order ------------------------------------------------------------------------------------


def crowd(number: int) -> Directory:
    """A line of many, of whom every third does not usually work with chats."""
    return Directory.model_validate(
        {
            "lines": {"first": {"name": "First"}},
            "staff": {
                f"s-{one:03}": {"name": f"S {one}", "line": "first", "max_chats": 3, "chats": one % 3 != 0}
                for one in range(number)
            },
        }
    )


async def look(desk: EmbeddedHelpDesk, company: Directory, **options: Any) -> Line:
    found: list[Line] = []
    async with steps.queues(desk, "look", at(1000)) as queues:
        found.append(look_at_line(queues, company, "first", "chat", at(1000), **options))
    return found[0]


async def test_the_first_of_a_line_are_those_whom_the_model_prefers(desk: EmbeddedHelpDesk) -> None:
    """What a decision records is enough to choose as if it had everybody."""
    company, dice = crowd(30), random.Random(3)
    for one in company.staff:
        if dice.random() < 0.8:
            await desk.set_presence(one, Presence.ONLINE, START)
    for number in range(40):
        who = dice.choice(list(company.staff))
        await take_in(desk, nothing(f"c{number}"), customer_says("e"), at(number), pinned_to=who)
    everybody = await look(desk, company, named=company.staff)
    assert len(everybody.members) == 30
    first = await look(desk, company)
    assert len(first.members) <= 2 * RUNNERS_UP
    for not_to in (None, *company.staff):
        for habit in (False, True):
            choice: dict[str, Any] = {"assignee": None, "last_holder": None, "not_to": not_to, "habit": habit}
            assert prefer(first.members, **choice) == prefer(everybody.members, **choice)


async def test_whoever_the_case_names_is_recorded_there_or_not(desk: EmbeddedHelpDesk) -> None:
    company = crowd(10)
    await desk.set_presence("s-001", Presence.ONLINE, START)
    line = await look(desk, company, named=["s-007", "nobody"])
    assert {one.staff: one.available for one in line.members} == {"s-007": False, "s-001": True}


async def test_how_many_are_available_is_counted_only_if_it_is_asked_for(desk: EmbeddedHelpDesk) -> None:
    company = crowd(10)
    for one in list(company.staff)[:6]:
        await desk.set_presence(one, Presence.ONLINE, START)
    for number in range(3):
        await take_in(desk, nothing(f"c{number}"), customer_says("e"), at(number), pinned_to="s-000")
    assert (await look(desk, company)).available is None
    assert (await look(desk, company, counted=True)).available == 5


async def test_what_a_decision_records_does_not_grow_with_the_line(desk: EmbeddedHelpDesk) -> None:
    company = crowd(500)
    await asyncio.gather(*(desk.set_presence(one, Presence.ONLINE, START) for one in company.staff))
    recorded = sum(len(one.model_dump_json()) for one in (await look(desk, company)).members)
    assert recorded < 700


async def test_names_are_compared_as_python_does(desk: EmbeddedHelpDesk) -> None:
    """In many languages a database puts small letters before capitals."""
    names = ["a", "B", "é", "z", "Я"]
    for one in names:
        await desk.set_presence(one, Presence.ONLINE, START)
    found: list[Standing] = []
    async with steps.queues(desk, "look", at(1)) as queues:
        found += queues.first(names, "chat", lambda _: True, len(names))
    assert [one.staff for one in found] == sorted(names)


async def test_two_who_choose_at_the_same_moment_see_one_another(desk: EmbeddedHelpDesk) -> None:
    """Eight chats at once for three people with three places each: none has four."""
    company = crowd(3)
    for one in company.staff:
        await desk.set_presence(one, Presence.ONLINE, START)

    async def give(number: int) -> None:
        chat = nothing(f"c{number}")

        def decide(intake: Any) -> None:
            line = look_at_line(intake, company, "first", "chat", at(number))
            chosen = prefer(line.members, assignee=None, last_holder=None, not_to=None, habit=False)
            case = {"case_id": intake.case_id(), "activity": Activity.ACTIVE, "status": Status.OPEN}
            opened = chat.model_copy(update={**case, "pinned_to": chosen, "opened_at": at(number)})
            intake.take_in(opened, opened, [], opened=True)

        await desk.intake(chat, customer_says("e"), at(number), f"chain-{number}", decide)

    await asyncio.gather(*map(give, range(8)))
    assert sorted((+await kept(desk)).values()) == [2, 3, 3]
