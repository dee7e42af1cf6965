"""Conversations of Libredesk as they are now: one, and all that are open, for taking them over."""

from __future__ import annotations

from contextlib import aclosing

from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.libredesk.agents import Names
from helpdesks.libredesk.client import LibredeskClient
from helpdesks.libredesk.events import Around, happened
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.libredesk.naming import is_ours, start_of
from helpdesks.libredesk.reading import (
    among_statuses,
    by_time,
    conversation_there,
    messages_there,
    micros,
)
from helpdesks.libredesk.wire import ConversationThere, Listed
from helpdesks.outside.adapter import Change, OpenCase, OpenCases, Shown

PER_PAGE = 20
"""Open conversations on a page: each takes two calls or more."""


async def shown(there: ConversationThere, names: Names, mapping: LibredeskMapping) -> Shown:
    """A conversation in Baton's words. What the mapping has no word for is ``foreign``, except tags."""
    person = (await names.agents()).person(there.assigned_user_id)
    line = await names.line_of(there.assigned_team_id)
    labels = frozenset(mapping.labels_there[tag] for tag in there.tags if tag in mapping.labels_there)
    is_now = Change(assignee=person, line=line, labels=labels)
    foreign = {}
    if status := mapping.statuses.there.get(there.status.lower()):
        is_now["status"] = status
    else:
        foreign["status"] = there.status
    if there.assigned_user_id is not None and person is None:
        foreign["assignee"] = str(there.assigned_user_id)
    if there.assigned_team_id is not None and line is None:
        foreign["line"] = str(there.assigned_team_id)
    return Shown(is_now, foreign)


class Opened:
    """The conversations that are not closed. Raises what the client raises."""

    def __init__(self, client: LibredeskClient, names: Names, mapping: LibredeskMapping) -> None:
        self._client = client
        self._names = names
        self._mapping = mapping

    async def page(self, after: str | None) -> OpenCases:
        """See `helpdesks.outside.adapter.Adapter.open_cases`. The oldest first.

        If Libredesk fails after some were read, the page is shorter.
        """
        since, read = _position(after)
        statuses = self._mapping.statuses
        wanted = among_statuses([*statuses.open, *statuses.pending])
        found: list[OpenCase] = []
        total: int | None = None
        try:
            async with aclosing(by_time(self._client, "created_at", since, wanted)) as pages:
                async for rows, count in pages:
                    total = count if after is None and total is None else total
                    for row in rows:
                        at = micros(row.created_at)
                        if at < since or (at == since and row.uuid in read):
                            continue
                        if len(found) == PER_PAGE:
                            return OpenCases(found, _after(since, read), total)
                        if opened := await self._opened(row):
                            found.append(opened)
                        read = read | {row.uuid} if at == since else frozenset({row.uuid})
                        since = at
        except HelpDeskUnavailable:
            if not found:
                raise
            return OpenCases(found, _after(since, read), total)
        return OpenCases(found, None, total)

    async def _opened(self, row: Listed) -> OpenCase | None:
        if not is_ours(row, self._mapping):
            return None
        try:
            messages, is_all = await messages_there(self._client, row.uuid)
            there = await conversation_there(self._client, row.uuid)
        except DeskRefused:  # it was deleted meanwhile
            return None
        start = start_of(there, self._mapping)
        if start is None:
            return None
        around = Around(self._mapping, await self._names.agents())
        past = happened(there, messages, around, is_all=is_all)
        history = [one.heard.event for one in past if one.heard.event is not None]
        written = ("customer_message", "agent_message", "system_message", "note_added")
        said = [event for event in history if event.kind in written]
        return OpenCase(start, row.uuid, await shown(there, self._names, self._mapping), said)


def _position(after: str | None) -> tuple[int, frozenset[str]]:
    if after is None:
        return 1, frozenset()
    since, _, read = after.partition(":")
    if not since.isdecimal():
        raise DeskRefused("this is no place in the open conversations of Libredesk")
    return int(since), frozenset(read.split(","))


def _after(since: int, read: frozenset[str]) -> str:
    """Where the next page begins: a time, and the conversations of just that time that were read."""
    return f"{since}:{','.join(sorted(read))}"
