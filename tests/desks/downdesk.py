"""A desk on paper that does not answer while it is down, for all cases or for some."""

from __future__ import annotations

from dataclasses import dataclass, field

from baton.errors import HelpDeskUnavailable
from helpdesks.outside.adapter import Change, Saying, Shown
from lab.paper import PaperDesk


@dataclass
class DownDesk(PaperDesk):
    """Its feed is read all the same."""

    down: bool = False
    down_for: set[str] = field(default_factory=set)

    async def show(self, desk_id: str) -> Shown:
        self._answer(desk_id)
        return await super().show(desk_id)

    async def change(self, desk_id: str, change: Change, key: str) -> None:
        self._answer(desk_id)
        await super().change(desk_id, change, key)

    async def say(self, desk_id: str, saying: Saying, key: str) -> None:
        self._answer(desk_id)
        await super().say(desk_id, saying, key)

    async def has_said(self, desk_id: str, key: str) -> bool:
        self._answer(desk_id)
        return await super().has_said(desk_id, key)

    def _answer(self, desk_id: str) -> None:
        if self.down or desk_id in self.down_for:
            raise HelpDeskUnavailable("down for a test")
