"""Brings a database to the newest schema. It needs no file outside this folder.

To add a revision, change ``helpdesks.schema``, write ``versions/r<number>_<what>.py`` after the latest one,
and run the tests, which compare the migrated database with the schema.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def at_head(connection: Connection) -> bool:
    """Whether nothing is left to do."""
    current = MigrationContext.configure(connection).get_current_heads()
    return set(current) == set(_scripts().get_heads())


def bring_to_head(connection: Connection) -> None:
    """Run the missing migrations, if there are any, in the caller's transaction."""
    if not at_head(connection):
        upgrade(connection)


def upgrade(connection: Connection, to: str = "head") -> None:
    """Run the missing migrations up to a revision, in the caller's transaction."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    # Percent signs would be read as interpolation by the configuration's parser.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
