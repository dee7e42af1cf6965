"""Libredesk's API, as one agent with an API key.

Each answer is ``{"status", "data"}`` or ``{"status": "error", "message", "error_type"}``. An error of 500 may
be one for ever, such as a status that does not exist: see `LibredeskDesk`, which looks before it writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from baton.errors import HelpDeskUnavailable, SettingsError
from helpdesks.outside.http import Answer, HttpClient

TIMEOUT = httpx.Timeout(20, connect=5)
PAGE = 100
"""Rows of a page that Baton asks for; Libredesk gives at most 500."""
MOST_PAGES = 500


class LibredeskClient(HttpClient):
    """Calls of the API.

    Args:
        url: where Libredesk is, such as ``https://desk.example.com``.
        secret: the API key and its secret, with a colon between them.

    Raises ``SettingsError`` if the secret is something else.
    """

    def __init__(self, url: str, secret: str, *, ca_file: Path | None = None) -> None:
        key, colon, own = secret.partition(":")
        if not (key and colon and own):
            raise SettingsError(
                "BATON_DESK_SECRET_FILE: Libredesk wants an API key and its secret in one line, as KEY:SECRET"
            )
        super().__init__("Libredesk", url, "/api/v1/", timeout=TIMEOUT, login=(key, own), ca_file=ca_file)

    async def get(self, path: str, **query: str | int | Sequence[str]) -> Any:
        """Read."""
        return self._data(await self.ask("GET", path, query=query))

    async def put(self, path: str, body: Mapping[str, Any]) -> Any:
        """Change."""
        return self._data(await self.ask("PUT", path, body=body))

    async def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """Add."""
        return self._data(await self.ask("POST", path, body=body))

    async def rows(
        self, path: str, page: int = 1, **query: str | int | Sequence[str]
    ) -> tuple[list[Any], int]:
        """A page of a list, and how many rows there are on all pages together."""
        data = await self.get(path, page=page, page_size=PAGE, **query)
        if not isinstance(data, dict) or not isinstance(data.get("results") or [], list):
            raise HelpDeskUnavailable(f"Libredesk answered GET {path} without a list of results")
        return data.get("results") or [], int(data.get("total") or 0)

    async def listed(self, path: str) -> list[Any]:
        """A list that has no pages."""
        data = await self.get(path)
        if not isinstance(data or [], list):
            raise HelpDeskUnavailable(f"Libredesk answered GET {path} with something that is no list")
        return data or []

    def _data(self, answer: Answer) -> Any:
        body = answer.data if isinstance(answer.data, Mapping) else {}
        wrong = body.get("status") == "error"
        said = str(body.get("message") or body.get("error_type") or "an error") if wrong else ""
        data = self.meaning(answer, said)
        if not isinstance(data, Mapping) or "data" not in data:
            raise HelpDeskUnavailable(
                f"Libredesk answered {answer.what} with something else: is {self.url} its address?"
            )
        return data["data"]
