"""The first page: what there is to do."""

from __future__ import annotations

from fastapi import Response
from fastapi.responses import RedirectResponse

from baton.desk.accounts import Role
from gateway.console.routing import VisitOf, pages_for

router = pages_for(Role.AGENT)


@router.get("/")
async def home(visit: VisitOf) -> Response:
    """People come to work, so they find their chats first."""
    return RedirectResponse("/inbox", 303)
