"""Logging in and out, and the links by which people get in."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Form, Response
from fastapi.responses import RedirectResponse

from baton.desk.accounts import ENTRY_PATH, INVITATION_PATH
from baton.desk.tokens import digest_of
from baton.signs import hidden_in
from gateway.console.errors import PageError
from gateway.console.passwords import NOT_THE_SAME, mistake_in
from gateway.console.routing import VisitOf, open_pages
from gateway.console.visiting import Visit
from helpdesks.accounts import Invited

router = open_pages()
_log = logging.getLogger("baton.console")

_Text = Annotated[str, Form()]


@router.get("/login")
async def login_page(visit: VisitOf, back: str = "/") -> Response:
    """The form to log in."""
    if visit.person is not None:
        return RedirectResponse(own_path(back), 303)
    return _form(visit, back)


@router.post("/login")
async def log_in(visit: VisitOf, staff: _Text = "", password: _Text = "", back: _Text = "/") -> Response:
    """Log somebody in by a password. Whether there is such a person cannot be told from the answer."""
    staff, console = staff.strip(), visit.console
    wait = console.attempts.count(staff, visit.address)
    if wait:
        _log.warning("too many attempts to log in from %s", visit.address)
        several = visit.texts.several(
            "Too many attempts. Try again in {number} minute.",
            "Too many attempts. Try again in {number} minutes.",
            wait,
        )
        return _form(visit, back, staff, several.format(number=wait), 429)
    ledger = await console.ledger()
    known = await ledger.accounts.credentials(staff)
    kept = known.password if known else None
    if not await console.passwords.fits(password, kept):
        # A name that is nobody's may be a password in the wrong field.
        _log.warning("a login as %s from %s failed", staff if known else "nobody known", visit.address)
        return _form(visit, back, staff, visit.texts("The name or the password is wrong."), 401)
    console.attempts.succeeded(staff)
    if kept is not None and console.passwords.is_outdated(kept):
        await ledger.accounts.rehash(staff, kept, await console.passwords.hashed(password))
    return await visit.sign_in(staff, own_path(back), how="password")


def _form(visit: Visit, back: str, staff: str = "", mistake: str = "", status: int = 200) -> Response:
    provided = visit.console.provider is not None
    values = {"back": own_path(back), "staff": staff, "mistake": mistake, "provided": provided}
    return visit.page("login.html", status, **values)


@router.post("/logout")
async def log_out(visit: VisitOf, everywhere: _Text = "") -> Response:
    """End this session, or all of its person."""
    if visit.person is not None:
        ledger = await visit.console.ledger()
        if everywhere:
            await ledger.sessions.end_all(visit.person.staff)
        else:
            await ledger.sessions.end(visit.person.digest)
        _log.info("%s signed out from %s", visit.person.staff, visit.address)
    return visit.forget(RedirectResponse("/login", 303))


# --- Invitations --------------------------------------------------------------------------------------


@router.get(INVITATION_PATH + "{token}")
async def invitation_page(visit: VisitOf, token: str) -> Response:
    """The form to choose a password."""
    return visit.page("invitation.html", invited=await _invited(visit, token), mistake="")


@router.post(INVITATION_PATH + "{token}")
async def accept(visit: VisitOf, token: str, password: _Text = "", again: _Text = "") -> Response:
    """Keep the password of somebody who was invited, and sign them in."""
    invited = await _invited(visit, token)
    mistake = password_mistake(visit, password, again, invited.staff, invited.name)
    if mistake:
        return visit.page("invitation.html", 422, invited=invited, mistake=mistake)
    ledger = await visit.console.ledger()
    hashed = await visit.console.passwords.hashed(password)
    if await ledger.accounts.accept(digest_of(token), hashed, datetime.now(UTC)) is None:
        raise _used_up(visit)
    return await visit.sign_in(invited.staff, "/", how="invitation")


async def _invited(visit: Visit, token: str) -> Invited:
    ledger = await visit.console.ledger()
    invited = await ledger.accounts.invited(digest_of(token), datetime.now(UTC))
    if invited is None:
        raise _used_up(visit)
    return invited


def _used_up(visit: Visit) -> PageError:
    return PageError(
        404, visit.texts("This link was used, or is too old. Whoever sent it can send another one.")
    )


def password_mistake(visit: Visit, password: str, again: str, *names: str) -> str:
    """What is wrong with a new password, in the language of whoever chose it; empty if nothing is."""
    found = mistake_in(password, *names)
    if found is not None:
        text, values = found
        return visit.texts(text).format(**values)
    return "" if password == again else visit.texts(NOT_THE_SAME)


@router.get(ENTRY_PATH + "{token}")
async def enter(visit: VisitOf, token: str) -> Response:
    """Let in whoever has a link that does so: see `baton.desk.accounts.EntryLink`."""
    ledger = await visit.console.ledger()
    found = await ledger.accounts.entering(digest_of(token), datetime.now(UTC))
    if found is None:
        raise PageError(404, visit.texts("This link has ended. The next `make up` prints another one."))
    return await visit.sign_in(found.staff, "/", how="link")


def own_path(written: str) -> str:
    """A path of the console, to go to; its beginning, if something else was written."""
    # Browsers take a backslash for a slash, and drop some signs before they look.
    ours = written.startswith("/") and not written.startswith("//") and "\\" not in written
    return written if ours and not hidden_in(written, word=True) else "/"
