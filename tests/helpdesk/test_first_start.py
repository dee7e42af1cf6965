"""Whether anything was kept at a database before, and that looking leaves nothing there."""

from __future__ import annotations

from sqlalchemy import inspect

from baton.documents.directory import Directory
from helpdesks.database import Database
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.engines import parse_url
from helpdesks.firststart import is_new


async def test_a_database_is_new_until_it_has_a_directory(url: str) -> None:
    assert await is_new(url)
    async with EmbeddedHelpDesk.open(url) as desk:
        assert await is_new(url)
        await desk.change_directory(Directory(), based_on=0)
        assert not await is_new(url)


async def test_looking_makes_nothing(url: str) -> None:
    assert await is_new(url)
    database = Database(parse_url(url))
    assert await database.read(lambda connection: inspect(connection).get_table_names()) == []
    await database.close()
