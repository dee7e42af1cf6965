"""Questions that tests ask of calendars, answered with what calendars can do."""

from __future__ import annotations

from datetime import datetime, timedelta

from baton.documents.calendars import Calendar


def next_opening(calendar: Calendar, at: datetime) -> datetime | None:
    """``at`` itself if the calendar is open then, else when it opens next: where the least work begins."""
    done = calendar.after(at, timedelta.resolution)
    return done - timedelta.resolution if done is not None else None
