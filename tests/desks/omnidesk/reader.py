"""Reading the feed in tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from helpdesks.omnidesk.desk import OmnideskDesk
from helpdesks.outside.adapter import HeardThere


class Reader:
    """Whoever reads the feed, and keeps the place."""

    def __init__(self, desk: OmnideskDesk, cursor: str) -> None:
        self.desk = desk
        self.cursor = cursor
        self.heard: list[HeardThere] = []

    @classmethod
    async def begin(cls, desk: OmnideskDesk) -> Reader:
        """A reader who hears what happens from now on."""
        changes = await desk.changes(None, 100)
        assert not changes.heard
        return cls(desk, changes.cursor)

    async def step(self, most: int = 1000) -> Sequence[HeardThere]:
        """What is heard by one reading."""
        changes = await self.desk.changes(self.cursor, most)
        assert len(changes.cursor) <= 2000
        self.cursor = changes.cursor
        self.heard += changes.heard
        return changes.heard

    async def rest(self, most: int = 1000) -> Sequence[HeardThere]:
        """What is heard until there is no more."""
        before = len(self.heard)
        while True:
            changes = await self.desk.changes(self.cursor, most)
            assert len(changes.cursor) <= 2000
            self.cursor = changes.cursor
            self.heard += changes.heard
            if not changes.more:
                return self.heard[before:]


def told(heard: Sequence[HeardThere]) -> list[tuple[Any, ...]]:
    """The events in short: what and who, and what matters of each."""
    fields = ("text", "status", "staff", "line", "add", "remove")
    return [
        (
            one.event.kind,
            str(one.event.author),
            *(value for name in fields if (value := getattr(one.event, name, None)) not in (None, (), "")),
        )
        for one in heard
        if one.event is not None
    ]
