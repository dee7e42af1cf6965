"""What ``baton demo`` prints: each situation step by step, a summary, and where to look further."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from baton.cli.console import Screen
from baton.cli.screen import echo
from baton.cli.shared import count
from baton.errors import BatonError
from local.child import silent
from local.demo import tickettext
from local.demo.case import Difference
from local.demo.chattext import did, row_of, tab_of
from local.demo.play import Play, Played, Plays
from local.demo.table import NAMES
from local.demo.ticketplay import TicketPlay, TicketPlays, TicketSeen
from local.demo.ui import Place
from local.rt import ADMINISTRATOR

INDENT = 3
WIDEST = 100
GOOD, BAD = "✓", "✗"
INTRODUCTION = (
    "Ivan is in line 1 and works with chats. Lena, an expert in line 2, and Maria, on the phones, rarely do. "
    "Each situation is played twice, as real events in a real chat: with the rule that it is about, and "
    "without it."
)


class _Output(Screen):
    def on_broken_pipe(self) -> None:
        # Not the usual SystemExit: that ends the loop at once, and leaves the workers running.
        raise BatonError("Nobody reads the output any more.")


def console() -> Screen:
    """Standard output. It prints text as it is: nothing in it is read as markup."""
    shown = _Output()
    shown.width = min(shown.width, WIDEST)
    return shown


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show on standard error what is being started: in a terminal only the latest, else one in each line."""
    shown = Screen(stderr=True)
    if shown.is_terminal:
        with shown.status("Starting …") as status:
            yield status.update
    else:
        yield silent if quiet else lambda line: echo(line, err=True)


