"""Notices as the embedded help desk keeps them: one row for each notice and reason, with who was told.

A notice to one person names that person. One to several people has a delivery list: each person has a number,
and bit *n* of the list says whether the person with the number *n* was told. Names would be fifty times as
long, and a row for each person would be hundreds of rows for each chat.

No index can look into such a list. So ``heard`` says who was told something in which *block* of rows. To find
what one person was told, only blocks are read in which there is something for that person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, select

from baton.desk.api import NoticeRow
from baton.model.facts import people
from helpdesks.audience import Audience
from helpdesks.database import lock
from helpdesks.paging import Cursors, Page
from helpdesks.schema import heard, notifications, recipients
from helpdesks.upserts import unless_there

BLOCK = 256
"""How many rows, by their IDs, are one block."""

_CURSORS = Cursors(tuple[int])
_NEWEST = 2**63 - 1
"""No row has a higher ID."""
_DIGIT_BITS = 4
_LATEST = notifications.c.id.desc()
_LIST_BEFORE = (
    select(notifications.c.told)
    .where(
        notifications.c.id >= bindparam("first"),
        notifications.c.id < bindparam("row"),
        notifications.c.told.is_not(None),
    )
    .order_by(_LATEST)
    .limit(1)
)
_KEEP = notifications.insert().returning(notifications.c.id)
_HEARD = unless_there(heard)
_RECIPIENTS = select(recipients.c.number, recipients.c.staff)


def keep(
    connection: Connection,
    key: str,
    told: Sequence[Audience],
    at: datetime,
    about: Mapping[str, str],
) -> None:
    """Keep what people are told, each reason once. ``about`` has the case's columns, if it is about one."""
    several = people(staff for one in told if len(one.staff) > 1 for staff in one.staff)
    numbers = _numbered(connection, several)
    entries: set[tuple[int, int]] = set()
    for one in told:
        alone = len(one.staff) == 1
        chosen = [] if alone else [numbers[staff] for staff in one.staff]
        values = {
            **about,
            "key": key,
            "reason": one.reason,
            "staff": one.staff[0] if alone else None,
            "told": None if alone else delivery_list(chosen),
            "everyone": one.everyone,
            "at": at,
        }
        row = connection.scalar(_KEEP, values)
        entries |= _new_in_block(connection, row, chosen)
    if entries:
        # In one order, so that two writers never wait for each other.
        rows = [{"number": number, "block": block} for number, block in sorted(entries)]
        connection.execute(_HEARD.on(connection), rows)


def _numbered(connection: Connection, staff: Collection[str]) -> Mapping[str, int]:
    """The numbers of these people, at least. Whoever has none gets one."""
    if not staff:
        return {}
    numbers = _numbers(connection)
    if not numbers.keys() >= set(staff):
        lock(connection, ["recipients"])
        numbers = _numbers(connection)
        missing = [{"staff": name} for name in staff if name not in numbers]
        if missing:
            connection.execute(recipients.insert(), missing)
            numbers = _numbers(connection)
    return numbers


def _numbers(connection: Connection) -> Mapping[str, int]:
    return {name: number for number, name in _names(connection)}


def _names(connection: Connection) -> Sequence[tuple[int, str]]:
    """Everybody who ever was one of several who were told something, with their numbers."""
    return [(number, name) for number, name in connection.execute(_RECIPIENTS)]


def _new_in_block(connection: Connection, row: int, numbers: Collection[int]) -> set[tuple[int, int]]:
    """What to enter into ``heard``: each of these numbers with the block of this row."""
    if not numbers:
        return set()
    block = row // BLOCK
    before = connection.scalar(_LIST_BEFORE, {"row": row, "first": block * BLOCK})
    # Whoever was told the time before has been entered, and mostly that is everybody.
    known = numbers_on(before) if before is not None else []
    return {(number, block) for number in set(numbers).difference(known)}


def told_before(connection: Connection, key: str) -> tuple[str, ...]:
    """Who was told with this key."""
    rows = connection.execute(
        select(notifications).where(notifications.c.key == key).order_by(notifications.c.id)
    )
    return people(staff for row in _rows(connection, rows, None) for staff in row.told)


