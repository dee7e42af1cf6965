"""How people are told elsewhere what Baton tells them: which notices, by which way, and when."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from baton.contract import Instant, Payload
from baton.desk.outgoing import Way

SHOW_WAYS = "show_ways"
SET_MAIL = "set_mail"
END_WAYS = "end_ways"


class NoticeKind(StrEnum):
    """What a notice is about."""

    NEW = "new"
    """A case is there that nobody has."""
    UNANSWERED = "unanswered"
    """A chat has ended while the customer waits."""
    OFFERED = "offered"
    """A new chat is offered to its earlier holder first."""
    MINE = "mine"
    """A chat is this person's now."""
    ASSIGNED = "assigned"
    """A ticket is this person's now."""
    PROMPT = "prompt"
    """All departments have answered: this person writes the reply."""
    DUE_SOON = "due_soon"
    OVERDUE = "overdue"
    OTHER = "other"
    """Everything else, such as what a rule says."""


USUAL = tuple(one for one in NoticeKind if one not in (NoticeKind.NEW, NoticeKind.UNANSWERED))
"""What a person is told unless they choose: not what goes to everybody."""

MailAddress = Annotated[
    str,
    StringConstraints(
        max_length=254,
        strip_whitespace=True,
        pattern=r'^[^@\s<>"(),:;\\\[\]\x00-\x1f]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$',
    ),
]
DigestMinutes = Annotated[int, Field(ge=0, le=1440)]


class Wishes(Payload):
    """What somebody wants to be told by a way."""

    kinds: tuple[NoticeKind, ...] = USUAL
    digest_minutes: DigestMinutes = 0
    """For how long notices are gathered into one; 0 sends each at once."""
    quiet: bool = False
    """Whether notices wait until this person is on duty, by the calendar of their line."""
    urgent: tuple[NoticeKind, ...] = ()
    """Of these kinds, what does not wait for duty, nor for others."""


class MailWishes(Wishes):
    """As `Wishes`, by e-mail."""

    staff: str
    address: MailAddress


class WaysQuery(Payload):
    """Whose ways are meant; everybody's if nobody is named."""

    staff: str | None = None


class WaysEnd(Payload):
    """Tell somebody nothing any more, by this way or by any."""

    staff: str
    way: Way | None = None


class PersonsWay(Wishes):
    """A way by which somebody is told, and how it goes."""

    staff: str
    way: Way
    address: str | None = None
    """Of e-mail; hidden, but for its first letter and its host, unless the person alone was asked for."""
    place: str | None = None
    """Of a chat tool: where it is, without what may be secret."""
    last_error: str | None = None
    last_error_at: Instant | None = None
    last_told_at: Instant | None = None


def kind_of(reason: str) -> NoticeKind:
    """What a notice with this reason is about."""
    if reason in ("prompt", "you write the reply now"):
        return NoticeKind.PROMPT
    if reason.startswith("due soon: "):
        return NoticeKind.DUE_SOON
    if reason.startswith("overdue: "):
        return NoticeKind.OVERDUE
    return NoticeKind(reason) if reason in _AS_THEY_ARE else NoticeKind.OTHER


_AS_THEY_ARE = frozenset(
    {NoticeKind.NEW, NoticeKind.UNANSWERED, NoticeKind.OFFERED, NoticeKind.MINE, NoticeKind.ASSIGNED}
)
