"""The first page."""

from __future__ import annotations

from fastapi import Response

from baton.desk.accounts import Role
from gateway.console.routing import VisitOf, pages_for

router = pages_for(Role.AGENT)


@router.get("/")
async def home(visit: VisitOf) -> Response:
    """Who is signed in, and where they can go."""
    return visit.page("home.html")
