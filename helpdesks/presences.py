"""What everybody is doing, and whether they would get one more case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal

from baton.contract import Presence
from baton.desk.api import PresenceRow
from baton.documents.directory import Directory
from helpdesks.base import Ledger
from helpdesks.known import Attendance, Kind


async def presence_rows(
    desk: Ledger, directory: Directory, staff: Iterable[str], grace: timedelta
) -> list[PresenceRow]:
    """A row for each of these members of staff, as they are now."""
    wanted, now = list(staff), datetime.now(UTC)
    attendance = await desk.presence()
    chats, tickets = [await desk.load(wanted, kind, now) for kind in ("chat", "ticket")]
    return [
        presence_row(
            one,
            directory,
            attendance.get(one),
            now,
            grace,
            load={"chat": chats.get(one, 0), "ticket": tickets.get(one, 0)},
        )
        for one in wanted
    ]


def presence_row(
    staff: str,
    directory: Directory,
    attends: Attendance | None,
    now: datetime,
    grace: timedelta,
    *,
    load: Mapping[Kind, int],
) -> PresenceRow:
    """One row. ``load`` has how many cases of each kind this person has."""
    member = directory.staff[staff]
    on_duty = directory.on_duty(member, now)
    offline_since = attends.since if attends and attends.presence is Presence.OFFLINE else None
    # The grace protects only those who would be at work: see `activities.absences`.
    grace_until = offline_since + grace if offline_since is not None and on_duty else None
    kinds: tuple[tuple[Kind, Literal["chats", "tickets"]], ...] = (("chat", "chats"), ("ticket", "tickets"))
    return PresenceRow(
        staff=staff,
        line=member.line,
        chats=member.chats,
        max_chats=member.max_chats,
        max_tickets=member.max_tickets,
        presence=attends.presence if attends else Presence.OFFLINE,
        since=attends.since if attends else None,
        off_duty=not on_duty,
        grace_until=grace_until if grace_until is not None and now < grace_until else None,
        has_chats=load["chat"],
        has_tickets=load["ticket"],
        full=tuple(plural for kind, plural in kinds if load[kind] >= member.most(kind)),
    )
