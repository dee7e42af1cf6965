"""Cases, what happened to them, and what was written about them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    event,
    text,
)

from helpdesks.columns import Number, Words, key, moment
from helpdesks.schema.tables import metadata, place_columns
from helpdesks.triggers import TRIGGERS

cases = Table(
    "cases",
    metadata,
    Column("case_id", Words, primary_key=True),
    key("kind"),  # "chat" or "ticket"
    # The place of a chat; of a ticket: that of the chat that it is linked to.
    key("channel", optional=True),
    key("conversation", optional=True),
    key("ticket_id", optional=True),  # the place of a ticket; of a chat: the ticket that it opened
    key("customer"),
    key("status"),
    key("assignee", optional=True),
    key("line", optional=True),
    # Of a chat:
    key("activity", optional=True),
    key("pinned_to", optional=True),
    key("reserved_for", optional=True),
    key("tab", optional=True),
    # Of both:
    key("holder", optional=True),
    key("queue", optional=True),  # the line for whose next free place it waits
    key("handed_on_by", optional=True),  # who must not get it from there
    moment("waiting_since", optional=True),  # since the customer's first unanswered message
    moment("since", optional=True),  # what orders all lists and queues: `baton.model.queueing.waits_since`
    Column("labels", JSON, nullable=False),
    Column("holders", JSON, nullable=False),
    key("last_author", optional=True),
    moment("last_message_at", optional=True),
    key("previous_case", optional=True),
    moment("opened_at"),
    key("opened_by"),  # the event that opened it
    # What this row was made from: the last event taken in, when that was decided, and whether the effect
    # of that decision has arrived. See `helpdesks.takingin` for what they guard.
    moment("decided_at"),
    key("last_event"),
    Column("settled", Boolean, nullable=False),
    # Of a ticket:
    key("stage", optional=True),
    key("composer", optional=True),
    key("dispatcher", optional=True),
    key("subject", optional=True),
    Column("asked", JSON(none_as_null=True), nullable=True),  # the labels of the departments asked now
    moment("due_at", optional=True),
    # Of both, and needed by no list: see `helpdesks.keeping`.
    Column("rest", Words, nullable=True),  # the whole state, as JSON
    Column("unsent", Words, nullable=True),  # the effects that were not yet carried out, as JSON
)
LIVING = text("NOT (status = 'closed' AND (kind = 'ticket' OR activity = 'ended'))")
"""Anything but a closed ticket, or a chat that is ended and closed. Written out, so that queries match the
indexes below."""

for _kind, *_place in (("chat", cases.c.channel, cases.c.conversation), ("ticket", cases.c.ticket_id)):
    _where = text(f"kind = '{_kind}'")
    Index(
        f"ix_cases_{'_'.join(column.name for column in _place)}",
        *(*_place, cases.c.opened_at),
        sqlite_where=_where,
        postgresql_where=_where,
    )
Index("ix_cases_tab", cases.c.tab, cases.c.since)
_queued = text("queue IS NOT NULL")
Index(
    "ix_cases_queue",
    *(cases.c.queue, cases.c.kind, cases.c.since),
    sqlite_where=_queued,
    postgresql_where=_queued,
)
for _column in (cases.c.customer, cases.c.assignee, cases.c.reserved_for, cases.c.holder, cases.c.line):
    # Closed cases pile up for years, and nobody searches for them by these columns.
    Index(f"ix_cases_{_column.name}", _column, sqlite_where=LIVING, postgresql_where=LIVING)
for _column in (cases.c.composer, cases.c.stage):
    # Chats have neither, so these indexes cost them nothing.
    _where = text(f"{LIVING.text} AND {_column.name} IS NOT NULL")
    Index(f"ix_cases_{_column.name}", _column, sqlite_where=_where, postgresql_where=_where)

promises = Table(
    "promises",
    metadata,
    # Room that somebody has, promised to a case that waits: see `helpdesks.queues`.
    Column("case_id", Words, ForeignKey(cases.c.case_id), primary_key=True),
    key("kind"),
    key("staff"),
    key("source"),  # what made the promise: an event, or somebody who came online
    moment("at"),
)
Index("ix_promises_staff", promises.c.staff)

loads = Table(
    "loads",
    metadata,
    # How many living cases of a kind somebody has; the database counts: see `helpdesks.triggers`.
    Column("staff", Words, primary_key=True),
    Column("kind", Words, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)
for _dialect, _statements in TRIGGERS.items():
    for _statement in _statements:
        _ddl: Any = DDL  # has no types
        event.listen(metadata, "after_create", _ddl(_statement).execute_if(dialect=_dialect))

case_labels = Table(
    "case_labels",
    metadata,
    # The labels of living tickets again: those in the ticket's own row cannot be searched.
    Column("case_id", Words, ForeignKey(cases.c.case_id), primary_key=True),
    Column("label", Words, primary_key=True),
    moment("due_at", optional=True),  # when the answer of the department that is asked by it is due
)
Index("ix_case_labels_label", case_labels.c.label, case_labels.c.due_at)

events = Table(
    "events",
    metadata,
    Column("id", Number, primary_key=True),
    *place_columns(),
    key("event_id"),
    key("case_id", ForeignKey(cases.c.case_id), optional=True),
    key("chain"),
    key("kind"),
    key("author"),
    moment("at"),
    moment("decided_at"),
    key("message_id", optional=True),
    Column("text", Words, nullable=True),
    Column("body", Words, nullable=False),  # the other fields of the event, as JSON
    Column("rules", JSON, nullable=False),
    # Of a note: its departments' labels, and the round.
    Column("credited", JSON(none_as_null=True), nullable=True),
    # Only one of the two applies: no null equals another.
    UniqueConstraint("channel", "conversation", "event_id"),
    UniqueConstraint("ticket_id", "event_id"),
)
Index("ix_events_case_id", events.c.case_id, events.c.decided_at, events.c.id)
for _name, *_place in (
    ("ix_events_message_id", events.c.channel, events.c.conversation),
    ("ix_events_ticket_message_id", events.c.ticket_id),
):
    _where = text(f"message_id IS NOT NULL AND {_place[0].name} IS NOT NULL")
    Index(_name, *_place, events.c.message_id, sqlite_where=_where, postgresql_where=_where)

entries = Table(
    "entries",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    key("case_id"),
    Column("text", Words, nullable=False),
    Column("rules", JSON, nullable=False),
    moment("at"),
    key("author", optional=True),  # who wrote it, unless it was a rule
)
Index("ix_entries_case_id", entries.c.case_id)

applied = Table(
    "applied",
    metadata,
    Column("kind", Words, primary_key=True),
    Column("key", Words, primary_key=True),
    key("digest"),
    moment("at"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Number, primary_key=True),
    key("case_id"),
    key("source"),  # the event or the effect: each makes one entry, however often it comes
    moment("at"),
    key("by"),
    Column("what", Words, nullable=False),
    UniqueConstraint("case_id", "source"),
)
