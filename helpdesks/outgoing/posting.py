"""Letters are posted: written into the ledger, in the transaction of what they tell of.

One statement writes the letters of all subscribers that want to hear of it. A subscriber whose queue is full
gets a dead letter at once, so that no case waits for anybody elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    case,
    func,
    literal,
    null,
    or_,
    select,
    text,
)

from baton.contract.outgoing import Told, WebhookData
from helpdesks.columns import Instant, Words
from helpdesks.schema import letters, subscribers
from helpdesks.upserts import Upsert

QUEUE_FULL = "the queue was full"
WAITING, DEAD = "waiting", "dead"
GATHERING = "gathering:"
"""With a person's name behind it: what letters are about that wait to be gathered for this person."""
GATHERED = "gathered:"
"""With the first letter's ID behind it: what letters are about that go out as one."""

_queued = letters.alias("queued")
_FULL = (
    select(func.count())
    .select_from(_queued)
    .where(_queued.c.subscriber == subscribers.c.id, text("queued.state = 'waiting'"))
    .correlate(subscribers)
    .scalar_subquery()
) >= subscribers.c.capacity


def given(name: str) -> Any:
    """A text that comes with each letter."""
    return bindparam(name, type_=Words)


def posting(to: ColumnElement[bool], *, staff: Any, body: Any) -> Upsert:
    """The statement that writes a letter to those subscribers, except where one of its key was written.

    It takes ``key``, ``type``, ``about``, ``at``, ``due``, and what the arguments take.

    Args:
        to: which of the subscribers; those that are switched off get none.
        staff: the person whom it is for, or null.
        body: what it says.
    """
    columns = {
        "subscriber": subscribers.c.id,
        "key": given("key"),
        "type": given("type"),
        "staff": staff,
        "about": given("about"),
        "body": body,
        "state": case((_FULL, literal(DEAD, String)), else_=literal(WAITING, String)),
        "attempts": literal(0),
        "at": bindparam("at", type_=Instant),
        "due_at": bindparam("due", type_=Instant),
        "error": case((_FULL, literal(QUEUE_FULL, String)), else_=null()),
    }
    written = select(*columns.values()).where(to, subscribers.c.state != "off")
    return Upsert(letters, lambda insert: insert.from_select(list(columns), written).on_conflict_do_nothing())


_POST = posting(
    and_(
        subscribers.c.staff.is_(None),
        subscribers.c.way != "email",
        or_(subscribers.c.types == "", subscribers.c.types.like(given("pattern"))),
    ),
    staff=null(),
    body=case((subscribers.c.with_text, given("whole")), else_=given("body")),
)


class Letter(NamedTuple):
    """What is to be told to whoever wants to hear of it."""

    type: Told
    key: str
    """Told once to each."""
    about: str
    """The workflow of the case."""
    data: WebhookData
    """With the text, which only those get who asked for it."""


def post(connection: Connection, at: datetime, told: Sequence[Letter]) -> None:
    """Write the letters, in order. What was told before is left out."""
    if told:
        now = datetime.now(UTC)  # and not the time of the case, which may be ahead
        connection.execute(_POST.on(connection), [{**_row(one), "at": at, "due": now} for one in told])


def _row(letter: Letter) -> dict[str, Any]:
    whole = letter.data.model_dump_json(exclude_defaults=True)
    bare = letter.data.model_copy(update={"text": None}) if letter.data.text is not None else None
    return {
        "key": letter.key,
        "type": letter.type.value,
        "pattern": f"%,{letter.type.value},%",
        "about": letter.about,
        "whole": whole,
        "body": whole if bare is None else bare.model_dump_json(exclude_defaults=True),
    }


def key_of(case_id: str, event_id: str, told: Told) -> str:
    """The key of what one event made of a case."""
    return f"{case_id}:{event_id}:{told.value}"
