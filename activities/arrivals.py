"""Somebody comes online, or a line has more room than before: the free places go to those who wait.

Also, whoever comes online is told once how many cases still wait after that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from activities.places import fill, place_freed
from activities.telling import tell
from baton.contract import Tell, derived_id
from baton.model.effects import GivenPlace
from helpdesks.base import Ledger
from helpdesks.known import StillWaiting


async def fill_lines(
    desk: Ledger, task_queue: str, lines: Iterable[str], source: str, now: datetime
) -> tuple[GivenPlace, ...]:
    """Give the free places of these lines to those who wait there, and tell them; returns who got one.

    Only from within an activity. ``source`` names what made the places free: when it is repeated, the same
    cases are told the same.
    """
    places = await desk.queues(
        source, now, lambda queues: fill(queues, queues.directory().directory, lines, now)
    )
    for place in places:
        await tell(desk, task_queue, place.case, place_freed(place, source, now))
    return places


async def tell_what_waits(
    desk: Ledger, staff: Sequence[str], line: str | None, source: str, now: datetime
) -> bool:
    """Tell people of a line, or of none, who came online what still waits; false if nothing does.

    Once for each ``source``: a repetition may count differently, but nobody is told twice.
    """
    reason = what_waits(await desk.still_waiting(line, now), line)
    if reason:
        await desk.tell(derived_id("waiting", source), Tell(staff=tuple(staff), reason=reason), now)
    return bool(reason)


def what_waits(left: StillWaiting, line: str | None) -> str:
    """What still waits, in words; empty if nothing does."""
    counted = (
        (left.queue, f"the queue of {line}"),
        (left.new, "New"),
        (left.unanswered, "Unanswered"),
    )
    parts = ", ".join(f"{number:,} in {where}" for number, where in counted if number)
    return f"still waiting: {parts}" if parts else ""
