"""What ``baton replay`` says: the summary, JSON, and JUnit XML."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from baton.cli.console import Screen
from baton.cli.screen import echo
from baton.cli.shared import count, folded, shortened
from baton.errors import BatonError
from baton.signs import escaped, one_line
from replaygate.result import Accepted, Difference, HistoryVerdict, Result

GUIDE = "docs/releases.md"
NOTHING = "Nothing was replayed, so nothing is known: choose other histories. In a folder they are *.json."
_REFRESH_SECONDS = 0.2
_PLAIN_SECONDS = 10.0
_SHOWN = 20
"""Histories, and kinds of difference, that the summary shows."""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Kind(NamedTuple):
    """Differences that are the same but for the event, and for positions in lists."""

    command: str
    field: str
    only: str


@dataclass
class Group:
    """The differences of one kind: how many, in how many histories, and one of them."""

    name: str
    example: Difference
    number: int = 0
    histories: int = 0


@dataclass
class Tally:
    """What has come of the histories so far. Those that simply replayed are counted, and forgotten."""

    accepted: Accepted
    strict: bool
    keep: bool = False
    """Keep a line for each history: the JUnit report needs it."""
    verdicts: Counter[HistoryVerdict] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    groups: dict[Kind, Group] = field(default_factory=dict)
    added: Counter[Kind] = field(default_factory=Counter)
    known: int = 0
    different: int = 0
    events: int = 0
    results: list[Result] = field(default_factory=list)
    total: int | None = None
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0

    def begin(self) -> None:
        self.began = time.monotonic()

    def finish(self) -> None:
        """Stop the clock, and bring what was found into an order that is the same each time."""
        self.seconds = time.monotonic() - self.began
        self.results.sort(key=lambda result: (result.name, result.run_id))
        self.groups = dict(sorted(self.groups.items()))

    def add(self, result: Result) -> None:
        self.verdicts[result.verdict] += 1
        self.events += result.events if result.verdict is not HistoryVerdict.SKIPPED else 0
        if result.verdict is HistoryVerdict.SKIPPED:
            self.skipped[result.what] += 1
        result.differences, known = self.accepted.split(result)
        self.known += len(known)
        # What follows a break differs for that reason.
        if result.verdict is HistoryVerdict.REPLAYED:
            self.different += bool(result.differences)
            self._group(result)
            self.added.update({_kind(one) for one in result.added})
        result.added = []
        if (
            self.keep
            or result.differences
            or result.verdict in (HistoryVerdict.BROKEN, HistoryVerdict.UNREADABLE)
        ):
            self.results.append(result)

    def _group(self, result: Result) -> None:
        for difference in result.differences:
            kind = _kind(difference)
            self.groups.setdefault(kind, Group(result.name, difference)).number += 1
        for kind in {_kind(difference) for difference in result.differences}:
            self.groups[kind].histories += 1

    def of(self, verdict: HistoryVerdict) -> list[Result]:
        return [result for result in self.results if result.verdict is verdict]

    @property
    def done(self) -> int:
        return self.verdicts.total()

    @property
    def checked(self) -> int:
        """Histories that were replayed, to whatever end."""
        return self.verdicts[HistoryVerdict.REPLAYED] + self.verdicts[HistoryVerdict.BROKEN]

    @property
    def nothing(self) -> bool:
        """Whether there was no history to judge, which must not pass: a mistyped query finds none."""
        return not self.checked and not self.verdicts[HistoryVerdict.UNREADABLE]

    @property
    def passed(self) -> bool:
        bad = self.verdicts[HistoryVerdict.BROKEN] + self.verdicts[HistoryVerdict.UNREADABLE]
        return bool(self.checked) and not bad and not (self.strict and self.different)

    def rate(self) -> float:
        """Events a second."""
        seconds = self.seconds or time.monotonic() - self.began
        return self.events / seconds if seconds else 0.0


def _kind(difference: Difference) -> Kind:
    positions = re.sub(r"\.\d+(?=\.|$)", ".*", difference.field)
    return Kind(difference.command, positions, difference.only)


# --- While it runs --------------------------------------------------------------------------------


async def show_progress(tally: Tally, *, quiet: bool) -> None:
    """Show how far it is, until cancelled: a bar in a terminal, else a line now and then."""
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
    """What came of it, and what to do about what is wrong."""
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
    # The last line of what a process said that died is in the reason.
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


# --- For programs ---------------------------------------------------------------------------------


def as_dict(tally: Tally) -> dict[str, Any]:
    """The report for programs."""
    return {
        "passed": tally.passed,
        **{verdict.value: tally.verdicts[verdict] for verdict in HistoryVerdict},
        "different": tally.different,
        "accepted": tally.known,
        "events": tally.events,
        "seconds": round(tally.seconds, 3),
        "events_per_second": round(tally.rate(), 1),
        "skipped_because": dict(tally.skipped),
        "new_fields": [kind._asdict() for kind in sorted(tally.added)],
        "histories": [
            result.model_dump(exclude={"added"})
            for result in tally.results
            if result.differences or result.verdict in (HistoryVerdict.BROKEN, HistoryVerdict.UNREADABLE)
        ],
    }


def write_junit(tally: Tally, path: Path) -> None:
    """A test case for each history, or one that fails if there was none to judge.

    Raises ``BatonError`` if the file cannot be written.
    """
    suite = ElementTree.Element(
        "testsuite",
        name="baton replay",
        tests=str(tally.done + tally.nothing),
        failures=str(tally.verdicts[HistoryVerdict.BROKEN] + (tally.different if tally.strict else 0)),
        errors=str(tally.verdicts[HistoryVerdict.UNREADABLE] + tally.nothing),
        skipped=str(tally.verdicts[HistoryVerdict.SKIPPED]),
        time=f"{tally.seconds:.3f}",
    )
    for result in tally.results:
        _add_case(suite, result, tally.strict)
    if tally.nothing:
        case = ElementTree.SubElement(suite, "testcase", classname="baton", name="replay", time="0.000")
        ElementTree.SubElement(case, "error", type="nothing", message=NOTHING)
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    try:
        path.write_bytes(ElementTree.tostring(suites, encoding="utf-8", xml_declaration=True))
    except OSError as error:
        raise BatonError(f"{path} cannot be written: {error.strerror}") from None


def _add_case(suite: ElementTree.Element, result: Result, strict: bool) -> None:
    name = f"{result.name} {result.run_id}" if result.name == result.workflow_id else result.name
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_xml(result.workflow_type or "unknown"),
        name=_xml(name),
        time=f"{result.seconds:.3f}",
    )
    differences = "\n".join(_as_line(one) for one in result.differences)
    match result.verdict:
        case HistoryVerdict.BROKEN:
            place = f"event {result.event}: " if result.event is not None else ""
            failure = ElementTree.SubElement(
                case, "failure", type="broken", message=_xml(f"{place}{result.what}")
            )
            failure.text = _xml(result.said)
        case HistoryVerdict.UNREADABLE:
            ElementTree.SubElement(case, "error", type="unreadable", message=_xml(result.what))
        case HistoryVerdict.SKIPPED:
            ElementTree.SubElement(case, "skipped", message=_xml(result.what))
        case HistoryVerdict.REPLAYED if differences and strict:
            said = f"{count(len(result.differences), 'difference')} in the content of commands"
            failure = ElementTree.SubElement(case, "failure", type="different", message=said)
            failure.text = _xml(differences)
        case HistoryVerdict.REPLAYED if differences:
            ElementTree.SubElement(case, "system-out").text = _xml(differences)


def _as_line(one: Difference) -> str:
    before, now = ("nothing" if one.only == side else _value(value) for side, value in _sides(one))
    return f"event {one.event}, {one.command}, {one.field}: the history has {before}, this code has {now}"


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
