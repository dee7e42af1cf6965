"""Sentences about a case, for people: what the stories of chats and of tickets share.

People read them in the timeline and in the details in the Temporal UI.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from baton.contract import Instant, TimelineEntry
from baton.model.chat.state import ChatState
from baton.model.ticket.state import TicketState
from baton.signs import markdown, within

BLOCKED = "the customer is blocked: recorded only"
LONGEST_STORY = 500
"""Characters of what is said about one event."""

_SHOWN_ENTRIES = 8
_ENTRY_BYTES = 1000
"""The most that one entry may take in the details."""
_NAMES_BYTES = 2000
"""The most that a row of labels may take."""


def merging(before: ChatState | TicketState, after: ChatState | TicketState) -> Iterator[str]:
    """What an event changed about the duplicates of a case."""
    if after.merged_into is not None and before.merged_into is None:
        yield f"merged into {after.merged_into}"
    yield from (f"{one} was merged into this" for one in after.merged_from if one not in before.merged_from)


def in_short(said: Sequence[str]) -> str:
    """What is said about one event, in a few words."""
    whole = ", ".join(said)
    return whole if len(whole) <= LONGEST_STORY else f"{whole[: LONGEST_STORY - 1]}…"


def told_before(event_id: str, timeline: Sequence[TimelineEntry]) -> str:
    """What an event that was handled before changed; empty if the timeline does not reach back to it."""
    found = (one for one in reversed(timeline) if one.event_id == event_id and not one.refused)
    return next((entry.what for entry in found), "")


def last_move(timeline: Sequence[TimelineEntry]) -> TimelineEntry | None:
    """The event that brought the case to where it is; none if the timeline begins after it."""
    return next((entry for entry in reversed(timeline) if entry.moved), None)


def cause_of(entry: TimelineEntry) -> str:
    """What made an event move the chat: a rule, or the event itself."""
    cause = f"{entry.kind} by {entry.author}"
    return f"rule {', '.join(entry.rules)}, after {cause}" if entry.rules else cause


def in_hands(assignee: str | None, line: str | None) -> str:
    """The line of the details that says who has the case."""
    return f"- **Assignee**: {markdown(assignee or '–')} · **line**: {markdown(line or '–')}"


def unsent_and_lately(unsent: int, timeline: Sequence[TimelineEntry]) -> Iterator[str]:
    """The last lines of the details: what is not yet written, and the end of the timeline."""
    if unsent:
        yield f"- **Not yet in the help desk**: {unsent} {'write' if unsent == 1 else 'writes'}"
    if timeline:
        yield from ("", "#### Lately", "")
    for entry in reversed(timeline[-_SHOWN_ENTRIES:]):
        yield _item(entry)


def _item(entry: TimelineEntry) -> str:
    # A list and not a table: the UI shows the details in a narrow column.
    what = f"refused: {entry.refused}" if entry.refused else entry.what or "nothing moved"
    rules = f" (rule {', '.join(entry.rules)})" if entry.rules else ""
    told = within(f"by {entry.author}: {what}{rules}", _ENTRY_BYTES)
    return f"- {moment(entry.at)} **{markdown(entry.kind)}** {told}"


def bold(name: str | None) -> str:
    """A name that stands out."""
    return f"**{markdown(name or 'nobody')}**"


def names(listed: Sequence[str]) -> str:
    """Names in a row, as many as fit."""
    return within(", ".join(listed), _NAMES_BYTES)


def since_and_why(timeline: Sequence[TimelineEntry]) -> Iterator[str]:
    """The lines of the details that say when which event brought the case to where it is."""
    move = last_move(timeline)
    yield f"- **Since**: {moment(move.at) if move else long_ago(timeline)}"
    yield f"- **Why**: {markdown(cause_of(move)) if move else '–'}"


def long_ago(timeline: Sequence[TimelineEntry]) -> str:
    """What to say in place of the time of a move that the timeline does not have."""
    return "before the first event that is still in the timeline" if timeline else "–"


def moment(at: Instant) -> str:
    """A moment to the second."""
    # Not with strftime, which imports a module at each call.
    return at.isoformat(sep=" ", timespec="seconds")[:19]
