"""How far the holidays of each calendar are known: in the log, and as a metric, while a worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.common import MetricMeter

from activities.looking import keep_looking
from baton.documents.calendarremarks import Remark, how_far_known, known_end, last_known_year
from baton.documents.directory import Directory
from baton.temporal import metrics
from helpdesks.base import Ledger

_log = logging.getLogger("baton.worker")


class _Known(NamedTuple):
    remark: Remark
    end: int
    """In Unix time."""


async def tell_known_ends(desk: Ledger, meter: MetricMeter) -> None:
    """Say how far the holidays of each calendar are known, until cancelled; in the log, once for each change.

    A look that fails leaves everything as it was: see `activities.looking`.
    """
    known: Mapping[str, _Known] = {}

    async def look() -> None:
        nonlocal known
        directory = (await desk.directory()).directory
        # In a thread: the days of many years take a moment to work out.
        found = await asyncio.to_thread(_look, directory, datetime.now(UTC))
        for key in known.keys() - found.keys():
            metrics.CALENDAR_KNOWN_UNTIL.set(meter, 0, calendar=key)  # a gauge cannot be taken back
        for key, (remark, end) in found.items():
            metrics.CALENDAR_KNOWN_UNTIL.set(meter, end, calendar=key)
            if key not in known or known[key].remark != remark:
                _say(remark)
        known = found

    failed = "cannot look how far the holidays of calendars are known"
    await keep_looking(look, meter, of="calendars", failed=failed)


def _look(directory: Directory, now: datetime) -> dict[str, _Known]:
    """How far the holidays of each calendar that has any are known, by its key."""
    found: dict[str, _Known] = {}
    for key, calendar in directory.calendars.items():
        remark, year = how_far_known(key, calendar, now), last_known_year(calendar, now)
        if remark is not None and year is not None:
            found[key] = _Known(remark, int(known_end(calendar, year).timestamp()))
    return found


def _say(remark: Remark) -> None:
    if remark.hint:
        _log.warning("calendar %s: %s; %s", *remark)
    else:
        _log.info("calendar %s: %s", remark.calendar, remark.what)
