"""Helpers for the tests of the rules: the demo directory, and cases, events and facts made by hand.

`naive` gives the same answer as the index, by asking every rule about every field in the plainest way.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChatEvent,
    Department,
    DepartmentDue,
    DepartmentState,
    Event,
    ReminderDue,
    Status,
    TicketEvent,
    TicketStage,
    parse_chat_event,
    parse_ticket_event,
)
from baton.contract import TimedDue as Due
from baton.documents.directoryfile import load_directory
from baton.model.chat.model import fold
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState
from baton.model.facts import AskedOf, Candidate, Facts, Person, Previous
from baton.model.ticket.state import TicketState
from baton.rules.engine import Ruling, decide
from baton.rules.loading import parse_rules
from baton.rules.ruleset import RuleSet

DEPLOY = Path(__file__).parents[3] / "deploy"
DIRECTORY = load_directory(DEPLOY / "directory/demo.yaml")
NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)

PEOPLE = {
    name: Person(line=member.line, departments=member.departments, roles=member.roles, chats=member.chats)
    for name, member in DIRECTORY.staff.items()
}

DEPARTMENTS = {one.label: AskedOf(key=key, lead=one.lead) for key, one in DIRECTORY.departments.items()}


def facts(**fields: Any) -> Facts:
    """Everybody is online and idle."""
    lines = {
        line: tuple(
            Candidate(staff=name, available=True, chats=member.chats)
            for name, member in DIRECTORY.members(line).items()
        )
        for line in DIRECTORY.lines
    }
    usual: dict[str, Any] = {
        "now": NOW,
        "people": PEOPLE,
        "lines": lines,
        "available_in": {line: len(members) for line, members in lines.items()},
        "queues": ("line-2", "phones"),
        "departments": DEPARTMENTS,
    }
    return Facts(**usual | fields)


def author(who: str) -> Author:
    return Author(type=AuthorType.CUSTOMER if who == "customer" else AuthorType.STAFF, id=who)


def event(kind: str, by: str = "customer", **fields: Any) -> ChatEvent:
    if kind == "timed_due":
        return Due(id="t", author=Author(type=AuthorType.SYSTEM, id="baton"))
    written = {"type": author(by).type.value, "id": by}
    return parse_chat_event({"kind": kind, "id": "e", "author": written, **fields})


def chat(
    activity: Activity | None = Activity.ACTIVE, status: Status | None = Status.OPEN, **fields: Any
) -> ChatState:
    """A chat on telegram; by default, an open one in New."""
    basis: dict[str, Any] = {"channel": "telegram", "conversation": "1", "customer": "c", "case_id": "case"}
    return ChatState(**basis | {"activity": activity, "status": status} | fields)


def no_chat() -> ChatState:
    return chat(None, None)


BATON = Author(type=AuthorType.SYSTEM, id="baton")


def ticket_event(kind: str, by: str = "customer", **fields: Any) -> TicketEvent:
    match kind:
        case "timed_due":
            return Due(id="t", author=BATON)
        case "department_due":
            return DepartmentDue(id="t", author=BATON, **fields)
        case "reminder_due":
            return ReminderDue(id="t", author=BATON, **fields)
    written = {"type": author(by).type.value, "id": by}
    return parse_ticket_event({"kind": kind, "id": "e", "author": written, **fields})


def department(label: str, state: DepartmentState = DepartmentState.ASKED, **fields: Any) -> Department:
    basis: dict[str, Any] = {"label": label, "state": state, "asked_at": NOW}
    return Department(**basis | fields)


def ticket(stage: TicketStage | None = TicketStage.TRIAGE, **fields: Any) -> TicketState:
    """A ticket; by default, an open one that nobody has looked at."""
    basis: dict[str, Any] = {"ticket_id": "t", "customer": "c", "case_id": "case", "status": Status.OPEN}
    return TicketState(**basis | {"stage": stage} | fields)


def no_ticket() -> TicketState:
    return ticket(None, status=None)


def asking(*labels: str, **fields: Any) -> TicketState:
    """A ticket that waits for these departments."""
    departments = tuple(department(label) for label in labels)
    usual: dict[str, Any] = {"departments": departments, "labels": labels, "round": 1, "dispatcher": "petra"}
    return ticket(TicketStage.COLLECTING, **usual | fields)


def having_answered(before: TicketState, *labels: str) -> TicketState:
    """The ticket after a note that has answered for these departments, while others are still asked."""
    departments = tuple(
        one.model_copy(update={"state": DepartmentState.ANSWERED}) if one.label in labels else one
        for one in before.departments
    )
    return before.model_copy(update={"departments": departments})


def rule(
    name: str, when: Mapping[str, Any] | None = None, *then: Mapping[str, Any], **fields: Any
) -> dict[str, Any]:
    """A rule as plain data. Without actions it leaves a note with its own name."""
    written = {"id": name, "name": name, "then": list(then) or [{"note": name}], **fields}
    return written if when is None else {**written, "when": dict(when)}


def rules(**lists: list[dict[str, Any]]) -> RuleSet:
    """A rule set through the loader. JSON is YAML, too."""
    return parse_rules(json.dumps({"version": 1, **lists}), "test.yaml", DIRECTORY)


def play(
    rule_set: RuleSet, before: ChatState, happened: ChatEvent, known: Facts | None = None
) -> Ruling[ChatState]:
    """Fold the event, then let the rules decide."""
    known = known or facts()
    return decide(rule_set, known, before, fold(before, happened, known).state, happened)


def ask(
    rule_set: RuleSet,
    before: TicketState,
    happened: TicketEvent,
    after: TicketState | None = None,
    known: Facts | None = None,
) -> Ruling[TicketState]:
    """Let the rules decide about a ticket that is ``after`` after the event; unchanged, if not given."""
    return decide(rule_set, known or facts(), before, after or before, happened)


def fired(ruling: Ruling[Any]) -> list[str]:
    return [one.rule for one in ruling.fired]


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


# --- The plain way ------------------------------------------------------------------------------

_PERSON = {"line": "line", "department": "departments", "role": "roles", "chats": "chats"}


def _value(
    name: str, before: CaseState, folded: CaseState, case: CaseState, happened: Event, known: Facts
) -> Any:
    scope, _, rest = name.partition(".")
    if scope in ("line", "calendar", "staff"):
        key, _, asked = rest.rpartition(".")
        return _of_named(scope, key, asked, known)
    if name == "previous minutes ago":
        closed_at = known.previous.closed_at if known.previous else None
        return None if closed_at is None else (known.now - closed_at) / timedelta(minutes=1)
    first, _, second = rest.partition(".")
    where: Any = {
        "before": before,
        "case": case,
        "event": happened,
        "previous": known.previous or Previous(case_id="none"),
    }[scope]
    if scope == "event" and first in ("added_labels", "removed_labels"):
        if happened.kind != "labels_changed":
            return ()
        had, has = set(before.labels), set(folded.labels)
        return tuple(has - had if first == "added_labels" else had - has)
    if name == "case.type":
        return "ticket" if isinstance(case, TicketState) else "chat"
    if name == "event.answered_labels":
        if happened.kind not in ("note_added", "send_reply", "reply_sent"):
            return ()
        return tuple(sorted(_answered(folded) - _answered(before)))
    if name in ("event.label", "event.to"):
        return tuple(filter(None, [getattr(where, first, None)]))
    if name == "event.forced":
        return getattr(where, "force", None)
    if first in ("author", "last_author"):
        who: Author | None = getattr(where, first)
        if second == "type":
            return who.type.value if who else None
        staff = who.id if who and who.type is AuthorType.STAFF else None
        found = staff or (f"{who.type.value}:{who.id}" if who else None)
    else:
        found = getattr(where, first, None)
        staff = found if isinstance(found, str) else None
    if not second:
        return found or None if first in ("text", "subject") else found
    if second == "available":
        return known.available[staff] if staff else None
    person = known.person(staff) if staff else None
    if person is None:
        return () if second in ("department", "role") else None
    return getattr(person, _PERSON[second])


def _of_named(what: str, key: str, asked: str, known: Facts) -> Any:
    """What is known of a line, a calendar or a person by name."""
    if asked == "available":
        return known.available[key] if what == "staff" else known.available_in[key]
    clock = known.clocks[f"{what}.{key}"]
    if asked == "open":
        return clock.open
    if clock.wall is None:
        return None
    return clock.wall.strftime("%a").lower() if asked == "weekday" else clock.wall.strftime("%H:%M:%S.%f")


def _answered(case: CaseState) -> set[str]:
    departments = case.departments if isinstance(case, TicketState) else ()
    return {one.label for one in departments if one.state is DepartmentState.ANSWERED}


def _passes(value: Any, word: str, wanted: Any) -> bool:
    many = isinstance(value, tuple)
    has = set(value) if many else {value}
    several = set(wanted) if isinstance(wanted, list) else {wanted}
    match word:
        case "is" | "is one of" | "has" | "has any of":
            return bool(has & several)
        case "is not" | "is none of" | "has not" | "has none of":
            return not has & several
        case "contains":
            return wanted in (value or "")
        case "at least":
            return value is not None and value >= wanted
        case "at most":
            return value is not None and value <= wanted
        case _:
            return wanted not in (value or "")


def _in_part_of_day(value: str | None, since: str, until: str) -> bool:
    if value is None:
        return False
    return since <= value < until if since < until else not until <= value < since


def _as_read(name: str, value: Any) -> Any:
    """A text that people wrote: neither capitals, nor how its letters are made up, make a difference."""
    if name.rpartition(".")[2] not in ("text", "subject", "template") or not isinstance(value, str):
        return value
    folded = unicodedata.normalize("NFKC", value).replace("İ", "i").casefold().replace("i̇", "i")
    return " ".join(unicodedata.normalize("NFKC", folded).split())


def holds(
    when: Mapping[str, Any],
    before: CaseState,
    case: CaseState,
    happened: Event,
    known: Facts,
    folded: CaseState | None = None,
) -> bool:
    """Whether a ``when``, as it stands in the file, holds. The event left the case as ``folded``."""
    scene = (before, folded or case, case, happened, known)
    for name, test in when.items():
        if name in ("all", "any"):
            ok = (all if name == "all" else any)(
                holds(part, before, case, happened, known, folded) for part in test
            )
        elif name == "not":
            ok = not holds(test, before, case, happened, known, folded)
        elif name.endswith(".time"):
            ok = _in_part_of_day(_value(name, *scene), test.get("from", "00:00"), test.get("until", "24:00"))
        else:
            value = _value(name, *scene)
            if test in ("is set", "is not set"):
                ok = (value not in (None, ())) is (test == "is set")
            else:
                words = test if isinstance(test, dict) else {"is": test}
                ok = all(
                    _passes(value, word, _value(wanted["field"], *scene))
                    if isinstance(wanted, dict)
                    else _passes(_as_read(name, value), word, _as_read(name, wanted))
                    for word, wanted in words.items()
                )
        if not ok:
            return False
    return True
