"""The client for what is told elsewhere: subscribers, and letters that did not arrive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from baton.desk.client import DeskClient
from baton.desk.outgoing import (
    DEAD_LETTERS,
    REPLAY_LETTERS,
    SET_SUBSCRIBER,
    SUBSCRIBERS,
    TEND_SUBSCRIBER,
    DeadLetter,
    DeadQuery,
    Replay,
    Replayed,
    Subscriber,
    SubscriberChange,
    SubscriberQuery,
    SubscriberState,
    Way,
)
from baton.desk.ways import END_WAYS, SET_MAIL, SHOW_WAYS, MailWishes, PersonsWay, WaysEnd, WaysQuery


class OutgoingClient(DeskClient):
    """As `DeskClient`, about subscribers. Each call but `subscribers` raises ``InvalidEvent`` for one that is
    not there. What is secret about a subscriber is no part of any answer."""

    async def subscribers(self) -> list[Subscriber]:
        """All of them, the oldest first."""
        return await self._ask(SUBSCRIBERS, None, list[Subscriber])

    async def dead(self, subscriber: str, *, limit: int = 50) -> list[DeadLetter]:
        """Letters that did not arrive and are not tried any more, the latest first."""
        return await self._ask(DEAD_LETTERS, DeadQuery(subscriber=subscriber, limit=limit), list[DeadLetter])

    async def replay(self, subscriber: str, *, ids: Iterable[int] = (), since: datetime | None = None) -> int:
        """Try dead letters again: these, those that died since a moment, or all. Returns how many."""
        replay = Replay(subscriber=subscriber, ids=tuple(ids), since=since)
        return (await self._ask(REPLAY_LETTERS, replay, Replayed)).letters

    async def pause(self, subscriber: str) -> Subscriber:
        """Let its letters wait."""
        return await self._set(subscriber, SubscriberState.PAUSED)

    async def resume(self, subscriber: str) -> Subscriber:
        """Deliver again, from now on and at once: also after its target was switched off, or failed."""
        return await self._set(subscriber, SubscriberState.ACTIVE)

    async def tend(self, subscriber: str) -> None:
        """Begin to deliver to a subscriber that was just made. Twice is as once."""
        await self._ask(TEND_SUBSCRIBER, SubscriberQuery(subscriber=subscriber), type(None))

    async def ways(self, staff: str | None = None) -> list[PersonsWay]:
        """How somebody is told elsewhere; of everybody, with addresses hidden, if nobody is named."""
        return await self._ask(SHOW_WAYS, WaysQuery(staff=staff), list[PersonsWay])

    async def set_mail(self, wishes: MailWishes) -> list[PersonsWay]:
        """Tell somebody by e-mail from now on; returns all their ways.

        Raises ``UnknownStaff``, and ``NotAllowed`` if no worker has a mail server.
        """
        return await self._ask(SET_MAIL, wishes, list[PersonsWay])

    async def end_ways(self, staff: str, way: Way | None = None) -> list[PersonsWay]:
        """Tell somebody nothing any more, by this way or by any; returns the ways that stay."""
        return await self._ask(END_WAYS, WaysEnd(staff=staff, way=way), list[PersonsWay])

    async def _set(self, subscriber: str, state: SubscriberState) -> Subscriber:
        change = SubscriberChange(subscriber=subscriber, state=state)
        return await self._ask(SET_SUBSCRIBER, change, Subscriber)
