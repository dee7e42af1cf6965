"""Templates: what a dispatcher can apply to a ticket, and how its texts come out."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import BaseModel

from baton.desk.apikeys import Scope
from baton.documents.directory import Directory
from baton.templates import Template, Templates, samples
from gateway.problems import NO_SUCH_TEMPLATE, ProblemError
from gateway.routing import BackendOf, api_router, needs, sent, sent_list

router = api_router()


class TemplateRow(BaseModel):
    """A template in a list."""

    id: str
    name: str
    departments: list[str]
    """Keys of the departments that it asks, in the order of the reply."""


class TemplateTexts(BaseModel):
    """What the texts of a template say about an invented ticket."""

    note: str
    message: str | None = None
    draft: str


class ShownTemplate(TemplateRow):
    """A template, and an example of its texts."""

    marker: str
    example: TemplateTexts


@router.get(
    "/templates",
    response_model=list[TemplateRow],
    summary="The templates, in the order of their file",
    tags=["templates"],
    **needs(Scope.READ),
)
async def templates(backend: BackendOf) -> Response:
    """The event `template_applied` applies one to a ticket."""
    found, _ = await backend.templates()
    return sent_list([TemplateRow.model_validate(_row(one)) for one in found], TemplateRow)


@router.get(
    "/templates/{template_id}",
    response_model=ShownTemplate,
    summary="A template, and what its texts say",
    tags=["templates"],
    **needs(Scope.READ, NO_SUCH_TEMPLATE),
)
async def template(template_id: str, backend: BackendOf) -> Response:
    """The texts are about an invented ticket on which no department has been asked yet."""
    found, directory = await backend.templates()
    one = found.get(template_id)
    if one is None:
        raise ProblemError(NO_SUCH_TEMPLATE, f"there is no template {template_id!r}")
    return sent(ShownTemplate(**_row(one), marker=one.marker, example=_texts(found, one, directory)))


def _row(template: Template) -> dict[str, Any]:
    return {"id": template.id, "name": template.name, "departments": list(template.departments)}


def _texts(templates: Templates, template: Template, directory: Directory) -> TemplateTexts:
    asked = samples.example(template, directory)
    answered = next(samples.answered(template.departments, directory))
    return TemplateTexts(
        note=templates.instruction(template, asked),
        message=templates.message(template, asked),
        draft=templates.draft(template, answered),
    )
