"""Letters in words, for chat tools and e-mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from baton.contract.outgoing import Told, WebhookData
from helpdesks.outgoing.letter import LetterRow

_DATA: TypeAdapter[WebhookData] = TypeAdapter(WebhookData)
NOTICE = "notice"
"""The type of a letter with which one person is told something."""


def chat_text(letter: LetterRow) -> str:
    """A line of text, and the customer's or the reply's text below it, if the letter has one."""
    data = _DATA.validate_json(letter.body)
    line = sentence(letter.type, data)
    return f"{line}\n> {_quoted(data.text)}" if data.text else line


def sentence(letter_type: str, data: WebhookData) -> str:
    """What a letter tells, in a sentence."""
    if letter_type == NOTICE:
        where = f"{data.case.workflow_id}: " if data.case else ""
        return f"{where}{notice_words(data.reason)}"
    if data.case is None:
        return "Baton was asked to send this, to see whether it arrives."
    case, what = data.case, data.case.workflow_id
    match letter_type:
        case Told.OPENED:
            return f"{what}: opened, {_place(data)}"
        case Told.MOVED:
            return f"{what}: moved, now {_place(data)}"
        case Told.ENDED:
            return f"{what}: ended, {case.status or 'open'}"
        case Told.CLOSED:
            return f"{what}: closed"
        case Told.PROMPTED:
            return f"{what}: all departments have answered, {case.composer or 'somebody'} writes the reply"
        case Told.REPLIED:
            by = data.by.id if data.by else "somebody"
            return f"{what}: {by} sent the consolidated reply"
        case Told.OVERDUE:
            due = f"{data.due_at:%Y-%m-%d %H:%M} UTC" if data.due_at else "earlier"
            return f"{what}: the answer of {data.label} was due {due}"
        case _:
            return f"{what}: {letter_type}"


def _place(data: WebhookData) -> str:
    case: Any = data.case
    if case.pinned_to:
        return f"with {case.pinned_to}"
    if case.reserved_for:
        return f"reserved for {case.reserved_for}"
    if case.assignee:
        return f"assigned to {case.assignee}"
    if case.line:
        return f"in the queue of {case.line}"
    return f"in {case.tab}" if case.tab else (f"in {case.stage}" if case.stage else "with nobody")


def _quoted(text: str) -> str:
    return text[:2000].replace("\n", "\n> ")


_IN_WORDS = {
    "new": "a new case waits for somebody",
    "unanswered": "a chat has ended while the customer waits",
    "offered": "a chat is offered to you first",
    "mine": "the chat is yours",
    "assigned": "it is assigned to you",
    "prompt": "all departments have answered: please write the reply",
}
_FOOTER = "-- \nBaton tells you this by e-mail. What, and when, can be changed: baton staff ways"


def notice_words(reason: str | None) -> str:
    """What a person is told, in words."""
    return _IN_WORDS.get(reason or "", reason or "something happened")


def notice_subject(told: Sequence[WebhookData]) -> str:
    """The subject of a message: the same for all about one case, so that mail programs thread them."""
    cases = {one.case.workflow_id for one in told if one.case}
    if len(cases) == 1:
        return f"[Baton] {cases.pop()}"
    return f"[Baton] {len(told)} notices" if len(told) > 1 else "[Baton] Notice"


def notice_lines(told: Sequence[tuple[datetime, WebhookData]]) -> Iterator[str]:
    """The text of a message: for each notice when, which case, and what."""
    for at, data in told:
        where = f"{data.case.workflow_id}: " if data.case else ""
        yield f"{where}{notice_words(data.reason)} ({at:%Y-%m-%d %H:%M} UTC)"
        yield ""
    yield _FOOTER
