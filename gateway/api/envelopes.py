"""Bodies and answers that chats and tickets share."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated, Any, TypeVar

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from baton.errors import IllegalTransition
from gateway.problems import (
    DEPARTMENTS_WAITING,
    ILLEGAL_TRANSITION,
    NO_SUCH_CASE,
    NOT_ALLOWED,
    UNANSWERED,
    UNKNOWN_LABEL,
    UNKNOWN_STAFF,
    ProblemError,
)

T = TypeVar("T")

EVENT = Field(
    description="One event, as docs/contract.md describes it: `kind`, `id`, `author`, and the fields of its "
    "kind. Unknown fields are ignored. `id` is yours: sent again under the same one, it counts once."
)


class Envelope(BaseModel):
    """A body: a field that it does not have is an error."""

    model_config = ConfigDict(extra="forbid")


class ChatEventBody(Envelope):
    """An event for a chat."""

    event: Annotated[dict[str, Any], EVENT]
    customer: str | None = Field(
        default=None,
        description="Whose chat it is. Needed if a member of staff opens it; otherwise the author of the "
        "customer's message.",
    )


class TicketEventBody(Envelope):
    """An event for a ticket. What is beside the event counts if the event opens the ticket."""

    event: Annotated[dict[str, Any], EVENT]
    customer: str | None = Field(
        default=None, description="Whose ticket it is. Needed unless it is the customer who opens it."
    )
    subject: Annotated[str, StringConstraints(max_length=1000)] = ""
    channel: str | None = Field(default=None, description="The channel on which it came.")
    conversation: str | None = Field(
        default=None, description="The chat on that channel that gets the reply."
    )


class Submitted(BaseModel):
    """An event was handed over, and no decision is waited for."""

    event_id: str


WAIT = Annotated[
    bool,
    Query(description="Whether to wait until the event is decided. If not, a refusal is in the timeline."),
]
REFUSALS = (ILLEGAL_TRANSITION, DEPARTMENTS_WAITING, NOT_ALLOWED, UNKNOWN_STAFF, UNKNOWN_LABEL, UNANSWERED)
"""How an event can be refused, beside being none."""


async def of_case(answer: Awaitable[T]) -> T:
    """What a case answers. Raises ``ProblemError`` if there is no such case: nobody wanted to change one."""
    try:
        return await answer
    except IllegalTransition as error:
        raise ProblemError(NO_SUCH_CASE, str(error)) from None
