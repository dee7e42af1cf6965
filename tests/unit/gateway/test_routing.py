"""What stands before every route: keys, time, and what becomes of errors; with a backend that is made up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from baton.client import BatonClient
from baton.desk.apikeys import Scope, new_key
from baton.desk.tokens import digest_of
from baton.errors import ConnectionFailed, DepartmentsWaiting, HelpDeskUnavailable, NotAllowed, Unanswered
from baton.settings import load_settings
from gateway import access
from gateway.app import gateway_app
from gateway.backend import Backend
from gateway.routing import api_router
from helpdesks.apikeys import LivingKey
from tests.problems import bearing, problem

KEY = new_key()
PLACE = "/v1/chats/telegram/42"


class MadeUp(Backend):
    """A backend with one key, whose cases answer with an error, or never."""

    answer: Exception | None = None
    database: Exception | None = None
    reads = 0

    async def baton(self) -> BatonClient:
        if self.answer is None:
            await asyncio.Event().wait()
        assert self.answer is not None
        raise self.answer

    async def ledger(self) -> Any:
        if self.database is not None:
            raise self.database
        return SimpleNamespace(api_keys=SimpleNamespace(living=self._living))

    async def _living(self) -> Sequence[LivingKey]:
        self.reads += 1
        return [LivingKey(digest_of(KEY), "shop", frozenset(Scope), None)]


@asynccontextmanager
async def door(folder: Path, **settings: Any) -> AsyncIterator[tuple[MadeUp, httpx.AsyncClient]]:
    chosen = load_settings(data_dir=folder, **settings)
    backend = MadeUp(chosen)
    transport = httpx.ASGITransport(gateway_app(chosen, backend))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk", headers=bearing(KEY)) as client:
        yield backend, client


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionFailed("at secret-host:7233"), (503, "unavailable")),
        (HelpDeskUnavailable("password=secret-host"), (503, "unavailable")),
        (Unanswered("secret-host"), (503, "unanswered")),
        (DepartmentsWaiting("billing is asked"), (409, "departments-waiting")),
        (NotAllowed("only the composer"), (403, "not-allowed")),
        (RuntimeError("secret-host"), (500, "fault")),
    ],
)
async def test_each_error_has_its_problem_and_what_callers_need_not_know_is_kept_from_them(
    tmp_path: Path, error: Exception, expected: tuple[int, str]
) -> None:
    async with door(tmp_path) as (backend, client):
        backend.answer = error
        answer = await client.get(PLACE)
    assert problem(answer) == expected
    assert ("retry-after" in answer.headers) == (expected[0] == 503)
    assert "secret" not in answer.text


async def test_what_an_unknown_error_says_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with door(tmp_path) as (backend, client):
        backend.answer = RuntimeError("the card is 4711")
        await client.get(PLACE)
    (record,) = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert record.getMessage() == "fault: RuntimeError"


async def test_an_answer_that_does_not_come_in_time_is_said_to_be_missing(tmp_path: Path) -> None:
    async with door(tmp_path, gateway_answer_seconds=0.05) as (_, client):
        assert problem(await client.get(PLACE)) == (503, "unanswered")


async def test_keys_are_read_once_in_a_while_and_count_on_for_a_little_without_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with door(tmp_path) as (backend, client):
        backend.answer = NotAllowed("let in")
        for _ in range(5):
            assert problem(await client.get(PLACE)) == (403, "not-allowed")
        assert backend.reads == 1
        backend.database = HelpDeskUnavailable("away")
        monkeypatch.setattr(access, "KEYS_SECONDS", 0.0)
        assert problem(await client.get(PLACE)) == (403, "not-allowed")
        monkeypatch.setattr(access, "KEYS_LAST_SECONDS", 0.0)
        assert problem(await client.get(PLACE)) == (503, "unavailable")


async def test_a_path_that_is_no_text_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path) as (_, client):
        assert problem(await client.get("/v1/chats/telegram/%FF")) == (400, "bad-path")


def test_a_route_that_does_not_say_its_scope_cannot_be_made() -> None:
    router = api_router()
    with pytest.raises(ValueError, match="which scope"):
        router.get("/open")(lambda: None)
