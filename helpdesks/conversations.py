"""What was said in a conversation or a ticket, and between staff about it: for people who read it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import Connection, Row, bindparam, select

from baton.desk.said import MessageRow, Said
from helpdesks.places import Place, at, for_each_kind
from helpdesks.schema import cases, entries, events

_SAID: Mapping[str, Said] = {
    "customer_message": "message",
    "agent_message": "message",
    "system_message": "message",
    "note_added": "note",
    "send_reply": "reply",
    "reply_sent": "reply",
    "department_asked_again": "question",
    "department_declined": "declined",
}
"""What each kind of event says that says anything."""
_IN_BODY = {"department_asked_again": "question", "department_declined": "reason"}
"""The fields of events that say it elsewhere than in their text."""

_HEARD = for_each_kind(
    lambda kind: (
        select(events)
        .where(at(events, kind), events.c.kind.in_(_SAID))
        .order_by(events.c.decided_at.desc(), events.c.id.desc())
        .limit(bindparam("most"))
    )
)
_WRITTEN = for_each_kind(
    lambda kind: (
        select(entries)
        .where(
            entries.c.case_id.in_(select(cases.c.case_id).where(at(cases, kind))),
            # The event that asked for a reply already contains it.
            entries.c.kind != "reply",
        )
        .order_by(entries.c.at.desc(), entries.c.key.desc(), entries.c.position.desc())
        .limit(bindparam("most"))
    )
)
_BECAME = for_each_kind(
    lambda kind: select(events.c.message_id, events.c.kind, events.c.body).where(
        at(events, kind),
        events.c.message_id.in_(bindparam("wanted", expanding=True)),
        events.c.kind.in_(("message_changed", "delivery_failed")),
    )
)
_TEMPLATES = select(events.c.case_id, events.c.event_id, events.c.body).where(
    events.c.case_id.in_(bindparam("wanted", expanding=True)), events.c.kind == "template_applied"
)


def messages(connection: Connection, place: Place, most: int) -> Sequence[MessageRow]:
    """The latest messages, notes and drafts of a place, in all its cases, the oldest first."""
    asked = {**place.columns, "most": most}
    heard = connection.execute(_HEARD[place.kind], asked).all()
    written = connection.execute(_WRITTEN[place.kind], asked).all()
    became = _became(connection, place, [row.message_id for row in heard if row.message_id is not None])
    templates = _templates(connection, list({row.case_id for row in written}))
    rows = [row for one in reversed(heard) for row in _of_event(one, became)]
    rows += [_of_entry(one, templates) for one in reversed(written)]
    # What followed from an event was written at the same time as the event itself, which stays before it.
    return sorted(rows, key=attrgetter("at"))[-most:]


def _of_event(row: Row[Any], became: Mapping[str, Mapping[str, bool]]) -> Iterator[MessageRow]:
    body = json.loads(row.body)
    text = body.get(_IN_BODY[row.kind]) if row.kind in _IN_BODY else row.text
    if row.kind in _IN_BODY and not text:
        return  # it may be asked again without a question
    of_one = (body["label"],) if body.get("label") else ()
    labels: tuple[str, ...] = tuple(row.credited["labels"]) if row.credited else of_one
    yield MessageRow(
        at=row.decided_at,
        said=_SAID[row.kind],
        author=row.author,
        text=text or "",
        attachments=body.get("attachments", ()),
        labels=labels,
        case_id=row.case_id or "",
        **became.get(row.message_id, {}),
    )


def _of_entry(row: Row[Any], templates: Mapping[str, str]) -> MessageRow:
    """What Baton wrote. Its key begins with the event from which it followed, and ends with what it is."""
    event, _, what = row.key.rpartition(":")
    by_template = what == "template" or (what == "write" and row.position == 0)
    template = templates.get(event) if by_template else None
    rules = f"rule:{','.join(row.rules)}" if row.rules else "system:baton"
    return MessageRow(
        at=row.at,
        said=cast(Said, row.kind),
        author=row.author or (f"template:{template}" if template else rules),
        text=row.text,
        case_id=row.case_id,
    )


def _became(connection: Connection, place: Place, wanted: Sequence[str]) -> dict[str, dict[str, bool]]:
    """What became of messages, by their ID: whether they were deleted, or not delivered."""
    found = dict[str, dict[str, bool]]()
    if wanted:
        for row in connection.execute(_BECAME[place.kind], {**place.columns, "wanted": wanted}):
            if row.kind == "delivery_failed":
                found.setdefault(row.message_id, {})["undelivered"] = True
            elif json.loads(row.body).get("deleted"):
                found.setdefault(row.message_id, {})["deleted"] = True
    return found


def _templates(connection: Connection, cases_of: Sequence[str]) -> dict[str, str]:
    """Which template an event applied, by its case and its ID as keys of effects begin."""
    if not cases_of:
        return {}
    rows = connection.execute(_TEMPLATES, {"wanted": cases_of})
    return {f"{row.case_id}:{row.event_id}": json.loads(row.body)["template"] for row in rows}
