"""What people change about their own account: the language, the password, where they are signed in."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form, Response
from fastapi.responses import RedirectResponse

from baton.desk.accounts import Role
from baton.texts import Language
from gateway.console.login import password_mistake
from gateway.console.routing import PersonOf, VisitOf, pages_for
from gateway.console.visiting import Visit
from helpdesks.sessions import SignedIn

router = pages_for(Role.AGENT)
_log = logging.getLogger("baton.console")

_Text = Annotated[str, Form()]
LANGUAGES = {Language.EN: "English", Language.RU: "Русский"}
"""What each language calls itself."""


@router.get("/settings")
async def settings_page(visit: VisitOf, person: PersonOf) -> Response:
    """What people can change about themselves."""
    return await _page(visit, person)


@router.post("/settings/language")
async def set_language(visit: VisitOf, person: PersonOf, language: _Text = "") -> Response:
    """Choose a language, or that of the browser."""
    ledger = await visit.console.ledger()
    await ledger.accounts.set_language(person.staff, language if language in set(Language) else None)
    return RedirectResponse("/settings", 303)


@router.post("/settings/password")
async def set_password(
    visit: VisitOf, person: PersonOf, present: _Text = "", password: _Text = "", again: _Text = ""
) -> Response:
    """Choose another password, which ends all sessions but this one."""
    console, ledger = visit.console, await visit.console.ledger()
    known = await ledger.accounts.credentials(person.staff)
    kept = known.password if known else None
    if kept is not None:
        # Whoever finds a browser open must not be able to guess here either.
        if console.attempts.count(person.staff, visit.address):
            return await _page(visit, person, visit.texts("Too many attempts. Try again later."), 429)
        if not await console.passwords.fits(present, kept):
            return await _page(visit, person, visit.texts("The present password is wrong."), 422)
        console.attempts.succeeded(person.staff)
    mistake = password_mistake(visit, password, again, person.staff, person.name)
    if mistake:
        return await _page(visit, person, mistake, 422)
    hashed = await console.passwords.hashed(password)
    await ledger.accounts.choose_password(person.staff, hashed, datetime.now(UTC))
    _log.info("%s chose another password from %s", person.staff, visit.address)
    return await visit.sign_in(person.staff, "/settings", how="password")


@router.post("/settings/sessions")
async def end_session(visit: VisitOf, person: PersonOf, session: _Text = "") -> Response:
    """End one session of one's own."""
    ledger, now = await visit.console.ledger(), datetime.now(UTC)
    for one in await ledger.sessions.of_person(person.staff, now, visit.console.idle):
        if one.digest == session:
            await ledger.sessions.end(session)
    return RedirectResponse("/settings", 303)


async def _page(visit: Visit, person: SignedIn, mistake: str = "", status: int = 200) -> Response:
    ledger, now = await visit.console.ledger(), datetime.now(UTC)
    return visit.page(
        "settings.html",
        status,
        languages=LANGUAGES,
        sessions=await ledger.sessions.of_person(person.staff, now, visit.console.idle),
        mistake=mistake,
    )
