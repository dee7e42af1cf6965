"""The ledger keeps each case whole, so that the case can continue if its workflow is gone.

The row of a case has its state as JSON, as the rules left it, and the effects not yet carried out. The
notes of a ticket are not in it, or each event would write them all again: instead, an event says which
departments it was a note for, and in which round.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, case, select

from baton.contract import Activity, AuthorType, Event, Note, Status
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState, Kept
from baton.model.effects import CopyToTicket, Effect, GivePlaces
from baton.model.ticket.answering import with_notes
from baton.model.ticket.state import TicketState
from helpdesks.caserows import author_of
from helpdesks.known import Kind
from helpdesks.places import Place, at, beside, for_each_kind
from helpdesks.schema import applied, cases, events

SEEN_EVENTS = 300
"""How many events a continued case still recognises by itself: as many as a workflow remembers."""

_UNSENT: TypeAdapter[tuple[Effect, ...]] = TypeAdapter(tuple[Effect, ...])


def _is_over(kind: Kind) -> ColumnElement[bool]:
    # Not `LIVING`: its columns name no table, and this query has both events and cases.
    closed = cases.c.status == Status.CLOSED
    return closed if kind == "ticket" else and_(closed, cases.c.activity == Activity.ENDED)


LATEST = for_each_kind(
    lambda kind: (
        select(cases, events.c.chain.label("first_chain"))
        .outerjoin(events, and_(beside(events, kind), events.c.event_id == cases.c.opened_by))
        .where(at(cases, kind))
        # A case and the next one may have been opened at the same moment; at most one of them is living.
        .order_by(case((_is_over(kind), 1), else_=0), cases.c.opened_at.desc())
        .limit(1)
    )
)
"""The living case of a place, or else its latest, with the chain of runs that took in its first event."""
_SEEN = for_each_kind(
    lambda kind: (
        select(events.c.event_id, events.c.decided_at)
        .where(at(events, kind))
        .order_by(events.c.id.desc())
        .limit(SEEN_EVENTS)
    )
)
_CREDIT = (
    events.update()
    .where(at(events, "ticket", "of_"), events.c.event_id == bindparam("of_event"))
    .values(credited=bindparam("credited"))
)
_APPLIED = select(applied.c.key).where(applied.c.key.in_(bindparam("keys", expanding=True)))
_NOTES = (
    select(events.c.event_id, events.c.author, events.c.text, events.c.decided_at, events.c.credited)
    .where(events.c.case_id == bindparam("case_id"), events.c.credited.is_not(None))
    .order_by(events.c.decided_at, events.c.id)
)


def written(case: CaseState) -> str:
    """The state, for the row of its case."""
    bare = case.without_notes() if isinstance(case, TicketState) else case
    return bare.model_dump_json(exclude_defaults=True)


def still_unsent(row: Row[Any] | None, waiting: Collection[str], effects: Sequence[Effect]) -> str | None:
    """The effects not yet carried out, for the row: those in it that still wait, and ``effects``."""
    stood = _unsent_of(row) if row is not None and waiting else ()
    wanted = (*(one for one in stood if one.key in waiting), *effects)
    return _UNSENT.dump_json(wanted).decode() if wanted else None


def credited(event: Event, after: CaseState) -> dict[str, Any] | None:
    """Which departments an event is a note for, and in which round; none if it is not a department's note."""
    if event.kind != "note_added" or not isinstance(after, TicketState):
        return None
    found = [
        (one, note.round) for one in after.departments for note in one.notes if note.event_id == event.id
    ]
    if not found:
        return None
    return {
        "labels": [one.label for one, _ in found],
        "keys": [one.key for one, _ in found],
        "round": found[0][1],
    }


def credit(connection: Connection, row: Row[Any] | None) -> None:
    """Record whose notes a row holds itself: an older release kept them there; a new row does not."""
    if row is None or '"notes"' not in (row.rest or ""):
        return
    state = state_of(row)
    assert isinstance(state, TicketState), "only tickets have departments"
    for note, labels in _notes_of(state):
        connection.execute(
            _CREDIT,
            {
                "of_ticket_id": row.ticket_id,
                "of_event": note.event_id,
                "credited": {"labels": labels, "round": note.round},
            },
        )


