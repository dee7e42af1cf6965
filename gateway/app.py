"""The gateway, put together: the API under ``/v1``, the codec server under ``/codec``, and health."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from baton.settings import Settings
from gateway.access import Gate
from gateway.api import ROUTERS, hooks
from gateway.backend import Backend
from gateway.console import add_console, page_instead
from gateway.describing import described
from gateway.door import Door
from gateway.hookdoor import HookDoor, read_secrets
from gateway.metrics import EXPOSITION, Requests
from gateway.problems import UNAVAILABLE, ProblemError, answer_of, problem_of
from gateway.routing import EncodedPaths, Route, api_router, needs

REPORTS_AT_ONCE = 2
"""A report of a long time keeps one of the few threads that read the database."""
READY_SECONDS = 1.0
"""For how long an answer about readiness counts: anybody may ask, as often as they like."""


def gateway_app(settings: Settings, backend: Backend, codec: ASGIApp | None = None) -> FastAPI:
    """The gateway.

    Args:
        codec: the codec server, if there are keys for one.

    Raises ``SettingsError`` if the secret of the hooks cannot be read.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await app.state.hooks.aclose()
            await backend.close()

    app = FastAPI(
        title="Baton",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    requests = Requests()
    app.state.door = Door(
        backend=backend,
        requests=requests,
        gate=Gate(backend, settings.gateway_rate),
        body_bytes=settings.gateway_body_bytes,
        answer_seconds=settings.gateway_answer_seconds,
    )
    app.state.hooks = HookDoor(read_secrets(settings.hook_secret_file), backend, settings.task_queue)
    app.state.reports = asyncio.Semaphore(REPORTS_AT_ONCE)
    app.add_exception_handler(HTTPException, _as_problem)
    app.add_middleware(EncodedPaths)
    own = api_router()
    counted = APIRouter(route_class=Route)

    @counted.get("/metrics", include_in_schema=False, **needs(None))
    async def metrics() -> PlainTextResponse:
        return PlainTextResponse(requests.exposition(), media_type=EXPOSITION)

    @own.get("/openapi.json", include_in_schema=False, **needs(None))
    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(described(request.app))

    for router in (own, counted, *ROUTERS, hooks.router):
        app.include_router(router)
    add_console(app, settings, backend)
    _add_health(app, backend)
    if codec is not None:
        app.add_api_route("/codec", lambda: RedirectResponse("/codec/", 308), include_in_schema=False)
        app.mount("/codec", codec)
    return app


async def _as_problem(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    return page_instead(request, problem.kind.status) or answer_of(problem)


def _add_health(app: FastAPI, backend: Backend) -> None:
    seen: tuple[float, list[str]] | None = None
    looking = asyncio.Lock()

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> Response:
        nonlocal seen
        async with looking:
            now = asyncio.get_running_loop().time()
            if seen is None or now - seen[0] > READY_SECONDS:
                seen = asyncio.get_running_loop().time(), await backend.missing()
        if not seen[1]:
            return JSONResponse({"status": "ready"})
        return answer_of(ProblemError(UNAVAILABLE, "; ".join(seen[1]), headers={"Retry-After": "2"}))
