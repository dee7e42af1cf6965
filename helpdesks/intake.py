"""The embedded help desk takes an event in: facts are read and the event is written down in one transaction.

The row of a case is a projection of the workflow's state, and the workflow's time orders what is written to
it. Three columns say what the row was made from: ``decided_at`` and ``last_event`` name the last event, and
``settled`` tells whether the effect of that event's decision has arrived. So these can be told apart:

* the next event, also at the same time (events of one workflow task share it);
* the same event again, because its worker died or the workflow was reset: the row is written anew;
* something that was overtaken, such as an attempt that had timed out and only comes through now: the row
  stays as it is.

Everything that concerns one conversation or ticket happens one after another (see `helpdesks.database`), so
reading these columns and then writing is safe.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import MESSAGE_KINDS, ChatSnapshot, Event, TicketSnapshot
from baton.errors import InvalidEvent
from baton.model.chat.state import ChatState
from baton.model.decision import CaseSnapshot, CaseState, Kept
from baton.model.effects import Effect
from baton.model.facts import Previous, people
from baton.model.kinds import opens
from baton.model.ticket.state import TicketState
from helpdesks import keeping, queries
from helpdesks.base import Attendance, KnownEvent, VersionedDirectory
from helpdesks.caserows import (
    BY_ID,
    UPDATE_CASE,
    author_of,
    closed,
    decided_of,
    difference,
    fields_of,
    keep_labels,
    labels_of,
    log_change,
    overtaken,
    progress_of,
    rule_names,
    snapshot_of,
)
from helpdesks.database import Database
from helpdesks.directories import Directories
from helpdesks.people import attendance_of
from helpdesks.places import derived_case_id, place_of, ref_of
from helpdesks.schema import attendance, cases, events

_IN_COLUMNS = {"id", "at", "author", "kind", "message_id", "text"}


class EmbeddedIntake:
    """One event on its way in. Lives as long as its transaction; made by ``begin``."""

    def __init__(
        self,
        database: Database,
        connection: AsyncConnection,
        directories: Directories,
        before: CaseState,
        event: Event,
        now: datetime,
        chain: str,
    ) -> None:
        self._database = database
        self._connection = connection
        self._directories = directories
        self._before = before
        self._event = event
        self._now = now
        self._chain = chain
        self._place = place_of(before)
        self._placed = self._place.columns
        self._locked: set[str] = set()
        self._found: Row[Any]
        self._case_id = ""
        self._case: Row[Any] | None = None

    async def begin(self) -> None:
        """Read what nearly every event needs."""
        derived = derived_case_id(self._place, self._event.id)
        given = None if self._before.final else self._before.case_id
        self._case_id = given or derived
        found = await self._connection.execute(
            queries.FOUND[self._place.kind],
            {
                **self._placed,
                "wanted": self._case_id,
                "event_id": self._event.id,
                "blocked_customer": self._before.customer,
            },
        )
        self._found = found.one()
        self._case = self._found if self._found.case_id is not None else None
        if not self._before.exists and self._case is not None and self._case.opened_by != self._event.id:
            # The ID that the start gave belongs to an earlier case, whose row must stay as it is.
            self._case_id = derived
            self._case = await self._row(derived)

    async def known_event(self) -> KnownEvent | None:
        found = self._found
        if found.known_id is None:
            return None
        row = await self._own_row(found.known_case) if found.known_case is not None else None
        snapshot = snapshot_of(row) if row else self._before_first()
        return KnownEvent(found.known_case, found.known_at, found.known_chain, snapshot)

    async def directory(self) -> VersionedDirectory:
        return await self._directories.at_version(self._connection, self._found.version or 0)

    async def attendance(self, staff: Iterable[str]) -> Mapping[str, Attendance]:
        wanted = list(staff)
        if not wanted:
            return {}
        rows = await self._connection.execute(queries.ATTENDANCE, {"staff": wanted})
        return {row.staff: attendance_of(row) for row in rows}

    async def load(self, staff: Iterable[str]) -> Mapping[str, int]:
        wanted = list(dict.fromkeys(staff))
        await self._lock_load(wanted)
        counted: dict[str, int] = dict.fromkeys(wanted, 0)
        if wanted:
            rows = await self._connection.execute(queries.LOAD, {"staff": wanted, "case_id": self._case_id})
            counted.update((holder, number) for holder, number in rows)
        return counted

    async def previous(self) -> Previous | None:
        rows = await self._connection.execute(
            queries.PREVIOUS[self._place.kind], {**self._placed, "case_id": self._case_id}
        )
        row = rows.one_or_none()
        if row is None:
            return None
        of_ticket = ("subject", "channel", "conversation")
        snapshot = snapshot_of(row)
        known = {name: getattr(snapshot, name) for name in of_ticket} if self._place.kind == "ticket" else {}
        return Previous(case_id=row.case_id, assignee=row.assignee, holders=row.holders, **known)

    async def other_holder(self) -> str | None:
        holder: str | None = await self._connection.scalar(
            queries.OTHER_HOLDER[self._place.kind], {**self._placed, "customer": self._before.customer}
        )
        return holder

    async def author_of(self, message_id: str) -> str | None:
        author = await self._connection.scalar(
            queries.WRITER[self._place.kind], {**self._placed, "message_id": message_id}
        )
        return author_of(author).id if author is not None else None

    async def blocked(self) -> bool:
        return bool(self._found.blocked)

    async def case_id(self) -> str:
        return self._case_id

    async def lost(self) -> Kept | None:
        return await keeping.lost(self._connection, self._place, self._chain)

    async def take_in(
        self,
        folded: CaseState,
        settled: CaseState,
        rules: Sequence[str],
        effects: Sequence[Effect] = (),
        waiting: Collection[str] = (),
        *,
        opened: bool,
    ) -> None:
        known_at: datetime | None = self._found.known_at
        if known_at is not None and known_at > self._now:
            return
        in_case = folded.exists and (opened or not opens(self._before, self._event))
        case_id = folded.case_id if in_case else None
        if case_id is not None:
            row = await self._own_row(case_id)
            too_late = row is not None and self._is_overtaken(row)
            if too_late and known_at is not None:
                return
            if not too_late:
                stood = row
                if row is None and waiting:  # they are of the case before it, in the same workflow
                    stood = (
                        await self._connection.execute(keeping.LATEST[self._place.kind], self._placed)
                    ).one_or_none()
                await keeping.credit(self._connection, row)
                unsent = keeping.still_unsent(stood, waiting, effects)
                await self._write_case(case_id, row, folded, settled, unsent)
                await self._log(case_id, folded, settled, rules)
        # An event that nobody has seen yet is kept even where the clock went back: its text is nowhere else.
        await self._write_event(case_id, rules, folded)
        if self._found.known_case not in (None, case_id):
            await self._withdraw(self._found.known_case)

    def _before_first(self) -> CaseSnapshot:
        case = self._before
        if isinstance(case, ChatState):
            return ChatSnapshot(channel=case.channel, conversation=case.conversation, customer=case.customer)
        return TicketSnapshot(
            ticket_id=case.ticket_id,
            customer=case.customer,
            subject=case.subject,
            channel=case.channel,
            conversation=case.conversation,
        )

    # --- What take_in is made of ------------------------------------------------------------------

    async def _own_row(self, case_id: str) -> Row[Any] | None:
        row = self._case if case_id == self._case_id else await self._row(case_id)
        if row is not None and place_of(ref_of(row)) != self._place:
            other = f"another conversation, on channel {row.channel!r}"
            if row.kind == "ticket":
                other = f"another ticket, {row.ticket_id!r}"
            raise InvalidEvent(
                f"case_id {case_id!r} belongs to {other}: start the case with another ID, or with none"
            )
        return row

    def _before_in(self, case_id: str) -> CaseState | None:
        """The case before the event, if it was this one and not the one before."""
        return self._before if self._before.case_id == case_id and self._before.exists else None

    def _is_overtaken(self, row: Row[Any]) -> bool:
        if overtaken(row, self._event.id, self._now, self._found.known_at):
            return True
        return bool(row.decided_at == self._now and row.last_event == self._event.id and row.settled)

    async def _write_case(
        self,
        case_id: str,
        row: Row[Any] | None,
        folded: CaseState,
        settled: CaseState,
        unsent: str | None,
    ) -> None:
        before = self._before_in(case_id)
        had = before.holder if before else None
        if settled.holder is not None and settled.holder != had:
            await self._lock_load([settled.holder])
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
            await self._close_earlier()
            values |= {
                **self._placed,
                "case_id": case_id,
                "kind": self._place.kind,
                "opened_by": self._event.id,
            }
            await self._connection.execute(cases.insert(), values)
        else:
            await self._connection.execute(UPDATE_CASE, {**values, "wanted": case_id})
        if isinstance(settled, TicketState):
            await keep_labels(self._connection, case_id, labels_of(fields, settled))
        newly = (
            settled.assignee if before is None or settled.assignee != before.assignee else None,
            settled.holder if settled.holder != had else None,
        )
        await self._note_assigned(people(newly))

    async def _close_earlier(self) -> None:
        """A place has one living case.

        The one before may still be about to write that it is closed; after a reset it may be another.
        """
        if self._place.kind == "ticket":
            await self._connection.execute(queries.FORGET_LABELS, self._placed)
        await self._connection.execute(
            queries.CLOSE_EARLIER[self._place.kind].values(closed(self._place)),
            {f"of_{name}": value for name, value in self._placed.items()},
        )

    async def _note_assigned(self, staff: Sequence[str]) -> None:
        if not staff:
            return
        insert = self._database.insert(attendance)
        await self._connection.execute(
            insert.on_conflict_do_update(
                index_elements=[attendance.c.staff],
                set_={"last_assigned_at": insert.excluded.last_assigned_at},
                where=attendance.c.last_assigned_at.is_(None)
                | (attendance.c.last_assigned_at < insert.excluded.last_assigned_at),
            ),
            # In order, so that two transactions with the same two people cannot wait for one another.
            [{"staff": one, "last_assigned_at": self._now} for one in sorted(staff)],
        )

    async def _log(self, case_id: str, folded: CaseState, settled: CaseState, rules: Sequence[str]) -> None:
        """Note what the event changed, and of what the rules changed that which no effect will carry."""
        before = self._before_in(case_id)
        had: dict[str, Any] = {**fields_of(before), **progress_of(before)} if before else {}
        has = {**fields_of(folded), **progress_of(folded)}
        moved = any(had.get(name) != has.get(name) for name in ("activity", "stage"))
        if self._event.kind in MESSAGE_KINDS and not moved:
            had["status"] = has["status"]  # flips with every message
        author, source = self._event.author, self._event.id
        await self._note_change(case_id, source, f"{author.type}_{author.id}", difference(had, has))
        by_rules = difference(progress_of(folded), progress_of(settled))
        await self._note_change(case_id, f"{case_id}:{source}:rules", rule_names(rules), by_rules)

    async def _note_change(self, case_id: str, source: str, by: str, what: str) -> None:
        if what:
            await log_change(self._database, self._connection, case_id, source, self._now, by, what)

    async def _write_event(self, case_id: str | None, rules: Sequence[str], folded: CaseState) -> None:
        event = self._event
        values = {
            "case_id": case_id,
            "chain": self._chain,
            "kind": event.kind,
            "author": str(event.author),
            "at": event.at or self._now,
            "decided_at": self._now,
            "message_id": getattr(event, "message_id", None),
            "text": getattr(event, "text", None),
            "body": event.model_dump_json(exclude=_IN_COLUMNS, exclude_defaults=True),
            "rules": list(rules),
            "credited": keeping.credited(event, folded),
        }
        if self._found.known_id is None:
            await self._connection.execute(events.insert(), {**values, **self._placed, "event_id": event.id})
        else:
            await self._connection.execute(queries.UPDATE_EVENT, {**values, "wanted": self._found.known_id})

    async def _withdraw(self, case_id: str) -> None:
        """After a reset this event went elsewhere: the case that it had opened must not stay in any hands."""
        withdrawn = await self._connection.scalar(
            cases.update()
            .where(cases.c.case_id == case_id, cases.c.opened_by == self._event.id)
            .values(
                **closed(self._place),
                decided_at=self._now,
                last_event=self._event.id,
                settled=True,
                # Nobody shall go on with it; the workflow has what it had decided.
                rest=None,
                unsent=None,
            )
            .returning(cases.c.case_id)
        )
        if withdrawn is not None and self._place.kind == "ticket":
            await keep_labels(self._connection, case_id, {})

    async def _lock_load(self, staff: Sequence[str]) -> None:
        missing = [one for one in staff if one not in self._locked]
        await self._database.lock(self._connection, [f"load:{one}" for one in missing])
        self._locked.update(missing)

    async def _row(self, case_id: str) -> Row[Any] | None:
        rows = await self._connection.execute(BY_ID, {"wanted": case_id})
        return rows.one_or_none()
