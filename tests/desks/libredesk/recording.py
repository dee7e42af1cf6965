"""Recorded exchanges with a real Libredesk: how they are made, and how they are played back.

    python -m tests.desks.libredesk.recording THERE.json VERSION

plays the story at the Libredesk that THERE.json names, as `Company` takes it, and writes what went over the
wire into ``recorded/``. Nothing of Libredesk itself is in there: only what was asked, and what it answered.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from tests.desks.libredesk.company import Company, There

RECORDED = Path(__file__).parent / "recorded"
_SECRETS = re.compile(r'("(?:api_key|session_token)": )"[^"]*"')


@dataclass
class Recorder:
    """In front of a Libredesk: everything that is asked goes on to it, and is written down."""

    url: str
    exchanges: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        passed = ("authorization", "content-type", "x-libredesk-inbox-id")
        headers = {name: value for name, value in request.headers.items() if name in passed}
        async with httpx.AsyncClient(timeout=60) as there:
            url = f"{self.url}{request.url.path}"
            answer = await there.request(
                request.method, url, params=request.url.query, content=body, headers=headers
            )
        asked = {"method": request.method, "path": request.url.path, "query": request.url.query}
        exchange: dict[str, Any] = {**asked, "body": json.loads(body) if body else None}
        self.exchanges.append({**exchange, "status": answer.status_code, "answer": answer.json()})
        response = Response(answer.content, answer.status_code, {"content-type": "application/json"})
        await response(scope, receive, send)


@dataclass
class Player:
    """A Libredesk that only knows what was recorded, in the order in which it was."""

    exchanges: list[dict[str, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        asked: dict[str, Any] = {
            "method": request.method,
            "path": request.url.path,
            "query": request.url.query,
            "body": json.loads(body) if body else None,
        }
        self.asked.append(asked)
        number = len(self.asked) - 1
        expected = self.exchanges[number] if number < len(self.exchanges) else {}
        if any(expected.get(name) != asked[name] for name in asked):
            answer = JSONResponse(
                {"status": "error", "message": f"request {number} is another: {asked}"}, 400
            )
        else:
            answer = JSONResponse(expected["answer"], expected["status"])
        await answer(scope, receive, send)


def recorded(name: str) -> Any:
    """What was recorded under this name."""
    return json.loads((RECORDED / f"{name}.json").read_text())


async def _record(there: dict[str, Any], version: str) -> None:
    from tests.desks.libredesk.server import serving
    from tests.desks.libredesk.story import SEEN, ask_for_the_impossible, play

    recorder = Recorder(there["url"])
    async with serving(recorder) as url:
        company = Company(There(**{**there, "url": url}), presence_every=3600)
        try:
            seen = await play(company)
            played = len(recorder.exchanges)
            await ask_for_the_impossible(company)
        finally:
            await company.aclose()
    _write("story", version, recorder.exchanges[:played])
    _write("impossible", version, recorder.exchanges[played:])
    print("as before" if seen == SEEN else json.dumps(seen, indent=1, ensure_ascii=False))


def _write(name: str, version: str, exchanges: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(one, ensure_ascii=False) for one in exchanges)
    text = f'{{"libredesk": {json.dumps(version)}, "exchanges": [\n{lines}\n]}}\n'
    (RECORDED / f"{name}.json").write_text(_SECRETS.sub(r'\1"not-recorded"', text))


if __name__ == "__main__":
    asyncio.run(_record(json.loads(Path(sys.argv[1]).read_text()), sys.argv[2]))
