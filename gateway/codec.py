"""The codec server: Temporal's Web UI and CLI send it payloads, and it answers with what is in them.

    POST /encode, /decode   {"payloads": [{"metadata": {"encoding": BASE64}, "data": BASE64}]}
    GET  /                  a page to sign in for the UI, which can send no token of ours
    GET  /health            200 when it serves

Who asks shows the token: as ``Authorization: Bearer TOKEN``, as the CLI does, or by the cookie that
signing in sets. A payload that cannot be read stays as it is, so that one of them does not hide the rest
of a history.

The caller's namespace, ``X-Namespace``, is what new payloads are bound to, and whose payloads are shown.
Which case they are for is not known here, see ``baton.codec``.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from google.protobuf import json_format
from temporalio.api.common.v1 import Payload, Payloads

from baton.codec import EncryptionCodec
from baton.errors import Unreadable
from baton.keys import KeyRing

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of one request. The UI sends a page of a history at once, and one payload has at most 2 MB."""
LARGEST_FORM = 4096
COOKIE = "baton_codec"
SIGNED_IN_SECONDS = 12 * 3600

_log = logging.getLogger("baton.gateway")


def codec_app(keys: KeyRing, token: str, ui_origin: str) -> FastAPI:
    """The codec server.

    Args:
        keys: one writes, all read.
        token: what a caller must show.
        ui_origin: the only page of another address that browsers let read the answers.
    """
    # Nothing describes itself to strangers: no schema, no page that draws it.
    app = FastAPI(title="Baton's codec server", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[ui_origin],
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace", "authorization"],
        allow_credentials=True,
    )
    codec = EncryptionCodec(keys)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/encode")
    async def encode(request: Request) -> JSONResponse:
        return await answer(request, lambda here, payload: here.encrypted(payload))

    @app.post("/decode")
    async def decode(request: Request) -> JSONResponse:
        return await answer(request, _readable)

    @app.get("/")
    async def sign_in_page(request: Request) -> HTMLResponse:
        signed_in = _has_signed_in(request, token)
        return _page("You are signed in: Temporal's UI shows texts now." if signed_in else "")

    @app.post("/")
    async def sign_in(request: Request) -> Response:
        form = parse_qs((await _body(request, LARGEST_FORM)).decode(errors="replace"))
        if not _same(form.get("token", [""])[0], token):
            return _page("That is not the token.", status=401)
        response = RedirectResponse("/", status_code=303)
        response.set_cookie(
            COOKIE,
            _proof(token, int(time.time()) + SIGNED_IN_SECONDS),
            max_age=SIGNED_IN_SECONDS,
            httponly=True,
            secure=request.url.scheme == "https",
            # Browsers send it from pages of the same site only, such as a UI on another port or subdomain.
            samesite="strict",
        )
        return response

    async def answer(request: Request, change: Callable[[EncryptionCodec, Payload], Payload]) -> JSONResponse:
        scheme, _, shown = request.headers.get("authorization", "").partition(" ")
        allowed = scheme.lower() == "bearer" and _same(shown.strip(), token)
        if not allowed and not _has_signed_in(request, token):
            raise HTTPException(401, "the token is missing or wrong", {"WWW-Authenticate": "Bearer"})
        namespace = request.headers.get("x-namespace")
        if not namespace:
            raise HTTPException(400, "the header X-Namespace is missing")
        here = codec.at((namespace,))
        payloads = _payloads(await _body(request, LARGEST_BODY))
        changed = Payloads(payloads=[change(here, payload) for payload in payloads])
        return JSONResponse(json_format.MessageToDict(changed))

    return app


def _readable(codec: EncryptionCodec, payload: Payload) -> Payload:
    try:
        return codec.decrypted(payload)
    except Unreadable as error:
        _log.warning("a payload stays unreadable: %s", error)
        return payload


async def _body(request: Request, largest: int) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > largest:
            raise HTTPException(413, f"at most {largest:,} bytes")
    return body


def _payloads(body: bytes) -> list[Payload]:
    try:
        return list(json_format.Parse(body, Payloads()).payloads)
    except (json_format.ParseError, UnicodeDecodeError):
        # What the parser says would quote the payload.
        raise HTTPException(400, 'the body must be {"payloads": [...]}, as Temporal sends it') from None


# --- Signing in -----------------------------------------------------------------------------------


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _proof(token: str, until: int) -> str:
    """Shows until when (seconds since 1970) somebody is signed in who knew the token, but not the token."""
    mark = hmac.new(token.encode(), f"signed in until {until}".encode(), hashlib.sha256).hexdigest()
    return f"{until}.{mark}"


def _has_signed_in(request: Request, token: str) -> bool:
    shown = request.cookies.get(COOKIE, "")
    until = shown.partition(".")[0]
    if not until.isascii() or not until.isdecimal() or len(until) > 12 or int(until) < time.time():
        return False
    return _same(shown, _proof(token, int(until)))


def _page(said: str, status: int = 200) -> HTMLResponse:
    html = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Baton's codec server</title>
<h1>Baton's codec server</h1>
<p>{escape(said)}</p>
<form method="post" action="/"><label>Token <input name="token" type="password"
autocomplete="current-password" autofocus></label> <button>Sign in</button></form>
<p>Then, in Temporal's UI, name this address as the codec server, and include cross-origin credentials.</p>
</html>
"""
    headers: dict[str, Any] = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
    }
    return HTMLResponse(html, status_code=status, headers=headers)
