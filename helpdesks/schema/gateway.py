"""Who comes in at the gateway: programs with keys, and people who log in to the console."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, Table

from helpdesks.columns import Words, key, moment
from helpdesks.schema.tables import metadata

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
