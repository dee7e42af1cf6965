"""The embedded help desk carries out effects: changes of a case, messages, replies and notices, each once.

The ledger keeps the key of each effect, with a digest of what it said. A repeated effect is recognised by
both. After a reset of the workflow an event may be decided anew, with the same key and another result: a
change of a case is then carried out again, whereas what people have read cannot be taken back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import SYSTEM, Activity, Presence, Tell
from baton.documents.directory import Directory
from baton.model.effects import (
    CaseWrite,
    ConsolidatedReply,
    Escalation,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from baton.model.facts import people
from helpdesks import queries
from helpdesks.caserows import (
    BY_ID,
    UPDATE_CASE,
    difference,
    fields_of,
    keep_labels,
    labels_of,
    log_change,
    overtaken,
    rule_names,
    ticket_of,
)
from helpdesks.database import Database
from helpdesks.people import everybody
from helpdesks.places import place_of
from helpdesks.schema import applied, cases, entries, notifications

_Once = Message | Notice | Prompt | ConsolidatedReply | Reminder | Escalation
"""Effects that people hear of, and that are therefore never carried out again."""


async def write_case(database: Database, connection: AsyncConnection, write: CaseWrite) -> bool:
    """Change a case as decided. False if this, or something later, had been written before."""
    digest = sha256(write.model_dump_json().encode()).hexdigest()
    if not await _enter(database, connection, "case", write, digest):
        return False
    # Notes are added even by a decision that was overtaken: the later one knows nothing of them.
    await _write_notes(connection, write)

    ref, place = write.case, place_of(write.case)
    row = (await connection.execute(BY_ID, {"wanted": ref.case_id})).one_or_none()
    if row is not None:
        taken_in_at = await connection.scalar(
            queries.TAKEN_IN_AT[place.kind], {**place.columns, "event_id": write.event_id}
        )
        if overtaken(row, write.event_id, write.decided_at, taken_in_at):
            return False
    shown = fields_of(write)
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
        await connection.execute(cases.insert(), {**values, **_begun(write)})
    if place.kind == "ticket":
        await keep_labels(
            connection, ref.case_id, labels_of(shown, ticket_of(row) if row is not None else None)
        )
    what = difference(dict(row._mapping) if row is not None else {}, shown)
    if what:
        by = rule_names(write.rules)
        await log_change(database, connection, ref.case_id, write.key, write.decided_at, by, what)
    return True


def _begun(write: CaseWrite) -> dict[str, Any]:
    """What the row of a case that is not known needs beside the write."""
    ref, place = write.case, place_of(write.case)
    return {
        "channel": ref.channel or None,
        "conversation": ref.conversation or None,
        **place.columns,
        "case_id": ref.case_id,
        "kind": place.kind,
        "customer": ref.customer,
        "holders": {},
        "opened_at": write.decided_at,
        "opened_by": write.event_id,
    }


async def send_message(database: Database, connection: AsyncConnection, message: Message) -> bool:
    """Keep a message that a rule says. The embedded help desk has no channel of its own to send it on."""
    if not await _enter_once(database, connection, "message", message):
        return False
    await connection.execute(entries.insert(), _entry(message, "message", message.text))
    return True


async def send_reply(database: Database, connection: AsyncConnection, reply: ConsolidatedReply) -> bool:
    """Keep a consolidated reply, which is sent by that: there is no channel of its own to send it on."""
    if not await _enter_once(database, connection, "reply", reply):
        return False
    entry = _entry(reply, "reply", reply.text, author=str(reply.author))
    await connection.execute(entries.insert(), entry)
    return True


async def prompt_reply(
    database: Database, connection: AsyncConnection, directory: Directory, prompt: Prompt, draft: str
) -> bool:
    """Tell the composer, or everyone who is online, and keep the draft. False if it had been done before."""
    if not await _enter_once(database, connection, "prompt", prompt):
        return False
    composer = (prompt.composer,) if prompt.composer is not None else ()
    tell = Tell(staff=composer, everyone=not composer, reason="prompt")
    await _tell(connection, directory, prompt, [tell])
    if draft:
        await _keep_draft(database, connection, prompt, draft)
    return True


async def _keep_draft(database: Database, connection: AsyncConnection, prompt: Prompt, draft: str) -> None:
    """Keep one draft for each round: whichever was decided last."""
    insert = database.insert(entries)
    await connection.execute(
        insert.on_conflict_do_update(
            index_elements=[entries.c.kind, entries.c.key, entries.c.position],
            set_={name: insert.excluded[name] for name in ("text", "rules", "at")},
            where=entries.c.at <= insert.excluded.at,
        ),
        {
            **_entry(prompt, "draft", draft, author=str(SYSTEM)),
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
    """Tell whoever must know that a department's answer is overdue; otherwise as `notify`."""
    to = (escalation.to,) if escalation.to is not None else ()
    tell = Tell(staff=to, everyone=not to, reason=f"overdue: {escalation.label}")
    return await _tell_once(database, connection, directory, "escalation", escalation, [tell])


async def _tell_once(
    database: Database,
    connection: AsyncConnection,
    directory: Directory,
    kind: str,
    effect: _Once,
    tell: Iterable[Tell],
) -> tuple[str, ...]:
    if await _enter_once(database, connection, kind, effect):
        return await _tell(connection, directory, effect, tell)
    told = await connection.scalars(
        select(notifications.c.staff).where(notifications.c.key == effect.key).order_by(notifications.c.id)
    )
    return people(told)


async def _tell(
    connection: AsyncConnection, directory: Directory, effect: _Once, tell: Iterable[Tell]
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


async def _enter_once(database: Database, connection: AsyncConnection, kind: str, effect: _Once) -> bool:
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
    rows = [_entry(write, "note", note, position) for position, note in enumerate(write.notes)]
    if rows:
        await connection.execute(entries.insert(), rows)


def _entry(
    effect: _Once | CaseWrite, kind: str, text: str, position: int = 0, *, author: str | None = None
) -> dict[str, Any]:
    return {
        "key": effect.key,
        "position": position,
        "kind": kind,
        "case_id": effect.case.case_id,
        "text": text,
        "rules": list(effect.rules),
        "at": effect.decided_at,
        "author": author,
    }