class Report:
    """Prints the demo, a part at a time.

    Args:
        out: where it is printed.
        rules: the name of each rule, which is a sentence.
        in_rt: whether only tickets are played, in a Request Tracker.
    """

    def __init__(self, out: Screen, rules: Mapping[str, str], *, in_rt: bool = False) -> None:
        self._out = out
        self._rules = rules
        self._in_rt = in_rt
        self._group = ""
        self._in_full = False

    def introduce(self) -> None:
        self._out.print(tickettext.IN_RT if self._in_rt else INTRODUCTION)

    def situation(self, plays: Plays) -> None:
        """One situation, from its plays with and without the rule."""
        situation = plays[0].situation
        self._heading(f"{situation.id}  {situation.title}", situation.rule)
        first = len(situation.before)
        if first:
            self._steps("Before", map(row_of, plays[0].seen[:first]))
        for play in plays:
            self._steps(_with_or_without(play), map(row_of, play.seen[first:]))
            self._verdict(play, [did(step) for step in situation.steps])

    def ticket(self, plays: TicketPlays) -> None:
        """One situation of a ticket: the first of a group step by step, each of the others in one line."""
        situation = plays[0].situation
        if not self._group:
            self._out.print()
            self._out.print(tickettext.INTRODUCTION)
        if situation.group == self._group:
            if self._in_full:
                self._out.print()
                self._indented(Text("In every other order, with the rule", "underline"))
            self._in_full = False
            self._in_a_line(plays)
            return
        self._in_full = True
        self._group = situation.group
        self._heading(f"{situation.group}  {situation.title}", situation.rule)
        if not plays[0].skipped and situation.waits:
            self._indented(Text(tickettext.NOT_SKIPPED))
        first = len(situation.before)
        self._steps("Before", [_ticket_row(seen, plays[0]) for seen in plays[0].seen[:first]])
        for play in plays:
            self._steps(_with_or_without(play), [_ticket_row(seen, play) for seen in play.seen[first:]])
            self._ticket_verdict(play)
            draft = tickettext.draft_of(play)
            if play.with_rule and draft is not None:
                self._out.print()
                self._indented(Text(f"The draft that {draft[0]} found", "underline"))
                self._indented(Text(draft[1]))

    def summary(self, played: Played, seconds: float) -> None:
        """One row for each situation, and one sentence about all."""
        if played.chats:
            self._table(
                "Where the customer's answer is in the end",
                "Situation",
                [
                    (plays[0].situation.id, plays[0].situation.short, *map(_ending, plays))
                    for plays in played.chats
                ],
            )
        groups: dict[str, list[TicketPlay]] = {}
        for plays in played.tickets:
            groups.setdefault(plays[0].situation.group, []).extend(plays)
        self._table(
            "What became of a question to several departments",
            "Ticket",
            [(group, plays[0].situation.short, *_endings(plays)) for group, plays in groups.items()],
        )
        self._out.print()
        number = count(len(played.plays), "play")
        bad = sum(bool(play.differences) for play in played.plays)
        if bad:
            said = f"{BAD} {bad} of {number} did not go as expected: see {BAD} above."
            self._out.print(Text(said, "bold red"))
        else:
            self._out.print(Text(f"{GOOD} All {number} went as expected, in {seconds:.1f} s.", "bold"))

    def look(self, place: Place) -> None:
        """Say where the cases can be seen, if they are kept."""
        if place.rt is not None:
            login, secret = ADMINISTRATOR
            self._out.print()
            self._out.print(f"To look at the tickets, log in to Request Tracker as {login} ({secret}):")
            self._indented(Text(place.rt))
        self._out.print()
        if not place.stays:
            again = '"--desk rt --keep"' if self._in_rt else "--keep"
            self._out.print(
                "They were played on a Temporal of their own, which is stopped now. To look at such cases in "
                f"the Temporal UI, keep it running with `make demo ARGS={again}`."
            )
            return
        self._out.print("To look at these cases, open the Temporal UI")
        # Where a terminal lets links be clicked, it leads to the filtered list.
        style = f"link {place.link}" if place.link else ""
        self._indented(Text(place.workflows or "at the address that `baton up` printed", style))
        self._out.print("and paste this filter:")
        self._indented(Text(place.query))

    def _heading(self, title: str, rule: str) -> None:
        self._out.print()
        self._out.rule(Text(title, "bold"), align="left", style="dim")
        self._indented(Text(f"Rule: {self._rules[rule]}", "dim"))

    def _table(self, title: str, what: str, rows: Iterable[Sequence[str | Text]]) -> None:
        self._out.print()
        self._out.rule(Text(title, "bold"), align="left", style="dim")
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in ("", what, "With the rule", "Without it"):
            table.add_column(column)
        for row in rows:
            table.add_row(*row)
        self._out.print(table)

    def _in_a_line(self, plays: TicketPlays) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=27)
        table.add_row(
            tickettext.order_of(plays[0]), *(_marked([play], tickettext.numbers_of(play)) for play in plays)
        )
        self._indented(table)
        for play in plays:
            if play.differences:
                self._ticket_verdict(play)

    def _steps(self, heading: str, rows: Iterable[tuple[str, str, Text]]) -> None:
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(width=8)
        table.add_column(width=31)
        table.add_column(overflow="fold")
        for who, what, result in rows:
            table.add_row(Text(who, "bold"), what, result)
        self._out.print()
        self._indented(Text(heading, "underline"))
        self._indented(table)

    def _ticket_verdict(self, play: TicketPlay) -> None:
        self._verdict(play, [tickettext.did(step, play) for step in play.situation.steps])

    def _verdict(self, play: Play | TicketPlay, did: Sequence[str]) -> None:
        """Say whether all went as expected. ``did`` has what was done in each step."""
        differences = play.differences
        if not differences:
            self._indented(Text(f"{GOOD} {play.expected.meaning}", "green"))
            return
        self._indented(Text(f"{BAD} Not as expected: {play.expected.meaning}", "bold red"))
        for item in differences:
            by = play.situation.steps[item.step - 1].by
            self._indented(Text(_said(item, by, did[item.step - 1]), "red"), INDENT + 2)

    def _indented(self, what: Text | Table, by: int = INDENT) -> None:
        self._out.print(Padding(what, (0, 0, 0, by), expand=False))


def _with_or_without(play: Play | TicketPlay) -> str:
    return "With the rule" if play.with_rule else "Without the rule"


def _ticket_row(seen: TicketSeen, play: TicketPlay) -> tuple[str, str, Text]:
    who = NAMES.get(seen.step.by, seen.step.by)
    return who, tickettext.did(seen.step, play), tickettext.came_of(seen)


def _ending(play: Play) -> Text:
    seen = play.seen[-1]
    notified = f", {len(seen.told)} notified" if len(seen.told) > 1 and not play.differences else ""
    return _marked([play], f"{tab_of(seen.chat)}{notified}")


def _endings(plays: Sequence[TicketPlay]) -> Iterator[Text]:
    """The results of a group, with the rule and without it."""
    for with_rule in (True, False):
        some = [play for play in plays if play.with_rule is with_rule]
        yield _marked(some, tickettext.ending(some)) if some else Text()


def _marked(plays: Iterable[Play | TicketPlay], ending: str) -> Text:
    """The result of some plays, and whether it was expected."""
    if any(play.differences for play in plays):
        return Text(f"{BAD} {ending}", "red")
    return Text.assemble((f"{GOOD} ", "green"), ending)


def _said(item: Difference, by: str, did: str) -> str:
    who = NAMES.get(by, by)
    after = f"{who}: {did}" if who else did
    return f"{item.field} is {_value(item.actual)}, expected {_value(item.expected)}, after {after}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_value, value)) or "nobody"
    return "empty" if value is None else str(value)
