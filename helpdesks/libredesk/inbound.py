"""What comes in from Libredesk: the conversations that were changed since a cursor, and what happened there.

Its list of conversations by the time of what was last written is the feed: whatever happens is written, as a
message or as an activity. Only that an agent is taken off is not, so the conversations that nobody has are
looked at, too: those that were changed. See `helpdesks.outside.remembering` for what is kept between looks.

Times are those of Libredesk's database, in microseconds. A message is dated when it is begun, and two that
are written at once may come in the other order; so the last moments are read again each time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import aclosing
from datetime import datetime

from baton.contract import Presence
from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.libredesk.agents import Names
from helpdesks.libredesk.client import LibredeskClient
from helpdesks.libredesk.events import Around, happened
from helpdesks.libredesk.mapping import LibredeskMapping
from helpdesks.libredesk.naming import is_ours
from helpdesks.libredesk.reading import (
    by_time,
    conversation_there,
    instant,
    latest_there,
    messages_there,
    micros,
    of_nobody,
)
from helpdesks.libredesk.wire import Listed
from helpdesks.outside.adapter import Changes, HeardThere
from helpdesks.outside.remembering import Remembered, changed_presences, mark, marks, newest

MOST_READ = 80
MOST_TOLD = 140
"""How many of each are remembered."""
LONGEST = 8.0
"""Seconds after which a reading ends with what it has: whoever asked may have no patience for more."""
PRESENCES = {
    "online": Presence.ONLINE,
    "away": Presence.WITHOUT_CHATS,
    "away_manual": Presence.WITHOUT_CHATS,
    "away_and_reassigning": Presence.WITHOUT_CHATS,
    "offline": Presence.OFFLINE,
}
"""By what Libredesk calls it."""
_SECOND = 1_000_000

_logger = logging.getLogger(__name__)


class Feed:
    """What happened in Libredesk."""

    def __init__(self, client: LibredeskClient, names: Names, mapping: LibredeskMapping) -> None:
        self._client = client
        self._names = names
        self._mapping = mapping

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """See `helpdesks.outside.adapter.Adapter.changes`.

        If Libredesk fails after something was read, that is what is returned.
        """
        if cursor is None:
            latest = micros(await latest_there(self._client))
            return Changes((), str(Remembered(floor=latest, since=latest)))
        reading = _Reading(self._client, self._names, self._mapping, Remembered.parse(cursor))
        try:
            await reading.read(most)
        except HelpDeskUnavailable:
            if not reading.has_read:
                raise
        return reading.changes()


class _Reading:
    """One look at what is new."""

    def __init__(
        self, client: LibredeskClient, names: Names, mapping: LibredeskMapping, cursor: Remembered
    ) -> None:
        self.has_read = False
        self._client = client
        self._names = names
        self._mapping = mapping
        self._cursor = cursor
        self._since = cursor.since
        self._heard: list[HeardThere] = []
        self._read = marks(cursor.read)
        self._told = marks(cursor.told)
        self._latest_at: datetime | None = None
        self._is_whole = False
        self._presences: Mapping[str, Presence] = {}
        self._letters = cursor.presences
        self._presences_at = cursor.presences_at
        self._until = time.monotonic() + LONGEST

    async def read(self, most: int) -> None:
        """Read conversations until about ``most`` things were heard, it took long, or there is no more."""
        await self._look_who_is_there()
        async with aclosing(by_time(self._client, "last_message_at", self._cursor.since)) as pages:
            async for rows, _ in pages:
                for row in rows:
                    if self._has_enough(most):
                        return
                    await self._read_once(row)
                    self._since = max(self._since, micros(row.last_message_at))
        statuses = self._mapping.statuses
        for row in await of_nobody(self._client, [*statuses.open, *statuses.pending]):
            if micros(row.updated_at) > self._cursor.floor:
                if self._has_enough(most):
                    return
                await self._read_once(row)
        self._is_whole = True

    def _has_enough(self, most: int) -> bool:
        return len(self._heard) >= most or (self.has_read and time.monotonic() > self._until)

    async def _read_once(self, row: Listed) -> None:
        as_it_is = mark(f"{row.uuid} {micros(row.updated_at)}")
        if not is_ours(row, self._mapping) or as_it_is in self._read:
            return
        try:
            if await self._read_conversation(row.uuid):
                self._read.append(as_it_is)
        except DeskRefused as refused:
            # One that was deleted meanwhile, or that Baton may not see, must not keep back all others.
            _logger.warning("nothing more is heard of conversation %s: %s", row.uuid, refused)

    async def _read_conversation(self, uuid: str) -> bool:
        """Whether everything in it is as it will stay: Libredesk does not say when a message has failed."""
        # In this order, so that nobody seems to have been taken off before somebody was put on.
        messages, is_all = await messages_there(self._client, uuid, instant(self._cursor.floor))
        there = await conversation_there(self._client, uuid)
        self.has_read = True
        around = Around(self._mapping, await self._names.agents())
        strangers = {one.author.id for one in messages if one.sender_type == "agent"}
        if not strangers <= {one.id for one in around.agents.there}:
            around = Around(self._mapping, await self._names.agents(anew=True))
        for one in happened(there, messages, around, is_all=is_all):
            told = mark(one.id)
            if micros(one.at) > self._cursor.floor and told not in self._told:
                self._latest_at = max(self._latest_at or one.at, one.at)
                self._told.append(told)
                self._heard.append(one.heard)
        return not any(one.type == "outgoing" and one.status == "pending" for one in messages)

    async def _look_who_is_there(self) -> None:
        now = int(time.time())
        if now - self._presences_at < self._mapping.presence_every:
            return
        agents = await self._names.agents(anew=True)
        there = {agents.person(one.id): PRESENCES.get(one.availability_status) for one in agents.there}
        now_there = {person: there.get(person) for person in self._mapping.people}
        self._presences, self._letters = changed_presences(now_there, self._letters)
        self._presences_at = now

    def changes(self) -> Changes:
        """What was read, and where to go on."""
        floor, since = self._cursor.floor, self._since
        if self._is_whole:
            floor = since = max(floor, since - self._mapping.overlap * _SECOND)
        cursor = Remembered(
            floor=floor,
            since=since,
            read=newest(self._read, MOST_READ),
            told=newest(self._told, MOST_TOLD),
            presences=self._letters,
            presences_at=self._presences_at,
        )
        return Changes(
            tuple(self._heard), str(cursor), not self._is_whole, self._latest_at, presences=self._presences
        )
