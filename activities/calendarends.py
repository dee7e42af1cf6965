"""How far the holidays of each calendar are known: in the log, and as a metric, while a worker runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from temporalio.common import MetricMeter

from baton.documents.calendarremarks import Remark, how_far_known, known_end, last_known_year
from baton.documents.directory import Directory
from baton.temporal import metrics
from helpdesks.base import Ledger

LOOK_EVERY = 60.0
"""Seconds: the directory may change, and the end comes nearer."""

_log = logging.getLogger("baton.worker")


class _Known(NamedTuple):
    remark: Remark
    end: int
    """In Unix time."""


async def tell_known_ends(desk: Ledger, meter: MetricMeter) -> None:
    """Say how far the holidays of each calendar are known, until cancelled; in the log, once for each change.

    A look that fails leaves everything as it was, and is logged once in a row.

    Args:
        meter: knows the namespace and the task queue.
    """
    known: Mapping[str, _Known] = {}
    failing = False
    while True:
        try:
            directory = (await desk.directory()).directory
            # In a thread: the days of many years take a moment to work out.
            found = await asyncio.to_thread(_look, directory, datetime.now(UTC))
            for key in known.keys() - found.keys():
                metrics.CALENDAR_KNOWN_UNTIL.set(meter, 0, calendar=key)  # a gauge cannot be taken back
            for key, (remark, end) in found.items():
                metrics.CALENDAR_KNOWN_UNTIL.set(meter, end, calendar=key)
                if key not in known or known[key].remark != remark:
                    _say(remark)
            metrics.LOOKS.count(meter, of="calendars")
            known, failing = found, False
        except Exception as error:  # whatever the help desk raises: the worker goes on
            if not failing:
                _log.warning("cannot look how far the holidays of calendars are known: %s", error)
            failing = True
        await asyncio.sleep(LOOK_EVERY)


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
