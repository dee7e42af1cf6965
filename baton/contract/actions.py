"""What rules do, fully resolved: people are named, nothing is left to look up."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from baton.contract.values import Payload, Status


class Assign(Payload):
    """Decided: this person (or, where nobody was available, this line's queue) gets the case."""

    do: Literal["assign"] = "assign"
    staff: str | None = None
    line: str | None = None


class Pin(Payload):
    do: Literal["pin"] = "pin"
    staff: str


class End(Payload):
    do: Literal["end"] = "end"
    status: Status | None = None


class SetStatus(Payload):
    do: Literal["set_status"] = "set_status"
    status: Status


class ChangeLabels(Payload):
    do: Literal["labels"] = "labels"
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


class AddNote(Payload):
    do: Literal["note"] = "note"
    text: str


class Reply(Payload):
    do: Literal["reply"] = "reply"
    text: str


class Tell(Payload):
    """Decided: tell these people (or everyone whom New would tell) something."""

    do: Literal["notify"] = "notify"
    staff: tuple[str, ...] = ()
    line: str | None = None
    departments: tuple[str, ...] = ()
    """Labels: all members of these departments."""
    everyone: bool = False
    reason: str = ""


Action = Annotated[
    Assign | Pin | End | SetStatus | ChangeLabels | AddNote | Reply | Tell, Field(discriminator="do")
]
"""What a rule did, fully resolved: people are named, nothing is left to look up."""


class Fired(Payload):
    """A rule that fired for an event, and what it did, in order."""

    rule: str
    actions: tuple[Action, ...] = ()
    skipped: tuple[str, ...] = ()
    """Actions that were not possible in the state of the case, each with the reason."""
