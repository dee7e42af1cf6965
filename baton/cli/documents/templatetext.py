"""Templates in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from baton.cli.shared import folded
from baton.documents.directory import Directory
from baton.templates import samples
from baton.templates.language import Due, Notice, Template
from baton.templates.templateset import Templates

_LABEL = 10
_MARGIN = 4


def templates_text(templates: Templates) -> str:
    """Every template with what it is for and whom it asks, in order."""
    lines = [line for template in templates for line in _row(template)]
    return "\n".join(lines or ["no templates"])


def _row(template: Template) -> Iterator[str]:
    yield template.id
    yield from folded(template.name, _MARGIN)
    more = [name for name in ("notify", "message", "due", "draft") if getattr(template, name)]
    yield from folded(f"asks {', '.join(template.departments)}; {_with(more)}", _MARGIN)


def _with(more: list[str]) -> str:
    return f"with {', '.join(more)}" if more else "labels and a note only"


def template_text(templates: Templates, template: Template, directory: Directory | None) -> str:
    """One template, as it is written and as it comes out."""
    return "\n".join([*_written(templates, template), "", *_example(templates, template, directory)])


def _written(templates: Templates, template: Template) -> Iterator[str]:
    yield template.id
    yield from folded(template.name, 0)
    yield ""
    yield from _block("asks", [", ".join(template.departments)])
    yield from _block("marker", [template.marker])
    yield from _block("notifies", _notified(template.notify))
    yield from _block("due", [f"{key}: {_due(due)}" for key, due in template.due.items()] or ["nothing"])
    for name, text, otherwise in (
        ("note", template.note, ""),
        ("message", template.message, "nothing to the customer"),
        ("draft", template.draft, "that of the file" if templates.file_draft else "the built-in one"),
    ):
        yield from _block(name, text.rstrip().splitlines() if text else [otherwise])


def _notified(notify: Notice | None) -> list[str]:
    if notify is None:
        return ["nobody"]
    said = ["the members of these departments"] if notify.departments else []
    said += [", ".join(notify.staff)] if notify.staff else []
    return said + ([f"everybody of {notify.line} who is online"] if notify.line else [])


def _due(due: Due) -> str:
    reminded = f", reminded {_hours(due.remind_before)} before" if due.remind_before is not None else ""
    return f"within {_hours(due.answer_within)} of business time{reminded}"


def _hours(hours: float) -> str:
    return f"{hours:g} hour{'' if hours == 1 else 's'}"


def _example(templates: Templates, template: Template, directory: Directory | None) -> Iterator[str]:
    asked = samples.example(template, directory)
    yield from folded(
        f"For instance, if {asked.dispatcher.name} applies it to ticket {asked.ticket.id} on a Monday at "
        f"{asked.now:%H:%M}, and every hour counts as business time:",
        0,
    )
    message = templates.message(template, asked)
    draft = templates.draft(template, next(samples.answered(template.departments, directory)))
    for heading, text in (
        ("the departments read", templates.instruction(template, asked)),
        ("the customer reads", message or "(nothing)"),
        ("whoever answers last begins with", draft),
    ):
        yield ""
        yield f"{heading}:"
        for line in text.splitlines():
            yield from folded(line, _MARGIN)


def _block(label: str, lines: list[str]) -> Iterator[str]:
    for position, line in enumerate(lines):
        first, *more = folded(line, _LABEL)
        yield f"{'' if position else label:<{_LABEL}}{first[_LABEL:]}".rstrip()
        yield from more
