"""RT's REST 2, as one login.

An answer of 200 says only that RT has read what it was sent: see `RtDesk.change`. It answers in English, so
that what it says can be understood, unless its login has another language: `check` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from baton.errors import HelpDeskUnavailable
from helpdesks.outside.http import Answer, HttpClient

TIMEOUT = httpx.Timeout(30.0, connect=5.0)
"""Scrips of the company run within a call, and mail is handed over there."""
PAGE = 100
"""Rows of a page; RT gives no more."""

Json = dict[str, Any]


class RtClient(HttpClient):
    """One RT, as one login.

    Args:
        secret: a password, or an authentication token if ``login`` is None.
    """

    def __init__(self, url: str, login: str | None, secret: str, ca_file: Path | None = None) -> None:
        headers = {"Accept-Language": "en"}
        if login is None:
            headers["Authorization"] = f"token {secret}"
        basic = None if login is None else (login, secret)
        super().__init__(
            "RT", url, "/REST/2.0/", timeout=TIMEOUT, login=basic, headers=headers, ca_file=ca_file
        )

    async def get(self, path: str, **query: str | int) -> Json:
        """What is at ``path``."""
        answer = self._said(await self.ask("GET", path, query=query))
        if not isinstance(answer, dict):
            raise HelpDeskUnavailable(f"RT answered GET {path} with something that is not an object")
        return answer

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send ``body``, once."""
        return self._said(await self.ask("POST", path, body=body))

    async def put(self, path: str, body: Mapping[str, object]) -> Sequence[str]:
        """Change what is at ``path``; returns the sentences that RT says to it, bad ones included."""
        answer = self._said(await self.ask("PUT", path, body=body))
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

    def _said(self, answer: Answer) -> Any:
        refuses = not answer.is_success and isinstance(answer.data, dict)
        return self.meaning(answer, str(answer.data.get("message") or "") if refuses else "")
