"""Somebody comes online, or a line has more room than before: the free places go to those who wait.

Also, whoever comes online is told once how many cases still wait after that.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from activities.places import fill, place_freed
from activities.telling import tell
from baton.model.effects import GivenPlace
from helpdesks.base import HelpDesk


async def fill_lines(
    desk: HelpDesk, task_queue: str, lines: Iterable[str], source: str, now: datetime
) -> tuple[GivenPlace, ...]:
    """Give the free places of these lines to those who wait there, and tell them; returns who got one.

    Only from within an activity. ``source`` names what made the places free: when it is repeated, the same
    cases are told the same.
    """
    async with desk.queues(source, now) as queues:
        directory = (await queues.directory()).directory
        places = await fill(queues, directory, lines, now)
    for place in places:
        await tell(desk, task_queue, place.case, place_freed(place, source, now))
    return places
