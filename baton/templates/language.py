"""The language of templates: what a template file may contain.

The models here are the grammar. The JSON Schema for editors is generated from them, and the loader validates
with them, so the two cannot differ. ``baton.templates.checks`` checks what a model alone cannot know (names
in the directory, whether a text can be rendered).
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baton.contract import MARKER
from baton.contract.words import Key, Label
from baton.documents.plain import One, Yes
from baton.rules.grammar import Loose, Part, Text

Hours = Annotated[float, Field(gt=0, le=8_784, allow_inf_nan=False)]
"""A year at most, as in rules: a moment beyond the calendar would stop every ticket."""
Several = Annotated[tuple[Key, ...], Loose, Field(min_length=1, json_schema_extra={"uniqueItems": True})]


class Due(Part):
    """By when a department should have answered."""

    answer_within: Hours = Field(
        alias="answer within hours", description="Hours of business time in which an answer is due."
    )
    remind_before: Hours | None = Field(
        default=None,
        alias="remind before hours",
        description="So many hours of business time before that, the department is reminded.",
    )

    @model_validator(mode="after")
    def _reminded_after_being_asked(self) -> Self:
        if self.remind_before is not None and self.remind_before >= self.answer_within:
            raise PydanticCustomError(
                "reminder",
                "the reminder would come before the department is asked",
                {"hint": "'remind before hours' must be smaller than 'answer within hours'"},
            )
        return self


class Notice(Part):
    """Who is notified when the template is applied, beside finding the ticket under its label."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    departments: Yes | None = None
    """True: the members of the departments that are asked."""
    staff: Several = ()
    """These people."""
    line: Key | None = None
    """Everybody of this line who is online."""

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not (self.departments or self.staff or self.line):
            raise PydanticCustomError(
                "empty", "this names nobody", {"hint": "remove it, or say who: departments, staff or line"}
            )
        return self


class Template(Part):
    """What is done to a ticket when a dispatcher applies the template. All of it, or nothing."""

    id: Key
    """Short, unique in the file, and kept: histories name the template by it."""
    name: Label
    """What the template is for, as a dispatcher chooses it."""
    departments: Several
    """Who is asked: keys of departments in the directory, in the order of the reply."""
    marker: Label = MARKER
    """The label that stays on the ticket, so that it is found later; not a department's."""
    note: Text
    """The instruction for the departments, an internal note. Jinja2."""
    notify: Notice | None = None
    """Who is told at once."""
    message: Text | None = None
    """What the customer is told at once, for instance when to expect an answer. Jinja2."""
    due: dict[Key, Due] = Field(
        default={},
        description="By when a department should answer, by its key.",
        json_schema_extra={"additionalProperties": False},
    )
    draft: Text | None = None
    """What the composer begins the consolidated reply with. Jinja2; the file's draft if left out."""


class TemplateFile(Part):
    """Templates for tickets, in the order in which dispatchers see them."""

    version: One
    """Version of the template language."""
    draft: Text | None = None
    """What the composer begins the consolidated reply with. Jinja2; a built-in draft if left out."""
    templates: Annotated[tuple[Template, ...], Loose] = ()
    """The templates."""