def notices(
    connection: Connection, staff: str | None, limit: int, after: str | None = None
) -> Page[NoticeRow]:
    """What people were told, latest first. Raises ``InvalidEvent`` for a cursor that is none of this list."""
    key = _CURSORS.read(after)
    before = min(key[0], _NEWEST) if key is not None else _NEWEST
    most = limit + 1
    if staff is None:
        everything = select(notifications).where(notifications.c.id < before)
        found = list(connection.execute(everything.order_by(_LATEST).limit(most)))
    else:
        found = list(connection.execute(to_one(staff, most, before)))
        found += _to_several(connection, staff, most, before)
        found = sorted(found, key=lambda row: row.id, reverse=True)
    following = _CURSORS.of((found[limit - 1].id,)) if len(found) > limit else None
    return Page(_rows(connection, found[:limit], staff), following)


def _to_several(connection: Connection, staff: str, limit: int, before: int) -> Sequence[Any]:
    """The latest rows whose delivery lists have this person."""
    number = connection.scalar(select(recipients.c.number).where(recipients.c.staff == staff))
    if number is None:
        return []
    found: list[Any] = []
    # A join would be one query, but PostgreSQL would read all notices for it.
    for block in connection.scalars(blocks_of(number, limit, before)).all():
        if len(found) >= limit:
            break
        found += connection.execute(in_block(block, number, limit, before))
    return found


def to_one(staff: str, limit: int, before: int) -> Select[Any]:
    """The rows before an ID about what this person alone was told, latest first."""
    theirs = notifications.c.staff == staff, notifications.c.id < before
    return select(notifications).where(*theirs).order_by(_LATEST).limit(limit)


def blocks_of(number: int, limit: int, before: int) -> Select[Any]:
    """The blocks, up to that of a row's ID, with something for this number, latest first: as many as may be
    needed for so many rows, and that row's own."""
    theirs = heard.c.number == number, heard.c.block <= before // BLOCK
    return select(heard.c.block).where(*theirs).order_by(heard.c.block.desc()).limit(limit + 1)


def in_block(block: int, number: int, limit: int, before: int) -> Select[Any]:
    """The rows of a block before an ID whose delivery lists have this number, latest first."""
    last = min(block * BLOCK + BLOCK, before) - 1
    here = notifications.c.id.between(block * BLOCK, last)
    return select(notifications).where(here, _is_on_the_list(number)).order_by(_LATEST).limit(limit)


def _rows(connection: Connection, found: Iterable[Any], staff: str | None) -> list[NoticeRow]:
    rows = list(found)
    names: dict[int, str] = {}
    if any(row.told is not None for row in rows):
        names = dict(_names(connection))
    return [_row(row, names, staff) for row in rows]


def _row(row: Any, names: Mapping[int, str], staff: str | None) -> NoticeRow:
    told = (row.staff,) if row.told is None else tuple(names[number] for number in numbers_on(row.told))
    return NoticeRow(
        staff=staff or row.staff or "",
        told=told,
        count=len(told),
        everyone=row.everyone,
        case_id=row.case_id or "",
        channel=row.channel or "",
        conversation=row.conversation or "",
        ticket_id=row.ticket_id,
        reason=row.reason,
        at=row.at,
    )


# --- Delivery lists --------------------------------------------------------------------------------
# Hexadecimal digits, the lowest first, so that the digit of a number stands where it always stands, and both
# databases can look at it.


def delivery_list(numbers: Iterable[int]) -> str:
    """A delivery list with these numbers."""
    return f"{sum(1 << number for number in set(numbers)):x}"[::-1]


def numbers_on(told: str) -> list[int]:
    """The numbers on a delivery list, lowest first."""
    bits = f"{int(told[::-1], 16):b}"[::-1]
    return [number for number, bit in enumerate(bits) if bit == "1"]


def _is_on_the_list(number: int) -> ColumnElement[bool]:
    digit, bit = divmod(number, _DIGIT_BITS)
    with_it = [f"{value:x}" for value in range(1 << _DIGIT_BITS) if value >> bit & 1]
    return func.substr(notifications.c.told, digit + 1, 1).in_(with_it)
