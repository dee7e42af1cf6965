"""The ledger of effects: each is carried out once, by its key, with a digest of what it said.

After a reset of the workflow an event may be decided again, with the same key and another result: a change of
a case is then carried out again, but what people have read cannot be taken back.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from baton.model.effects import (
    CaseWrite,
    ConsolidatedReply,
    Escalation,
    Forward,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from helpdesks.schema import applied
from helpdesks.upserts import Upsert

Once = Message | Notice | Prompt | ConsolidatedReply | Reminder | Escalation | Forward
"""Effects that people or other cases see, and that are therefore never carried out again."""

_ENTER = Upsert(
    applied,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[applied.c.kind, applied.c.key],
        set_={"digest": insert.excluded.digest, "at": insert.excluded.at},
        where=(applied.c.digest != insert.excluded.digest) & (applied.c.at <= insert.excluded.at),
    ).returning(applied.c.key),
)
_ENTER_ONCE = Upsert(applied, lambda insert: insert.on_conflict_do_nothing().returning(applied.c.key))


def enter(connection: Connection, kind: str, effect: CaseWrite, digest: str) -> bool:
    """Enter an effect into the ledger before it is applied. False if exactly this was entered before."""
    entered = connection.scalar(
        _ENTER.on(connection),
        {"kind": kind, "key": effect.key, "digest": digest, "at": effect.decided_at},
    )
    return entered is not None


def enter_once(connection: Connection, kind: str, effect: Once) -> bool:
    """Enter it into the ledger. False if its key was entered before, whatever its content was."""
    return enter_key_once(connection, kind, effect.key, effect.model_dump_json(), effect.decided_at)


def enter_key_once(connection: Connection, kind: str, key: str, content: str, at: datetime) -> bool:
    """As `enter_once`, for what is no effect of a case."""
    digest = sha256(content.encode()).hexdigest()
    entered = connection.scalar(
        _ENTER_ONCE.on(connection),
        {"kind": kind, "key": key, "digest": digest, "at": at},
    )
    return entered is not None


def entry(
    effect: Once | CaseWrite, kind: str, text: str, position: int = 0, *, author: str | None = None
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
