"""The tables of the embedded help desk, for SQLite and PostgreSQL alike.

A *case* is one row, as staff see it now: a chat or a ticket. *Events* are what happened to it, with the
bodies of messages and notes; *entries* are what Baton wrote: the notes and messages of rules, drafts, and the
consolidated replies that were sent. *Applied* is the ledger that makes every write happen once, and *changes*
says who changed what. *Notifications* are what people were told, one row for each notice and reason;
*recipients* and *heard* are for finding those of one person (`helpdesks.notices`). *Letters* are what
*subscribers* elsewhere are told.

``kind`` says which of the two a case is. Columns of only one kind are null for the other. Three columns
serve both: they are the *place* of one, and a link to it from the other (`helpdesks.places`). The place of a
chat is ``channel`` and ``conversation``; that of a ticket is ``ticket_id``. Events and notifications have
only the columns of their place.

A case that waits for somebody of a line has that line in ``queue``, and ``since`` says who is next.

Two columns of a case look alike: ``pinned_to`` and ``reserved_for`` are what staff see, ``holder`` is the
person whose load it counts towards. They differ from the moment of a decision until its effect has been
carried out.
"""

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
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    event,
    text,
)

from helpdesks.columns import Number, Words, key, moment
from helpdesks.triggers import TRIGGERS

# Names for constraints: SQLite and PostgreSQL would otherwise invent different ones, or none.
metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _place_columns() -> tuple[Column[Any], ...]:
    """The place that something belongs to: the first two for a chat, the third for a ticket."""
    return tuple(key(name, optional=True) for name in ("channel", "conversation", "ticket_id"))


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
    *_place_columns(),
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

notifications = Table(
    "notifications",
    metadata,
    Column("id", Number, primary_key=True),
    key("key"),
    key("reason"),
    # Who was told: one person, or several. See `helpdesks.notices`.
    key("staff", optional=True),
    Column("told", Words, nullable=True),
    Column("everyone", Boolean, nullable=False),  # whether it went to everyone who could be told
    # The case that it is about, if it is about one.
    key("case_id", optional=True),
    *_place_columns(),
    moment("at"),
    UniqueConstraint("key", "reason"),
)
_to_one = text("staff IS NOT NULL")
Index(
    "ix_notifications_staff",
    notifications.c.staff,
    notifications.c.id,
    sqlite_where=_to_one,
    postgresql_where=_to_one,
)

recipients = Table(
    "recipients",
    metadata,
    Column("number", Number, primary_key=True),
    key("staff"),
    UniqueConstraint("staff"),
)

