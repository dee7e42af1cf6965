"""The templates of one file, identified by their digest, and what their texts say about a ticket."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from baton.contract import MAX_TEXT_LENGTH
from baton.errors import InvalidEvent
from baton.rules.grammar import digest_of
from baton.templates.context import ASK_NAMES, AskContext, DraftContext
from baton.templates.drafting import draft_text
from baton.templates.fault import Fault
from baton.templates.language import Template, TemplateFile
from baton.templates.rendering import rendered


def ask_values(context: AskContext) -> Mapping[str, Any]:
    """What a note and a message see."""
    return {name: getattr(context, name) for name in ASK_NAMES}


class Templates:
    """Templates that were accepted. Immutable; made by ``baton.templates.loading``. Iterated in order."""

    def __init__(self, file: TemplateFile, source: str = "") -> None:
        self.source = source
        """The text of the file, comments and all."""
        self.digest = digest_of(file)
        """The digest of what the templates say, not of how the file is laid out."""
        self._templates = {template.id: template for template in file.templates}
        self.file_draft = file.draft
        """The draft of templates that have no draft of their own, as written; none if the file has none."""

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

        Raises ``InvalidEvent`` like `instruction`.
        """
        return _asked(template, "message", template.message, context) or None if template.message else None

    def draft_source(self, template: Template | None) -> str:
        """The text from which a draft is rendered: the template's, else the file's; empty if none has one."""
        return (template.draft if template else None) or self.file_draft or ""

    def draft(self, template: Template | None, context: DraftContext) -> str:
        """What the composer begins with. Never fails: see `baton.templates.drafting.draft_text`."""
        own = template is not None and template.draft
        whose = f"template {template.id!r}" if template is not None and own else "the template file"
        return draft_text(self.draft_source(template), context, whose)


def _asked(template: Template, what: str, source: str, context: AskContext) -> str:
    try:
        return rendered(source, ask_values(context), MAX_TEXT_LENGTH)
    except Fault as fault:
        raise InvalidEvent(f"template {template.id!r} cannot be applied: its {what}, {fault}") from fault
