"""What goes wrong, as problem details (RFC 9457): one table of kinds, and one place where errors become them.

``type`` is ``urn:baton:problem:`` and the kind. ``detail`` is for people. A problem with what was sent says
which field, in ``errors``. Where something cannot be reached, the log says what; callers need not know.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from baton.desk.client import DirectoryRefused
from baton.errors import (
    BatonError,
    ConnectionFailed,
    DepartmentsWaiting,
    DocumentError,
    HelpDeskUnavailable,
    IllegalTransition,
    InvalidEvent,
    NotAllowed,
    Refused,
    SettingsError,
    Unanswered,
    UnknownLabel,
    UnknownStaff,
)
from baton.signs import visible
from baton.temporal.logs import words_of

MEDIA_TYPE = "application/problem+json"
URN = "urn:baton:problem:"
RETRY_SECONDS = 2
"""After how many seconds something that could not be reached may be tried again."""

_log = logging.getLogger("baton.gateway")


@dataclass(frozen=True)
class Kind:
    """One kind of problem."""

    name: str
    status: int
    title: str


NOT_JSON = Kind("not-json", 400, "The body is no JSON")
BAD_PATH = Kind("bad-path", 400, "The path is not in UTF-8")
NO_KEY = Kind("no-key", 401, "An API key is needed")
NO_SECRET = Kind("no-secret", 401, "The secret of the hooks is needed")
NO_SCOPE = Kind("no-scope", 403, "The API key does not allow this")
NOT_ALLOWED = Kind("not-allowed", 403, "The author may not do this")
NOTHING_HERE = Kind("nothing-here", 404, "There is nothing at this address")
NO_SUCH_CASE = Kind("no-such-case", 404, "There is no such case")
NO_SUCH_WEBHOOK = Kind("no-such-webhook", 404, "There is no such webhook")
NO_SUCH_METHOD = Kind("no-such-method", 405, "This address takes other methods")
NO_SUCH_TEMPLATE = Kind("no-such-template", 404, "There is no such template")
ILLEGAL_TRANSITION = Kind("illegal-transition", 409, "Not possible in the present state of the case")
DEPARTMENTS_WAITING = Kind("departments-waiting", 409, "A department is still asked")
CHANGED_MEANWHILE = Kind("changed-meanwhile", 412, "There is a newer version")
TOO_LARGE = Kind("too-large", 413, "The body is too large")
WRONG_TYPE = Kind("wrong-type", 415, "The body must be JSON, and say so")
INVALID = Kind("invalid", 422, "Something that was sent cannot be used")
UNKNOWN_STAFF = Kind("unknown-staff", 422, "The directory has no such person or line")
UNKNOWN_LABEL = Kind("unknown-label", 422, "The directory has no such label")
DIRECTORY_REFUSED = Kind("directory-refused", 422, "The directory cannot be used")
VERSION_NEEDED = Kind("version-needed", 428, "Say which version this was made from")
TOO_MANY_REQUESTS = Kind("too-many-requests", 429, "This API key makes too many requests")
FAULT = Kind("fault", 500, "A fault of the gateway")
UNAVAILABLE = Kind("unavailable", 503, "Something cannot be reached")
UNANSWERED = Kind("unanswered", 503, "No answer in time")

_OF_REFUSALS: Mapping[type[Refused], Kind] = {
    InvalidEvent: INVALID,
    IllegalTransition: ILLEGAL_TRANSITION,
    UnknownStaff: UNKNOWN_STAFF,
    UnknownLabel: UNKNOWN_LABEL,
    DepartmentsWaiting: DEPARTMENTS_WAITING,
    NotAllowed: NOT_ALLOWED,
}
_OF_ROUTER = {400: NOT_JSON, 404: NOTHING_HERE, 405: NO_SUCH_METHOD}
_AGAIN = "It may have been carried out: send it again as it is, with the same event ID."
_LATER = "Nothing was done. Try again later; the log of the gateway says what is wrong."


class FieldError(BaseModel):
    """What is wrong with one field of what was sent."""

    field: str
    message: str


class Problem(BaseModel):
    """A problem, as RFC 9457 describes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": f"{URN}{ILLEGAL_TRANSITION.name}",
                "title": ILLEGAL_TRANSITION.title,
                "status": ILLEGAL_TRANSITION.status,
                "detail": "there is no chat chat:telegram:42",
            }
        }
    )

    type: str = Field(description=f"The kind of problem, behind `{URN}`.")
    title: str
    status: int
    detail: str = ""
    errors: list[FieldError] | None = None


