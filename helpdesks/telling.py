"""The embedded help desk tells people: notices, prompts, reminders and escalations, each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from baton.contract import SYSTEM, Tell
from baton.documents.directory import Directory
from baton.model.effects import CaseRef, Escalation, Notice, Prompt, Reminder
from baton.model.facts import people
from helpdesks import notices
from helpdesks.audience import Around, Audience, Behind
from helpdesks.ledger import Once, enter_key_once, enter_once, entry
from helpdesks.outgoing.casenews import post_overdue, post_prompt
from helpdesks.outgoing.noticing import post_notices
from helpdesks.people import presences
from helpdesks.places import place_of
from helpdesks.schema import cases, entries
from helpdesks.upserts import Upsert

_BEHIND = select(cases.c.line, cases.c.dispatcher).where(cases.c.case_id == bindparam("wanted"))
_KEEP_DRAFT = Upsert(
    entries,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[entries.c.kind, entries.c.key, entries.c.position],
        set_={name: insert.excluded[name] for name in ("text", "rules", "at")},
        where=entries.c.at <= insert.excluded.at,
    ),
)


def prompt_reply(connection: Connection, directory: Directory, prompt: Prompt, draft: str) -> bool:
    """Tell the composer, or everyone who is online, and keep the draft. False if this was done before."""
    if not enter_once(connection, "prompt", prompt):
        return False
    composer = (prompt.composer,) if prompt.composer is not None else ()
    tell = Tell(staff=composer, everyone=not composer, reason="prompt")
    _tell(connection, directory, prompt.key, [tell], prompt.decided_at, prompt.case)
    post_prompt(connection, prompt)
    if draft:
        _keep_draft(connection, prompt, draft)
    return True


def _keep_draft(connection: Connection, prompt: Prompt, draft: str) -> None:
    """Keep one draft for each round: the one decided last."""
    connection.execute(
        _KEEP_DRAFT.on(connection),
        {
            **entry(prompt, "draft", draft, author=str(SYSTEM)),
            "key": prompt.case.case_id,
            "position": prompt.round,
        },
    )


def notify(connection: Connection, directory: Directory, notice: Notice) -> tuple[str, ...]:
    """Tell people, and return who was told; a repeated notice returns who was told the first time."""
    return _tell_once(connection, directory, "notice", notice, notice.tell)


def remind(connection: Connection, directory: Directory, reminder: Reminder) -> tuple[str, ...]:
    """Tell a department that its answer is due soon; otherwise as `notify`."""
    tell = Tell(departments=(reminder.label,), reason=f"due soon: {reminder.label}")
    return _tell_once(connection, directory, "reminder", reminder, [tell])


def escalate(connection: Connection, directory: Directory, escalation: Escalation) -> tuple[str, ...]:
    """Tell those who must know that a department's answer is overdue; otherwise as `notify`."""
    to = (escalation.to,) if escalation.to is not None else ()
    tell = Tell(staff=to, everyone=not to, reason=f"overdue: {escalation.label}")
    told = _tell_once(connection, directory, "escalation", escalation, [tell])
    post_overdue(connection, escalation)
    return told


def tell_of_no_case(
    connection: Connection, directory: Directory, key: str, tell: Tell, at: datetime
) -> tuple[str, ...]:
    """Tell people something that is about no single case; otherwise as `notify`."""
    if enter_key_once(connection, "notice", key, tell.model_dump_json(), at):
        return _tell(connection, directory, key, [tell], at)
    return notices.told_before(connection, key)


def _tell_once(
    connection: Connection,
    directory: Directory,
    kind: str,
    effect: Once,
    tell: Sequence[Tell],
) -> tuple[str, ...]:
    if enter_once(connection, kind, effect):
        return _tell(connection, directory, effect.key, tell, effect.decided_at, effect.case)
    return notices.told_before(connection, effect.key)


def _tell(
    connection: Connection,
    directory: Directory,
    key: str,
    tell: Sequence[Tell],
    at: datetime,
    case: CaseRef | None = None,
) -> tuple[str, ...]:
    around = Around(directory, presences(connection))
    reached = all(around.reaches(one) for one in tell)
    behind = Behind() if case is None or reached else _behind(connection, case)
    told: dict[str, Audience] = {}
    for one in tell:
        heard = around.audience(one, behind)
        # For the same reason nobody is told twice.
        before = told.get(one.reason, Audience(one.reason, ()))
        told[one.reason] = Audience(
            one.reason, people([*before.staff, *heard.staff]), before.everyone or heard.everyone
        )
    about = {} if case is None else {**place_of(case).columns, "case_id": case.case_id}
    heard_by = [one for one in told.values() if one.staff]
    notices.keep(connection, key, heard_by, at, about)
    post_notices(connection, directory, key, heard_by, at, case)
    return people(staff for one in heard_by for staff in one.staff)


def _behind(connection: Connection, case: CaseRef) -> Behind:
    row = connection.execute(_BEHIND, {"wanted": case.case_id}).one_or_none()
    return Behind(row.line, row.dispatcher) if row is not None else Behind()
