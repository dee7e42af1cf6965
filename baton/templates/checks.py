"""What is wrong with templates that are well formed: names that nobody has, texts that cannot be rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from baton.contract import MAX_TEXT_LENGTH
from baton.documents.directory import Directory
from baton.templates import samples
from baton.templates.context import ASK_NAMES, DRAFT_NAMES
from baton.templates.drafting import MAX_DRAFT_LENGTH, draft_values
from baton.templates.fault import Fault
from baton.templates.language import Template
from baton.templates.rendering import misuses, rendered, unknown_names
from baton.templates.templateset import ask_values
from baton.wording import did_you_mean

Path = tuple[str | int, ...]


class Finding(NamedTuple):
    """A mistake in a template: where it is, and in which line (from 1) if it is in a text."""

    path: Path
    what: str
    hint: str = ""
    line: int | None = None


def check_template(template: Template, directory: Directory | None) -> Iterator[Finding]:
    """Every mistake in one template. Without a directory, names are not checked."""
    yield from _twice(template.departments, ("departments",))
    if template.notify:
        yield from _twice(template.notify.staff, ("notify", "staff"))
    for key in template.due:
        if key not in template.departments:
            hint = did_you_mean(key, template.departments)
            yield Finding(("due", key), f"the template does not ask {key!r}", hint)
    if directory is not None:
        yield from _names(template, directory)
    asked = [ask_values(context) for context in samples.asked(template, directory)]
    for field, source in (("note", template.note), ("message", template.message)):
        if source is not None:
            silent = field == "note"
            yield from _text((field,), source, ASK_NAMES, asked, MAX_TEXT_LENGTH, must_speak=silent)
    if template.draft is not None:
        yield from check_draft(("draft",), template.draft, template.departments, directory)


def check_draft(
    path: Path, source: str, departments: tuple[str, ...], directory: Directory | None
) -> Iterator[Finding]:
    """Every mistake in a draft for answers of these departments."""
    answered = [draft_values(context) for context in samples.answered(departments, directory)]
    yield from _text(path, source, DRAFT_NAMES, answered, MAX_DRAFT_LENGTH, must_speak=True)


def _text(
    path: Path,
    source: str,
    names: Iterable[str],
    contexts: Iterable[Mapping[str, Any]],
    limit: int,
    *,
    must_speak: bool,
) -> Iterator[Finding]:
    misused = list(misuses(source))
    if misused:
        yield from (Finding(path, fault.what, fault.hint, fault.line) for fault in misused)
        return
    found: dict[tuple[int, str], Finding] = {}
    # Several samples find the same mistake, and they find an unknown name without a hint.
    for fault in (*unknown_names(source, names), *_tried(source, contexts, limit, must_speak=must_speak)):
        found.setdefault((fault.line, fault.what), Finding(path, fault.what, fault.hint, fault.line))
    yield from found.values()


def _tried(
    source: str, contexts: Iterable[Mapping[str, Any]], limit: int, *, must_speak: bool
) -> Iterator[Fault]:
    for values in contexts:
        try:
            text = rendered(source, values, limit)
        except Fault as fault:
            yield fault
        else:
            if must_speak and not text:
                yield Fault(1, "this says nothing", "write something outside of every {% if … %}, too")


def _twice(names: tuple[str, ...], path: Path) -> Iterator[Finding]:
    for position, name in enumerate(names):
        if name in names[:position]:
            yield Finding((*path, position), f"{name!r} is here twice", "remove one of them")


def _names(template: Template, directory: Directory) -> Iterator[Finding]:
    for position, key in enumerate(template.departments):
        if key not in directory.departments:
            hint = did_you_mean(key, directory.departments, "none are defined")
            yield Finding(("departments", position), f"there is no department {key!r}", hint)
    yield from _marker(template.marker, directory)
    if template.notify is None:
        return
    for position, who in enumerate(template.notify.staff):
        if who not in directory.staff:
            hint = did_you_mean(who, directory.staff, "none are defined")
            yield Finding(("notify", "staff", position), f"there is nobody {who!r} among the staff", hint)
    line = template.notify.line
    if line is not None and line not in directory.lines:
        hint = did_you_mean(line, directory.lines, "none are defined")
        yield Finding(("notify", "line"), f"there is no line {line!r}", hint)


def _marker(marker: str, directory: Directory) -> Iterator[Finding]:
    path = ("marker",)
    owners = [key for key, department in directory.departments.items() if department.label == marker]
    if owners:
        hint = "take another one: the marker stays on the ticket when the departments' labels go"
        yield Finding(path, f"{marker!r} is the label of the department {owners[0]}", hint)
    elif marker not in directory.labels:
        hint = did_you_mean(marker, directory.labels, "none are defined")
        yield Finding(path, f"there is no label {marker!r}", hint)
