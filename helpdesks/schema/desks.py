"""The desk that stands beside the ledger: see `helpdesks.deliveries` and `helpdesks.kepthooks`."""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table

from helpdesks.columns import Number, Words, key, moment
from helpdesks.schema.tables import metadata

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
