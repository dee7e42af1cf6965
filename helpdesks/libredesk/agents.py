"""Who and what there is in Libredesk by name: agents, teams, statuses, tags. Asked for once, and again when a
name comes up that is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baton.contract import Author, AuthorType
from baton.errors import DeskRefused
from helpdesks.libredesk.client import LibredeskClient
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.libredesk.wire import AgentThere
from helpdesks.outside.answers import read_as


@dataclass(frozen=True)
class Agents:
    """Who is an agent in Libredesk."""

    own: int
    """The agent whose API key Baton has."""
    there: tuple[AgentThere, ...]
    mapping: LibredeskMapping

    def person(self, agent: int | None) -> str | None:
        """Who of the directory this agent is; None if nobody."""
        email = next((one.email for one in self.there if one.id == agent), "")
        return self.mapping.people_by_email.get(email.lower())

    def named(self, name: str) -> tuple[int, ...]:
        """The agents whom activities call so."""
        return tuple(one.id for one in self.there if one.name == name)

    def number(self, person: str) -> int | None:
        """The agent who is this person; None if there is none."""
        email = self.mapping.people.get(person, "").lower()
        return next((one.id for one in self.there if email and one.email.lower() == email), None)

    def author(self, agent: int) -> Author:
        """The agent as the author of an event: who is nobody in the directory counts as the system."""
        person = self.person(agent)
        if person is None:
            return Author(type=AuthorType.SYSTEM, id=f"agent-{agent}")
        return Author(type=AuthorType.STAFF, id=person)


class Names:
    """What is there by name. Raises what the client raises."""

    def __init__(self, client: LibredeskClient, mapping: LibredeskMapping) -> None:
        self._client = client
        self._mapping = mapping
        self._own: int | None = None
        self._agents: Agents | None = None
        self._teams: dict[str, int] = {}
        self._statuses: frozenset[str] = frozenset()

    async def own(self) -> Mapping[str, Any]:
        """The agent whose API key Baton has."""
        me = await self._client.get("agents/me")
        self._own = int(me["id"])
        return dict(me)

    async def agents(self, *, anew: bool = False) -> Agents:
        """Everybody, as known; or as they are now."""
        if self._agents is None or anew:
            if self._own is None:
                await self.own()
            rows = await self._client.listed("agents/compact")
            there = tuple(read_as(AgentThere, row, "an agent") for row in rows)
            assert self._own is not None
            self._agents = Agents(self._own, there, self._mapping)
        return self._agents

    async def teams(self, *, anew: bool = False) -> Mapping[str, int]:
        """By name: the number of each team."""
        if not self._teams or anew:
            rows = await self._client.listed("teams/compact")
            self._teams = {str(row["name"]): int(row["id"]) for row in rows}
        return self._teams

    async def statuses(self, *, anew: bool = False) -> frozenset[str]:
        """Every status."""
        if not self._statuses or anew:
            self._statuses = frozenset(str(row["name"]) for row in await self._client.listed("statuses"))
        return self._statuses

    async def tags(self) -> frozenset[str]:
        """Every tag."""
        return frozenset(str(row["name"]) for row in await self._client.listed("tags"))

    # Whatever Libredesk does not know it answers with 500, as if it were broken. So it is looked for before.

    async def agent_of(self, person: str) -> int:
        """The number of a person. Raises ``DeskRefused`` if there is no such agent."""
        if person not in self._mapping.people:
            raise DeskRefused(
                f"{person} is nobody in Libredesk: add 'people: {{{person}: …}}' to the mapping"
            )
        number = (await self.agents()).number(person)
        if number is None:
            number = (await self.agents(anew=True)).number(person)
        if number is None:
            raise DeskRefused(f"Libredesk has no agent {self._mapping.people[person]}, who is {person}")
        return number

    async def team_of(self, line: str) -> int:
        """The number of a line's team. Raises ``DeskRefused`` if there is none."""
        name = self._mapping.lines.get(line)
        if name is None:
            raise DeskRefused(f"{line} has no team in Libredesk: add 'lines: {{{line}: …}}' to the mapping")
        number = (await self.teams()).get(name) or (await self.teams(anew=True)).get(name)
        if number is None:
            raise DeskRefused(f"Libredesk has no team {name!r}, which is {line}")
        return number

    async def line_of(self, team: int | None) -> str | None:
        """The line whose team this is; None if none is, or nothing is."""
        if team is None or not self._mapping.lines:
            return None
        if team not in (await self.teams()).values():
            await self.teams(anew=True)
        return next(
            (
                line
                for name, number in self._teams.items()
                if number == team and (line := self._mapping.lines_there.get(name))
            ),
            None,
        )

    async def check_status(self, status: str) -> None:
        """Raise ``DeskRefused`` if there is no such status."""
        if status not in await self.statuses() and status not in await self.statuses(anew=True):
            raise DeskRefused(f"Libredesk has no status {status!r}: run `baton desk setup`")
