"""The ledger keeps each case whole, so that it can go on although its workflow is gone.

The row of a case has its state as JSON, as the rules left it, and the effects that were not yet carried out.
The notes of a ticket are not in it, or each event would write them all again: an event says for which
departments it was a note, and in which round.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from baton.contract import Event, Note
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState, Kept
from baton.model.effects import Effect
from baton.model.ticket.model import with_notes
from baton.model.ticket.state import TicketState
from helpdesks.caserows import Place, author_of
from helpdesks.schema import cases, events

_UNSENT: TypeAdapter[tuple[Effect, ...]] = TypeAdapter(tuple[Effect, ...])

LATEST = (
    select(cases, events.c.chain.label("last_chain"))
    .outerjoin(
        events,
        and_(
            events.c.channel == cases.c.channel,
            events.c.conversation == cases.c.conversation,
            events.c.event_id == cases.c.last_event,
        ),
    )
    .where(cases.c.channel == bindparam("channel"), cases.c.conversation == bindparam("conversation"))
    .order_by(cases.c.opened_at.desc())
    .limit(1)
)
"""The latest case of a place, with the chain of runs that took its last event in."""
_NOTES = (
    select(events.c.event_id, events.c.author, events.c.text, events.c.decided_at, events.c.credited)
    .where(events.c.case_id == bindparam("case_id"), events.c.credited.is_not(None))
    .order_by(events.c.decided_at, events.c.id)
)


def written(case: CaseState) -> str:
    """The state for its row."""
    bare = case.without_notes() if isinstance(case, TicketState) else case
    return bare.model_dump_json(exclude_defaults=True)


def still_unsent(row: Row[Any] | None, waiting: Collection[str], effects: Sequence[Effect]) -> str | None:
    """What is not yet carried out, for its row: of what stands there, what still waits, and ``effects``."""
    stood = _unsent_of(row) if row is not None and waiting else ()
    wanted = (*(one for one in stood if one.key in waiting), *effects)
    return _UNSENT.dump_json(wanted).decode() if wanted else None


def credited(event: Event, after: CaseState) -> dict[str, Any] | None:
    """For which departments, and in which round, an event is a note; none where it is no department's."""
    if event.kind != "note_added" or not isinstance(after, TicketState):
        return None
    found = {
        one.label: note.round for one in after.departments for note in one.notes if note.event_id == event.id
    }
    return {"labels": list(found), "round": next(iter(found.values()))} if found else None


async def kept(connection: AsyncConnection, row: Row[Any]) -> Kept:
    """The case that a row is."""
    state = _state_of(row)
    if isinstance(state, TicketState):
        notes = await connection.execute(_NOTES, {"case_id": row.case_id})
        state = with_notes(state, ((tuple(one.credited["labels"]), _note(one)) for one in notes))
    return Kept(state=state, unsent=_unsent_of(row))


def _state_of(row: Row[Any]) -> CaseState:
    rest: dict[str, Any] = json.loads(row.rest or "{}")
    of_ticket = Place(row.channel, row.conversation).of_tickets
    if "customer" not in rest:  # written by a release that kept there only what has no column
        rest = {**_columns(row, of_ticket=of_ticket), **rest}
    return TicketState.model_validate(rest) if of_ticket else ChatState.model_validate(rest)


def _columns(row: Row[Any], *, of_ticket: bool) -> Mapping[str, Any]:
    names: Iterable[str] = (TicketState if of_ticket else ChatState).model_fields
    found = {name: value for name, value in row._mapping.items() if name in names and value is not None}
    found["last_author"] = author_of(row.last_author) if row.last_author else None
    if of_ticket:
        found |= {
            "ticket_id": row.conversation,
            "channel": row.linked_channel,
            "conversation": row.linked_conversation,
        }
    return found


def _unsent_of(row: Row[Any]) -> tuple[Effect, ...]:
    return _UNSENT.validate_json(row.unsent) if row.unsent else ()


def _note(row: Any) -> Note:
    return Note(
        author=author_of(row.author),
        text=row.text or "",
        at=row.decided_at,
        event_id=row.event_id,
        round=row.credited["round"],
    )
