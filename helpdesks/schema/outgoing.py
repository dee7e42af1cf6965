"""What is told to programs and people elsewhere: see `helpdesks.outgoing`."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, UniqueConstraint, text

from helpdesks.columns import Number, Words, key, moment
from helpdesks.schema.tables import metadata

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
