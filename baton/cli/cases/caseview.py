"""What chats and tickets have in common on the terminal: what happened, why, and the outcome of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from baton.cli.language import say, spoken
from baton.cli.screen import echo
from baton.cli.tables import print_table
from baton.cli.times import clock, heading, moment
from baton.contract import (
    Action,
    AddNote,
    Assign,
    ChangeLabels,
    ChatSnapshot,
    End,
    Fired,
    Outcome,
    Pin,
    Reply,
    SetStatus,
    Tell,
    TicketOutcome,
    TicketSnapshot,
    TimelineEntry,
)
from baton.model.story import last_move
from baton.phrases import names, stories
from baton.phrases.refusals import refusal
from baton.signs import one_line
from baton.texts import Language

_NAME = {Language.EN: 14, Language.RU: 20}
"""Characters for the names of values."""

Values = Iterable[tuple[str, str]]
"""Names and values, one line each."""


def print_values(values: Values) -> None:
    width = _NAME[spoken().language]
    for name, value in values:
        echo(f"{name:<{width}} {one_line(value)}")


def cause(timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Since when the case is where it is, and why."""
    move = last_move(timeline)
    yield say("Since"), moment(move.at) if move else stories.unknown_move(timeline, spoken())
    yield say("Why"), stories.cause(move, spoken()) if move else "–"


def assigned(case: ChatSnapshot | TicketSnapshot) -> str:
    """Who is responsible, and the line."""
    return say("{name}, line {line}").format(name=case.assignee or "–", line=case.line or "–")


def last_message(case: ChatSnapshot | TicketSnapshot) -> str:
    """Who wrote last, and when."""
    author = names.author(str(case.last_author or "–"), spoken())
    return f"{author}, {moment(case.last_message_at)}"


def print_timeline(timeline: Sequence[TimelineEntry]) -> None:
    time, event, what = (
        heading(say("Time"), (entry.at for entry in timeline)),
        say("Event"),
        say("What happened"),
    )
    print_table(
        (time, event, say("By"), what),
        map(_row, timeline),
        say("Nothing has happened yet."),
        whole=(time, event),
        prose=(what,),
    )


def print_answer(outcome: Outcome | TicketOutcome, standing: Values) -> None:
    """The outcome of an event, and the state of the case now."""
    verdict = (
        say("Event {id} had been handled before.") if outcome.duplicate else say("Event {id} was accepted.")
    )
    echo(verdict.format(id=one_line(outcome.event_id)))
    of_ticket = isinstance(outcome, TicketOutcome)
    nothing = say("nothing that moves the ticket") if of_ticket else say("nothing that moves the chat")
    print_values([(say("What happened"), stories.what_happened(outcome.what, spoken()) or nothing)])
    lines = list(fired_lines(outcome.fired)) or [spoken().of_kind("rules", "none")]
    print_values(("" if number else say("Rules fired"), line) for number, line in enumerate(lines))
    print_values(standing)


def _row(entry: TimelineEntry) -> tuple[str, ...]:
    """One row of the timeline: time, event, author, what happened and by which rule."""
    texts = spoken()
    by = names.author(entry.author, texts)
    return clock(entry.at), names.kind(entry.kind, texts), by, stories.entry(entry, texts)


def fired_lines(rules: Sequence[Fired]) -> Iterator[str]:
    """A line for each rule that fired, and for each action that it could not do."""
    for rule in rules:
        done = ", ".join(map(_action, rule.actions)) or say("no action")
        yield f"{rule.rule}: {done}"
        for skipped in rule.skipped:
            yield say("  not possible: {why}").format(why=refusal(skipped, spoken()))


def _action(action: Action) -> str:
    texts = spoken()
    match action:
        case Assign():
            if action.staff:
                return texts("assign {name}").format(name=action.staff)
            return texts("assign the queue of {line}").format(line=action.line)
        case Pin():
            return texts("pin to {name}").format(name=action.staff)
        case End():
            if action.status is None:
                return texts("end")
            return texts("end as {status}").format(status=texts.of(names.STATUSES[action.status]))
        case SetStatus():
            return texts("set status {status}").format(status=texts.of(names.STATUSES[action.status]))
        case ChangeLabels():
            changed = [*(f"+{label}" for label in action.add), *(f"-{label}" for label in action.remove)]
            return texts("labels {labels}").format(labels=" ".join(changed))
        case AddNote():
            return texts("add a note")
        case Reply():
            return texts("reply to the customer")
        case Tell():
            told = [*action.staff, *action.departments, *([action.line] if action.line else [])]
            return texts("notify {names}").format(names=", ".join(told)) if told else texts("notify everyone")
