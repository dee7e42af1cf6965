"""What ``baton replay`` says: the summary, JSON, and JUnit XML."""

from __future__ import annotations

import asyncio
import json
from itertools import islice
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from baton.cli.console import Screen
from baton.cli.screen import echo
from baton.cli.shared import count, folded, shortened
from baton.signs import escaped, one_line
from replaygate.result import Difference, HistoryVerdict, Result
from replaygate.tally import Group, Kind, Tally

GUIDE = "docs/releases.md"
NOTHING = "Nothing was replayed, so nothing is known: choose other histories. In a folder they are *.json."
_REFRESH_SECONDS = 0.2
_PLAIN_SECONDS = 10.0
_SHOWN = 20
"""Histories, and kinds of difference, that the summary shows."""


# --- While it runs --------------------------------------------------------------------------------


async def show_progress(tally: Tally, *, quiet: bool) -> None:
    """Show progress until cancelled: a bar in a terminal, otherwise a line now and then."""
    console = Screen(stderr=True)
    if not console.is_terminal:
        while not quiet:
            await asyncio.sleep(_PLAIN_SECONDS)
            echo(_so_far(tally), err=True)
        return
    columns = (BarColumn(bar_width=24), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(_so_far(tally), total=tally.total)
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            progress.update(task, total=tally.total, completed=tally.done, description=_so_far(tally))


def _so_far(tally: Tally) -> str:
    of = f" of {tally.total:,}" if tally.total is not None else ""
    bad = [f"{tally.verdicts[kind]:,} {kind}" for kind in (HistoryVerdict.BROKEN, HistoryVerdict.UNREADABLE)]
    bad = [one for one in bad if not one.startswith("0 ")]
    return ", ".join([f"{tally.done:,}{of} histories", *bad, f"{tally.rate():,.0f} events a second"])


# --- For people -----------------------------------------------------------------------------------


def print_summary(tally: Tally) -> None:
    """The results, and what to do about what is wrong."""
    for result in islice(tally.of(HistoryVerdict.BROKEN), _SHOWN):
        _print_broken(result)
    for result in islice(tally.of(HistoryVerdict.UNREADABLE), _SHOWN):
        _say(f"{result.name}: unreadable", result.what)
    for kind, group in islice(tally.groups.items(), _SHOWN):
        _print_group(kind, group)
    hidden = max(0, tally.verdicts[HistoryVerdict.BROKEN] - _SHOWN) + max(
        0, tally.verdicts[HistoryVerdict.UNREADABLE] - _SHOWN
    )
    hidden += max(0, len(tally.groups) - _SHOWN)
    if hidden:
        echo(f"… and {hidden:,} more: --json and --junit have all of them.\n")
    echo(
        f"{count(tally.checked, 'history').replace('historys', 'histories')} "
        f"({count(tally.events, 'event')}) replayed in {tally.seconds:,.1f} s, "
        f"{tally.rate():,.0f} events a second."
    )
    for label, number in (
        ("broken", tally.verdicts[HistoryVerdict.BROKEN]),
        ("unreadable", tally.verdicts[HistoryVerdict.UNREADABLE]),
        ("different", tally.different),
    ):
        echo(f"  {label:<12}{number:>8,}")
    for what, number in tally.skipped.items():
        echo(f"  {'skipped':<12}{number:>8,}  {one_line(what)}")
    if tally.known:
        echo(f"  {'accepted':<12}{tally.known:>8,}  differences that are known and meant")
    if tally.added:
        echo(f"  {'new fields':<12}{len(tally.added):>8,}  that are empty: payloads may grow like this")
    if not tally.passed:
        echo(_advice(tally), err=True)


def _print_broken(result: Result) -> None:
    place = f"event {result.event}: " if result.event is not None else ""
    # If a process died, the reason contains the last line that it wrote.
    of_temporal = bool(result.said) and not result.what.endswith(result.said.splitlines()[-1])
    _say(
        f"{result.name}: broken",
        f"{place}{result.what}",
        *([f"Temporal: {result.said}"] if of_temporal else []),
    )


def _print_group(kind: Kind, group: Group) -> None:
    one = group.example
    before, now = ("nothing" if one.only == side else _value(value) for side, value in _sides(one))
    _say(
        f"{kind.command}, {kind.field}: different in {group.histories:,}",
        f"{group.name}, event {one.event}, {one.field}",
        f"the history has {before}",
        f"this code has {now}",
    )


def _sides(difference: Difference) -> tuple[tuple[str, Any], tuple[str, Any]]:
    """The two values, each after the word for "only the other one has it"."""
    return ("code", difference.recorded), ("history", difference.now)


def _value(value: Any) -> str:
    return shortened(escaped(json.dumps(value, ensure_ascii=False)))


def _say(title: str, *lines: str) -> None:
    echo(one_line(title))
    for line in lines:
        for part in folded(one_line(line), 2):
            echo(part)
    echo()


def _advice(tally: Tally) -> str:
    if tally.nothing:
        return NOTHING
    if tally.verdicts[HistoryVerdict.BROKEN]:
        return f"Cases that run would be stuck. What to do: {GUIDE}, Changing a workflow safely."
    if tally.verdicts[HistoryVerdict.UNREADABLE]:
        return "Some histories could not be read, so nothing is known of them."
    return f"Cases that run would do something else than they did. What to do: {GUIDE}, Differences."
