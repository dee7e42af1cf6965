"""Where cases follow one another, at most one of them living: a chat in its conversation, a ticket at its ID.

``kind`` in a row says which of the two a case is, and so which columns are its place. In the other columns a
chat names its ticket, and a ticket names the chat it is linked to. An event and a notice have only the
columns of their place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Table, and_, bindparam, literal_column

from baton.model.decision import CaseState
from baton.model.effects import CaseRef
from baton.model.ticket.state import TicketState
from helpdesks.known import Kind
from helpdesks.schema import cases

T = TypeVar("T")

_COLUMNS: Mapping[Kind, tuple[str, ...]] = {"chat": ("channel", "conversation"), "ticket": ("ticket_id",)}


class Place(NamedTuple):
    """A conversation, or a ticket."""

    kind: Kind
    values: tuple[str, ...]

    @property
    def columns(self) -> dict[str, Any]:
        """The columns of the place: of a row, and as the parameters of `at`."""
        return dict(zip(_COLUMNS[self.kind], self.values, strict=True))

    @property
    def name(self) -> str:
        """The conversation, or the ticket's ID."""
        return self.values[-1]

    @property
    def lock(self) -> str:
        """The name of the lock that puts everything about this place in sequence."""
        return ":".join((self.kind, *self.values))


def place_of(case: CaseState | CaseRef) -> Place:
    """The place of a case."""
    # The state of a chat also names a ticket: the one that it opened.
    ticket_id = case.ticket_id if isinstance(case, TicketState | CaseRef) else None
    if ticket_id is not None:
        return Place("ticket", (ticket_id,))
    return Place("chat", (case.channel or "", case.conversation or ""))


def ref_of(row: Any) -> CaseRef:
    """The reference to the case in a row, for sending it something."""
    return CaseRef(
        case_id=row.case_id,
        channel=row.channel or "",
        conversation=row.conversation or "",
        customer=row.customer,
        ticket_id=row.ticket_id if row.kind == "ticket" else None,
    )


def derived_case_id(place: Place, event_id: str) -> str:
    """The ID of the case that this event opens.

    What it is made from never changes: a release that derived a different ID would open a second case for an
    event that an earlier release has taken in.
    """
    of_ticket = place.kind == "ticket"
    names = ("ticket:", *place.values) if of_ticket else place.values
    digest = sha256("\0".join((*names, event_id)).encode()).hexdigest()
    return f"{'t' if of_ticket else 'c'}-{digest[:12]}"


def for_each_kind(build: Callable[[Kind], T]) -> Mapping[Kind, T]:
    """One statement for each kind of place. Built once, so that SQLAlchemy compiles it only once."""
    return {"chat": build("chat"), "ticket": build("ticket")}


def at(table: Table, kind: Kind, prefix: str = "") -> ColumnElement[bool]:
    """Whether a row is at a place, whose parameters are named ``prefix`` plus the column."""
    return _placed(table, kind, lambda name: bindparam(f"{prefix}{name}"))


def beside(table: Table, kind: Kind) -> ColumnElement[bool]:
    """Whether a row of another table is at the place of a case of this kind."""
    return _placed(table, kind, lambda name: cases.c[name])


def _placed(table: Table, kind: Kind, value: Callable[[str], Any]) -> ColumnElement[bool]:
    # Written out, as in the conditions of the indexes: otherwise SQLite would not use them.
    of_kind = [cases.c.kind == literal_column(f"'{kind}'")] if table is cases else []
    return and_(*of_kind, *(table.c[name] == value(name) for name in _COLUMNS[kind]))
