"""An OpenID Connect provider: where people are sent to log in, and what it says about them afterwards.

The parts of the protocol are authlib's and joserfc's. What the provider says about itself and its keys is
read when somebody first logs in by it, and again when a token is signed by a key that is not known.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from baton.desk.tokens import new_token
from baton.errors import BatonError
from baton.files import read_secret

_SECONDS = 10.0
"""Within which the provider must answer."""
_LEEWAY = 60
"""Seconds by which its clock may differ."""
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""None with a shared secret, and never "none"."""
_LARGEST = 1_000_000
"""Bytes of one answer."""


class NotVouched(BatonError):
    """The provider does not vouch for anybody; says why, without any secret."""


class Attempt(NamedTuple):
    """What the browser keeps while its person is at the provider."""

    state: str
    nonce: str
    verifier: str
    back: str
    """Where the person wanted to go."""


class Provider:
    """One provider, and who this console is to it.

    Args:
        issuer: as the provider calls itself.
        client_id: what it calls this console.
        secret_file: holds the secret by which it knows this console.
    """

    def __init__(self, issuer: str, client_id: str, secret_file: Path) -> None:
        self._issuer = issuer
        self._client_id = client_id
        self._secret_file = secret_file
        self._about: dict[str, Any] = {}
        self._keys: KeySet | None = None
        self._reading = asyncio.Lock()

    async def address(self, attempt: Attempt, redirect_uri: str) -> str:
        """Where to send somebody who wants to log in. Raises ``NotVouched`` if the provider is not there."""
        about = await self._described()
        uri: str = prepare_grant_uri(
            _text(about, "authorization_endpoint"),
            self._client_id,
            "code",
            redirect_uri,
            "openid profile email",
            attempt.state,
            nonce=attempt.nonce,
            code_challenge=create_s256_code_challenge(attempt.verifier),
            code_challenge_method="S256",
        )
        return uri

    async def vouched(self, attempt: Attempt, code: str, redirect_uri: str) -> dict[str, Any]:
        """What the provider says about whoever came back with this code: the claims of its ID token.

        Raises ``NotVouched`` unless the token is signed by the provider, for this console and this attempt;
        ``SettingsError`` if there is no secret.
        """
        about, secret, auth = await self._described(), self._secret(), None
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self._client_id,
        }
        if "client_secret_basic" in about.get(
            "token_endpoint_auth_methods_supported", ["client_secret_basic"]
        ):
            auth = httpx.BasicAuth(quote(self._client_id, safe=""), quote(secret, safe=""))
        else:
            form["client_secret"] = secret
        answer = await self._asked(_text(about, "token_endpoint"), form, auth)
        return await self._read(_text(answer, "id_token"), attempt.nonce)

    async def _read(self, written: str, nonce: str) -> dict[str, Any]:
        try:
            token = jwt.decode(written, await self._known_keys(), _ALGORITHMS)
        except (JoseError, ValueError):
            # The provider may have changed its keys.
            try:
                token = jwt.decode(written, await self._known_keys(again=True), _ALGORITHMS)
            except (JoseError, ValueError) as error:
                raise NotVouched(f"the ID token cannot be verified: {type(error).__name__}") from None
        options = {"iss": {"value": self._issuer}, "aud": {"value": self._client_id}}
        params = {"nonce": nonce, "client_id": self._client_id}
        try:
            CodeIDToken(token.claims, token.header, options, params).validate(int(time.time()), _LEEWAY)
        except JoseError as error:
            raise NotVouched(f"the ID token is not for this login: {error}") from None
        return dict(token.claims)

    async def _described(self) -> dict[str, Any]:
        async with self._reading:
            if not self._about:
                address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                about = await self._asked(address)
                if about.get("issuer") != self._issuer:
                    raise NotVouched(f"{address} describes another issuer than BATON_OIDC_ISSUER")
                self._about = about
        return self._about

    async def _known_keys(self, *, again: bool = False) -> KeySet:
        about = await self._described()
        async with self._reading:
            if self._keys is None or again:
                found: Any = await self._asked(_text(about, "jwks_uri"))
                try:
                    self._keys = KeySet.import_key_set(found)
                except (JoseError, KeyError, ValueError, TypeError):
                    raise NotVouched("its keys cannot be read") from None
            return self._keys

    async def _asked(
        self, address: str, form: dict[str, str] | None = None, auth: httpx.BasicAuth | None = None
    ) -> dict[str, Any]:
        method = "GET" if form is None else "POST"
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, auth=auth) as client:
                answer = await client.request(method, address, data=form)
            found = answer.json() if len(answer.content) <= _LARGEST else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise NotVouched(f"{address} does not answer as it should: {type(error).__name__}") from None
        if answer.status_code != httpx.codes.OK or not isinstance(found, dict):
            raise NotVouched(f"{address} answers with {answer.status_code}")
        return found

    def _secret(self) -> str:
        return read_secret(self._secret_file, "BATON_OIDC_CLIENT_SECRET_FILE")


def new_attempt(back: str) -> Attempt:
    """An attempt to log in that nobody can guess."""
    return Attempt(new_token(), new_token(), new_token(), back)


def _text(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not isinstance(value, str):
        raise NotVouched(f"it does not say its {name}")
    return value
