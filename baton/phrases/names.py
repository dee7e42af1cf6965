"""The words for what the contract names: in English its own, in other languages those of a help desk."""

from __future__ import annotations

from collections.abc import Mapping

from baton.contract import Activity, AuthorType, DepartmentState, Presence, Status, Tab, TicketStage
from baton.texts import Phrase, Texts

TABS: Mapping[Tab, Phrase] = {
    Tab.NEW: Phrase("tab", "new"),
    Tab.MINE: Phrase("tab", "mine"),
    Tab.RESERVED: Phrase("tab", "reserved"),
    Tab.UNANSWERED: Phrase("tab", "unanswered"),
    Tab.ENDED: Phrase("tab", "ended"),
}
ACTIVITIES: Mapping[Activity, Phrase] = {
    Activity.ACTIVE: Phrase("activity", "active"),
    Activity.ENDED: Phrase("activity", "ended"),
}
STATUSES: Mapping[Status, Phrase] = {
    Status.OPEN: Phrase("status", "open"),
    Status.PENDING: Phrase("status", "pending"),
    Status.CLOSED: Phrase("status", "closed"),
}
STAGES: Mapping[TicketStage, Phrase] = {
    TicketStage.TRIAGE: Phrase("stage", "triage"),
    TicketStage.COLLECTING: Phrase("stage", "collecting"),
    TicketStage.COMPOSING: Phrase("stage", "composing"),
    TicketStage.ANSWERED: Phrase("stage", "answered"),
    TicketStage.CLOSED: Phrase("stage", "closed"),
}
DEPARTMENT_STATES: Mapping[DepartmentState, Phrase] = {
    DepartmentState.ASKED: Phrase("department", "asked"),
    DepartmentState.ANSWERED: Phrase("department", "answered"),
    DepartmentState.WITHDRAWN: Phrase("department", "withdrawn"),
    DepartmentState.DECLINED: Phrase("department", "declined"),
}
PRESENCES: Mapping[Presence, Phrase] = {
    Presence.ONLINE: Phrase("presence", "online"),
    Presence.WITHOUT_CHATS: Phrase("presence", "without chats"),
    Presence.OFFLINE: Phrase("presence", "offline"),
}
AUTHORS: Mapping[AuthorType, Phrase] = {
    AuthorType.CUSTOMER: Phrase("author", "customer:{id}"),
    AuthorType.STAFF: Phrase("author", "staff:{id}"),
    AuthorType.SYSTEM: Phrase("author", "system:{id}"),
}
KINDS: Mapping[str, Phrase] = {
    "customer_message": Phrase("event", "customer_message"),
    "agent_message": Phrase("event", "agent_message"),
    "system_message": Phrase("event", "system_message"),
    "message_changed": Phrase("event", "message_changed"),
    "delivery_failed": Phrase("event", "delivery_failed"),
    "note_added": Phrase("event", "note_added"),
    "taken": Phrase("event", "taken"),
    "chat_ended": Phrase("event", "chat_ended"),
    "status_set": Phrase("event", "status_set"),
    "assigned": Phrase("event", "assigned"),
    "labels_changed": Phrase("event", "labels_changed"),
    "presence_changed": Phrase("event", "presence_changed"),
    "place_freed": Phrase("event", "place_freed"),
    "directory_changed": Phrase("event", "directory_changed"),
    "merged_into": Phrase("event", "merged_into"),
    "merged_from": Phrase("event", "merged_from"),
    "template_applied": Phrase("event", "template_applied"),
    "department_declined": Phrase("event", "department_declined"),
    "department_asked_again": Phrase("event", "department_asked_again"),
    "send_reply": Phrase("event", "send_reply"),
    "reply_sent": Phrase("event", "reply_sent"),
    "ticket_opened": Phrase("event", "ticket_opened"),
    "reminder_due": Phrase("event", "reminder_due"),
    "department_due": Phrase("event", "department_due"),
    "idle": Phrase("event", "idle"),
    "timed_due": Phrase("event", "timed_due"),
}
WEEKDAYS: Mapping[str, Phrase] = {
    "Mon": Phrase("weekday", "Mon"),
    "Tue": Phrase("weekday", "Tue"),
    "Wed": Phrase("weekday", "Wed"),
    "Thu": Phrase("weekday", "Thu"),
    "Fri": Phrase("weekday", "Fri"),
    "Sat": Phrase("weekday", "Sat"),
    "Sun": Phrase("weekday", "Sun"),
}


def kind(code: str, texts: Texts) -> str:
    """A kind of event, for people. One that a newer release knows is shown as it is."""
    return texts.of(KINDS[code]) if code in KINDS else code


def kinds(codes: str, texts: Texts) -> str:
    """Several kinds of events, with commas."""
    return ", ".join(kind(code, texts) for code in codes.split(", "))


def author(written: str, texts: Texts) -> str:
    """Who did something, such as ``staff:lena``; in a list it may also be a rule or a template, as it is."""
    kind, colon, name = written.partition(":")
    known = next((phrase for one, phrase in AUTHORS.items() if one.value == kind), None)
    return texts.of(known).format(id=name) if known is not None and colon else written


def state(activity: Activity | None, status: Status | None, texts: Texts) -> str:
    """Activity and status of a chat, such as ``active · open``."""
    if activity is None or status is None:
        return texts("none")
    return f"{texts.of(ACTIVITIES[activity])} · {texts.of(STATUSES[status])}"


def stage(stage: TicketStage | None, status: Status | None, texts: Texts) -> str:
    """Stage and status of a ticket, such as ``collecting · open``. A closed ticket is closed."""
    if stage is TicketStage.CLOSED:
        return texts.of(STAGES[stage])
    shown = texts.of(STAGES[stage]) if stage else texts("none")
    return f"{shown} · {texts.of(STATUSES[status]) if status else '–'}"


def phase(written: str, texts: Texts) -> str:
    """Activity and status as the model writes them, such as ``active · open``; else as it is."""
    one, _, other = written.partition(" · ")
    if one in list(Activity) and other in list(Status):
        return state(Activity(one), Status(other), texts)
    return written


def stage_of(written: str, texts: Texts) -> str:
    """A stage by its name; else as it is."""
    return texts.of(STAGES[TicketStage(written)]) if written in list(TicketStage) else written


def status_of(written: str, texts: Texts) -> str:
    """A status by its name; else as it is."""
    return texts.of(STATUSES[Status(written)]) if written in list(Status) else written


def weekday(written: str, texts: Texts) -> str:
    """A weekday, such as ``Mon``."""
    return texts.of(WEEKDAYS[written]) if written in WEEKDAYS else written
