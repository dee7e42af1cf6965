"""A small OpenID Connect provider, and a strict one: a code counts once, PKCE and the client are checked."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Form, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

from baton.settings import HOST
from lab.rig import eventually
from local.machine import free_port

CLIENT, SECRET = "baton", "a secret of the client: %"


class SmallProvider:
    """Somebody is logged in there already, and has agreed to everything."""

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.claims: dict[str, Any] = {"preferred_username": "ivan"}
        """What it says about whoever is logged in, or in place of what it should."""
        self.new_key()
        self._codes: dict[str, dict[str, str]] = {}

    def new_key(self) -> None:
        """Sign by another key from now on."""
        self.key = RSAKey.generate_key(2048, parameters={"use": "sig"}, auto_kid=True)

    def app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)

        @app.get("/.well-known/openid-configuration")
        async def about() -> dict[str, Any]:
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize?tenant=1",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            }

        @app.get("/keys")
        async def keys() -> dict[str, Any]:
            return {"keys": [self.key.as_dict(private=False)]}

        @app.get("/authorize")
        async def authorize(request: Request) -> RedirectResponse:
            asked = dict(request.query_params)
            assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
            assert (asked["code_challenge_method"], asked["tenant"]) == ("S256", "1")
            code = f"code-{len(self._codes)}"
            self._codes[code] = asked
            return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 303)

        @app.post("/token")
        async def token(
            request: Request,
            code: str = Form(),
            redirect_uri: str = Form(),
            code_verifier: str = Form(),
        ) -> JSONResponse:
            shown = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            asked = self._codes.pop(code, None)
            digest = hashlib.sha256(code_verifier.encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if (
                asked is None
                or shown != f"{CLIENT}:a%20secret%20of%20the%20client%3A%20%25"
                or asked["redirect_uri"] != redirect_uri
                or asked["code_challenge"] != challenge
            ):
                raise HTTPException(400, "invalid_grant")
            now = int(time.time())
            claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "iat": now, "exp": now + 300}
            header = {"alg": "RS256", "kid": self.key.kid}
            told = {**claims, "nonce": asked["nonce"], **self.claims}
            return JSONResponse(
                {
                    "access_token": "unused",
                    "token_type": "Bearer",
                    "id_token": jwt.encode(header, told, self.key),
                }
            )

        return app


@asynccontextmanager
async def small_provider() -> AsyncIterator[SmallProvider]:
    """A provider that serves."""
    provider = SmallProvider(port := free_port())
    config = uvicorn.Config(
        provider.app(), host=HOST, port=port, log_config=None, access_log=False, ws="none"
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # without its signal handlers

    async def started() -> bool:
        return server.started

    try:
        await eventually(started, "the provider does not serve")
        yield provider
    finally:
        server.should_exit = True
        await serving
