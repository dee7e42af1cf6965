"""What was said in a conversation or a ticket, and between staff about it: for people who read it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Connection, Row, and_, bindparam, false, literal, or_, select, tuple_

from baton.desk.said import MessageRow, Said
from helpdesks.paging import Cursors, Page
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

_Key = tuple[datetime, str, int]
"""When it was said; of an entry its key and position, of an event nothing and its ID."""
_CURSORS: Cursors[_Key] = Cursors(tuple[datetime, str, int])

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


def messages(connection: Connection, place: Place, most: int, before: str | None = None) -> Page[MessageRow]:
    """The latest messages, notes and drafts of a place, in all its cases, the oldest first.

    The next page is an earlier one: its rows stand before those of this page. Raises ``InvalidEvent`` for a
    cursor that is none of this list.
    """
    key = _CURSORS.read(before)
    found: list[_Found] = []
    while True:
        batch = _batch(connection, place, most + 1, key)
        found = [*(one for one in batch if one.says_something), *found]
        if len(batch) <= most or len(found) > most:
            break
        key = batch[0].key
    page = found[-most:]
    heard = [one.row.message_id for one in page if not one.is_entry]
    wanted = [message_id for message_id in heard if message_id is not None]
    became = _became(connection, place, wanted)
    templates = _templates(connection, list({one.row.case_id for one in page if one.is_entry}))
    return Page(
        [_of_entry(one.row, templates) if one.is_entry else _of_event(one.row, became) for one in page],
        _CURSORS.of(page[0].key) if len(found) > most else None,
    )


@dataclass(frozen=True)
class _Found:
    """A row, and where it stands. What followed from an event was written at the same time as the event,
    which stays before it."""

    row: Row[Any]
    is_entry: bool

    @property
    def key(self) -> _Key:
        row = self.row
        if self.is_entry:
            return row.at, row.key, row.position
        return row.decided_at, "", row.id

    @property
    def says_something(self) -> bool:
        # A department may be asked again without a question.
        return self.is_entry or self.row.kind not in _IN_BODY or bool(_said_by(self.row))


def _batch(connection: Connection, place: Place, most: int, key: _Key | None) -> list[_Found]:
    """The latest rows before a key, the oldest first."""
    heard, written = _HEARD[place.kind], _WRITTEN[place.kind]
    if key is not None:
        at_, name, number = key
        same = events.c.decided_at == at_
        heard = heard.where(
            or_(events.c.decided_at < at_, same if name else and_(same, events.c.id < number))
        )
        own = tuple_(entries.c.key, entries.c.position) < tuple_(literal(name), literal(number))
        written = written.where(or_(entries.c.at < at_, and_(entries.c.at == at_, own if name else false())))
    asked = {**place.columns, "most": most}
    rows = [_Found(row, is_entry=False) for row in reversed(connection.execute(heard, asked).all())]
    rows += [_Found(row, is_entry=True) for row in reversed(connection.execute(written, asked).all())]
    return sorted(rows, key=lambda one: one.key[0])[-most:]


def _said_by(row: Row[Any]) -> str:
    said = json.loads(row.body).get(_IN_BODY[row.kind]) if row.kind in _IN_BODY else row.text
    return said or ""


def _of_event(row: Row[Any], became: Mapping[str, Mapping[str, bool]]) -> MessageRow:
    body = json.loads(row.body)
    of_one = (body["label"],) if body.get("label") else ()
    labels: tuple[str, ...] = tuple(row.credited["labels"]) if row.credited else of_one
    return MessageRow(
        at=row.decided_at,
        said=_SAID[row.kind],
        author=row.author,
        text=_said_by(row),
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
