"""Routes of the API: each says which scope it needs, and lets nobody in without it.

    router = api_router()

    @router.get("/chats/{channel}/{conversation}", **needs(Scope.READ))
    async def chat(...): ...

A route without `needs` cannot be made, so that none is open by mistake. The key is looked at before anything
else of a request is read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from starlette.types import ASGIApp, Receive, Scope, Send

from baton.desk import apikeys
from gateway.backend import Backend
from gateway.bodies import BoundedRequest, require_json
from gateway.door import Door
from gateway.problems import (
    BAD_PATH,
    INVALID,
    MEDIA_TYPE,
    NO_KEY,
    NO_SCOPE,
    NOT_JSON,
    TOO_LARGE,
    TOO_MANY_REQUESTS,
    UNAVAILABLE,
    WRONG_TYPE,
    Kind,
    ProblemError,
    answer_of,
    problem_of,
)

_SCOPE = "x-scope"
ANY_KEY = "any"
"""In place of a scope: every key will do."""
_ALWAYS = (NO_KEY, NO_SCOPE, TOO_MANY_REQUESTS, UNAVAILABLE, INVALID, BAD_PATH)
_WITH_BODY = (NOT_JSON, TOO_LARGE, WRONG_TYPE)


def needs(
    scope: apikeys.Scope | None, *problems: Kind, accepted: type[BaseModel] | None = None
) -> dict[str, Any]:
    """What every route says about itself, as arguments of its decorator.

    Args:
        scope: which the caller's key must have; None if any key will do.
        problems: what can go wrong, beside what can always go wrong.
        accepted: what is answered with 202.
    """
    statuses: dict[int, list[str]] = {}
    for kind in (*_ALWAYS, *problems):
        statuses.setdefault(kind.status, []).append(kind.title)
    return {
        "openapi_extra": {_SCOPE: scope.value if scope else ANY_KEY, "security": [{"key": []}]},
        "responses": ({202: {"model": accepted}} if accepted else {})
        | {
            status: {
                "description": "; or: ".join(dict.fromkeys(titles)),
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            }
            for status, titles in sorted(statuses.items())
        },
    }


def scope_of(route: APIRoute) -> str:
    """The scope that a route needs, or `ANY_KEY`. Raises ``ValueError`` if it says none."""
    said = (route.openapi_extra or {}).get(_SCOPE)
    if said is None:
        raise ValueError(f"the route {route.path} does not say which scope it needs: see gateway.routing")
    return str(said)


class Route(APIRoute):
    """One route: its handler runs behind the door, and any error is a problem."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See base class."""
        said = scope_of(self)
        scope = None if said == ANY_KEY else apikeys.Scope(said)
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handler(request: Request) -> Response:
            door: Door = request.app.state.door
            began = time.perf_counter()
            response = await answered(request, door)
            door.requests.note(request.method, self.path_format, response.status_code, began)
            return response

        async def answered(request: Request, door: Door) -> Response:
            try:
                async with asyncio.timeout(door.answer_seconds):
                    await door.gate.admit(request.headers.get("authorization"), scope)
                bounded = BoundedRequest.of(request, door.body_bytes)
                if takes_body:
                    require_json(request)
                    await bounded.body()  # how long that may take is the protocol's business
                request.scope["path_params"] = {
                    name: unquote(value) for name, value in request.scope["path_params"].items()
                }
                async with asyncio.timeout(door.answer_seconds):
                    return await handle(bounded)
            except Exception as error:
                return answer_of(problem_of(error, _about(request)))

        return handler


def _about(request: Request) -> str:
    """Which part of a request a refusal is about."""
    if request.url.path.endswith("/events"):
        return "event"
    if request.method in ("GET", "DELETE"):
        return "query" if request.url.query else "path"
    return "body"


def api_router() -> APIRouter:
    """A router of the API."""
    return APIRouter(prefix="/v1", route_class=Route)


def _backend(request: Request) -> Backend:
    door: Door = request.app.state.door
    return door.backend


BackendOf = Annotated[Backend, Depends(_backend)]
"""A parameter of a handler: the connections."""


def sent(model: BaseModel, status: int = 200, **headers: str) -> Response:
    """An answer, written once: FastAPI would turn it into plain data, check that, and write it then."""
    return Response(model.model_dump_json(), status, headers, "application/json")


_LISTS: dict[Any, TypeAdapter[Any]] = {}


def sent_list(rows: Iterable[Any], kind: Any) -> Response:
    """As `sent`, of a list of models of one kind."""
    adapter = _LISTS.setdefault(kind, TypeAdapter(list[kind]))
    return Response(adapter.dump_json(list(rows)), media_type="application/json")


class EncodedPaths:
    """Matches the path as it was sent, so that a part of it may contain a slash, as ``%2F``.

    Starlette decodes a path before it looks for slashes in it. Here each part stays encoded, in one way,
    until its route decodes it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `starlette.types.ASGIApp`."""
        if scope["type"] == "http":
            raw: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
            try:
                parts = [unquote(part, errors="strict") for part in raw.decode("ascii").split("/")]
            except UnicodeDecodeError:
                await answer_of(ProblemError(BAD_PATH))(scope, receive, send)
                return
            scope = {**scope, "path": "/".join(quote(part, safe="") for part in parts)}
        await self._app(scope, receive, send)
