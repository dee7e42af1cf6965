"""What happened to a case, who has it and who must act: what `baton.model.story` says, in other languages.

The timeline of a case is in its history, in English. Its entries are put together of parts of a fixed form.
"""

from __future__ import annotations

from collections.abc import Sequence

from baton.contract import ChatSnapshot, Department, DepartmentState, TicketSnapshot, TimelineEntry
from baton.model.chat.state import ChatState
from baton.model.chat.story import who_has_it
from baton.model.story import long_ago
from baton.model.ticket.state import TicketState
from baton.model.ticket.story import who_acts
from baton.phrases import names
from baton.phrases.recorded import Forms
from baton.phrases.refusals import refusal
from baton.signs import unmarked
from baton.texts import Language, Texts, marked

PARTS = Forms(
    (
        marked("new chat"),
        marked("new ticket"),
        marked("the offer ended"),
        marked("assigned to {name}"),
        marked("no assignee"),
        marked("pinned to {name}"),
        marked("unpinned"),
        marked("offered to {name}"),
        marked("reserved for {name}"),
        marked("in the queue of {line}"),
        marked("linked to ticket {ticket}"),
        marked("merged into {case}"),
        marked("{case} was merged into this"),
        marked("forwarded to {case}"),
        marked("the customer is blocked: recorded only"),
        marked("round {number}"),
        marked("{label} is called {name} now"),
        marked("{label} asked"),
        marked("{label} asked (blocks)"),
        marked("{label} answered"),
        marked("{label} withdrawn"),
        marked("{label} declined"),
        marked("{label} declined (blocks)"),
        marked("a note of {label}"),
        marked("{label} is overdue"),
        marked("{label} reminded"),
        marked("{name} writes the reply"),
        marked("the reply is sent"),
        marked("due times pause"),
        marked("nothing moved"),
        marked("before the first event that is still in the timeline"),
        marked("goes on as the ledger has kept it: its workflow had been closed by force"),
    )
)
HANDS = Forms(
    (
        marked("No chat is going on."),
        marked("{name} has it, pinned."),
        marked("It is offered to {name} until {time}."),
        marked("It is reserved for {name}, who gets it when the customer answers."),
        marked("Nobody has it: it waits in the queue of {line}."),
        marked("Nobody has it: it is in New, for everyone."),
        marked("It was merged into {case}, which hears what is written here."),
        marked("It is closed. The last one who had it: {name}."),
        marked("It is closed. The last one who had it: nobody."),
        marked("It has ended, and stays reserved for {name}."),
        marked("It has ended. Assigned to {name}."),
        marked("It has ended. Assigned to nobody."),
        marked("No ticket is open."),
        marked("Nobody is asked: {name} has to look at it."),
        marked("Nobody is asked: somebody has to look at it."),
        marked("{name} must see to {labels}, who declined."),
        marked("{name} must see to {labels}: no answer will come from there."),
        marked("the dispatcher must see to {labels}, who declined."),
        marked("the dispatcher must see to {labels}: no answer will come from there."),
        marked("It waits for {labels}."),
        marked("All have answered: {name} writes the reply."),
        marked("All have answered: nobody yet writes the reply."),
        marked("The reply was sent. The last one who had it: {name}."),
        marked("The reply was sent. The last one who had it: nobody."),
        marked("It is closed ({why})."),
        marked("It is closed."),
    )
)


def what_happened(english: str, texts: Texts) -> str:
    """What an event and its rules changed, as an outcome and the timeline have it; it may be empty."""
    if texts.language is Language.EN:
        return english
    return ", ".join(_part(part, texts) for part in english.split(", "))


def _part(english: str, texts: Texts) -> str:
    if english[:1] in ("+", "-"):
        return english  # a label
    for word in (names.phase, names.stage_of, names.status_of):
        if (said := word(english, texts)) != english:
            return said
    return PARTS.said(english, texts) or english


def entry(entry: TimelineEntry, texts: Texts) -> str:
    """What a line of the timeline says: what happened, or why it was refused, and by which rules."""
    refused = texts("refused: {why}").format(why=refusal(entry.refused or "", texts))
    what = refused if entry.refused else what_happened(entry.what, texts)
    if entry.rules:
        rules = texts("rule {rules}").format(rules=", ".join(entry.rules))
        what = f"{what} ({rules})"
    return what


def cause(entry: TimelineEntry, texts: Texts) -> str:
    """What made an event move the case: a rule, or the event itself."""
    event = texts("{kind} by {author}").format(
        kind=names.kind(entry.kind, texts), author=names.author(entry.author, texts)
    )
    if not entry.rules:
        return event
    return texts("rule {rules}, after {event}").format(rules=", ".join(entry.rules), event=event)


def unknown_move(timeline: Sequence[TimelineEntry], texts: Texts) -> str:
    """What to say in place of the time of a move that the timeline does not have."""
    english = long_ago(timeline)
    return PARTS.said(english, texts) or english


def holder(chat: ChatSnapshot, texts: Texts) -> str:
    """One sentence: who has the chat now."""
    # A snapshot has enough of the state for this.
    english = unmarked(who_has_it(ChatState.model_validate(chat.model_dump(exclude={"tab"}))))
    return HANDS.said(english, texts) or english


def acting(ticket: TicketSnapshot, texts: Texts) -> str:
    """One sentence: who has to act on the ticket now."""
    english = unmarked(who_acts(TicketState.model_validate(ticket.model_dump())))
    return HANDS.said(english, texts) or english


def chat_state(chat: ChatSnapshot, texts: Texts) -> str:
    """Phase and tab, such as ``active · open (tab mine)``."""
    tab = texts.of(names.TABS[chat.tab]) if chat.tab else "–"
    return texts("{state} (tab {tab})").format(state=names.state(chat.activity, chat.status, texts), tab=tab)


def ticket_state(ticket: TicketSnapshot, texts: Texts) -> str:
    """Stage, status and round, such as ``collecting · open, round 1``."""
    state = names.stage(ticket.stage, ticket.status, texts)
    if not ticket.round:
        return state
    return texts("{state}, round {number}").format(state=state, number=ticket.round)


def progress(one: Department, texts: Texts) -> str:
    """How far a department is with its answer."""
    match one.state:
        case DepartmentState.ASKED if one.blocks:
            return texts("asked, blocks")
        case DepartmentState.ASKED if one.escalated:
            return texts("asked, overdue")
        case DepartmentState.DECLINED if one.blocks:
            return texts("declined, blocks")
        case DepartmentState.DECLINED if one.declined_to:
            return texts("declined, to {label}").format(label=one.declined_to)
        case _:
            return texts.of(names.DEPARTMENT_STATES[one.state])
