"""The codec server: Temporal's Web UI and CLI send it payloads, and it answers with their contents.

    POST /codec/encode, /codec/decode   {"payloads": [{"metadata": {"encoding": BASE64}, "data": BASE64}]}
    GET  /codec/                        a page to sign in for the UI, which cannot send our token
    POST /codec/sign-out                forgets who signed in there

Callers show the token: in ``Authorization: Bearer TOKEN``, as the CLI does, or by the cookie that signing
in sets. A payload that cannot be read stays as it is, so that one such payload does not hide the
rest of a history.

New payloads are bound to the caller's namespace, ``X-Namespace``, and only payloads of that are shown.
The server does not know which case they are for, see ``baton.temporal.codec``.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from html import escape
from urllib.parse import parse_qs

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from google.protobuf import json_format
from starlette.requests import ClientDisconnect
from temporalio.api.common.v1 import Payload, Payloads

from baton.errors import Unreadable
from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing

LARGEST_BODY = 32 * 1024 * 1024
"""Bytes of one request, at most. The UI sends a page of a history; one payload has up to 2 MB."""
MOST_PAYLOADS = 10_000
"""The most payloads in one request: many tiny ones would become gigabytes of objects."""
LARGEST_FORM = 4096
COOKIE = "baton_codec"
SIGNED_IN_SECONDS = 12 * 3600

_NOT_KEPT = {"Cache-Control": "no-store"}

_log = logging.getLogger("baton.gateway")


def codec_app(keys: KeyRing, token: str, ui_origin: str) -> FastAPI:
    """The codec server.

    Args:
        keys: the first encrypts; all can decrypt.
        token: what a caller must show.
        ui_origin: the only other origin whose pages browsers allow to read the answers.
    """
    # The API is not described to strangers: no schema, no documentation page.
    app = FastAPI(title="Baton's codec server", openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=[ui_origin],
        allow_methods=["POST"],
        allow_headers=["content-type", "x-namespace", "authorization"],
        allow_credentials=True,
    )
    codec = EncryptionCodec(keys)

    def scheme(request: Request) -> str:
        """The scheme that browsers use: a proxy in front passes on by HTTP what it received by TLS."""
        return "https" if ui_origin.startswith("https:") else request.url.scheme

    @app.post("/encode")
    async def encode(request: Request) -> JSONResponse:
        return await answer(request, lambda here, payload: here.encrypted(payload))

    @app.post("/decode")
    async def decode(request: Request) -> JSONResponse:
        return await answer(request, _readable)

    @app.get("/")
    async def sign_in_page(request: Request) -> HTMLResponse:
        if _has_signed_in(request, token):
            own_address = f"{scheme(request)}://{request.url.netloc}{request.scope['root_path']}"
            return _page(_signed_in(own_address, ui_origin))
        return _page(_FORM)

    @app.post("/")
    async def sign_in(request: Request) -> Response:
        form = parse_qs((await _body(request, LARGEST_FORM)).decode(errors="replace"))
        if not _same(form.get("token", [""])[0], token):
            return _page(f"<p>That is not the token.</p>{_FORM}", status=401)
        response = _back_to_page(request)
        response.set_cookie(
            COOKIE,
            _proof(token, int(time.time()) + SIGNED_IN_SECONDS),
            max_age=SIGNED_IN_SECONDS,
            httponly=True,
            secure=scheme(request) == "https",
            # Browsers send it only from pages of the same site, such as a UI on another port or subdomain.
            samesite="strict",
            path=_root(request),
        )
        return response

    @app.post("/sign-out")
    async def sign_out(request: Request) -> RedirectResponse:
        response = _back_to_page(request)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", path=_root(request))
        return response

    async def answer(request: Request, change: Callable[[EncryptionCodec, Payload], Payload]) -> JSONResponse:
        kind, _, shown = request.headers.get("authorization", "").partition(" ")
        allowed = kind.lower() == "bearer" and _same(shown.strip(), token)
        if not allowed and not _has_signed_in(request, token):
            raise HTTPException(401, "the token is missing or wrong", {"WWW-Authenticate": "Bearer"})
        namespace = request.headers.get("x-namespace")
        if not namespace:
            raise HTTPException(400, "the header X-Namespace is missing")
        here = codec.at((namespace,))
        payloads = _payloads(await _body(request, LARGEST_BODY))
        changed = [json_format.MessageToDict(change(here, payload)) for payload in payloads]
        return JSONResponse({"payloads": changed}, headers=_NOT_KEPT)

    return app


def _root(request: Request) -> str:
    """The path of the page: where this app is mounted."""
    return f"{request.scope['root_path']}/"


def _back_to_page(request: Request) -> RedirectResponse:
    return RedirectResponse(_root(request), status_code=303, headers=_NOT_KEPT)


def _readable(codec: EncryptionCodec, payload: Payload) -> Payload:
    try:
        return codec.decrypted(payload)
    except Unreadable as error:
        _log.warning("a payload stays unreadable: %s", error)
        return payload


async def _body(request: Request, largest: int) -> bytes:
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > largest:
                raise HTTPException(413, f"at most {largest:,} bytes")
    except ClientDisconnect:
        raise HTTPException(400, "the body is not whole") from None  # to nobody, and not in the log
    return bytes(body)


def _payloads(body: bytes) -> list[Payload]:
    too_many = HTTPException(413, f"at most {MOST_PAYLOADS:,} payloads")
    # Counted before they are created: each is an object with another one, its metadata, in it.
    if body.count(b"{") > 2 * MOST_PAYLOADS + 1:
        raise too_many
    try:
        payloads = list(json_format.Parse(body, Payloads()).payloads)
    except (json_format.ParseError, UnicodeDecodeError):
        # The parser's message would quote the payload.
        raise HTTPException(400, 'the body must be {"payloads": [...]}, as Temporal sends it') from None
    if len(payloads) > MOST_PAYLOADS:
        raise too_many
    return payloads


# --- Signing in -----------------------------------------------------------------------------------


def _same(given: str, token: str) -> bool:
    return hmac.compare_digest(given.encode(), token.encode())


def _proof(token: str, until: int) -> str:
    """Proves that somebody knew the token, and until when (seconds since 1970), without holding the token."""
    mark = hmac.new(token.encode(), f"signed in until {until}".encode(), hashlib.sha256).hexdigest()
    return f"{until}.{mark}"


def _has_signed_in(request: Request, token: str) -> bool:
    shown = request.cookies.get(COOKIE, "")
    until = shown.partition(".")[0]
    if not until.isascii() or not until.isdecimal() or len(until) > 12 or int(until) < time.time():
        return False
    return _same(shown, _proof(token, int(until)))


_FORM = """<form method="post" action="./"><label>Token <input name="token" type="password"
autocomplete="current-password" autofocus></label> <button>Sign in</button></form>"""


def _signed_in(own_address: str, ui_origin: str) -> str:
    """What to do, once in each browser, if the UI has not been configured to send the cookie."""
    return f"""<p>You are signed in. If Temporal's UI, <a href="{escape(ui_origin)}">{escape(ui_origin)}</a>,
still shows no texts:</p>
<ol>
<li>Press the glasses icon in its upper right corner.</li>
<li>Choose <i>Use my browser setting</i>, and enter <code>{escape(own_address)}</code>.</li>
<li>Switch on <i>Include cross-origin credentials</i>, and press <i>Apply</i>.</li>
</ol>
<form method="post" action="sign-out"><button>Sign out</button></form>"""


def _page(content: str, status: int = 200) -> HTMLResponse:
    html = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Baton's codec server</title>
<h1>Baton's codec server</h1>
{content}
</html>
"""
    policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
    return HTMLResponse(html, status_code=status, headers=_NOT_KEPT | {"Content-Security-Policy": policy})
