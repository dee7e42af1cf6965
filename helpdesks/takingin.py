"""The embedded help desk takes an event in: it writes the event, its case, and what changed in the case.

The row of a case is a projection of the workflow's state, and the workflow's time orders the writes to
it. Three columns say what the row was made from: ``decided_at`` and ``last_event`` name the last event, and
``settled`` tells whether the effect of that event's decision has arrived. So these can be told apart:

* the next event, also at the same time (events of one workflow task share it);
* the same event again, because its worker died or the workflow was reset: the row is written again;
* something that was overtaken, such as an attempt that timed out and only arrives now: the row stays as it
  is.

`helpdesks.arrival` says why reading these columns and then writing is safe.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from baton.contract import MESSAGE_KINDS
from baton.model.decision import CaseState
from baton.model.effects import Effect
from baton.model.facts import people
from baton.model.kinds import opens
from baton.model.ticket.state import TicketState
from helpdesks import keeping, queries
from helpdesks.arrival import Arrival
from helpdesks.caserows import (
    UPDATE_CASE,
    closed,
    decided_of,
    fields_of,
    keep_labels,
    labels_of,
    overtaken,
)
from helpdesks.changelog import difference, log_change, progress_of, rule_names
from helpdesks.outgoing.casenews import news_of
from helpdesks.outgoing.posting import post
from helpdesks.schema import attendance, cases, events
from helpdesks.upserts import Upsert

_IN_COLUMNS = {"id", "at", "author", "kind", "message_id", "text"}
_NOTE_ASSIGNED = Upsert(
    attendance,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[attendance.c.staff],
        set_={"last_assigned_at": insert.excluded.last_assigned_at},
        where=attendance.c.last_assigned_at.is_(None)
        | (attendance.c.last_assigned_at < insert.excluded.last_assigned_at),
    ),
)


class TakingIn:
    """What one event made of its case.

    Args:
        folded: the case after the event.
        settled: the case after the rules as well.
        rules: those that fired.
    """

    def __init__(self, arrival: Arrival, folded: CaseState, settled: CaseState, rules: Sequence[str]) -> None:
        self._arrival = arrival
        self._connection = arrival.connection
        self._place, self._placed = arrival.place, arrival.placed
        self._before, self._event, self._now = arrival.before, arrival.event, arrival.now
        self._found = arrival.found
        self._folded = folded
        self._settled = settled
        self._rules = rules

    def carry_out(self, effects: Sequence[Effect], waiting: Collection[str], *, opened: bool) -> None:
        """Write it, unless something later has been written.

        Args:
            effects: those to carry out now.
            waiting: keys of earlier effects not yet carried out.
            opened: whether the event opened the case.
        """
        known_at: datetime | None = self._found.known_at
        if known_at is not None and known_at > self._now:
            return
        in_case = self._folded.exists and (opened or not opens(self._before, self._event))
        case_id = self._folded.case_id if in_case else None
        if case_id is not None:
            row = self._arrival.own_row(case_id)
            too_late = row is not None and self._is_overtaken(row)
            if too_late and known_at is not None:
                return
            if not too_late:
                stood = row
                if row is None and waiting:  # they belong to the previous case, in the same workflow
                    latest = keeping.LATEST[self._place.kind]
                    stood = self._connection.execute(latest, self._placed).one_or_none()
                keeping.credit(self._connection, row)
                unsent = keeping.still_unsent(stood, waiting, effects)
                self._write_case(case_id, row, unsent)
                self._log(case_id)
                news = news_of(self._before_in(case_id), self._settled, self._event, self._rules)
                post(self._connection, self._now, news)
        # A new event is kept even if the clock went back: its text is nowhere else.
        self._write_event(case_id)
        if self._found.known_case not in (None, case_id):
            self._withdraw(self._found.known_case)

    def _before_in(self, case_id: str) -> CaseState | None:
        """The state before the event, if it was of this case and not of the previous one."""
        return self._before if self._before.case_id == case_id and self._before.exists else None

    def _is_overtaken(self, row: Row[Any]) -> bool:
        if overtaken(row, self._event.id, self._now, self._found.known_at):
            return True
        return bool(row.decided_at == self._now and row.last_event == self._event.id and row.settled)

    def _write_case(self, case_id: str, row: Row[Any] | None, unsent: str | None) -> None:
        folded, settled = self._folded, self._settled
        before = self._before_in(case_id)
        had = before.holder if before else None
        if settled.holder is not None and settled.holder != had:
            self._arrival.locks.load([settled.holder])
        fields = fields_of(folded)
        values = {
            **fields,
            **decided_of(settled),
            "customer": folded.customer,
            "last_author": str(folded.last_author) if folded.last_author else None,
            "last_message_at": folded.last_message_at,
            "previous_case": folded.previous_case,
            "opened_at": folded.opened_at or self._now,
            "decided_at": self._now,
            "last_event": self._event.id,
            "settled": False,
            "rest": keeping.written(settled),
            "unsent": unsent,
        }
        if row is None:
            self._close_earlier()
            values |= {
                **self._placed,
                "case_id": case_id,
                "kind": self._place.kind,
                "opened_by": self._event.id,
            }
            self._connection.execute(cases.insert(), values)
        else:
            self._connection.execute(UPDATE_CASE, {**values, "wanted": case_id})
        if isinstance(settled, TicketState):
            keep_labels(self._connection, case_id, labels_of(fields, settled))
        newly = (
            settled.assignee if before is None or settled.assignee != before.assignee else None,
            settled.holder if settled.holder != had else None,
        )
        self._note_assigned(people(newly))

    def _close_earlier(self) -> None:
        """A place has one living case.

        The previous one may not yet have written that it is closed; after a reset it may be a different one.
        """
        if self._place.kind == "ticket":
            self._connection.execute(queries.FORGET_LABELS, self._placed)
        self._connection.execute(
            queries.CLOSE_EARLIER[self._place.kind].values(closed(self._place)),
            {f"of_{name}": value for name, value in self._placed.items()},
        )

    def _note_assigned(self, staff: Sequence[str]) -> None:
        if not staff:
            return
        self._connection.execute(
            _NOTE_ASSIGNED.on(self._connection),
            # In order, so that two transactions with the same two people cannot deadlock.
            [{"staff": one, "last_assigned_at": self._now} for one in sorted(staff)],
        )

    def _log(self, case_id: str) -> None:
        """Record what the event changed, and those changes by the rules that no effect will carry."""
        before = self._before_in(case_id)
        had: dict[str, Any] = {**fields_of(before), **progress_of(before)} if before else {}
        has = {**fields_of(self._folded), **progress_of(self._folded)}
        moved = any(had.get(name) != has.get(name) for name in ("activity", "stage"))
        if self._event.kind in MESSAGE_KINDS and not moved:
            had["status"] = has["status"]  # flips with every message
        author, source = self._event.author, self._event.id
        self._note_change(case_id, source, f"{author.type}_{author.id}", difference(had, has))
        by_rules = difference(progress_of(self._folded), progress_of(self._settled))
        self._note_change(case_id, f"{case_id}:{source}:rules", rule_names(self._rules), by_rules)

    def _note_change(self, case_id: str, source: str, by: str, what: str) -> None:
        if what:
            log_change(self._connection, case_id, source, self._now, by, what)

    def _write_event(self, case_id: str | None) -> None:
        event = self._event
        values = {
            "case_id": case_id,
            "chain": self._arrival.chain,
            "kind": event.kind,
            "author": str(event.author),
            "at": event.at or self._now,
            "decided_at": self._now,
            "message_id": getattr(event, "message_id", None),
            "text": getattr(event, "text", None),
            "body": event.model_dump_json(exclude=_IN_COLUMNS, exclude_defaults=True),
            "rules": list(self._rules),
            "credited": keeping.credited(event, self._folded),
        }
        if self._found.known_id is None:
            self._connection.execute(events.insert(), {**values, **self._placed, "event_id": event.id})
        else:
            self._connection.execute(queries.UPDATE_EVENT, {**values, "wanted": self._found.known_id})

    def _withdraw(self, case_id: str) -> None:
        """After a reset this event went elsewhere: nobody may keep the case that it had opened."""
        withdrawn = self._connection.scalar(
            cases.update()
            .where(cases.c.case_id == case_id, cases.c.opened_by == self._event.id)
            .values(
                **closed(self._place),
                decided_at=self._now,
                last_event=self._event.id,
                settled=True,
                # Nobody may continue it; the workflow has what was decided.
                rest=None,
                unsent=None,
            )
            .returning(cases.c.case_id)
        )
        if withdrawn is not None and self._place.kind == "ticket":
            keep_labels(self._connection, case_id, {})
