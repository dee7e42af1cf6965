"""An event arrives at the ledger: which case it belongs to, and whether it is already there.

Everything about one conversation or ticket happens in sequence (see `helpdesks.database`), so what is read
here still holds when the event is taken in.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Row

from baton.contract import Event
from baton.errors import InvalidEvent
from baton.model.decision import CaseState
from helpdesks import queries
from helpdesks.caserows import BY_ID
from helpdesks.locks import Locks
from helpdesks.places import derived_case_id, place_of, ref_of


class Arrival:
    """One event and what was found about it. Lasts as long as its transaction; made by ``begin``.

    Attributes:
        found: what `queries.FOUND` says.
        case_id: of the case that the event belongs to, or would open.
        case: the row of that case, if there is one.
    """

    found: Row[Any]
    case_id: str
    case: Row[Any] | None

    def __init__(
        self,
        connection: Connection,
        before: CaseState,
        event: Event,
        now: datetime,
        chain: str,
    ) -> None:
        self.connection = connection
        self.before = before
        self.event = event
        self.now = now
        self.chain = chain
        self.place = place_of(before)
        self.placed = self.place.columns
        self.locks = Locks(connection)

    def begin(self) -> Self:
        """Read what nearly every event needs."""
        derived = derived_case_id(self.place, self.event.id)
        given = None if self.before.final else self.before.case_id
        self.case_id = given or derived
        found = self.connection.execute(
            queries.FOUND[self.place.kind],
            {
                **self.placed,
                "wanted": self.case_id,
                "event_id": self.event.id,
                "blocked_customer": self.before.customer,
            },
        )
        self.found = found.one()
        self.case = self.found if self.found.case_id is not None else None
        if not self.before.exists and self.case is not None and self.case.opened_by != self.event.id:
            # The ID given at the start belongs to an earlier case, whose row must stay as it is.
            self.case_id = derived
            self.case = self._row(derived)
        return self

    def own_row(self, case_id: str) -> Row[Any] | None:
        """The row of a case of this place. Raises ``InvalidEvent`` if it belongs to another."""
        row = self.case if case_id == self.case_id else self._row(case_id)
        if row is not None and place_of(ref_of(row)) != self.place:
            other = f"another conversation, on channel {row.channel!r}"
            if row.kind == "ticket":
                other = f"another ticket, {row.ticket_id!r}"
            raise InvalidEvent(
                f"case_id {case_id!r} belongs to {other}: start the case with another ID, or with none"
            )
        return row

    def _row(self, case_id: str) -> Row[Any] | None:
        rows = self.connection.execute(BY_ID, {"wanted": case_id})
        return rows.one_or_none()