class ProblemError(HTTPException):
    """A problem, on its way to the caller.

    Args:
        more: further members of the answer, such as ``errors``.
    """

    def __init__(
        self, kind: Kind, detail: str = "", *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(kind.status, visible(detail), dict(headers or {}))
        self.kind = kind
        self.more = more


def answer_of(problem: ProblemError) -> JSONResponse:
    """The problem as it is sent."""
    kind = problem.kind
    body = {"type": f"{URN}{kind.name}", "title": kind.title, "status": kind.status, "detail": problem.detail}
    return JSONResponse({**body, **problem.more}, kind.status, headers=problem.headers, media_type=MEDIA_TYPE)


def problem_of(error: Exception, field: str = "event") -> ProblemError:
    """The problem that an error is for callers. What they need not know goes to the log.

    Args:
        field: which part of what was sent a refusal is about.
    """
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return invalid(_mistakes(error.errors()))
        case Refused():
            kind = next(kind for one, kind in _OF_REFUSALS.items() if isinstance(error, one))
            said = str(error)
            if kind.status == HTTPStatus.UNPROCESSABLE_ENTITY:
                return ProblemError(kind, said, errors=_fields(error) or [{"field": field, "message": said}])
            return ProblemError(kind, said)
        case DirectoryRefused():
            said = str(error)
            return ProblemError(
                DIRECTORY_REFUSED,
                said,
                errors=[{"field": "directory", "message": line} for line in said.splitlines()],
            )
        case Unanswered():
            _log.warning("no answer: %s", words_of(error))
            return ProblemError(UNANSWERED, _AGAIN, headers=_retry())
        case TimeoutError():
            return ProblemError(UNANSWERED, _AGAIN, headers=_retry())
        case ConnectionFailed() | HelpDeskUnavailable() | SettingsError() | DocumentError():
            _log.warning("not available: %s", words_of(error))
            return ProblemError(UNAVAILABLE, _LATER, headers=_retry())
        case HTTPException(status_code=int(status)) if status in _OF_ROUTER:
            return ProblemError(_OF_ROUTER[status], headers=error.headers)
        case _:
            said = words_of(error) if isinstance(error, BatonError) else type(error).__name__
            _log.error("fault: %s", said, exc_info=error)
            return ProblemError(FAULT, "It is in the log of the gateway.")


def invalid(errors: Sequence[Mapping[str, str]]) -> ProblemError:
    """The problem of fields that cannot be used: for each, ``field`` and ``message``."""
    said = "; ".join(f"{one['field']}: {one['message']}" for one in errors[:3])
    return ProblemError(INVALID, said, errors=list(errors))


def _mistakes(found: Sequence[Any]) -> list[dict[str, str]]:
    return [
        {
            "field": visible(".".join(map(str, one["loc"][1:] or one["loc"]))[:200]),
            "message": visible(str(one["msg"]).removeprefix("Value error, ")),
        }
        for one in found[:20]
    ]


def _fields(refused: Refused) -> list[dict[str, str]]:
    known = refused.fields if isinstance(refused, InvalidEvent) else {}
    return [
        {"field": visible(field[:200]), "message": visible(what)} for field, what in list(known.items())[:20]
    ]


def _retry() -> dict[str, str]:
    return {"Retry-After": str(RETRY_SECONDS)}
