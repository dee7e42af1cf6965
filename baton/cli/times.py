"""Times on a terminal: in the local zone, as ``TZ`` or the machine sets it, or in UTC with ``--utc``.

What people read says which zone it is, in a heading or behind the time. JSON is for programs: it has UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import click

_IN_UTC = f"{__name__}.in_utc"


def _remember(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value:
        ctx.meta[_IN_UTC] = True


utc_option = click.option(
    "--utc",
    is_flag=True,
    expose_value=False,
    callback=_remember,
    help="Show times in UTC, not in the local zone.",
)
"""The option of every command that shows times. Its value need not be handed on."""


def moment(at: datetime | None) -> str:
    """A time with its zone: ``2026-03-02 13:00:00 CET``."""
    return f"{clock(at)} {_zone(at)}" if at else "–"


def clock(at: datetime | None) -> str:
    """A time for a table, whose `heading` has the zone."""
    return f"{_shown(at):%Y-%m-%d %H:%M:%S}" if at else "–"


def minute(at: datetime | None) -> str:
    """As `clock`, without the seconds."""
    return f"{_shown(at):%Y-%m-%d %H:%M}" if at else "–"


def heading(name: str, times: Iterable[datetime | None]) -> str:
    """The heading of a column of times: ``Due (CET)``; ``Due (CEST/CET)`` if of summer and winter."""
    zones = sorted({_zone(at) for at in times if at}) or [_zone(datetime.now(UTC))]
    return f"{name} ({'/'.join(zones)})"


def as_typed(at: datetime) -> datetime:
    """A time that somebody typed: without a zone, it is in the one in which times are shown."""
    return at.replace(tzinfo=UTC) if at.tzinfo is None and _in_utc() else at.astimezone()


def _shown(at: datetime) -> datetime:
    return at.astimezone(UTC if _in_utc() else None)


def _in_utc() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and _IN_UTC in context.meta


def _zone(at: datetime) -> str:
    name = _shown(at).tzname() or ""
    # Many zones have no name but their offset: -03.
    return f"UTC{name}" if name[:1] in ("+", "-") else name
