"""The templates of one file, known by their digest, and what their texts say about a ticket."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from baton.contract import MAX_TEXT_LENGTH
from baton.errors import InvalidEvent
from baton.rules.grammar import digest_of
from baton.templates.context import ASK_NAMES, DRAFT_NAMES, AskContext, DraftContext
from baton.templates.language import Template, TemplateFile
from baton.templates.rendering import Fault, rendered

MAX_DRAFT_LENGTH = 200_000
"""Longest draft, in characters. It stands in a payload, which may have 2 MB."""
CUT = "\n\n[The draft is cut here. The rest stands in the notes of the ticket.]"

BUILT_IN_DRAFT = """\
{% for answer in answers %}
{{ answer.departments | join(", ") }} ({{ answer.author_name }}):
{{ answer.text }}

{% else %}
No department has answered.

{% endfor %}
{% if missing %}
[No answer yet: {{ missing | join(", ") }}]
{% endif %}
"""
"""The draft where no template and no file has one. It is for the composer's eyes; nobody sends it unread."""

_log = logging.getLogger("baton.templates")


def ask_values(context: AskContext) -> Mapping[str, Any]:
    """What a note and a message see."""
    return {name: getattr(context, name) for name in ASK_NAMES}


def draft_values(context: DraftContext) -> Mapping[str, Any]:
    """What a draft sees."""
    return {name: getattr(context, name) for name in DRAFT_NAMES}


class Templates:
    """Templates that were accepted. Immutable; made by ``baton.templates.loading``. Iterated in order."""

    def __init__(self, file: TemplateFile, source: str = "") -> None:
        self.source = source
        """The text of the file, comments and all."""
        self.digest = digest_of(file)
        """Of what the templates say, not of how the file is laid out."""
        self._templates = {template.id: template for template in file.templates}
        self.file_draft = file.draft
        """The draft of templates that have none of their own, as it is written; none if the file has none."""

    def __repr__(self) -> str:
        return f"<Templates {self.digest[:12]}: {', '.join(self._templates)}>"

    def __iter__(self) -> Iterator[Template]:
        return iter(self._templates.values())

    def __len__(self) -> int:
        return len(self._templates)

    def get(self, name: str) -> Template | None:
        """The template with this ID, if there is one."""
        return self._templates.get(name)

    def instruction(self, template: Template, context: AskContext) -> str:
        """The note that tells the departments what to do.

        Raises ``InvalidEvent`` if it cannot be rendered or says nothing: the template is not applied then.
        """
        text = _asked(template, "note", template.note, context)
        if not text:
            raise InvalidEvent(f"template {template.id!r} cannot be applied: its note says nothing")
        return text

    def message(self, template: Template, context: AskContext) -> str | None:
        """What the customer is told; None if the template has no message, or it says nothing this time.

        Raises ``InvalidEvent`` as `instruction` does.
        """
        return _asked(template, "message", template.message, context) or None if template.message else None

    def draft(self, template: Template | None, context: DraftContext) -> str:
        """What the composer begins with: by the template's draft, else the file's, else the built-in one.

        Never fails, so that a composer is never left without one: a draft that cannot be rendered or says
        nothing is replaced by the built-in one, loudly, and one that is too long is cut.
        """
        source = (template.draft if template else None) or self.file_draft
        values = draft_values(context)
        if source:
            whose = f"template {template.id!r}" if template and template.draft else "the template file"
            try:
                if text := rendered(source, values, MAX_DRAFT_LENGTH, CUT):
                    return text
                _log.error("The draft of %s says nothing; the built-in one is used.", whose)
            except Fault as fault:
                _log.error("The draft of %s failed, and the built-in one is used: %s", whose, fault)
        return rendered(BUILT_IN_DRAFT, values, MAX_DRAFT_LENGTH, CUT)


def _asked(template: Template, what: str, source: str, context: AskContext) -> str:
    try:
        return rendered(source, ask_values(context), MAX_TEXT_LENGTH)
    except Fault as fault:
        raise InvalidEvent(f"template {template.id!r} cannot be applied: its {what}, {fault}") from fault