def _notes_of(ticket: TicketState) -> Iterable[tuple[Note, list[str]]]:
    """Each note once, with the labels of its departments, in order."""
    notes = {note.event_id: note for one in ticket.departments for note in one.notes}
    for note in sorted(notes.values(), key=lambda one: one.at):
        of = [
            one.label for one in ticket.departments if any(note.event_id == it.event_id for it in one.notes)
        ]
        yield note, of


def latest(connection: Connection, place: Place) -> Kept | None:
    """The living case of a place, or else its latest."""
    row = connection.execute(LATEST[place.kind], place.columns).one_or_none()
    return kept(connection, row) if row is not None else None


def kept(connection: Connection, row: Row[Any]) -> Kept:
    """The case in a row."""
    state, unsent = state_of(row), _unsent_of(row)
    if isinstance(state, TicketState):
        notes = connection.execute(_NOTES, {"case_id": row.case_id})
        state = with_notes(state, ((_labels_now(one.credited, state), _note(one)) for one in notes))
    done = state.final and _all_applied(connection, unsent)
    return Kept(state=state, unsent=unsent, unsent_size=len(row.unsent or ""), done=done)


def _labels_now(credited: Mapping[str, Any], ticket: TicketState) -> tuple[str, ...]:
    """The present labels of the departments that a note is for: a label may have changed since."""
    former = {old: one.label for one in ticket.departments for old in one.formerly}
    by_key = {one.key: one.label for one in ticket.departments if one.key is not None}
    labels: Sequence[str] = credited["labels"]
    keys = credited.get("keys") or [None] * len(labels)
    return tuple(
        by_key.get(key) or (label if ticket.department(label) else former.get(label, label))
        for label, key in zip(labels, keys, strict=True)
    )


def lost(connection: Connection, place: Place, chain: str) -> Kept | None:
    """The case that a chain of runs without one must continue; none if there is nothing to continue.

    A case that this chain opened itself does not count: the chain is deciding about its first event again.
    But a case that it took over is lost again if the chain has to start from the beginning.
    """
    row = connection.execute(LATEST[place.kind], place.columns).one_or_none()
    if row is None or row.first_chain == chain:
        return None
    found = kept(connection, row)
    if found.done:
        return None
    latest = connection.execute(_SEEN[place.kind], place.columns).all()
    return found.model_copy(update={"seen": {one.event_id: one.decided_at for one in reversed(latest)}})


def _all_applied(connection: Connection, effects: Iterable[Effect]) -> bool:
    # What another case is told is not in the ledger of effects.
    keys = {one.key for one in effects if not isinstance(one, CopyToTicket | GivePlaces)}
    if not keys:
        return True
    return keys <= set(connection.scalars(_APPLIED, {"keys": list(keys)}))


def state_of(row: Row[Any]) -> CaseState:
    """The case in a row, without the notes of its departments."""
    rest: dict[str, Any] = json.loads(row.rest or "{}")
    of_ticket = row.kind == "ticket"
    if "customer" not in rest:  # written by a release that kept here only what has no column
        rest = {**_columns(row, TicketState if of_ticket else ChatState), **rest}
    if not of_ticket:
        return ChatState.model_validate(rest)
    ticket = TicketState.model_validate(rest)
    return ticket if ticket.contributed else ticket.model_copy(update={"contributed": _contributed(ticket)})


def _contributed(ticket: TicketState) -> tuple[str, ...]:
    """Who wrote notes not yet replied to, found from the notes that an older release kept in the row."""
    authors = [note.author.id for note, _ in _notes_of(ticket) if note.round > ticket.replied_round]
    return tuple(dict.fromkeys(authors[::-1]))[::-1]


def _columns(row: Row[Any], state: type[TicketState | ChatState]) -> Mapping[str, Any]:
    names: Iterable[str] = state.model_fields
    found = {name: value for name, value in row._mapping.items() if name in names and value is not None}
    found["wrote_at"] = row.last_message_at  # such times had no column: clocks run from the last message
    if row.last_author:
        found["last_author"] = author = author_of(row.last_author)
        if author.type is not AuthorType.SYSTEM:
            found[f"{author.type}_wrote_at"] = row.last_message_at
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
