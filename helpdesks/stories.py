"""Events as they came: what the customer wrote in one case, and any single one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Connection, Row, bindparam, select

from baton.contract import CustomerMessage, Event
from helpdesks.caserows import BY_ID, author_of, snapshot_of
from helpdesks.known import Heard
from helpdesks.places import Place, at, for_each_kind
from helpdesks.schema import events

HEARD = for_each_kind(
    lambda kind: select(events).where(at(events, kind), events.c.event_id == bindparam("event_id"))
)
_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def customer_messages(connection: Connection, case_id: str) -> Sequence[CustomerMessage]:
    """What the customer wrote in a case, in order, as the events that brought it."""
    rows = connection.execute(
        select(events)
        .where(events.c.case_id == case_id, events.c.kind == "customer_message")
        .order_by(events.c.decided_at, events.c.id)
    )
    return [CustomerMessage.model_validate(_fields(row)) for row in rows]


def heard(connection: Connection, place: Place, event_id: str) -> Heard | None:
    """An event of a conversation or ticket, with the case that had it, if it was taken in."""
    row = connection.execute(HEARD[place.kind], {**place.columns, "event_id": event_id}).one_or_none()
    if row is None:
        return None
    case = connection.execute(BY_ID, {"wanted": row.case_id}).one_or_none()
    event = _EVENT.validate_python({**_fields(row), "kind": row.kind})
    return Heard(event, snapshot_of(case) if case is not None else None)


def _fields(row: Row[Any]) -> dict[str, Any]:
    """The fields of an event, from its row."""
    known = {
        "id": row.event_id,
        "at": row.at,
        "author": author_of(row.author),
        # An older release took in empty texts.
        "text": row.text if (row.text or "").strip() else None,
        "message_id": row.message_id,
    }
    return {**json.loads(row.body), **{name: value for name, value in known.items() if value is not None}}
