"""The database queries about one case. Built once, so that SQLAlchemy compiles them only once."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, exists, func, literal, select

from helpdesks.places import at, for_each_kind
from helpdesks.schema import LIVING, attendance, blocked_customers, case_labels, cases, directories, events

# Everything that nearly every event needs, in one statement: a round trip costs more than the rows it brings.
_one = select(literal(1).label("one")).subquery()
FOUND = for_each_kind(
    lambda kind: (
        select(
            cases,
            events.c.id.label("known_id"),
            events.c.case_id.label("known_case"),
            events.c.decided_at.label("known_at"),
            events.c.chain.label("known_chain"),
            select(func.max(directories.c.version)).scalar_subquery().label("version"),
            exists().where(blocked_customers.c.customer == bindparam("blocked_customer")).label("blocked"),
        )
        .select_from(_one)
        .outerjoin(cases, cases.c.case_id == bindparam("wanted"))
        .outerjoin(events, and_(at(events, kind), events.c.event_id == bindparam("event_id")))
    )
)
PREVIOUS = for_each_kind(
    lambda kind: (
        select(cases)
        .where(at(cases, kind), cases.c.case_id != bindparam("case_id"))
        .order_by(cases.c.opened_at.desc())
        .limit(1)
    )
)
CLOSE_EARLIER = for_each_kind(lambda kind: cases.update().where(LIVING, at(cases, kind, "of_")))
FORGET_LABELS = case_labels.delete().where(
    case_labels.c.case_id.in_(select(cases.c.case_id).where(at(cases, "ticket")))
)
OTHER_HOLDER = for_each_kind(
    lambda kind: (
        select(cases.c.holder)
        .where(
            LIVING,
            cases.c.kind == "chat",
            cases.c.customer == bindparam("customer"),
            cases.c.holder.is_not(None),
            ~at(cases, kind),
        )
        .order_by(cases.c.decided_at.desc(), cases.c.case_id)
        .limit(1)
    )
)
ATTENDANCE = select(attendance).where(
    attendance.c.staff.in_(bindparam("staff", expanding=True)), attendance.c.presence.is_not(None)
)
SENDER = for_each_kind(
    lambda kind: (
        select(events.c.author)
        .where(
            at(events, kind),
            events.c.message_id == bindparam("message_id"),
            events.c.kind.in_(("agent_message", "reply_sent", "system_message")),
        )
        .order_by(events.c.id)
        .limit(1)
    )
)
REPLIER = select(events.c.author).where(
    at(events, "ticket"),
    events.c.event_id == bindparam("event_id"),
    events.c.case_id == bindparam("of_case"),
    events.c.kind == "send_reply",
)
"""Who sent the consolidated reply that an event asked for."""
TAKEN_IN_AT = for_each_kind(
    lambda kind: select(events.c.decided_at).where(
        at(events, kind), events.c.event_id == bindparam("event_id")
    )
)

UPDATE_EVENT = events.update().where(events.c.id == bindparam("wanted"))
