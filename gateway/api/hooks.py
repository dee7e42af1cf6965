"""Hooks of desks come in here. They have a secret of their own, and no API key."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from pydantic import BaseModel

from gateway.bodies import BoundedRequest
from gateway.door import Door
from gateway.hookdoor import HookDoor
from gateway.problems import (
    BAD_PATH,
    INVALID,
    MEDIA_TYPE,
    NO_SECRET,
    NOTHING_HERE,
    TOO_LARGE,
    ProblemError,
    answer_of,
    problem_of,
)
from helpdesks.outside.hooks import MOST_BYTES, Delivery, NotAuthentic


class _OwnSecret(APIRoute):
    """A route that no API key opens: the delivery proves by itself where it comes from."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See base class."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            began = time.perf_counter()
            try:
                answer = await handle(BoundedRequest.of(request, MOST_BYTES))
            except Exception as error:
                answer = answer_of(problem_of(error))
            door: Door = request.app.state.door
            door.requests.note(request.method, self.path_format, answer.status_code, began)
            return answer

        return handler


class Accepted(BaseModel):
    """The delivery was taken. Whatever it is about is read from the desk itself."""

    status: Literal["accepted"] = "accepted"


def _hook_door(request: Request) -> HookDoor:
    door: HookDoor = request.app.state.hooks
    return door


def _problem(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }


router = APIRouter(prefix="/v1", route_class=_OwnSecret)


@router.post(
    "/hooks/{desk}",
    status_code=202,
    response_model=Accepted,
    summary="Say that something is new at a desk",
    tags=["hooks"],
    openapi_extra={
        "security": [{"hook": []}],
        "requestBody": {
            "content": {
                "application/json": {"schema": {}, "example": {"ticket": 12, "transaction": 345}},
                "application/x-www-form-urlencoded": {
                    "schema": {"type": "object"},
                    "example": {"case_id": "2000"},
                },
            }
        },
    },
    responses={
        one.status: _problem(one.title) for one in (BAD_PATH, NO_SECRET, NOTHING_HERE, TOO_LARGE, INVALID)
    },
)
async def hook(
    desk: Annotated[str, Path(description="Which desk it comes from, as its mapping names it.")],
    request: Request,
    door: Annotated[HookDoor, Depends(_hook_door)],
    secret: Annotated[
        str, Query(description="The secret, for desks that can set no header.", max_length=1000)
    ] = "",
) -> Accepted:
    """The body is what the desk sends. It is a hint only, and the answer comes at once: the feed of the desk
    is woken, and reads what has happened. A body that cannot be used is kept with the reason."""
    if not door.takes(desk):
        raise ProblemError(NOTHING_HERE, "no such desk, or the gateway has no secret for hooks")
    delivery = Delivery(await request.body(), dict(request.headers), secret)
    try:
        door.receive(desk, delivery)
    except NotAuthentic:
        raise ProblemError(NO_SECRET) from None
    return Accepted()
