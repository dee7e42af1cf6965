"""What chats and tickets have in common on the terminal: what happened, why, and the outcome of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from baton.cli.screen import echo
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, moment
from baton.contract import (
    Action,
    AddNote,
    Assign,
    ChangeLabels,
    End,
    Fired,
    Outcome,
    Pin,
    Reply,
    SetStatus,
    Tell,
    TicketOutcome,
    TimelineEntry,
)
from baton.model.story import cause_of, last_move, long_ago
from baton.signs import one_line

_NAME = 14

Values = Iterable[tuple[str, str]]
"""Names and values, one line each."""


def print_values(values: Values) -> None:
    for name, value in values:
        echo(f"{name:<{_NAME}} {one_line(value)}")


def cause(timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Since when the case is where it is, and why."""
    move = last_move(timeline)
    yield "Since", moment(move.at) if move else long_ago(timeline)
    yield "Why", cause_of(move) if move else "–"


def print_timeline(timeline: Sequence[TimelineEntry]) -> None:
    time = heading("Time", (entry.at for entry in timeline))
    print_table(
        (time, "Event", "By", "What happened"),
        map(_row, timeline),
        "Nothing has happened yet.",
        whole=(time, "Event"),
        prose=("What happened",),
    )


def print_answer(outcome: Outcome | TicketOutcome, standing: Values) -> None:
    """The outcome of an event, and the state of the case now."""
    verdict = "had been handled before" if outcome.duplicate else "was accepted"
    echo(f"Event {one_line(outcome.event_id)} {verdict}.")
    case = "ticket" if isinstance(outcome, TicketOutcome) else "chat"
    print_values([("What happened", outcome.what or f"nothing that moves the {case}")])
    lines = list(fired_lines(outcome.fired)) or ["none"]
    print_values(("" if number else "Rules fired", line) for number, line in enumerate(lines))
    print_values(standing)


def _row(entry: TimelineEntry) -> tuple[str, ...]:
    """One row of the timeline: time, event, author, what happened and by which rule."""
    what = f"refused: {entry.refused}" if entry.refused else entry.what
    if entry.rules:
        what = f"{what} (rule {', '.join(entry.rules)})"
    return clock(entry.at), entry.kind, entry.author, what


def fired_lines(rules: Sequence[Fired]) -> Iterator[str]:
    """A line for each rule that fired, and for each action that it could not do."""
    for rule in rules:
        yield f"{rule.rule}: {', '.join(map(_action, rule.actions)) or 'no action'}"
        for skipped in rule.skipped:
            yield f"  not possible: {skipped}"


def _action(action: Action) -> str:
    match action:
        case Assign():
            return f"assign {action.staff}" if action.staff else f"assign the queue of {action.line}"
        case Pin():
            return f"pin to {action.staff}"
        case End():
            return f"end as {action.status}" if action.status else "end"
        case SetStatus():
            return f"set status {action.status}"
        case ChangeLabels():
            return "labels " + " ".join(
                [*(f"+{label}" for label in action.add), *(f"-{label}" for label in action.remove)]
            )
        case AddNote():
            return "add a note"
        case Reply():
            return "reply to the customer"
        case Tell():
            told = [*action.staff, *action.departments, *([action.line] if action.line else [])]
            return f"notify {', '.join(told) or 'everyone'}"
