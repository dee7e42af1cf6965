"""Routes of the console.

    router = pages_for(Role.AGENT)

    @router.get("/inbox")
    async def inbox(visit: VisitOf, person: PersonOf) -> Response:
        return visit.page("inbox.html", rows=...)

A router says who may see its pages; `open_pages` is for those before the login. Whoever is not signed in is
sent to the login and comes back afterwards; a part of a page, which our script fetches, is answered with 401.
Any error is a page. A request that changes something must come from a page of ours, and show that it was made
for this session: each form has ``form_token``, and our script sends it as a header.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse, RedirectResponse
from fastapi.routing import APIRoute
from starlette.types import Message

from baton.desk.accounts import Role
from baton.texts import marked
from gateway.bodies import BoundedRequest
from gateway.console.errors import NotSignedIn, PageError
from gateway.console.visiting import HEADERS, Console, Visit, changes_something, console_of, visit_of
from gateway.console.words import ROLES
from gateway.problems import problem_of
from helpdesks.sessions import SignedIn

TITLES = {
    403: marked("You may not do this"),
    404: marked("There is nothing here"),
    405: marked("This address takes other methods"),
    409: marked("Not possible now"),
    413: marked("That is too large"),
    422: marked("Something that was sent cannot be used"),
    429: marked("Too many attempts"),
    500: marked("Something went wrong"),
    503: marked("Something cannot be reached"),
}
_ASK_LATER = marked("Try again in a moment. The log of the gateway says what is wrong.")


class PageRoute(APIRoute):
    """One route: its handler knows who asks, and any error is a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """See base class."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            console = console_of(request)
            visit = Visit(request, console, "", None)
            try:
                async with asyncio.timeout(console.settings.gateway_answer_seconds):
                    visit = await visit_of(request, console)
                    request.state.visit = visit
                    if changes_something(request):
                        request = await _whole(request, console.settings.gateway_body_bytes)
                        visit.request = request
                        visit.require_own_page()
                        await visit.require_form_token()
                    parameters = request.scope["path_params"].items()
                    request.scope["path_params"] = {name: unquote(value) for name, value in parameters}
                    response = await handle(request)
            except Exception as error:
                response = answer_to(error, visit)
            return finished(response)

        return handler


def finished(response: Response) -> Response:
    """The answer, with what each says to browsers."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def answer_to(error: Exception, visit: Visit) -> Response:
    """What is answered instead of a page."""
    say = visit.texts
    match error:
        case NotSignedIn():
            return _to_login(visit)
        case PageError(status=int(status), said=str(said)):
            pass
        case _:
            problem = problem_of(error)
            status = problem.kind.status
            # What is no fault of the caller's is in English, and for the log.
            said = problem.detail if status < HTTPStatus.INTERNAL_SERVER_ERROR else say(_ASK_LATER)
            status = status if status in TITLES else HTTPStatus.UNPROCESSABLE_ENTITY
    return visit.page("error.html", status, title=say(TITLES[status]), said=said)


def failed(request: Request, console: Console, status: int) -> Response:
    """The page for a request that reached no route."""
    return finished(answer_to(PageError(status), Visit(request, console, "", None)))


async def _whole(request: Request, largest: int) -> Request:
    """The same request, its body received, which has a bound. It can be read once more, as a form."""
    body: bytes | None = await BoundedRequest.of(request, largest).body()

    async def receive() -> Message:
        nonlocal body
        if body is None:
            return await request.receive()
        received, body = body, None
        return {"type": "http.request", "body": received, "more_body": False}

    return Request(request.scope, receive)


def _to_login(visit: Visit) -> Response:
    request = visit.request
    if request.headers.get("sec-fetch-mode", "navigate") != "navigate":
        return PlainTextResponse(visit.texts("Log in first."), 401)
    back = request.url.path if not changes_something(request) else "/"
    if request.url.query and back != "/":
        back = f"{back}?{request.url.query}"
    return RedirectResponse(f"/login?back={quote(back, safe='')}" if back != "/" else "/login", 303)


# --- What handlers ask for ----------------------------------------------------------------------------


def _visit(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


VisitOf = Annotated[Visit, Depends(_visit)]
"""A parameter of a handler: the request, with its language; it makes pages."""


def _person(visit: VisitOf) -> SignedIn:
    if visit.person is None:
        raise NotSignedIn
    return visit.person


PersonOf = Annotated[SignedIn, Depends(_person)]
"""A parameter of a handler: who is signed in."""


def require_role(visit: Visit, person: SignedIn, role: Role) -> None:
    """Raise ``PageError`` if somebody has neither this role nor more."""
    if not person.role.includes(role):
        raise PageError(
            403,
            visit.texts("This needs the role {role}, and you have {own}.").format(
                role=visit.texts.of(ROLES[role]), own=visit.texts.of(ROLES[person.role])
            ),
        )


def signed_in(role: Role) -> Callable[..., SignedIn]:
    """A dependency: whoever is signed in, with this role or more."""

    def allowed(visit: VisitOf, person: PersonOf) -> SignedIn:
        require_role(visit, person, role)
        return person

    return allowed


def pages_for(role: Role) -> APIRouter:
    """A router of pages for people with this role, or more."""
    return APIRouter(route_class=PageRoute, dependencies=[Depends(signed_in(role))], include_in_schema=False)


def open_pages() -> APIRouter:
    """A router of pages for anybody: those before the login."""
    return APIRouter(route_class=PageRoute, include_in_schema=False)
