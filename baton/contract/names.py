"""Names that Temporal knows, IDs of workflows, and limits."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

from baton.contract.words import LONGEST_ID, MAX_WORKFLOW_ID_LENGTH, without_controls
from baton.errors import InvalidEvent
from baton.signs import hidden_in

TASK_QUEUE = "baton"
CHAT_WORKFLOW = "Chat"
TICKET_WORKFLOW = "Ticket"
HANDLE = "handle"
"""Update: one event in, its outcome back once the decision is durable."""
RUN_ENDED = "AcceptedUpdateCompletedWorkflow"
"""Type of the failure of an update whose run ended before its turn, as Temporal itself names it. Sent again
under the same ID, it is answered by the next run."""
SUBMIT = "submit"
"""Signal: one event in, nothing back. For bulk traffic."""
NOTE_ADDED = "note_added"
"""Signal of a ticket: a note, such as a department's answer. ``kind`` may be left out."""
POKE = "poke"
"""Signal, without an argument: look at the time, the rules and who is there, as if something came due."""
SNAPSHOT = "snapshot"
TIMELINE = "timeline"
DRAFT = "draft"
"""Query of a ticket: the draft of the consolidated reply."""
SEARCH_ATTRIBUTES: dict[str, Literal["Keyword", "KeywordList", "Datetime"]] = {
    "Tab": "Keyword",
    "CaseStatus": "Keyword",
    "TicketStage": "Keyword",
    "Assignee": "Keyword",
    "PinnedTo": "Keyword",
    "Line": "Keyword",
    "Channel": "Keyword",
    "Labels": "KeywordList",
    "DueAt": "Datetime",
}
"""Name and type of each search attribute. Registered once for a namespace, before a worker starts.

None is a Text: in PostgreSQL, one with an apostrophe and a colon takes its case off every list."""
MAX_WORKFLOW_ID_BYTES = 999
"""What no server of Temporal takes more of, whatever it keeps its workflows in."""
MAX_TEXT_LENGTH = 100_000
"""Longest message text, in characters. A payload may have 2 MB; longer texts belong in an attachment."""
MAX_ATTACHMENTS_SIZE = 100_000
"""The most that a message's attachments may have, in bytes of JSON: they are linked, and kept elsewhere."""
MAX_EVENT_SIZE = 350_000
"""Largest event, in bytes of JSON. The end of a workflow task sends back all updates that came with it, even
those that it refuses; above 4 MB the server closes the workflow by force. It lets in 10 at once."""
MAX_LABELS = 1000
"""Labels that a case may have, and that one event may add or remove."""
MAX_LABELS_SIZE = 64_000
"""Bytes of all labels of a case together: they are in each answer and in each write."""
MAX_NOTES_SIZE = 400_000
"""Bytes of notes that a ticket carries; above that, notes are cut. The help desk has the whole notes."""
MAX_NOTES = 1000
"""Notes that a ticket carries. Further notes only count as answers; the help desk has them all."""
MARKER = "several-departments"
"""The label of a ticket that several departments work on, so that such tickets can be found."""
MAX_DEPARTMENTS = 200
"""Departments that one ticket may ever ask."""


def chat_workflow_id(channel: str, conversation: str) -> str:
    """The workflow ID of the chat on this channel: ``chat:{channel}:{conversation}``.

    Raises ``InvalidEvent`` if a part is empty, the channel has a colon (two chats could then share
    an ID), or the whole is longer than `MAX_WORKFLOW_ID_BYTES`. Whether a case with this ID may begin is
    said by `too_long`.
    """
    if ":" in channel:
        raise InvalidEvent(f"channel {channel!r} has a colon: use a name such as 'telegram'")
    return _workflow_id("chat", channel=channel, conversation=conversation)


def ticket_workflow_id(ticket_id: str) -> str:
    """The workflow ID of a ticket: ``ticket:{ticket_id}``. Raises like `chat_workflow_id`."""
    return _workflow_id("ticket", ticket_id=ticket_id)


def _workflow_id(kind: str, **parts: str) -> str:
    for name, part in parts.items():
        if not part or part != part.strip() or not without_controls(part):
            controls = hidden_in(part, word=True)
            raise InvalidEvent(
                f"{name} is {part!r}: give an ID without "
                + (f"{controls}, which cannot be seen" if controls else "spaces around it")
            )
    workflow_id = ":".join((kind, *parts.values()))
    size = len(workflow_id.encode())  # here Temporal counts bytes, and PostgreSQL characters
    if size > MAX_WORKFLOW_ID_BYTES:
        raise InvalidEvent(
            f"the workflow ID would have {size} bytes; at most {MAX_WORKFLOW_ID_BYTES} are allowed: "
            f"shorten the {list(parts)[-1].replace('_', ' ')}"
        )
    return workflow_id


def too_long(workflow_id: str) -> str:
    """Why no case with this ID may begin, in words; empty if it may.

    One that is there already goes on: an earlier release began it, and its server took the ID.
    """
    length = len(workflow_id)
    if length <= MAX_WORKFLOW_ID_LENGTH:
        return ""
    is_chat = workflow_id.startswith("chat:")
    return (
        f"no case begins under the workflow ID {workflow_id[:40]}…: it has {length} characters, and at most "
        f"{MAX_WORKFLOW_ID_LENGTH} are allowed. Shorten the {'conversation' if is_chat else 'ticket ID'}."
    )


def derived_id(*parts: str) -> str:
    """An ID made of others, such as the ID of an event that one case sends to another.

    If together they are too long, or have characters that an ID must not have, a digest replaces all but the
    first.
    """
    whole = ":".join(parts)
    if len(whole) <= LONGEST_ID and not hidden_in(whole, word=True):
        return whole
    first = "" if hidden_in(parts[0], word=True) else parts[0][:100]
    return f"{first}:{sha256(whole.encode()).hexdigest()}"
