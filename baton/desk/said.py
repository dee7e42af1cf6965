"""What was said in a conversation or a ticket: the query and the rows of `baton.desk.api.MESSAGES`."""

from __future__ import annotations

from typing import Any, Literal

from baton.contract import Instant, Payload
from baton.desk.api import Limit

Said = Literal["message", "note", "reply", "draft", "question", "declined"]
"""What somebody wrote. A *message* and the *reply* of a ticket go to the customer; a *note*, a *draft*, the
*question* with which a department is asked again, and why it *declined* stay inside."""


class MessageQuery(Payload):
    """What was said in a conversation or a ticket: the latest ``limit``."""

    workflow_id: str
    limit: Limit = 50


class MessageRow(Payload):
    """What one person, program, rule or template wrote."""

    at: Instant
    said: Said
    author: str
    """Such as ``customer:c-7``, ``staff:lena``, ``system:bot``, ``rule:hands-over``, ``template:refund``."""
    text: str = ""
    """Empty where whoever reported the message left it out."""
    attachments: tuple[Any, ...] = ()
    labels: tuple[str, ...] = ()
    """The departments for which a note answers, or that were asked, or have declined."""
    case_id: str = ""
    """In which of the chats of a conversation, or in which ticket; empty where a message opened none."""
    deleted: bool = False
    """Deleted since, on the channel."""
    undelivered: bool = False
    """It did not reach the customer."""


class Messages(Payload):
    """What was said, the oldest first."""

    messages: tuple[MessageRow, ...] = ()
    earlier: bool = False
    """Whether there was more before."""