heard = Table(
    "heard",
    metadata,
    Column("number", Number, ForeignKey(recipients.c.number), primary_key=True, autoincrement=False),
    Column("block", Number, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

blocked_customers = Table("blocked_customers", metadata, Column("customer", Words, primary_key=True))

directories = Table(
    "directories",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("document", Words, nullable=False),
    moment("changed_at"),
)

attendance = Table(
    "attendance",
    metadata,
    Column("staff", Words, primary_key=True),
    # Null if the person was only assigned something and never set a presence.
    key("presence", optional=True),
    moment("since", optional=True),
    moment("last_assigned_at", optional=True),
)

rule_sets = Table(
    "rule_sets",
    metadata,
    Column("digest", Words, primary_key=True),
    Column("source", Words, nullable=False),
    moment("stored_at"),
)

# Where a desk stands beside the ledger: see `helpdesks.deliveries`.
deliveries = Table(
    "deliveries",
    metadata,
    Column("key", Words, primary_key=True),  # of the effect
    key("digest"),
    key("state"),
    moment("at"),
)

shown = Table(
    "shown",
    metadata,
    Column("desk", Words, primary_key=True),
    Column("desk_id", Words, primary_key=True),
    Column("shows", Words, nullable=False),  # as JSON
    Column("differing", Words, nullable=False),  # by field: since when it shows something else, as JSON
    Column("told", Words, nullable=False),  # what it cannot show and was said in words, as JSON
    Column("by", Words, nullable=False),  # by field: the event that tells of its last change, as JSON
)

looks = Table(
    "looks",
    metadata,
    Column("desk", Words, primary_key=True),
    moment("at"),  # what happened until then was read
    Column("cursor", Words, nullable=True),  # where the next look begins
)

# The gateway's: see `helpdesks.apikeys`.
api_keys = Table(
    "api_keys",
    metadata,
    Column("digest", Words, primary_key=True),  # SHA-256 of the key, in hexadecimal digits
    key("name"),
    Column("scopes", JSON, nullable=False),
    moment("made_at"),
    moment("ends_at", optional=True),  # when it was revoked, or another took its place for good
)

# People's own, to log in to the console: see `helpdesks.accounts` and `helpdesks.sessions`.
accounts = Table(
    "accounts",
    metadata,
    Column("staff", Words, primary_key=True),
    key("role"),
    key("password", optional=True),  # argon2id, with its salt and costs; none before one was chosen
    key("language", optional=True),  # null: the browser's
    moment("made_at"),
    moment("password_at", optional=True),  # when it was chosen
    moment("signed_in_at", optional=True),
    moment("disabled_at", optional=True),
)

links = Table(
    "links",
    metadata,
    # By which a person chooses a password, once; or is let in, as often as it is opened.
    Column("digest", Words, primary_key=True),  # SHA-256 of the token, in hexadecimal digits
    key("staff", ForeignKey(accounts.c.staff)),
    key("kind"),  # "invitation" or "entry"
    moment("until"),
    moment("used_at", optional=True),
)

sessions = Table(
    "sessions",
    metadata,
    Column("digest", Words, primary_key=True),  # SHA-256 of the token, in hexadecimal digits
    key("staff", ForeignKey(accounts.c.staff)),
    moment("made_at"),
    moment("used_at"),  # to the minute
    moment("until"),
    key("address"),  # where it was made from
    key("browser"),  # what that called itself
)
Index("ix_sessions_staff", sessions.c.staff)

# What is told to programs and people elsewhere: see `helpdesks.outgoing`.
subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Words, primary_key=True),
    key("way"),
    key("name"),
    key("staff", optional=True),  # whose own it is; then it gets no letters but this person's
    Column("url", Words, nullable=True),  # may be a secret itself, as those of chat tools are
    Column("secrets", Words, nullable=False),  # that sign what goes there, the newest first, as JSON
    Column("types", Words, nullable=False),  # what it is told, as ",case.opened,case.moved,"; all if empty
    Column("with_text", Boolean, nullable=False),
    key("state"),
    Column("capacity", Integer, nullable=False),  # undelivered letters that it may have
    Column("failures", Integer, nullable=False),  # in a row
    moment("probe_at", optional=True),  # nothing is sent before, since it failed
    Column("last_error", Words, nullable=True),
    moment("last_error_at", optional=True),
    moment("last_delivered_at", optional=True),
    moment("made_at"),
)

letters = Table(
    "letters",
    metadata,
    Column("id", Number, primary_key=True),
    key("subscriber", ForeignKey(subscribers.c.id, ondelete="CASCADE")),
    key("key"),  # what it tells: told once
    key("type"),
    key("staff", optional=True),  # whom it is for, if it is for a person
    key("about"),  # the workflow of its case: of these, one after the other
    Column("body", Words, nullable=False),  # as JSON; emptied once it is delivered
    key("state"),
    Column("attempts", Integer, nullable=False),
    moment("at"),
    moment("due_at"),
    moment("done_at", optional=True),
    Column("error", Words, nullable=True),
    UniqueConstraint("subscriber", "key"),
)
_waiting = text("state = 'waiting'")
for _name, *_columns in (
    ("ix_letters_due", letters.c.subscriber, letters.c.due_at, letters.c.id),
    ("ix_letters_about", letters.c.subscriber, letters.c.about, letters.c.id),
):
    Index(_name, *_columns, sqlite_where=_waiting, postgresql_where=_waiting)
Index("ix_letters_done", letters.c.subscriber, letters.c.state, letters.c.done_at)

# How somebody is told something elsewhere: see `helpdesks.outgoing.ways`.
ways = Table(
    "ways",
    metadata,
    Column("staff", Words, primary_key=True),
    Column("way", Words, primary_key=True),
    key("subscriber"),  # through which it goes
    Column("address", Words, nullable=True),  # of e-mail
    Column("kinds", Words, nullable=False),  # of notices, as ",prompt,overdue,"
    Column("urgent", Words, nullable=False),  # of these, those that do not wait for duty
    Column("digest_minutes", Integer, nullable=False),
    Column("quiet", Boolean, nullable=False),
    moment("set_at"),
    Column("last_error", Words, nullable=True),
    moment("last_error_at", optional=True),
    moment("last_told_at", optional=True),
)

# What desks delivered and could not be used: see `helpdesks.kepthooks`.
hooks_kept = Table(
    "hooks_kept",
    metadata,
    Column("id", Number, primary_key=True),
    key("desk"),
    key("reason"),
    moment("at"),
    key("content_type"),
    Column("body", LargeBinary, nullable=False),
)

# One row: see `helpdesks.identity`.
identity = Table("identity", metadata, Column("id", Words, primary_key=True))
