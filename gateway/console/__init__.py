"""The console: pages of the gateway on which people see, read and answer.

Pages are made here from templates, in the language of whoever reads them, and work without a script. The one
script of our own keeps lists fresh. Nothing is asked of other places than the gateway.
"""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response

from baton.settings import Settings
from gateway.backend import Backend
from gateway.console import accounts, caselists, chatpage, home, login, oidc, own, ticketpage
from gateway.console.provider import Provider
from gateway.console.rendering import STATIC, static_files
from gateway.console.routing import failed
from gateway.console.visiting import Console, console_of

ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    login.router,
    oidc.router,
    own.router,
    caselists.router,
    chatpage.router,
    ticketpage.router,
    accounts.router,
)
"""Every router of the console."""

_ELSEWHERE = ("/v1", "/codec", "/healthz", "/readyz", "/metrics")
"""Paths of the gateway at which no person looks for a page."""
_FOR_GOOD = "public, max-age=31536000, immutable"


def add_console(app: FastAPI, settings: Settings, backend: Backend) -> None:
    """Let an app serve the console, too."""
    provider = None
    if settings.oidc_issuer and settings.oidc_client_id and settings.oidc_client_secret_file:
        provider = Provider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret_file)
    app.state.console = Console(settings, backend, provider)
    for router in ROUTERS:
        app.include_router(router)

    @app.get(STATIC + "{digest}/{name}", include_in_schema=False)
    async def static(digest: str, name: str) -> Response:
        file = static_files().get(name)
        if file is None:
            return Response(status_code=404)
        # A gateway of another release may have made the page: it gets what there is, and asks again later.
        kept = _FOR_GOOD if digest == file.digest else "no-cache"
        headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
        return Response(file.content, media_type=file.media_type, headers=headers)


def page_instead(request: Request, status: int) -> Response | None:
    """The page for an address at which there is nothing, or not that; none if no person looked there."""
    path = request.url.path
    elsewhere = any(path == one or path.startswith(f"{one}/") for one in _ELSEWHERE)
    if elsewhere or "text/html" not in request.headers.get("accept", ""):
        return None
    return failed(request, console_of(request), status)
