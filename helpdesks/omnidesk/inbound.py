"""What comes in from Omnidesk: the cases that were changed since a cursor, and what happened to them.

It has no feed of its own, so the list of cases by the time of their last change takes its part. For each case
on it, its messages and its changelog are read: two calls. See `helpdesks.omnidesk.cursor` for what is
remembered between two readings, so that nothing is lost and little is read twice.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from datetime import UTC, datetime, timedelta

from baton.contract import Presence
from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.omnidesk.along import NEAR
from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.cursor import MOST_LATER, MOST_READ, MOST_TOLD, Cursor
from helpdesks.omnidesk.events import happened, start_of
from helpdesks.omnidesk.mapping import OmnideskMapping
from helpdesks.omnidesk.reading import (
    case_there,
    cases_by_time,
    entries_there,
    messages_there,
    seconds,
    staff_there,
)
from helpdesks.omnidesk.wire import CaseThere, EntryThere, MessageThere, StaffThere, listed
from helpdesks.outside.adapter import Changes, HeardThere
from helpdesks.outside.remembering import changed_presences, mark, marks, newest

SETTLES_IN = 2
"""Seconds after which a case that shows a time of change cannot be changed again within that second."""


LONGEST = 8.0
"""Seconds after which a reading ends with what it has: whoever asked may have no patience for more."""

_logger = logging.getLogger(__name__)


class Feed:
    """What happened at Omnidesk."""

    def __init__(self, client: OmnideskClient, mapping: OmnideskMapping) -> None:
        self._client = client
        self._mapping = mapping

    async def changes(self, cursor: str | None, most: int) -> Changes:
        """See `helpdesks.outside.adapter.Adapter.changes`.

        If Omnidesk fails, or the limit is reached, after something was read, that is what is returned.
        """
        if cursor is None:
            return await self._now()
        reading = _Reading(self._client, self._mapping, Cursor.parse(cursor))
        try:
            await reading.read(most)
        except HelpDeskUnavailable:
            if not reading.has_read:
                raise
        return reading.changes()

    async def _now(self) -> Changes:
        answer = await self._client.get(
            "cases.json", limit=1, sort="updated_at_desc", show_active_chats="true"
        )
        latest = [CaseThere.model_validate(item).updated_at for item in listed(answer.data, "case")]
        now = seconds(answer.at) or max(map(seconds, latest), default=0) + 1
        return Changes((), str(Cursor(floor=now, since=now)))


class _Reading:
    """One look at what is new."""

    def __init__(self, client: OmnideskClient, mapping: OmnideskMapping, cursor: Cursor) -> None:
        self.has_read = False
        self._client = client
        self._mapping = mapping
        self._cursor = cursor
        self._floor = datetime.fromtimestamp(cursor.floor, UTC)
        self._since = cursor.since
        self._heard: list[HeardThere] = []
        self._read = marks(cursor.read)
        self._told = marks(cursor.told)
        self._later = dict(cursor.later)
        self._latest_at: datetime | None = None
        self._is_whole = False
        self._presences: Mapping[str, Presence] = {}
        self._letters = cursor.presences
        self._presences_at = cursor.presences_at

    async def read(self, most: int) -> None:
        """Read cases until about ``most`` things were heard, it took long, or there is nothing more."""
        is_first, until = True, time.monotonic() + LONGEST
        async with aclosing(cases_by_time(self._client, "updated", self._cursor.since)) as pages:
            async for cases, answer in pages:
                if is_first:
                    await self._look_who_is_there(answer.at)
                    await self._read_what_was_for_later(answer.at)
                    is_first = False
                for case in cases:
                    if len(self._heard) >= most or (self.has_read and time.monotonic() > until):
                        return
                    await self._read_once(case, answer.at)
        self._is_whole = True

    async def _read_once(self, case: CaseThere, now: datetime | None) -> None:
        as_it_is = mark(f"{case.id} {seconds(case.updated_at)}")
        if start_of(case, self._mapping) is not None and as_it_is not in self._read:
            await self._read_case(case, now, self._floor)
            if now and case.updated_at and now - case.updated_at >= timedelta(seconds=SETTLES_IN):
                self._read.append(as_it_is)
        self._since = max(self._since, seconds(case.updated_at))

    async def _read_what_was_for_later(self, now: datetime | None) -> None:
        due = [case_id for case_id, at in self._later.items() if now is None or at <= seconds(now)]
        for case_id in due:
            del self._later[case_id]
            with _unless_it_is_gone(case_id):
                await self._read_case(await case_there(self._client, case_id), now, None)

    async def _read_case(self, case: CaseThere, now: datetime | None, since: datetime | None) -> None:
        with _unless_it_is_gone(case.id):
            # In this order, so that no entry is seen without the message that brought it.
            entries = await entries_there(self._client, case.id)
            messages = await messages_there(self._client, case.id, since and since - NEAR)
            self.has_read = True
            self._take_in(case, messages, entries, now)

    def _take_in(
        self,
        case: CaseThere,
        messages: Sequence[MessageThere],
        entries: Sequence[EntryThere],
        now: datetime | None,
    ) -> None:
        self._later.pop(case.id, None)
        if later := [seconds(one.sent_at) for one in messages if one.is_for_later(now)]:
            self._later[case.id] = min(later)
        there = [one for one in messages if not one.is_for_later(now)]
        for one in happened(case, there, entries, self._mapping):
            self._latest_at = max(self._latest_at or one.at, one.at)
            told = mark(one.id)
            if one.at >= self._floor and told not in self._told:
                self._told.append(told)
                self._heard.append(one.heard)

    async def _look_who_is_there(self, now: datetime | None) -> None:
        if now is None or seconds(now) - self._presences_at < self._mapping.presence_every:
            return
        staff = {str(one.staff_id): self._presence(one) for one in await staff_there(self._client)}
        there = {person: staff.get(own) for person, own in self._mapping.people.items()}
        self._presences, self._letters = changed_presences(there, self._letters)
        self._presences_at = seconds(now)

    def _presence(self, person: StaffThere) -> Presence | None:
        return self._mapping.presences.get(str(person.status_id)) if person.active else Presence.OFFLINE

    def changes(self) -> Changes:
        """What was read, and where to go on."""
        floor, since = self._cursor.floor, self._since
        if self._is_whole:
            floor = since = max(floor, since - self._mapping.overlap)
        cursor = Cursor(
            floor=floor,
            since=since,
            read=newest(self._read, MOST_READ),
            told=newest(self._told, MOST_TOLD),
            later=tuple(sorted(self._later.items(), key=lambda one: one[1])[:MOST_LATER]),
            presences=self._letters,
            presences_at=self._presences_at,
        )
        return Changes(
            tuple(self._heard), str(cursor), not self._is_whole, self._latest_at, presences=self._presences
        )


@contextmanager
def _unless_it_is_gone(case_id: str) -> Iterator[None]:
    """One case that was deleted meanwhile, or that the login may not see, must not keep back all others."""
    try:
        yield
    except DeskRefused as refused:
        _logger.warning("nothing more is heard of case %s: %s", case_id, refused)
