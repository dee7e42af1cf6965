"""What ``baton demo`` prints: each situation step by step, a summary, and where to look further."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import click
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from baton.cli.demo.play import Difference, Play, Plays, Seen
from baton.cli.demo.table import NAMES, Situation, Step
from baton.cli.demo.ui import Place
from baton.cli.shared import count
from baton.contract import ChatSnapshot, Status, Tab
from baton.errors import BatonError

INDENT = 3
WIDEST = 100
GOOD, BAD = "✓", "✗"

INTRODUCTION = (
    "Ivan is in line 1 and works with chats. Lena, an expert in line 2, and Maria, on the phones, rarely do. "
    "Each situation is played twice, as real events in a real chat: with the rule that it is about, and "
    "without it."
)


class _Output(Console):
    def on_broken_pipe(self) -> None:
        # Not by SystemExit, as usual: that ends the loop at once, and leaves the workers running.
        raise BatonError("Nobody reads the output any more.")


def console() -> Console:
    """Standard output. What is printed is text as it stands: nothing in it is read as markup."""
    shown = _Output(markup=False, highlight=False, emoji=False)
    shown.width = min(shown.width, WIDEST)
    return shown


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Shows, on standard error, what is being started: the last word in a terminal, else each in a line."""
    shown = Console(stderr=True, markup=False, highlight=False, emoji=False)
    if shown.is_terminal:
        with shown.status("Starting …") as status:
            yield status.update
    else:
        yield _no_line if quiet else lambda line: click.echo(line, err=True)


def _no_line(line: str) -> None:
    """Say nothing: a program is reading."""


class Report:
    """Prints the demo, a part at a time.

    Args:
        out: where to.
        rules: the sentence that each rule has for a name.
    """

    def __init__(self, out: Console, rules: Mapping[str, str]) -> None:
        self._out = out
        self._rules = rules

    def introduce(self) -> None:
        self._out.print(INTRODUCTION)

    def situation(self, plays: Plays) -> None:
        """One situation, from its plays with and without the rule."""
        situation = plays[0].situation
        self._out.print()
        self._out.rule(Text(f"{situation.id}  {situation.title}", "bold"), align="left", style="dim")
        self._indented(Text(f"Rule: {self._rules[situation.rule]}", "dim"))
        first = len(situation.before)
        if first:
            self._steps("Before", plays[0].seen[:first])
        for play in plays:
            self._steps("With the rule" if play.with_rule else "Without the rule", play.seen[first:])
            self._verdict(play)

    def summary(self, situations: Iterable[Plays], seconds: float) -> None:
        """One row for each situation, and one sentence about all."""
        self._out.print()
        self._out.rule(Text("Where the customer's answer is in the end", "bold"), align="left", style="dim")
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", "Situation", "With the rule", "Without it"):
            table.add_column(column)
        played: list[Play] = []
        for plays in situations:
            situation = plays[0].situation
            table.add_row(situation.id, situation.short, *map(_ending, plays))
            played += plays
        self._out.print(table)
        self._out.print()
        bad = sum(bool(play.differences) for play in played)
        if bad:
            said = f"{BAD} {bad} of {count(len(played), 'play')} did not go as expected: see {BAD} above."
            self._out.print(Text(said, "bold red"))
        else:
            self._out.print(
                Text(f"{GOOD} All {count(len(played), 'play')} went as expected, in {seconds:.1f} s.", "bold")
            )

    def look(self, place: Place) -> None:
        """Where the chats are to be seen, if they stay there."""
        self._out.print()
        if not place.stays:
            self._out.print(
                "They were played on a Temporal of their own, which is stopped now. To look at such chats in "
                "the Temporal UI, keep it running with `make demo ARGS=--keep`."
            )
            return
        self._out.print("To look at these chats, open the Temporal UI")
        self._indented(Text(place.workflows or "at the address that `baton up` printed"))
        self._out.print("and paste this filter:")
        self._indented(Text(place.query))

    def _steps(self, heading: str, steps: Iterable[Seen]) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=8)
        table.add_column(width=31)
        table.add_column(overflow="fold")
        for seen in steps:
            who = NAMES.get(seen.step.by, seen.step.by)
            table.add_row(Text(who, "bold"), _did(seen.step), _came_of(seen))
        self._out.print()
        self._indented(Text(heading, "underline"))
        self._indented(table)

    def _verdict(self, play: Play) -> None:
        differences = play.differences
        if not differences:
            self._indented(Text(f"{GOOD} {play.expected.meaning}", "green"))
            return
        self._indented(Text(f"{BAD} Not as expected: {play.expected.meaning}", "bold red"))
        for item in differences:
            self._indented(Text(_said(item, play.situation), "red"), INDENT + 2)

    def _indented(self, what: Text | Table, by: int = INDENT) -> None:
        self._out.print(Padding(what, (0, 0, 0, by), expand=False))


def _did(step: Step) -> str:
    match step:
        case Step(kind="idle"):
            return "Nobody writes for a while."
        case Step(kind="chat_ended", status=Status.CLOSED):
            return "closes the chat"
        case Step(kind="chat_ended"):
            return "ends the chat"
        case _:
            return f"“{step.text}”"


def _came_of(seen: Seen) -> Text:
    """The rules that fired, how the chat stands, and who was notified."""
    lines = [Text(f"rule {rule}", "cyan") for rule in seen.fired]
    lines.append(Text(_standing(seen.chat)))
    if seen.told:
        lines.append(Text(f"{_people(seen.told)} {'is' if len(seen.told) == 1 else 'are'} notified"))
    return Text("\n").join(lines)


def _standing(chat: ChatSnapshot) -> str:
    """In which tab a chat is, who has it, and whose turn it is."""
    match chat.tab:
        case Tab.MINE | Tab.RESERVED | Tab.NEW:
            return f"{_tab(chat)}, {chat.status}"
        case _ if chat.status is Status.CLOSED:
            return "closed"
        case _ if chat.reserved_for:
            return f"ended, {chat.status}; reserved for {_name(chat.reserved_for)}"
        case _:
            return f"ended, {chat.status}; assignee {_name(chat.assignee)}"


def _tab(chat: ChatSnapshot) -> str:
    match chat.tab:
        case Tab.MINE:
            return f"{_name(chat.pinned_to)}'s Mine"
        case Tab.RESERVED:
            return f"Reserved for {_name(chat.reserved_for)}"
        case _:
            return str(chat.tab).capitalize()


def _ending(play: Play) -> Text:
    seen = play.seen[-1]
    if play.differences:
        return Text(f"{BAD} {_tab(seen.chat)}", "red")
    notified = f", {len(seen.told)} notified" if len(seen.told) > 1 else ""
    return Text.assemble((f"{GOOD} ", "green"), f"{_tab(seen.chat)}{notified}")


def _said(item: Difference, situation: Situation) -> str:
    step = situation.steps[item.step - 1]
    who = NAMES.get(step.by, step.by)
    after = f"{who}: {_did(step)}" if who else _did(step)
    return f"{item.field} is {_value(item.actual)}, expected {_value(item.expected)}, after {after}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value) or "nobody"
    return "empty" if value is None else str(value)


def _name(staff: str | None) -> str:
    return NAMES.get(staff, staff) if staff else "nobody"


def _people(staff: Sequence[str]) -> str:
    *others, last = map(_name, staff)
    return f"{', '.join(others)} and {last}" if others else last
