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

from helpdesks.schema.cases import (
    LIVING,
    applied,
    case_labels,
    cases,
    changes,
    entries,
    events,
    loads,
    promises,
)
from helpdesks.schema.company import attendance, blocked_customers, directories, identity, rule_sets
from helpdesks.schema.desks import deliveries, hooks_kept, looks, shown
from helpdesks.schema.gateway import accounts, api_keys, links, sessions
from helpdesks.schema.notices import heard, notifications, recipients
from helpdesks.schema.outgoing import letters, subscribers, ways
from helpdesks.schema.tables import metadata

__all__ = [
    "LIVING",
    "accounts",
    "api_keys",
    "applied",
    "attendance",
    "blocked_customers",
    "case_labels",
    "cases",
    "changes",
    "deliveries",
    "directories",
    "entries",
    "events",
    "heard",
    "hooks_kept",
    "identity",
    "letters",
    "links",
    "loads",
    "looks",
    "metadata",
    "notifications",
    "promises",
    "recipients",
    "rule_sets",
    "sessions",
    "shown",
    "subscribers",
    "ways",
]
