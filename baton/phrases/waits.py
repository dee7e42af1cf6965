"""Why a case waits in the queue of a line: the sentences of `baton.desk.waits` in other languages."""

from __future__ import annotations

from baton.phrases.recorded import Forms
from baton.texts import Texts, marked

FORMS = Forms(
    (
        marked("next: goes to {name}"),
        marked("{line} is no longer in the directory"),
        marked("nobody belongs to {line}"),
        marked("{line} never opens"),
        marked("{line} opens at {time} ({zone})"),
        marked("{line} opens on {weekday} {day} at {time} ({zone})"),
        marked("nobody of {line} is online"),
        marked("nobody of {line} who works with chats is online"),
        marked("{line} has room: about to go out"),
        marked("left unanswered; {line} has room"),
        marked("handed on by {name}, nobody else of {line} is there"),
        marked("handed on by {name}"),
        marked("{number} of {line} online"),
        marked("{number} other of {line} online"),
        marked("{number} others of {line} online"),
        marked("{number} of {line} online who works with chats"),
        marked("{number} of {line} online who work with chats"),
        marked("{number} other of {line} online who works with chats"),
        marked("{number} others of {line} online who work with chats"),
        marked("full"),
        marked("both full"),
        marked("all full"),
    )
)


def waits_for(english: str, texts: Texts) -> str:
    """Why a case waits.

    Args:
        english: what a row of a list has (``InboxRow.waits_for``, ``TicketRow.waits_for``); it may be empty.
    """
    return FORMS.said_in_parts(english, texts, ("; ", ", "))
