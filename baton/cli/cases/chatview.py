"""A chat in words for the terminal: who has it, since when and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.cli.cases import caseview
from baton.cli.times import moment
from baton.contract import ChatSnapshot, TimelineEntry
from baton.model.chat.lifecycle import Phase
from baton.model.chat.state import ChatState
from baton.model.chat.story import who_has_it
from baton.signs import unmarked


def holder(chat: ChatSnapshot) -> str:
    """One sentence: who has the chat now."""
    # A snapshot has enough of the state for this.
    state = ChatState.model_validate(chat.model_dump(exclude={"tab"}))
    return unmarked(who_has_it(state))


def state(chat: ChatSnapshot) -> str:
    """Phase and tab, such as ``active · open (tab mine)``."""
    return f"{Phase.of(chat.activity, chat.status).value} (tab {chat.tab or '–'})"


def standing(chat: ChatSnapshot) -> Iterator[tuple[str, str]]:
    """The state of the chat, in two lines."""
    yield "State", state(chat)
    yield "Who has it", holder(chat)


def details(chat: ChatSnapshot, timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Everything about a chat, as names and values."""
    yield "Who has it", holder(chat)
    yield from caseview.cause(timeline)
    yield "State", state(chat)
    yield "Assignee", f"{chat.assignee or '–'}, line {chat.line or '–'}"
    if chat.pinned_to or chat.reserved_for:
        yield "Pinned to", chat.pinned_to or "–"
        yield "Reserved for", chat.reserved_for or "–"
    yield "Labels", ", ".join(chat.labels) or "–"
    yield "Customer", chat.customer
    yield "Last message", f"{chat.last_author or '–'}, {moment(chat.last_message_at)}"
    yield "Case", chat.case_id or "–"
    if chat.previous_case:
        yield "Previous case", chat.previous_case
    if chat.ticket_id:
        yield "Ticket", chat.ticket_id
    if chat.merged_from:
        yield "Merged in", ", ".join(chat.merged_from)
