"""A chat in words for the terminal: who has it, since when and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.cli.cases import caseview
from baton.cli.language import say, spoken
from baton.contract import ChatSnapshot, TimelineEntry
from baton.phrases import stories


def holder(chat: ChatSnapshot) -> str:
    """One sentence: who has the chat now."""
    return stories.holder(chat, spoken())


def standing(chat: ChatSnapshot) -> Iterator[tuple[str, str]]:
    """The state of the chat, in two lines."""
    yield say("State"), stories.chat_state(chat, spoken())
    yield say("Who has it"), holder(chat)


def details(chat: ChatSnapshot, timeline: Sequence[TimelineEntry]) -> Iterator[tuple[str, str]]:
    """Everything about a chat, as names and values."""
    yield say("Who has it"), holder(chat)
    yield from caseview.cause(timeline)
    yield say("State"), stories.chat_state(chat, spoken())
    yield say("Assignee"), caseview.assigned(chat)
    if chat.pinned_to or chat.reserved_for:
        yield say("Pinned to"), chat.pinned_to or "–"
        yield say("Reserved for"), chat.reserved_for or "–"
    yield say("Labels"), ", ".join(chat.labels) or "–"
    yield say("Customer"), chat.customer
    yield say("Last message"), caseview.last_message(chat)
    yield say("Case"), chat.case_id or "–"
    if chat.previous_case:
        yield say("Previous case"), chat.previous_case
    if chat.ticket_id:
        yield say("Ticket"), chat.ticket_id
    if chat.merged_from:
        yield say("Merged in"), ", ".join(chat.merged_from)
