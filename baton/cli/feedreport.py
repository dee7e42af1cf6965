"""How ``baton feed`` shows its progress (on standard error) and its result."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from baton.cli.console import Screen
from baton.cli.screen import echo
from baton.feed import Feed
from baton.feed.results import LineVerdict, Reason
from baton.signs import one_line

REFRESH_SECONDS = 0.2
PLAIN_SECONDS = 10.0


async def show_progress(feed: Feed, size: int | None, *, quiet: bool = False) -> None:
    """Show the progress of the feed until cancelled: a bar in a terminal, else a line now and then.

    Args:
        size: bytes of the input, if known.
        quiet: a program is reading; show nothing unless there is a terminal.
    """
    console = Screen(stderr=True)
    if not console.is_terminal:
        while not quiet:
            await asyncio.sleep(PLAIN_SECONDS)
            echo(f"{_so_far(feed)}{_share(feed, size)}", err=True)
        return
    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(_so_far(feed), total=size)
        before, since = feed.tally.settled, time.monotonic()
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            rate = (feed.tally.settled - before) / (time.monotonic() - since)
            progress.update(
                task, completed=feed.tally.bytes, description=f"{_so_far(feed)} · {rate:,.0f} lines/s"
            )


def _so_far(feed: Feed) -> str:
    verdicts = feed.tally.verdicts
    bad = [
        f"{verdicts[kind]:,} {kind}" for kind in (LineVerdict.REFUSED, LineVerdict.FAILED) if verdicts[kind]
    ]
    return ", ".join([f"{feed.tally.settled:,} lines done", *bad])


def _share(feed: Feed, size: int | None) -> str:
    return f" ({min(feed.tally.bytes / size, 1):.0%})" if size else ""


def as_dict(feed: Feed, seconds: float) -> dict[str, Any]:
    """The summary for programs. ``lines`` is the sum of the verdicts."""
    tally = feed.tally
    return {
        "lines": tally.lines,
        **{verdict.value: number for verdict, number in tally.verdicts.items()},
        "earlier": tally.earlier,
        "refusals": _reasons(tally.reasons[LineVerdict.REFUSED]),
        "failures": _reasons(tally.reasons[LineVerdict.FAILED]),
        "stopped": feed.stopped or None,
        "seconds": round(seconds, 3),
        "lines_per_second": round(_rate(feed, seconds), 1),
    }


def print_summary(feed: Feed, seconds: float) -> None:
    """The summary for people."""
    tally = feed.tally
    if feed.stopped:
        echo(f"Stopped: {feed.stopped}.")
    speed = f"in {seconds:,.1f} s, {_rate(feed, seconds):,.0f} a second"
    echo(f"{'Lines read':<24}{tally.lines:>10,}  {speed}")
    for verdict, number in tally.verdicts.items():
        if number or verdict in (
            LineVerdict.ACCEPTED,
            LineVerdict.DUPLICATE,
            LineVerdict.REFUSED,
            LineVerdict.FAILED,
        ):
            echo(f"  {verdict.value:<22}{number:>10,}")
        reasons = tally.reasons.get(verdict, {}).items()
        for name, reason in sorted(reasons, key=lambda item: (-item[1].count, item[0])):
            echo(f"    {name:<20}{reason.count:>10,}  {_places(reason)}")
            if verdict is LineVerdict.FAILED:
                echo(f"      {one_line(reason.example)}")
    if tally.earlier:
        echo(f"{tally.earlier:,} of these were answered in an earlier run, and not sent again.")


def _reasons(reasons: dict[str, Reason]) -> dict[str, dict[str, Any]]:
    return {
        name: {"count": reason.count, "first_lines": reason.first_lines, "example": reason.example}
        for name, reason in reasons.items()
    }


def _places(reason: Reason) -> str:
    lines = ", ".join(f"{number}" for number in reason.first_lines)
    more = " …" if reason.count > len(reason.first_lines) else ""
    return f"line{'' if reason.count == 1 else 's'} {lines}{more}"


def _rate(feed: Feed, seconds: float) -> float:
    """Lines a second, counting those that this run has sent or refused."""
    done = feed.tally.settled - feed.tally.earlier - feed.tally.verdicts[LineVerdict.UNSENT]
    return done / seconds if seconds else 0.0
