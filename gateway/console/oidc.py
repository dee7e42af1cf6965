"""Logging in by a provider of the company, with OpenID Connect."""

from __future__ import annotations

import hmac
import json
import logging
from datetime import UTC, datetime

from fastapi import Response
from fastapi.responses import RedirectResponse

from baton.errors import UnknownStaff
from baton.signs import one_line
from gateway.console.errors import PageError
from gateway.console.login import own_path
from gateway.console.provider import Attempt, NotVouched, Provider, new_attempt
from gateway.console.routing import VisitOf, open_pages
from gateway.console.visiting import Visit

BEGIN = "/login/oidc"
CALLBACK = "/login/oidc/callback"
_COOKIE = "oidc"
_SECONDS = 600
"""How long somebody may stay at the provider."""

router = open_pages()
_log = logging.getLogger("baton.console")


@router.get(BEGIN)
async def begin(visit: VisitOf, back: str = "/") -> Response:
    """Send somebody to the provider."""
    provider, attempt = _provider(visit), new_attempt(own_path(back))
    try:
        address = await provider.address(attempt, _redirect_uri(visit))
    except NotVouched as error:
        _log.error("nobody can log in by the provider: %s", error)
        raise PageError(503, visit.texts("The login of your company does not answer.")) from None
    response = RedirectResponse(address, 303)
    visit.set_cookie(response, _COOKIE, json.dumps(attempt), _SECONDS)
    return response


@router.get(CALLBACK)
async def callback(visit: VisitOf, code: str = "", state: str = "", error: str = "") -> Response:
    """Sign in whom the provider has sent back."""
    provider, attempt = _provider(visit), _attempt(visit)
    if attempt is None or not hmac.compare_digest(attempt.state.encode(), state.encode(errors="replace")):
        raise PageError(403, visit.texts("This login was begun elsewhere, or too long ago. Begin it again."))
    if error or not code:
        _log.warning("the provider refused a login from %s: %s", visit.address, one_line(error)[:100])
        raise PageError(403, visit.texts("The login of your company has refused you."))
    try:
        claims = await provider.vouched(attempt, code, _redirect_uri(visit))
    except NotVouched as failed:
        _log.error("a login by the provider failed: %s", failed)
        raise PageError(403, visit.texts("The login of your company has refused you.")) from None
    staff = await _known(visit, claims.get(visit.console.settings.oidc_staff_claim))
    response = await visit.sign_in(staff, attempt.back, how="provider")
    visit.set_cookie(response, _COOKIE, "", 0)
    return response


async def _known(visit: Visit, claimed: object) -> str:
    """The person with an account whom the provider means. Raises ``PageError`` if there is none."""
    ledger, settings = await visit.console.ledger(), visit.console.settings
    staff = claimed if isinstance(claimed, str) else ""
    if staff and settings.oidc_provision:
        try:
            await ledger.accounts.provide(staff, datetime.now(UTC))
        except UnknownStaff:
            staff = ""
    if not staff or await ledger.accounts.credentials(staff) is None:
        _log.warning("the provider vouches for nobody with an account, from %s", visit.address)
        raise PageError(403, visit.texts("You have no account here. An admin of your company can make one."))
    return staff


def _provider(visit: Visit) -> Provider:
    provider = visit.console.provider
    if provider is None:
        raise PageError(404)
    return provider


def _redirect_uri(visit: Visit) -> str:
    return f"{visit.console.origin_of(visit.request)}{CALLBACK}"


def _attempt(visit: Visit) -> Attempt | None:
    try:
        state, nonce, verifier, back = map(str, json.loads(visit.cookie(_COOKIE)))
    except ValueError:
        return None
    return Attempt(state, nonce, verifier, own_path(back))
