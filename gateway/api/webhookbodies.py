"""What is sent about webhooks, and what is answered."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from baton.contract import Instant
from baton.contract.outgoing import Told
from baton.desk.outgoing import LARGEST_QUEUE, Subscriber
from gateway.api.envelopes import Envelope

WebhookType = StrEnum("WebhookType", [(one.name, one.value) for one in Told if one is not Told.TEST])  # type: ignore[misc]
"""What a webhook can tell."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Url = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2000),
    Field(description="Where it is sent, with `https://`. It may be a secret, so that no answer shows it."),
]
Types = Annotated[
    list[WebhookType], Field(max_length=20, description="What it is told; everything if the list is empty.")
]
WithText = Annotated[
    bool,
    Field(description="Whether it gets the texts of messages and replies, too. Otherwise no text leaves."),
]
Capacity = Annotated[
    int,
    Field(
        ge=1,
        le=1_000_000,
        description="How many letters may wait for it. What comes in beyond that is a dead letter at once.",
    ),
]
EXAMPLE = {
    "name": "shop",
    "url": "https://shop.example/hooks/baton",
    "types": ["case.moved", "ticket.replied"],
}


class NewWebhook(Envelope):
    """A subscriber to be made."""

    name: Name
    url: Url
    way: Annotated[
        Literal["standard", "chat"],
        Field(description="`standard`: signed, as Standard Webhooks says. `chat`: a line, for chat tools."),
    ] = "standard"
    types: Types = []
    with_text: WithText = False
    capacity: Capacity = LARGEST_QUEUE


class WebhookChange(Envelope):
    """What is to be changed of a subscriber; what is left out stays."""

    name: Name | None = None
    url: Url | None = None
    types: Types | None = None
    with_text: WithText | None = None
    capacity: Capacity | None = None
    state: Literal["active", "paused"] | None = Field(
        default=None,
        description="`paused` lets its letters wait; `active` delivers again, also what was switched off.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> WebhookChange:
        if any(getattr(self, name) is None for name in self.model_fields_set):
            raise ValueError("null is no value: leave out what is to stay")
        return self


class NewSecret(BaseModel):
    """The secret with which what it gets is signed. It is shown this one time."""

    secret: str


class MadeWebhook(Subscriber):
    """A subscriber that was just made."""

    secret: str | None = Field(
        default=None, description="Signs what it gets; shown this one time. A chat tool has none."
    )


class Rotation(Envelope):
    """How a secret is replaced."""

    keep_hours: Annotated[float, Field(ge=0, le=8784, allow_inf_nan=False)] = Field(
        default=24.0, description="For how long the present secret signs, too."
    )


class ReplayBody(Envelope):
    """Which dead letters are tried again: all, unless something is said."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=1000)] = []
    since: Instant | None = Field(default=None, description="Those that died then or later.")


class Waits(BaseModel):
    """A letter about nothing waits now."""

    webhook_id: str
