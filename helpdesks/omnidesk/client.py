"""Omnidesk's API, as one login, within its limit of calls.

An answer is read for what it says, whatever its HTTP status is: a body with an ``error`` is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx

from baton.errors import HelpDeskUnavailable
from helpdesks.omnidesk.limit import Limit
from helpdesks.outside.http import Answer, HttpClient, Query, wait_asked_for

TIMEOUT = httpx.Timeout(15, connect=5)
"""Seconds for each step of a call."""
_HINTS = {
    "case_not_found": "it was deleted, or the login may not see it",
    "staff_has_not_access": "give the login, or the person, access to the group of the case",
    "staff_not_active": "enable the person at Omnidesk, or take them from the mapping",
    "incorrect_user_email": "the address of the customer is not one",
}
"""What to do about the errors that are known."""


class OmnideskClient(HttpClient):
    """Calls of the API by one login.

    Args:
        url: where the account is, such as ``https://example.omnidesk.ru``.
        login: the e-mail address of the login.
        api_key: its key.
        spare: calls of each minute that reading leaves.
        clock: seconds that only grow, for the limit.
    """

    def __init__(
        self,
        url: str,
        login: str,
        api_key: str,
        *,
        ca_file: Path | None = None,
        spare: int = 0,
        timeout: httpx.Timeout = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("Omnidesk", url, "/api/", timeout=timeout, login=(login, api_key), ca_file=ca_file)
        self.limit = Limit(clock)
        self._spare = spare

    async def get(self, path: str, **params: str | int | Sequence[str]) -> Answer:
        """Read.

        A parameter with several values is sent as Omnidesk wants it, ``status[]=open&status[]=waiting``.
        """
        query = {
            name if isinstance(value, str | int) else f"{name}[]": value for name, value in params.items()
        }
        return await self._call("GET", path, query=query)

    async def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Change."""
        return await self._call("PUT", path, body=body)

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Add."""
        return await self._call("POST", path, body=body)

    async def _call(
        self, method: str, path: str, *, query: Query | None = None, body: Mapping[str, Any] | None = None
    ) -> Answer:
        answer = await self.ask(method, path, query=query, body=body)
        error = answer.data.get("error") if isinstance(answer.data, Mapping) else None
        over = _is_over_the_limit(answer, bool(error))
        self.limit.heard(answer.headers, over=over, after=wait_asked_for(answer))
        if over:
            limit = f"Omnidesk's limit of calls is reached ({answer.what})"
            raise HelpDeskUnavailable(limit, after=self.limit.wait())
        hint = _HINTS.get(str(error))
        self.meaning(answer, f"{error}; {hint}" if hint else str(error or ""))
        return answer

    def _allowed(self, method: str) -> AbstractContextManager[None]:
        return self.limit.call(self._spare if method == "GET" else 0)


def _is_over_the_limit(answer: Answer, has_error: bool) -> bool:
    # How Omnidesk answers over the limit is not documented; that it then adds `retry_after` is.
    if answer.status == httpx.codes.TOO_MANY_REQUESTS:
        return True
    return "retry_after" in answer.headers and (answer.status >= 400 or has_error)
