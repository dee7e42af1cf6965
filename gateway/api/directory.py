"""The directory: who works here. A change names the version that it was made from."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Body, Header, Response

from baton.desk.api import Concerns, ShownDirectory
from baton.desk.apikeys import Scope
from baton.errors import NotAllowed
from gateway.problems import (
    CHANGED_MEANWHILE,
    DIRECTORY_REFUSED,
    UNANSWERED,
    VERSION_NEEDED,
    ProblemError,
    invalid,
)
from gateway.routing import BackendOf, api_router, needs, sent
from helpdesks.answers import shown

router = api_router()

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
_EXAMPLE = {
    "lines": {"first": {"name": "First line"}},
    "departments": {"billing": {"label": "billing", "name": "Bookkeeping"}},
    "staff": {"ivan": {"line": "first"}, "vera": {"departments": ["billing"]}},
}
Document = Annotated[
    dict[str, Any],
    Body(
        description="The whole directory, as docs/your-company.md describes it.",
        openapi_examples={"small": {"value": _EXAMPLE}},
    ),
]
IfMatch = Annotated[
    str | None,
    Header(
        description='The `ETag` of the directory from which this one was made, such as `"7"`; `*` for any.'
    ),
]


@router.get(
    "/directory",
    response_model=ShownDirectory,
    summary="The directory as it is now",
    tags=["directory"],
    **needs(Scope.READ),
)
async def directory(backend: BackendOf) -> Response:
    """The whole document, and its version, which is the `ETag`."""
    return _with_etag(shown(await (await backend.ledger()).directory()))


@router.put(
    "/directory",
    response_model=ShownDirectory,
    summary="Replace the directory",
    tags=["directory"],
    **needs(Scope.ADMIN, CHANGED_MEANWHILE, VERSION_NEEDED, DIRECTORY_REFUSED, UNANSWERED),
)
async def change_directory(document: Document, backend: BackendOf, if_match: IfMatch = None) -> Response:
    """It takes effect with the next event of each case; the cases that refer to what is gone are told."""
    based_on = _version(if_match)
    try:
        return _with_etag(await (await backend.desk()).change_directory(document, based_on=based_on))
    except NotAllowed as error:
        raise ProblemError(CHANGED_MEANWHILE, str(error)) from None


@router.post(
    "/directory/preview",
    response_model=Concerns,
    summary="Which cases a change of the directory would concern",
    tags=["directory"],
    **needs(Scope.ADMIN, CHANGED_MEANWHILE, VERSION_NEEDED, DIRECTORY_REFUSED, UNANSWERED),
)
async def preview_directory(document: Document, backend: BackendOf, if_match: IfMatch = None) -> Response:
    """Nothing is changed. It is refused for the same reasons as the change itself."""
    based_on = _version(if_match)
    try:
        return sent(await (await backend.desk()).preview_directory(document, based_on=based_on))
    except NotAllowed as error:
        raise ProblemError(CHANGED_MEANWHILE, str(error)) from None


def _version(if_match: str | None) -> int | None:
    """The version in a header ``If-Match``; None for any."""
    if if_match is None:
        raise ProblemError(VERSION_NEEDED, "send the `ETag` of the directory that you changed as `If-Match`")
    if if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise invalid([{"field": "If-Match", "message": "it must be an ETag of the directory, or *"}])
    return int(found[1])


def _with_etag(entry: ShownDirectory) -> Response:
    return sent(entry, ETag=f'"{entry.version}"')
