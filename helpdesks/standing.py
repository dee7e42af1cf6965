"""How much each person has to do, and who gets the next case: those who are online, in order of preference.

The database counts cases (`helpdesks.triggers`), so that this costs the same whether there are a hundred open
cases or a hundred thousand. A promise counts like a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Connection,
    FromClause,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
)

from baton.contract import Presence
from helpdesks.columns import Words
from helpdesks.known import Kind, Standing
from helpdesks.schema import attendance, loads, promises

KEPT_FOR_OTHERS = and_(promises.c.source != bindparam("source"), promises.c.at > bindparam("fresh_after"))
"""Whether a promise is good, and was made by somebody else: one's own is made again, and is then the same."""


def _standing(names: FromClause, staff: Any, in_order: Any) -> Select[Any]:
    promised = (
        select(promises.c.staff, func.count().label("number"))
        .where(
            promises.c.kind == bindparam("kind"),
            promises.c.case_id != bindparam("own_case"),
            KEPT_FOR_OTHERS,
        )
        .group_by(promises.c.staff)
        .subquery()
    )
    own = case((staff == bindparam("own_holder", type_=Words), 1), else_=0)
    number = (func.coalesce(loads.c.number, 0) + func.coalesce(promised.c.number, 0) - own).label("load")
    return (
        select(staff.label("staff"), attendance.c.presence, attendance.c.last_assigned_at, number)
        .select_from(names)
        .outerjoin(attendance, attendance.c.staff == staff)
        .outerjoin(loads, and_(loads.c.staff == staff, loads.c.kind == bindparam("kind")))
        .outerjoin(promised, promised.c.staff == staff)
        .where(or_(bindparam("anybody", type_=Boolean), attendance.c.presence == Presence.ONLINE))
        # As `baton.model.staffing.prefer` compares them.
        .order_by(number, attendance.c.last_assigned_at.asc().nulls_first(), in_order)
    )


def _on_sqlite() -> Select[Any]:
    names = func.json_each(bindparam("names", type_=JSON)).table_valued("value")
    return _standing(names, names.c.value, names.c.value)


def _on_postgresql() -> Select[Any]:
    names = func.unnest(bindparam("names", type_=ARRAY(Words))).table_valued("value").render_derived()
    # As Python compares texts, whatever the language of the database is.
    return _standing(names, names.c.value, names.c.value.collate("C"))


_STANDING = {"sqlite": _on_sqlite(), "postgresql": _on_postgresql()}


def standing(
    connection: Connection,
    staff: Iterable[str],
    kind: Kind,
    *,
    online: bool,
    fresh_after: datetime,
    source: str = "",
    own_case: str = "",
    own_holder: str | None = None,
) -> Iterator[Standing]:
    """These people, or those of them who are ``online``, whoever is preferred first.

    Args:
        fresh_after: older promises do not count.
        source: what this one has promised does not count.
        own_case: what is promised to this one does not count, nor that ``own_holder`` has it.
    """
    rows = connection.execute(
        _STANDING[connection.dialect.name],
        {
            "names": list(staff),
            "kind": kind,
            "anybody": not online,
            "fresh_after": fresh_after,
            "source": source,
            "own_case": own_case,
            "own_holder": own_holder,
        },
    )
    for name, presence, last_assigned_at, number in rows:
        yield Standing(name, presence == Presence.ONLINE, number, last_assigned_at)
