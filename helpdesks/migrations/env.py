"""Run by Alembic for every command: on the connection that the caller has opened."""

from __future__ import annotations

from alembic import context

from helpdesks.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
# The caller's transaction: begun, locked and committed there.
context.run_migrations()
