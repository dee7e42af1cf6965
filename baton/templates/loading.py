"""Reading template files: strictly, and with every mistake reported at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from baton.documents.directory import Directory
from baton.documents.yaml import Document, parse_yaml, read_yaml, refuse
from baton.documents.yamlreading import KeyPath, said
from baton.errors import Problem
from baton.templates.checks import Finding, check_draft, check_template
from baton.templates.language import Template, TemplateFile
from baton.templates.templateset import Templates


def load_templates(path: Path, directory: Directory | None) -> Templates:
    """The templates in a file. Raises ``DocumentError`` with every mistake in it.

    Without a directory, the names of departments, labels, staff and lines are not checked.
    """
    return _accepted(read_yaml(path), directory)


def parse_templates(text: str, file: str, directory: Directory | None) -> Templates:
    """The templates in a text; ``file`` names it in messages. Otherwise like `load_templates`."""
    return _accepted(parse_yaml(text, file), directory)


def _accepted(document: Document, directory: Directory | None) -> Templates:
    templates, malformed = document.check(TemplateFile)
    refuse([*document.problems, *malformed, *_doubled(document), *_wrong(document, directory)])
    assert templates is not None
    return Templates(templates, document.text)


def _written_templates(document: Document) -> Iterator[tuple[KeyPath, object]]:
    """Every template as it is written in the document, whatever else is wrong with it."""
    listed = document.data.get("templates") if isinstance(document.data, dict) else None
    if isinstance(listed, list):
        yield from ((("templates", position), written) for position, written in enumerate(listed))


def _doubled(document: Document) -> Iterator[Problem]:
    named = (
        ((*at, "id"), written.get("id"))
        for at, written in _written_templates(document)
        if isinstance(written, dict)
    )
    return document.doubled(named, "each template needs an ID of its own")


def _wrong(document: Document, directory: Directory | None) -> Iterator[Problem]:
    """Mistakes in the templates that are well formed; a malformed one must not hide them."""
    draft = document.data.get("draft") if isinstance(document.data, dict) else None
    if isinstance(draft, str):
        known = tuple(directory.departments) if directory else ()
        for finding in check_draft((), draft, known or ("billing", "delivery", "warranty"), directory):
            yield _problem(document, ("draft",), finding)
    for at, written in _written_templates(document):
        template, _ = document.check(Template, written, at)
        if template is not None:
            for finding in check_template(template, directory):
                yield _problem(document, at, finding)


def _problem(document: Document, at: KeyPath, finding: Finding) -> Problem:
    path = (*at, *finding.path)
    if finding.line is None:
        return document.problem(path, finding.what, finding.hint)
    line = document.line_in_text(path, finding.line)
    return Problem(document.file, line, said(document.written(path), finding.what), finding.hint)
