"""A notice becomes a letter for each person who wants to be told elsewhere, in its own transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, text

from baton.contract.outgoing import WebhookData
from baton.desk.ways import NoticeKind, kind_of
from baton.documents.directory import Directory
from baton.model.effects import CaseRef
from helpdesks.audience import Audience
from helpdesks.outgoing.casenews import head_of
from helpdesks.outgoing.posting import GATHERING, given, posting
from helpdesks.outgoing.wording import NOTICE
from helpdesks.schema import letters, subscribers, ways

_WANTED = select(ways).where(ways.c.staff.in_(bindparam("staff", expanding=True))).order_by(ways.c.staff)
_POST = posting(subscribers.c.id == given("through"), staff=given("to"), body=given("body"))
_GATHERED_UNTIL = select(func.max(letters.c.due_at)).where(
    letters.c.subscriber == bindparam("through"),
    letters.c.about == bindparam("about"),
    letters.c.attempts == 0,
    text("letters.state = 'waiting'"),
)


def post_notices(
    connection: Connection,
    directory: Directory,
    key: str,
    told: Sequence[Audience],
    at: datetime,
    case: CaseRef | None,
) -> None:
    """Write the letters of a notice: for each of those who are told, and want to be."""
    staff = sorted({person for one in told for person in one.staff})
    wanted = connection.execute(_WANTED, {"staff": staff}).all() if staff else []
    if not wanted:
        return
    head = None if case is None else head_of(case)
    rows = []
    for one in told:
        kind = kind_of(one.reason)
        data = WebhookData(case=head, reason=one.reason).model_dump_json(exclude_defaults=True)
        for way in wanted:
            if way.staff in one.staff and f",{kind.value}," in way.kinds:
                about, due = _when(connection, directory, way, kind, "" if head is None else head.workflow_id)
                rows.append(
                    {
                        "through": way.subscriber,
                        "key": f"{key}:{one.reason}:{way.staff}",
                        "type": NOTICE,
                        "to": way.staff,
                        "about": about,
                        "body": data,
                        "at": at,
                        "due": due,
                    }
                )
    if rows:
        connection.execute(_POST.on(connection), rows)


def _when(
    connection: Connection, directory: Directory, way: Row[Any], kind: NoticeKind, place: str
) -> tuple[str, datetime]:
    """What a letter is in line with, and when it is due."""
    now, alone = datetime.now(UTC), f"{place} for {way.staff}"
    if f",{kind.value}," in way.urgent:
        return alone, now
    member = directory.staff.get(way.staff)
    calendar = directory.calendar_of(member) if way.quiet and member is not None else None
    if not way.digest_minutes:
        return alone, _opening(calendar, now)
    about = f"{GATHERING}{way.staff}"
    until = connection.scalar(_GATHERED_UNTIL, {"through": way.subscriber, "about": about})
    if until is None or until <= now:
        until = _opening(calendar, now + timedelta(minutes=way.digest_minutes))
    return about, until


def _opening(calendar: Any, at: datetime) -> datetime:
    """``at``, or when its calendar opens next; ``at`` for one that never does, so that nothing is lost."""
    if calendar is None:
        return at
    opens: datetime | None = calendar.next_opening(at)
    return at if opens is None else max(at, opens)
