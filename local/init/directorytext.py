"""The directory of a new company, with comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from baton.documents.yamlwriting import inline
from local.init.asked import Asked, Group, Named

DAYS = ("mon", "tue", "wed", "thu", "fri")
LABELS = ("several-departments", "urgent", "vip")

HEAD = """\
# The company: who works here. A database that has no directory yet is filled from this file; afterwards the
# directory is kept in the database, and changed with `baton directory` and `baton staff`.
#
# Rules, templates and programs name people, lines and departments by the key in front of the colon. A key has
# no spaces and no colons, and stays as it is: a key that is written differently is somebody else. Names are
# for people, and may change.
"""
CALENDARS = """
# Hours of business. A line with a calendar gets cases only within it; the answer of a department is due in
# the hours of its calendar. Whoever has no calendar works at any hour.
calendars:
  office:
    timezone: {timezone}
    weekly:                       # a weekday that is not named is free
{weekly}
    # holidays: DE                # public holidays; with those of a state: {{country: DE, subdivision: BE}}
    # days_off: [2026-12-31]      # other free days
    # days: {{2026-12-24: [09:00-13:00], 2027-02-20: like fri}}   # days with other hours
"""
LINES = """
# A line is a group of support staff: a tier, the phones, the chats. Everybody has one at most. When a member
# of one line writes in a chat that another line holds, the writer takes over, unless the line of the writer
# says `takes_over: false`. For hours, add `calendar: office`.
"""
DEPARTMENTS = """
# A department answers tickets: its label on a ticket asks it. Its lead is told when an answer is late.
# `remind_before_hours: 4` would remind its members before that.
"""
LABELS_HEAD = """
# Labels beside those of the departments. A template leaves `several-departments` on a ticket.
"""
STAFF = """
# `chats` is a habit: whether somebody usually works with chats. What a person does at the moment (online,
# without chats, offline) is not in this file: `baton staff set-status`. `max_chats` is how many active chats
# a person takes at a time, `max_tickets` how many open tickets to be looked at or answered. An account that
# several people use gets `shared: true`. A role is a word that rules may ask for. An example:
#
#   nina: {{name: Nina, line: {line}, max_chats: 5, max_tickets: 20, roles: [team-lead]}}
"""


def directory_text(asked: Asked, timezone: str) -> str:
    """The text of ``directory.yaml``."""
    return "".join(_parts(asked, timezone))


def _parts(asked: Asked, timezone: str) -> Iterator[str]:
    yield HEAD
    weekly = "\n".join(f"      {day}: [09:00-18:00]" for day in DAYS)
    yield CALENDARS.format(timezone=timezone, weekly=weekly)
    yield LINES
    yield _section("lines", ((line.key, {"name": line.name}) for line in asked.lines))
    yield DEPARTMENTS
    yield _section("departments", ((one.key, _department(one)) for one in asked.departments))
    yield LABELS_HEAD
    yield f"labels: [{', '.join(LABELS)}]\n"
    yield STAFF.format(line=inline(asked.chats.key) if asked.chats else "LINE")
    yield _section("staff", ((person.key, _member(person, asked)) for person in asked.people))


def _section(name: str, entries: Iterable[tuple[str, dict[str, object]]]) -> str:
    # Each entry on a line of its own: without the braces around it.
    lines = [f"  {inline({key: fields})[1:-1]}\n" for key, fields in entries]
    return f"{name}:\n{''.join(lines)}" if lines else f"{name}: {{}}\n"


def _department(department: Group) -> dict[str, object]:
    lead = {"lead": department.people[0].key} if department.people else {}
    hours = {"calendar": "office", "answer_within_hours": 16}
    return {"name": department.name, "label": department.key, **lead, **hours}


def _member(person: Named, asked: Asked) -> dict[str, object]:
    line = next((line for line in asked.lines if line.has(person)), None)
    departments = [department.key for department in asked.departments if department.has(person)]
    return {
        "name": person.name,
        **({"line": line.key} if line else {}),
        **({} if line is not None and line == asked.chats else {"chats": False}),
        **({"departments": departments} if departments else {}),
    }
