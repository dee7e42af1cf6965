"""The embedded help desk tells people: notices, prompts, reminders and escalations, each once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import SYSTEM, Presence, Tell
from baton.documents.directory import Directory
from baton.model.effects import Escalation, Notice, Prompt, Reminder
from baton.model.facts import people
from helpdesks.database import Database
from helpdesks.ledger import Once, enter_once, entry
from helpdesks.people import everybody
from helpdesks.places import place_of
from helpdesks.schema import entries, notifications


async def prompt_reply(
    database: Database, connection: AsyncConnection, directory: Directory, prompt: Prompt, draft: str
) -> bool:
    """Tell the composer, or everyone who is online, and keep the draft. False if this was done before."""
    if not await enter_once(database, connection, "prompt", prompt):
        return False
    composer = (prompt.composer,) if prompt.composer is not None else ()
    tell = Tell(staff=composer, everyone=not composer, reason="prompt")
    await _tell(connection, directory, prompt, [tell])
    if draft:
        await _keep_draft(database, connection, prompt, draft)
    return True


async def _keep_draft(database: Database, connection: AsyncConnection, prompt: Prompt, draft: str) -> None:
    """Keep one draft for each round: the one decided last."""
    insert = database.insert(entries)
    await connection.execute(
        insert.on_conflict_do_update(
            index_elements=[entries.c.kind, entries.c.key, entries.c.position],
            set_={name: insert.excluded[name] for name in ("text", "rules", "at")},
            where=entries.c.at <= insert.excluded.at,
        ),
        {
            **entry(prompt, "draft", draft, author=str(SYSTEM)),
            "key": prompt.case.case_id,
            "position": prompt.round,
        },
    )


async def notify(
    database: Database, connection: AsyncConnection, directory: Directory, notice: Notice
) -> tuple[str, ...]:
    """Tell people, and return who was told; a repeated notice returns who was told the first time."""
    return await _tell_once(database, connection, directory, "notice", notice, notice.tell)


async def remind(
    database: Database, connection: AsyncConnection, directory: Directory, reminder: Reminder
) -> tuple[str, ...]:
    """Tell a department that its answer is due soon; otherwise as `notify`."""
    tell = Tell(departments=(reminder.label,), reason=f"due soon: {reminder.label}")
    return await _tell_once(database, connection, directory, "reminder", reminder, [tell])


async def escalate(
    database: Database, connection: AsyncConnection, directory: Directory, escalation: Escalation
) -> tuple[str, ...]:
    """Tell those who must know that a department's answer is overdue; otherwise as `notify`."""
    to = (escalation.to,) if escalation.to is not None else ()
    tell = Tell(staff=to, everyone=not to, reason=f"overdue: {escalation.label}")
    return await _tell_once(database, connection, directory, "escalation", escalation, [tell])


async def _tell_once(
    database: Database,
    connection: AsyncConnection,
    directory: Directory,
    kind: str,
    effect: Once,
    tell: Iterable[Tell],
) -> tuple[str, ...]:
    if await enter_once(database, connection, kind, effect):
        return await _tell(connection, directory, effect, tell)
    told = await connection.scalars(
        select(notifications.c.staff).where(notifications.c.key == effect.key).order_by(notifications.c.id)
    )
    return people(told)


async def _tell(
    connection: AsyncConnection, directory: Directory, effect: Once, tell: Iterable[Tell]
) -> tuple[str, ...]:
    present = await everybody(connection)
    online = {staff for staff, attends in present.items() if attends.presence is Presence.ONLINE}
    rows = {
        (staff, one.reason): {
            **place_of(effect.case).columns,
            "key": effect.key,
            "staff": staff,
            "case_id": effect.case.case_id,
            "reason": one.reason,
            "at": effect.decided_at,
        }
        for one in tell
        for staff in _audience(one, directory, online)
    }
    if rows:
        await connection.execute(notifications.insert(), list(rows.values()))
    return people(staff for staff, _ in rows)


def _audience(tell: Tell, directory: Directory, online: set[str]) -> Sequence[str]:
    if tell.everyone:
        groups = list(directory.staff)
    elif tell.line is not None:
        groups = [staff for staff, _ in directory.members(tell.line)]
    else:
        groups = []
    asked = (directory.department_of(label) for label in tell.departments)
    members = [staff for department in asked if department for staff in directory.members_of(department)]
    return people([*tell.staff, *members, *(staff for staff in groups if staff in online)])
