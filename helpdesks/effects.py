"""The embedded help desk carries out effects on a case, each once: changes, messages and replies."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam

from baton.contract import Activity
from baton.model.effects import CaseWrite, ConsolidatedReply, Message
from baton.model.ticket.state import whose_turn
from helpdesks import queries
from helpdesks.caserows import BY_ID, UPDATE_CASE, fields_of, keep_labels, labels_of, overtaken, ticket_of
from helpdesks.changelog import difference, log_change, rule_names
from helpdesks.ledger import enter, enter_once, entry
from helpdesks.outgoing.casenews import post_reply
from helpdesks.places import place_of
from helpdesks.schema import cases, entries

_FORGET_NOTES = entries.delete().where(entries.c.kind == "note", entries.c.key == bindparam("of_write"))


def write_case(connection: Connection, write: CaseWrite) -> bool:
    """Change a case as decided. False if this, or something later, had been written before."""
    digest = sha256(write.model_dump_json().encode()).hexdigest()
    if not enter(connection, "case", write, digest):
        return False
    # Even a decision that was overtaken adds its notes: the later one does not know them.
    _write_notes(connection, write)

    ref, place = write.case, place_of(write.case)
    row = connection.execute(BY_ID, {"wanted": ref.case_id}).one_or_none()
    if row is not None:
        taken_in_at = connection.scalar(
            queries.TAKEN_IN_AT[place.kind], {**place.columns, "event_id": write.event_id}
        )
        if overtaken(row, write.event_id, write.decided_at, taken_in_at):
            return False
    shown = fields_of(write)
    values = {
        **shown,
        "holder": _holder(write),
        "decided_at": write.decided_at,
        "last_event": write.event_id,
        "settled": True,
    }
    if row is not None:
        connection.execute(UPDATE_CASE, {**values, "wanted": ref.case_id})
    else:
        # The database does not know the case, such as after restoring an old backup: continue from here.
        connection.execute(cases.insert(), {**values, **_begun(write)})
    if place.kind == "ticket":
        keep_labels(connection, ref.case_id, labels_of(shown, ticket_of(row) if row is not None else None))
    what = difference(dict(row._mapping) if row is not None else {}, shown)
    if what:
        by = rule_names(write.rules)
        log_change(connection, ref.case_id, write.key, write.decided_at, by, what)
    return True


def _holder(write: CaseWrite) -> str | None:
    if write.stage is not None:
        return whose_turn(write.stage, write.status, write.assignee)
    return (write.pinned_to or write.reserved_for) if write.activity is Activity.ACTIVE else None


def _begun(write: CaseWrite) -> dict[str, Any]:
    """What the row of an unknown case needs besides the write."""
    ref, place = write.case, place_of(write.case)
    return {
        "channel": ref.channel or None,
        "conversation": ref.conversation or None,
        **place.columns,
        "case_id": ref.case_id,
        "kind": place.kind,
        "customer": ref.customer,
        "holders": {},
        "opened_at": write.decided_at,
        "since": write.decided_at,
        "opened_by": write.event_id,
    }


def send_message(connection: Connection, message: Message) -> bool:
    """Keep a message that a rule sends. The embedded help desk has no channel of its own to send it on."""
    if not enter_once(connection, "message", message):
        return False
    connection.execute(entries.insert(), entry(message, "message", message.text))
    return True


def send_reply(connection: Connection, reply: ConsolidatedReply) -> bool:
    """Keep a consolidated reply, which counts as sending it: there is no channel of its own to send it on."""
    if not enter_once(connection, "reply", reply):
        return False
    row = entry(reply, "reply", reply.text, author=str(reply.author))
    connection.execute(entries.insert(), row)
    post_reply(connection, reply)
    return True


def _write_notes(connection: Connection, write: CaseWrite) -> None:
    # A decision that is made again replaces its notes.
    connection.execute(_FORGET_NOTES, {"of_write": write.key})
    rows = [entry(write, "note", note, position) for position, note in enumerate(write.notes)]
    if rows:
        connection.execute(entries.insert(), rows)
