"""Tickets are no chats of a channel ``ticket:`` any more: ``kind`` and their own ID say what they are.

A ticket had its ID in ``conversation``, a tab ``ticket`` and an activity, and the chat that it is linked to
in two columns of its own. Now ``ticket_id`` is its ID, ``channel`` and ``conversation`` are those of the
linked chat, and what only chats have is null. Events and notices of a ticket have its ID, and nothing else.

SQLite cannot change a column: Alembic's batches copy the table. Nothing may refer to a table of which a copy
takes the place, so the foreign keys go first and come back last. All of it is one transaction.

A worker of the release before cannot work with these tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0004"
down_revision = "0003"

_LIVING = "NOT (status = 'closed' AND (kind = 'ticket' OR activity = 'ended'))"
_LIVING_COLUMNS = ("customer", "assignee", "reserved_for", "holder", "line")
_OF_TICKETS = ("composer", "stage")
_REFERRING = ("events", "case_labels")
_OLD_PLACE = ("channel", "conversation")


def upgrade() -> None:
    # Their conditions are others from now on, and a copy would have to take them over.
    for name in ("channel_conversation", "tab", *_LIVING_COLUMNS, *_OF_TICKETS):
        op.drop_index(f"ix_cases_{name}", "cases")
    op.drop_index("ix_events_message_id", "events")
    for name in _REFERRING:
        with op.batch_alter_table(name) as table:
            table.drop_constraint(f"fk_{name}_case_id", type_="foreignkey")
            if name == "events":
                _let_places_be_empty(table)
    with op.batch_alter_table("notifications") as table:
        _let_places_be_empty(table)
    with op.batch_alter_table("cases") as table:
        for column in (*_OLD_PLACE, "activity", "tab"):
            table.alter_column(column, existing_type=sa.Text(), nullable=True)
    _move_tickets()
    with op.batch_alter_table("cases") as table:
        table.drop_column("linked_channel")
        table.drop_column("linked_conversation")
    for name in _REFERRING:
        with op.batch_alter_table(name) as table:
            table.create_foreign_key(f"fk_{name}_case_id", "cases", ["case_id"], ["case_id"])
            if name == "events":
                table.create_unique_constraint("uq_events_ticket_id_event_id", ["ticket_id", "event_id"])
    _create_indexes()


def _let_places_be_empty(table: BatchOperations) -> None:
    for column in _OLD_PLACE:
        table.alter_column(column, existing_type=sa.Text(), nullable=True)
    table.add_column(sa.Column("ticket_id", sa.Text(), nullable=True))


def _move_tickets() -> None:
    op.execute(
        "UPDATE cases SET kind = 'ticket', ticket_id = conversation, channel = linked_channel,"
        " conversation = linked_conversation, activity = NULL, tab = NULL WHERE channel = 'ticket:'"
    )
    for name in ("events", "notifications"):
        op.execute(
            f"UPDATE {name} SET ticket_id = conversation, channel = NULL, conversation = NULL"
            " WHERE channel = 'ticket:'"
        )


def _create_indexes() -> None:
    _create_index("ix_cases_channel_conversation", "cases", [*_OLD_PLACE, "opened_at"], "kind = 'chat'")
    _create_index("ix_cases_ticket_id", "cases", ["ticket_id", "opened_at"], "kind = 'ticket'")
    op.create_index("ix_cases_tab", "cases", ["tab", "last_message_at"])
    for name in _LIVING_COLUMNS:
        _create_index(f"ix_cases_{name}", "cases", [name], _LIVING)
    for name in _OF_TICKETS:
        _create_index(f"ix_cases_{name}", "cases", [name], f"{_LIVING} AND {name} IS NOT NULL")
    for index, place in (("message_id", [*_OLD_PLACE]), ("ticket_message_id", ["ticket_id"])):
        where = f"message_id IS NOT NULL AND {place[0]} IS NOT NULL"
        _create_index(f"ix_events_{index}", "events", [*place, "message_id"], where)


def _create_index(name: str, table: str, columns: list[str], where: str) -> None:
    of = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=of, postgresql_where=of)
