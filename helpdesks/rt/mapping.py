"""The mapping of names for RT: which queues, statuses and fields are meant.

desk: rt
url: https://rt.example.com
login: baton                          # Baton's own, whose token or password is a secret
queues: [General]                     # where Baton works, beside the queues of lines
people: {kim: kim.b, ivan: ivan}      # the directory's ID: the login in RT
lines: {line-1: First line}           # a line's queue
statuses:                             # the first of each is what Baton sets
  open: [open, new, waiting for parts]
  pending: [stalled]
  closed: [resolved, rejected, deleted]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

from helpdesks.outside.mapping import DeskMapping, Mistake, Names, Own, Statuses

NOBODY = "Nobody"
"""The login of RT that stands for nobody, as an owner."""
ITSELF = "RT_System"
"""The login under which RT does things by itself."""

FieldName = Annotated[str, StringConstraints(pattern=r"^[\w][\w .-]{0,99}$")]
"""The name of a custom field: without quotes and braces, so that a query can name it."""


class RtStatuses(Statuses):
    """RT's statuses for each of Baton's."""

    open: Names = ("open", "new")
    pending: Names = ("stalled",)
    closed: Names = ("resolved", "rejected", "deleted")


class RtHooks(BaseModel):
    """Where RT says that something is new."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S*$", max_length=500)]
    secret_file: Annotated[str, StringConstraints(pattern=r"^/[^\r\n]*$", max_length=500)]


class RtMapping(DeskMapping):
    """Whose and what's name in RT is what, as in the file ``desk.yaml`` of a company that uses RT."""

    desk: Literal["rt"]
    """Which help desk it is: ``rt``."""
    login: Own
    """The login under which Baton works. Nobody else may use it: what it does is known as Baton's own."""
    auth: Literal["token", "password"] = "token"
    """What its secret is."""
    queues: Names
    """The queues in which Baton works, beside those of lines. Where there are lines, a ticket that is in none
    of them is in the first of these."""
    statuses: RtStatuses = RtStatuses()
    """RT's statuses for each of Baton's: ``open``, ``pending`` and ``closed``. The first of each is what
    Baton sets; the others are understood. One that is not named means nothing to Baton."""
    labels_field: FieldName = "Labels"
    """The custom field of tickets with their labels."""
    marker_field: FieldName = "BatonEvent"
    """The custom field of transactions by which Baton knows what it has written."""
    hooks: RtHooks | None = None
    """Where RT says that something is new: ``url``, the address of the gateway, which ends with
    ``/v1/hooks/rt``, and ``secret_file``, a file on RT's machine with the secret of the hooks."""

    def mistakes(self) -> Iterator[Mistake]:
        """A queue that is in a line and in none, and people who are none."""
        for line, queue in self.lines.items():
            if queue in self.queues:
                what = f"the queue {queue!r} is {line}'s, and cannot be one of 'queues', too"
                yield ("lines", line), what, "tickets in these are in no line"
        for name, login in self.people.items():
            if login.lower() in {self.login.lower(), NOBODY.lower(), ITSELF.lower()}:
                what = f"{login!r} is no person in RT, and cannot be {name}"
                yield ("people", name), what, "write that person's own login"

    @cached_property
    def all_queues(self) -> tuple[str, ...]:
        """Every queue in which Baton works, those of lines included."""
        return tuple(dict.fromkeys((*self.queues, *self.lines.values())))

    @cached_property
    def people_by_login(self) -> Mapping[str, str]:
        """By login, in small letters, since RT does not mind them: the person."""
        return {login.lower(): name for name, login in self.people.items()}
