"""Templates: what a dispatcher applies to a ticket to ask several departments at once. Pure.

See ``language`` for how a template is written and ``context`` for what its texts may name.
"""

from baton.templates.context import (
    Answer,
    AskContext,
    DepartmentCard,
    DepartmentName,
    DraftContext,
    PersonCard,
    TicketCard,
)
from baton.templates.language import Due, Notice, Template
from baton.templates.loading import load_templates, parse_templates
from baton.templates.templateset import Templates

__all__ = [
    "Answer",
    "AskContext",
    "DepartmentCard",
    "DepartmentName",
    "DraftContext",
    "Due",
    "Notice",
    "PersonCard",
    "Template",
    "Templates",
    "TicketCard",
    "load_templates",
    "parse_templates",
]
