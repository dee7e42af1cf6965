"""Omnidesk's API over HTTP: who asks, how long, how often, and what an answer means.

An answer is read for what it says, whatever its HTTP status is: a body with an ``error`` is one.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from baton.errors import DeskRefused, HelpDeskUnavailable
from baton.signs import one_line
from helpdesks.omnidesk.limit import Limit

TIMEOUT = httpx.Timeout(15, connect=5)
"""Seconds for each step of a call."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""The call cannot have reached Omnidesk."""
_HINTS = {
    "case_not_found": "it was deleted, or the login may not see it",
    "staff_has_not_access": "give the login, or the person, access to the group of the case",
    "staff_not_active": "enable the person at Omnidesk, or take them from the mapping",
    "incorrect_user_email": "the address of the customer is not one",
}
"""What to do about the errors that are known."""


@dataclass(frozen=True)
class Answer:
    """What Omnidesk answered."""

    data: Any
    at: datetime | None
    """When, by its clock."""


class OmnideskClient:
    """Calls of the API by one login.

    Every method raises ``HelpDeskUnavailable`` if trying again may work, such as over the limit, when there
    is no answer or while the credentials are wrong, and ``DeskRefused`` if Omnidesk says no to the request.
    A call that writes and fails may have been carried out all the same.

    Args:
        url: where the account is, such as ``https://example.omnidesk.ru``.
        login: the e-mail address of the login.
        api_key: its key.
        ca_file: a file with the certificate that signed the desk's.
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
        self.limit = Limit(clock)
        self._spare = spare
        self._http = httpx.AsyncClient(
            base_url=f"{url.rstrip('/')}/api/",
            auth=httpx.BasicAuth(login, api_key),
            verify=True if ca_file is None else ssl.create_default_context(cafile=str(ca_file)),
            timeout=timeout,
            headers={"Accept": "application/json"},
        )

    async def get(self, path: str, **params: str | int | Sequence[str]) -> Answer:
        """Read. Tried a second time if the connection breaks, which changes nothing.

        A parameter with several values is sent as Omnidesk wants it, ``status[]=open&status[]=waiting``.
        """
        params = {
            name if isinstance(value, str | int) else f"{name}[]": value for name, value in params.items()
        }
        try:
            return await self._call("GET", path, params=params, spare=self._spare)
        except _Broken as error:
            if not error.not_sent and error.slow:
                raise
        return await self._call("GET", path, params=params, spare=self._spare)

    async def put(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Change. Tried a second time only if the first cannot have reached Omnidesk."""
        return await self._write("PUT", path, body)

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Add. Tried a second time only if the first cannot have reached Omnidesk."""
        return await self._write("POST", path, body)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _write(self, method: str, path: str, body: Mapping[str, Any]) -> Answer:
        try:
            return await self._call(method, path, json=body)
        except _Broken as error:
            if not error.not_sent:
                raise
        return await self._call(method, path, json=body)

    async def _call(self, method: str, path: str, *, spare: int = 0, **request: Any) -> Answer:
        what = f"{method} {path}"
        with self.limit.call(spare):
            try:
                response = await self._http.request(method, path, **request)
            except httpx.HTTPError as error:
                raise _Broken(f"Omnidesk did not answer {what}: {_said(error)}", error) from None
        over = _is_over_the_limit(response)
        self.limit.heard(response.headers, refused=over)
        if over:
            raise HelpDeskUnavailable(
                f"Omnidesk's limit of calls is reached ({what})", after=self.limit.wait()
            )
        return Answer(self._read(response, what), _date(response))

    def _read(self, response: httpx.Response, what: str) -> Any:
        status, error = response.status_code, _error_in(response)
        if status == httpx.codes.UNAUTHORIZED or (status == httpx.codes.FORBIDDEN and not error):
            # No effect may be lost because a key was exchanged: wait until it is right again.
            raise HelpDeskUnavailable(
                f"Omnidesk refused the login ({status}, {what}): check login and API key"
            )
        if status >= 500 or status in (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY):
            raise HelpDeskUnavailable(f"Omnidesk answered {what} with {status}")
        if error:
            hint = f"; {_HINTS[error]}" if error in _HINTS else ""
            raise DeskRefused(f"Omnidesk refused {what}: {error}{hint}")
        if response.is_redirect:
            raise HelpDeskUnavailable(f"Omnidesk sent {what} elsewhere: check the desk's url in the mapping")
        if response.is_error:
            raise DeskRefused(f"Omnidesk refused {what} with {status}")
        try:
            return response.json() if response.content else None
        except ValueError:
            raise HelpDeskUnavailable(f"Omnidesk answered {what} with something that is no JSON") from None


class _Broken(HelpDeskUnavailable):
    def __init__(self, message: str, error: httpx.HTTPError) -> None:
        super().__init__(message)
        self.not_sent = isinstance(error, _NOT_SENT)
        self.slow = isinstance(error, httpx.TimeoutException)


def _is_over_the_limit(response: httpx.Response) -> bool:
    # How Omnidesk answers over the limit is not documented; that it then adds `retry_after` is.
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return True
    return "retry_after" in response.headers and (response.is_error or bool(_error_in(response)))


def _said(error: httpx.HTTPError) -> str:
    return one_line(str(error)) or type(error).__name__


def _error_in(response: httpx.Response) -> str:
    try:
        data = response.json()
    except ValueError:
        return ""
    error = data.get("error") if isinstance(data, Mapping) else None
    return one_line(str(error))[:200] if error else ""


def _date(response: httpx.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
