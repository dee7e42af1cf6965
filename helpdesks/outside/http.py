"""A desk's API over HTTP: what is asked, when it is asked again, and what an answer means.

Reading is tried again when the connection breaks, because it changes nothing; not when the desk is slow, as
asking more makes that worse. Writing is tried again only if the desk cannot have heard of it, since there was
no connection; anything else is up to whoever knows how to look whether it was done. Whatever the desk answers
counts as its answer: one that fails is left to Temporal, which waits longer each time.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from baton.errors import DeskRefused, HelpDeskUnavailable, SettingsError
from baton.signs import one_line
from helpdesks.retryafter import http_date, retry_after

TRIES = 3
PAUSE_SECONDS = 0.2
"""Before a call is tried again; twice as long each time."""
MAX_ANSWER = 16 * 1024 * 1024
"""The most bytes of an answer."""
LONGEST_WAIT = 3600.0
"""Seconds: a desk that asks for more is asked again after this time."""
_LONGEST_SAYING = 500
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""The call cannot have reached the desk."""

Query = Mapping[str, str | int | Sequence[str]]


class NoSuch(DeskRefused):
    """What was asked for is not there."""


class Refused(DeskRefused):
    """The login may not see or do that."""


@dataclass(frozen=True)
class Answer:
    """What a desk answered, whatever it was."""

    what: str
    """What was asked, such as ``GET ticket/7``."""
    status: int
    headers: Mapping[str, str]
    data: Any
    """The body, read as JSON; None if there is none, or it is something else."""
    is_json: bool
    reason: str = ""

    @property
    def is_success(self) -> bool:
        """Whether the status says so."""
        return 200 <= self.status < 300

    @property
    def at(self) -> datetime | None:
        """When it was given, by the desk's clock."""
        return http_date(self.headers.get("date", ""))


class HttpClient:
    """One desk's API, as one login. A desk's own client adds its paths, and how it words a refusal.

    Every method raises ``HelpDeskUnavailable`` if trying again may work, such as while the credentials are
    wrong, and ``DeskRefused`` if the desk says no: `NoSuch` and `Refused` as said there. Whoever writes and
    gets ``HelpDeskUnavailable`` may have been heard all the same.

    Args:
        desk: what the desk is called in errors.
        url: where it is, without what its API adds.
        api: what that is, such as ``/api/``.
        login: name and secret for basic authentication, if the desk wants that.
        headers: what else goes with each call. No secret in them is ever in an error.
        ca_file: the certificate of the desk, or of who signed it, if it is not one of the usual ones.
    """

    def __init__(
        self,
        desk: str,
        url: str,
        api: str,
        *,
        timeout: httpx.Timeout,
        login: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        ca_file: Path | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self._desk = desk
        sent = {"Accept": "application/json", **(headers or {})}
        self._http = httpx.AsyncClient(
            base_url=self.url + api,
            auth=None if login is None else httpx.BasicAuth(*login),
            headers=[(name.encode(), value.encode()) for name, value in sent.items()],
            timeout=timeout,
            verify=_trusted(ca_file),
            trust_env=False,
        )

    async def ask(
        self, method: str, path: str, *, query: Query | None = None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        """What the desk answers, be it a refusal. Raises only if there is no answer."""
        what = f"{method} {path}"
        for attempt in range(TRIES):
            try:
                with self._allowed(method):
                    async with self._http.stream(method, path, params=query, json=body) as response:
                        return _answer(response, await self._bounded(response, what), what)
            except httpx.HTTPError as error:
                if attempt == TRIES - 1 or not _may_be_repeated(method, error):
                    raise self._silent(what, error) from None
            await asyncio.sleep(PAUSE_SECONDS * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def meaning(self, answer: Answer, said: str = "") -> Any:
        """What an answer has, as JSON, if the desk did what was asked; None if it has nothing.

        Args:
            said: what the desk says is wrong, in its own words: then it is no success, whatever the
                status is.
        """
        what, status = answer.what, answer.status
        saying = one_line(said or answer.reason)[:_LONGEST_SAYING]
        if answer.is_success and not said:
            if not answer.is_json:
                problem = f"{self._desk} answered {what} with something that is no JSON"
                raise HelpDeskUnavailable(f"{problem}: is {self.url} its address?")
            return answer.data
        match status:
            # No effect may be lost because a secret was exchanged: wait until it is right again. A refusal
            # without a word may be of something in front of the desk.
            case 401 | 407:
                raise HelpDeskUnavailable(self._shut_out(answer))
            case 403 if not said:
                raise HelpDeskUnavailable(self._shut_out(answer))
            case 403:
                raise Refused(f"{self._desk} gives Baton's login no right to {what}: {saying}")
            case 404 | 410:
                raise NoSuch(f"{self._desk} has no such thing: {what}: {saying}")
            case 408 | 425 | 429:
                busy = f"{self._desk} has no time for {what} ({status}): {saying}"
                raise HelpDeskUnavailable(busy, after=wait_asked_for(answer))
            case _ if 300 <= status < 400:
                elsewhere = f"{self._desk} sent {what} elsewhere ({status})"
                raise HelpDeskUnavailable(f"{elsewhere}: check the desk's url in the mapping")
            case _ if status < 500:
                raise DeskRefused(f"{self._desk} refused {what}: {saying}")
            case _:
                failed = f"{self._desk} answered {what} with {status}: {saying}"
                raise HelpDeskUnavailable(failed, after=wait_asked_for(answer))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def _allowed(self, method: str) -> AbstractContextManager[None]:
        """For the time of one call, tried again or not: for a desk that limits how many there may be."""
        return nullcontext()

    def _shut_out(self, answer: Answer) -> str:
        refused = f"{self._desk} does not accept Baton's login ({answer.status}, {answer.what})"
        return f"{refused}: check its name in the mapping, and its secret"

    def _silent(self, what: str, error: httpx.HTTPError) -> HelpDeskUnavailable:
        why = one_line(str(error)) or type(error).__name__
        if isinstance(error, _NOT_SENT):
            return HelpDeskUnavailable(f"{self._desk} cannot be reached at {self.url}: {why}")
        return HelpDeskUnavailable(f"{self._desk} did not answer {what}: {why}")

    async def _bounded(self, response: httpx.Response, what: str) -> bytes:
        text = bytearray()
        async for part in response.aiter_bytes():
            text += part
            if len(text) > MAX_ANSWER:
                raise DeskRefused(f"{self._desk} answered {what} with more than {MAX_ANSWER} bytes")
        return bytes(text)


def wait_asked_for(answer: Answer) -> float | None:
    """The seconds for which a desk asks not to be asked again; None if it does not say."""
    return retry_after(answer.headers, LONGEST_WAIT)


def _may_be_repeated(method: str, error: httpx.HTTPError) -> bool:
    if isinstance(error, _NOT_SENT):
        return True
    return method == "GET" and not isinstance(error, httpx.TimeoutException)


def _answer(response: httpx.Response, text: bytes, what: str) -> Answer:
    try:
        data, is_json = (json.loads(text), True) if text.strip() else (None, True)
    except (ValueError, RecursionError):
        data, is_json = None, False
    return Answer(what, response.status_code, response.headers, data, is_json, response.reason_phrase)


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(f"the file {ca_file} has no certificate that can be used: {error}") from None
    return context
