"""The types of values in fields, and the base of every payload."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from baton.contract.names import MAX_LABELS, MAX_TEXT_LENGTH
from baton.contract.words import Id, Name


class Activity(StrEnum):
    """Whether a chat is going on. Ended is not closed."""

    ACTIVE = "active"
    ENDED = "ended"


class Status(StrEnum):
    """Whose turn it is: the company's (open), the customer's (pending), nobody's (closed)."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class Tab(StrEnum):
    """Where support staff find a chat."""

    NEW = "new"
    MINE = "mine"
    RESERVED = "reserved"
    UNANSWERED = "unanswered"
    ENDED = "ended"


class TicketStage(StrEnum):
    """How far a ticket is."""

    TRIAGE = "triage"
    """Nobody is asked."""
    COLLECTING = "collecting"
    """Departments are asked."""
    COMPOSING = "composing"
    """All have answered; the composer writes the consolidated reply."""
    ANSWERED = "answered"
    CLOSED = "closed"


class DepartmentState(StrEnum):
    """What became of asking a department."""

    ASKED = "asked"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    """It is no longer needed."""
    DECLINED = "declined"
    """It says that this is not its matter."""


class Presence(StrEnum):
    """What a person is doing now; the habit of working with chats is another thing."""

    ONLINE = "online"
    WITHOUT_CHATS = "without_chats"
    OFFLINE = "offline"


class AuthorType(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:  # not a ValueError, so pydantic would not explain it
        raise ValueError("in UTC it is beyond the years 1 to 9999") from None


Names = Annotated[tuple[Name, ...], Field(max_length=MAX_LABELS)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_LENGTH)]
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class Payload(BaseModel):
    """What crosses a wire: immutable, and tolerant of fields that a newer release may send."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_enum_values=False)


class Author(Payload):
    """Who did it. The ID is opaque: never a phone number or an address."""

    type: AuthorType
    id: Id

    def __str__(self) -> str:
        return f"{self.type}:{self.id}"


SYSTEM = Author(type=AuthorType.SYSTEM, id="baton")
