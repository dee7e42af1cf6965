"""One request to the console: whose it is, in which language, and whether a page of ours has sent it."""

from __future__ import annotations

import hashlib
import hmac
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import UploadFile

from baton.desk.tokens import digest_of, new_token
from baton.settings import Settings
from baton.texts import Language, Texts, of_browser, texts_in
from gateway.backend import Backend
from gateway.console.attempts import Attempts
from gateway.console.errors import PageError
from gateway.console.navigation import seen_by
from gateway.console.passwords import Passwords
from gateway.console.provider import Provider
from gateway.console.rendering import rendered
from gateway.console.words import ROLES
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.sessions import Session, SignedIn

COOKIE = "baton"
"""The session's. Where there is TLS, each cookie has the prefix that pins it to this host."""
FORM_FIELD = "form_token"
FORM_HEADER = "X-Form-Token"
_SAFE = frozenset({"GET", "HEAD"})

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then call the origin of our own forms "null".
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""What each answer says to browsers, unless it says otherwise itself."""

_log = logging.getLogger("baton.console")


@dataclass(frozen=True)
class Console:
    """What every page stands on. One for an app, as ``app.state.console``."""

    settings: Settings
    backend: Backend
    provider: Provider | None = None
    """Who else vouches for people."""
    passwords: Passwords = field(default_factory=Passwords)
    attempts: Attempts = field(default_factory=Attempts)

    @property
    def idle(self) -> timedelta:
        """After so long without use a session ends."""
        return timedelta(hours=self.settings.console_idle_hours)

    async def ledger(self) -> EmbeddedHelpDesk:
        """The ledger. Raises ``HelpDeskUnavailable``."""
        return await self.backend.ledger()

    def origin_of(self, request: Request) -> str:
        """Where the console is, as browsers name it: scheme, host and port."""
        return self.settings.console_origin or f"{request.url.scheme}://{request.url.netloc}"


def console_of(request: Request) -> Console:
    """The console that a request is for."""
    console: Console = request.app.state.console
    return console


class Visit:
    """A request, and who sent it. Made by `visit_of`; handlers get it as ``request.state.visit``."""

    def __init__(self, request: Request, console: Console, token: str, person: SignedIn | None) -> None:
        self.request = request
        self.console = console
        self.person = person
        self._token = token
        said = person.language if person else None
        language = (
            Language(said)
            if said in set(Language)
            else of_browser(request.headers.get("accept-language"), console.settings.language)
        )
        self.texts: Texts = texts_in(language)

    @property
    def address(self) -> str:
        """Where the request came from."""
        return self.request.client.host if self.request.client else "nowhere"

    @property
    def form_token(self) -> str:
        """What the forms of this session show when they are sent; empty where nobody is signed in."""
        return _form_token(self._token) if self.person else ""

    def page(self, name: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, or a part of one, in the language of whoever asked."""
        shared = {
            "_": self.texts,
            "several": self.texts.several,
            "language": self.texts.language.value,
            "person": self.person,
            "navigation": seen_by(self.person.role) if self.person else [],
            "here": self.request.url.path,
            "form_token": self.form_token,
            "role_name": lambda role: self.texts.of(ROLES[role]),
        }
        return HTMLResponse(rendered(name, {**shared, **values}), status)

    def require_own_page(self) -> None:
        """Raise ``PageError`` if a page of somebody else has sent this request.

        Browsers say from where they send a form; whoever says nothing is no browser.
        """
        own = self.console.origin_of(self.request)
        site, origin = (self.request.headers.get(name) for name in ("sec-fetch-site", "origin"))
        if origin != own or site not in (None, "same-origin"):
            raise PageError(
                403,
                self.texts("This was sent by a page that is not at {address}.").format(address=own),
            )

    async def require_form_token(self) -> None:
        """Raise ``PageError`` unless the form was made for this session."""
        if self.person is None:
            return
        shown: str | UploadFile | None = self.request.headers.get(FORM_HEADER)
        if shown is None:
            shown = (await self.request.form()).get(FORM_FIELD)
        if not isinstance(shown, str) or not hmac.compare_digest(
            shown.encode(errors="replace"), self.form_token.encode()
        ):
            raise PageError(
                403, self.texts("This page is from an earlier login. Go back, reload it, and try again.")
            )

    async def sign_in(self, staff: str, to: str, *, how: str) -> Response:
        """Begin a session, in the place of the one that there is. Raises ``PageError`` if nobody may.

        Args:
            to: where the person goes then.
            how: for the log.
        """
        ledger, token, now = await self.console.ledger(), new_token(), datetime.now(UTC)
        longest = timedelta(hours=self.console.settings.console_session_hours)
        browser = self.request.headers.get("user-agent", "")
        begun = Session(digest_of(token), now, self.address, browser)
        if not await ledger.sessions.begin(staff, begun, now + longest):
            raise PageError(403, self.texts("This account is disabled."))
        if self.person is not None:
            await ledger.sessions.end(self.person.digest)
        _log.info("%s signed in from %s by %s", staff, self.address, how)
        response = RedirectResponse(to, 303)
        self.set_cookie(response, COOKIE, token, int(longest.total_seconds()))
        return response

    def forget(self, response: Response) -> Response:
        """Have the browser drop the session."""
        self.set_cookie(response, COOKIE, "", 0)
        return response

    def cookie(self, name: str) -> str:
        """What the browser keeps for us; empty if it keeps nothing."""
        return self.request.cookies.get(_cookie(name, self._is_secure), "")

    def set_cookie(self, response: Response, name: str, value: str, seconds: int) -> None:
        """Have the browser keep something for this host; for no time, to drop it."""
        secure = self._is_secure
        # Pages of others that link to ours get people signed in; their forms do not.
        response.set_cookie(
            _cookie(name, secure), value, seconds, httponly=True, secure=secure, samesite="lax"
        )

    @property
    def _is_secure(self) -> bool:
        return _is_secure(self.console, self.request)


async def visit_of(request: Request, console: Console) -> Visit:
    """Who sent a request. Raises ``HelpDeskUnavailable``."""
    token = request.cookies.get(_cookie(COOKIE, _is_secure(console, request)), "")
    person = None
    if token:
        ledger = await console.ledger()
        person = await ledger.sessions.of_token(digest_of(token), datetime.now(UTC), console.idle)
    return Visit(request, console, token, person)


def changes_something(request: Request) -> bool:
    """Whether a request is one that only our own pages may send."""
    return request.method not in _SAFE


def _is_secure(console: Console, request: Request) -> bool:
    """Whether browsers reach the console by TLS."""
    return console.origin_of(request).startswith("https:")


def _cookie(name: str, secure: bool) -> str:
    return f"__Host-{name}" if secure else name


def _form_token(token: str) -> str:
    return hashlib.sha256(f"form {token}".encode()).hexdigest()
