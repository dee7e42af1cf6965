"""RT's REST 2 over HTTP: what is asked, when it is asked again, and what an answer means.

Reading is tried again, because it changes nothing. Writing is tried again only if RT cannot have heard of it,
as no connection was made; anything else is up to whoever knows how to look whether it was done.

An answer of 200 says only that RT has read what it was sent: see `RtDesk.change`. It answers in English, so
that what it says can be understood, unless its login has another language: `check` says so.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from baton.errors import DeskRefused, HelpDeskUnavailable, SettingsError
from baton.signs import one_line

API = "/REST/2.0/"
TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Scrips of the company run within a call, and mail is handed over there."""
TRIES = 3
PAUSE_SECONDS = 0.2
"""Before a call is tried again; twice as long each time."""
MAX_ANSWER = 16 * 1024 * 1024
"""The most bytes of an answer."""
PAGE = 100
"""Rows of a page; RT gives no more."""
LONGEST_SAYING = 500

Json = dict[str, Any]


class NoSuch(DeskRefused):
    """What was asked for is not there."""


class Refused(DeskRefused):
    """The login may not see or do that."""


class RtClient:
    """One RT, as one login.

    Args:
        url: where RT is, without what its API adds.
        secret: a password, or an authentication token if ``login`` is None. Never in an error.
        ca_file: the certificate of the RT, or of who signed it, if it is not one of the usual ones.

    Every method raises ``HelpDeskUnavailable`` if trying again may work, `NoSuch` and `Refused` as said
    there, and ``DeskRefused`` if RT does not understand what is asked.
    """

    def __init__(self, url: str, login: str | None, secret: str, ca_file: Path | None = None) -> None:
        self.url = url.rstrip("/")
        headers = {"Accept": "application/json", "Accept-Language": "en"}
        if login is None:
            headers["Authorization"] = f"token {secret}"
        self._http = httpx.AsyncClient(
            base_url=self.url + API,
            auth=None if login is None else httpx.BasicAuth(login, secret),
            headers=headers,
            timeout=TIMEOUT,
            verify=_trusted(ca_file),
            trust_env=False,
        )

    async def get(self, path: str, **query: str | int) -> Json:
        """What is at ``path``."""
        answer = await self._ask("GET", path, query=query)
        if not isinstance(answer, dict):
            raise HelpDeskUnavailable(f"RT answered GET {path} with something that is not an object")
        return answer

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send ``body``, once."""
        return await self._ask("POST", path, body=body)

    async def put(self, path: str, body: Mapping[str, object]) -> Sequence[str]:
        """Change what is at ``path``; returns the sentences that RT says to it, bad ones included."""
        answer = await self._ask("PUT", path, body=body)
        return [str(sentence) for sentence in answer] if isinstance(answer, list) else [str(answer)]

    async def page(self, path: str, query: str, fields: str, **more: str | int) -> Sequence[Json]:
        """The first rows that match, lowest ID first. There may be others behind them if there are `PAGE`.

        RT fills a page before it leaves out what the login must not see. So the query has to be for what the
        login sees, or a page may be short, or even empty, with others behind it.

        Args:
            fields: those of each row, separated by commas.
            more: fields of these, such as those of ``fields[Queue]``, and what else RT is told.
        """
        order: dict[str, str | int] = {"orderby": "id", "order": "ASC", "per_page": PAGE}
        answer = await self.get(path, **{**order, "query": query, "fields": fields, **more})
        items = answer.get("items")
        if not isinstance(items, list):
            raise HelpDeskUnavailable(f"RT answered GET {path} without a list of items")
        return items

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, object] | None = None,
    ) -> Any:
        what = f"{method} {path}"
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                async with self._http.stream(method, path, params=query, json=body) as response:
                    text = await _bounded(response, what)
                if response.status_code < 500 or method != "GET" or last:
                    return _meaning(response, text, what, self.url)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if last:
                    raise HelpDeskUnavailable(f"RT cannot be reached at {self.url}: {_why(error)}") from None
            except httpx.TransportError as error:
                if last or method != "GET":
                    raise HelpDeskUnavailable(f"RT did not answer {what}: {_why(error)}") from None
            await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"the file {ca_file} has no certificate that can be used: {error}") from None
    return context


async def _bounded(response: httpx.Response, what: str) -> bytes:
    text = bytearray()
    async for part in response.aiter_bytes():
        text += part
        if len(text) > MAX_ANSWER:
            raise DeskRefused(f"RT answered {what} with more than {MAX_ANSWER} bytes")
    return bytes(text)


def _meaning(response: httpx.Response, text: bytes, what: str, url: str) -> Any:
    """What RT said, as JSON, if it did what was asked."""
    status = response.status_code
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    if 200 <= status < 300:
        if answer is None:
            raise HelpDeskUnavailable(f"RT answered {what} with no JSON: is {url} the address of an RT 5?")
        return answer
    said = answer.get("message") if isinstance(answer, dict) else None
    saying = one_line(str(said or response.reason_phrase))[:LONGEST_SAYING]
    match status:
        case 401:
            raise HelpDeskUnavailable(f"RT does not accept Baton's login: look at its secret ({what})")
        case 403:
            raise Refused(f"Baton's login has no right to {what} in RT: {saying}")
        case 404:
            raise NoSuch(f"RT has no such thing: {what}: {saying}")
        case 408 | 425 | 429:
            raise HelpDeskUnavailable(f"RT has no time for {what}: {saying}")
        case _ if 400 <= status < 500:
            raise DeskRefused(f"RT refuses {what}: {saying}")
        case _:
            raise HelpDeskUnavailable(f"RT answered {what} with {status}: {saying}")


def _why(error: httpx.TransportError) -> str:
    return one_line(str(error)) or type(error).__name__
