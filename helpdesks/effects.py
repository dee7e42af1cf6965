"""The embedded help desk carries out effects: changes of a case, messages and notices, each once.

The ledger keeps the key of each effect, with a digest of what it said. A repeated effect is recognised by
both. After a reset of the workflow an event may be decided anew, with the same key and another result: a
change of a case is then carried out again, whereas what people have read cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import Activity, Presence, Tell
from baton.decision import people
from baton.directory import Directory
from baton.effects import CaseWrite, Message, Notice
from helpdesks.caserows import BY_ID, UPDATE_CASE, difference, log_change, overtaken
from helpdesks.database import Database
from helpdesks.people import everybody
from helpdesks.schema import applied, cases, entries, events, notifications


async def write_case(database: Database, connection: AsyncConnection, write: CaseWrite) -> bool:
    """Change a case as decided. False if this, or something later, had been written before."""
    digest = sha256(write.model_dump_json().encode()).hexdigest()
    if not await _enter(database, connection, "case", write, digest):
        return False
    # Notes are added even by a decision that was overtaken: the later one knows nothing of them.
    await _write_notes(connection, write)

    ref = write.case
    row = (await connection.execute(BY_ID, {"wanted": ref.case_id})).one_or_none()
    if row is not None:
        taken_in_at = await connection.scalar(
            select(events.c.decided_at).where(
                events.c.channel == ref.channel,
                events.c.conversation == ref.conversation,
                events.c.event_id == write.event_id,
            )
        )
        if overtaken(row, write.event_id, write.decided_at, taken_in_at):
            return False
    shown = {
        "activity": write.activity,
        "status": write.status,
        "assignee": write.assignee,
        "line": write.line,
        "pinned_to": write.pinned_to,
        "reserved_for": write.reserved_for,
        "tab": write.tab,
        "labels": list(write.labels),
    }
    values = {
        **shown,
        "holder": (write.pinned_to or write.reserved_for) if write.activity is Activity.ACTIVE else None,
        "decided_at": write.decided_at,
        "last_event": write.event_id,
        "settled": True,
    }
    if row is not None:
        await connection.execute(UPDATE_CASE, {**values, "wanted": ref.case_id})
    else:
        # The database is younger than the case, such as a backup that was put back: go on from here.
        new = {"kind": "chat", "holders": {}, "opened_at": write.decided_at, "opened_by": write.event_id}
        await connection.execute(cases.insert(), {**values, **new, **ref.model_dump()})
    what = difference(dict(row._mapping) if row is not None else {}, shown)
    if what:
        by = ", ".join(f"rule_{rule}" for rule in write.rules) or "system_baton"
        await log_change(database, connection, ref.case_id, write.key, write.decided_at, by, what)
    return True


async def send_message(database: Database, connection: AsyncConnection, message: Message) -> bool:
    """Keep a message that a rule says. The embedded help desk has no channel of its own to send it on."""
    if not await _enter_once(database, connection, "message", message):
        return False
    await connection.execute(
        entries.insert(),
        {
            "key": message.key,
            "position": 0,
            "kind": "message",
            "case_id": message.case.case_id,
            "text": message.text,
            "rules": list(message.rules),
            "at": message.decided_at,
        },
    )
    return True


async def notify(
    database: Database, connection: AsyncConnection, directory: Directory, notice: Notice
) -> tuple[str, ...]:
    """Tell people, and return who was told; a repeated notice returns who was told the first time."""
    if not await _enter_once(database, connection, "notice", notice):
        told = await connection.scalars(
            select(notifications.c.staff)
            .where(notifications.c.key == notice.key)
            .order_by(notifications.c.id)
        )
        return people(told)
    present = await everybody(connection)
    online = {staff for staff, attends in present.items() if attends.presence is Presence.ONLINE}
    rows = {
        (staff, tell.reason): {
            "key": notice.key,
            "staff": staff,
            "case_id": notice.case.case_id,
            "channel": notice.case.channel,
            "conversation": notice.case.conversation,
            "reason": tell.reason,
            "at": notice.decided_at,
        }
        for tell in notice.tell
        for staff in _audience(tell, directory, online)
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
    return people([*tell.staff, *(staff for staff in groups if staff in online)])


async def _enter(
    database: Database, connection: AsyncConnection, kind: str, effect: CaseWrite, digest: str
) -> bool:
    """Enter what is to be applied into the ledger. False if exactly this was entered before."""
    insert = database.insert(applied)
    entered = await connection.scalar(
        insert.on_conflict_do_update(
            index_elements=[applied.c.kind, applied.c.key],
            set_={"digest": insert.excluded.digest, "at": insert.excluded.at},
            where=(applied.c.digest != insert.excluded.digest) & (applied.c.at <= insert.excluded.at),
        ).returning(applied.c.key),
        {"kind": kind, "key": effect.key, "digest": digest, "at": effect.decided_at},
    )
    return entered is not None


async def _enter_once(
    database: Database, connection: AsyncConnection, kind: str, effect: Message | Notice
) -> bool:
    """Enter it into the ledger. False if its key was entered before, whatever it said then."""
    digest = sha256(effect.model_dump_json().encode()).hexdigest()
    entered = await connection.scalar(
        database.insert(applied).on_conflict_do_nothing().returning(applied.c.key),
        {"kind": kind, "key": effect.key, "digest": digest, "at": effect.decided_at},
    )
    return entered is not None


async def _write_notes(connection: AsyncConnection, write: CaseWrite) -> None:
    # A decision made anew replaces its notes.
    await connection.execute(entries.delete().where(entries.c.kind == "note", entries.c.key == write.key))
    rows = [
        {
            "key": write.key,
            "position": position,
            "kind": "note",
            "case_id": write.case.case_id,
            "text": note,
            "rules": list(write.rules),
            "at": write.decided_at,
        }
        for position, note in enumerate(write.notes)
    ]
    if rows:
        await connection.execute(entries.insert(), rows)
