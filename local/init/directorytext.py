"""The directory of a new company, with comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from baton.documents.yamlwriting import inline
from local.init.asked import Asked, Group, Named
from local.init.samples import DirectoryComments

DAYS = ("mon", "tue", "wed", "thu", "fri")
LABELS = ("several-departments", "urgent", "vip")


def directory_text(asked: Asked, timezone: str, comments: DirectoryComments) -> str:
    """The text of ``directory.yaml``."""
    return "".join(_parts(asked, timezone, comments))


def _parts(asked: Asked, timezone: str, comments: DirectoryComments) -> Iterator[str]:
    yield comments.head
    weekly = "\n".join(f"      {day}: [09:00-18:00]" for day in DAYS)
    yield comments.calendars.format(timezone=timezone, weekly=weekly)
    yield comments.lines
    yield _section("lines", ((line.key, {"name": line.name}) for line in asked.lines))
    yield comments.departments
    yield _section("departments", ((one.key, _department(one)) for one in asked.departments))
    yield comments.labels
    yield f"labels: [{', '.join(LABELS)}]\n"
    yield comments.staff.format(line=inline(asked.chats.key) if asked.chats else "LINE")
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
