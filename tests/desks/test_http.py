"""What every adapter's client does: what an answer means, and how long a desk asks to be left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from baton.errors import DeskRefused, HelpDeskUnavailable, SettingsError
from helpdesks.outside.http import LONGEST_WAIT, Answer, HttpClient, NoSuch, Refused, wait_asked_for

NOW = "Sat, 28 Nov 2026 12:00:00 GMT"
IN_A_MINUTE = "Sat, 28 Nov 2026 12:01:00 GMT"


def answer(
    status: int, data: Any = None, *, is_json: bool = True, headers: dict[str, str] | None = None
) -> Answer:
    return Answer("GET case/7", status, httpx.Headers(headers), data, is_json, "As the status says")


@pytest.fixture
async def client() -> AsyncIterator[HttpClient]:
    async with HttpClient("Paper", "https://desk.example.com/", "/api/", timeout=httpx.Timeout(1)) as client:
        yield client


@pytest.mark.parametrize(
    ("status", "said", "error", "problem"),
    [
        (401, "", HelpDeskUnavailable, "Paper does not accept Baton's login (401, GET case/7)"),
        (403, "", HelpDeskUnavailable, "Paper does not accept Baton's login (403, GET case/7)"),
        (403, "Not you", Refused, "Paper gives Baton's login no right to GET case/7: Not you"),
        (404, "", NoSuch, "Paper has no such thing: GET case/7: As the status says"),
        (410, "", NoSuch, "Paper has no such thing"),
        (422, "A\nB", DeskRefused, "Paper refused GET case/7: A B"),
        (200, "No", DeskRefused, "Paper refused GET case/7: No"),
        (302, "", HelpDeskUnavailable, "Paper sent GET case/7 elsewhere (302): check the desk's url"),
        (429, "", HelpDeskUnavailable, "Paper has no time for GET case/7 (429)"),
        (502, "", HelpDeskUnavailable, "Paper answered GET case/7 with 502: As the status says"),
    ],
)
def test_what_is_no_success_is_an_error_in_words(
    client: HttpClient, status: int, said: str, error: type[Exception], problem: str
) -> None:
    with pytest.raises(error) as raised:
        client.meaning(answer(status, is_json=False), said)
    assert problem in str(raised.value)


def test_a_success_has_json_or_nothing(client: HttpClient) -> None:
    assert client.meaning(answer(200, {"id": 7})) == {"id": 7}
    assert client.meaning(answer(204)) is None
    with pytest.raises(HelpDeskUnavailable, match=r"no JSON: is https://desk.example.com its address\?"):
        client.meaning(answer(200, is_json=False))


@pytest.mark.parametrize("status", [429, 503])
def test_whoever_is_asked_to_wait_is_told_how_long(client: HttpClient, status: int) -> None:
    with pytest.raises(HelpDeskUnavailable) as raised:
        client.meaning(answer(status, headers={"Retry-After": "17"}))
    assert raised.value.after == 17


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "99999999"}, LONGEST_WAIT),
        ({"Date": NOW, "Retry-After": IN_A_MINUTE}, 60),
        ({"Date": IN_A_MINUTE, "Retry-After": NOW}, 0),
    ],
)
def test_the_time_to_wait_is_by_the_clock_of_the_desk(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked_for(answer(429, headers=headers)) == seconds


async def test_a_certificate_that_is_none_is_said_at_once(tmp_path: Path) -> None:
    file = tmp_path / "desk.pem"
    file.write_text("no certificate")
    with pytest.raises(SettingsError, match=r"desk\.pem has no certificate that can be used"):
        HttpClient("Paper", "https://desk.example.com", "/", timeout=httpx.Timeout(1), ca_file=file)


async def test_a_secret_of_any_letters_can_be_sent() -> None:
    headers = {"Authorization": "token geheim-ä"}
    async with HttpClient(
        "Paper", "http://127.0.0.1:9", "/", timeout=httpx.Timeout(1), headers=headers
    ) as client:
        with pytest.raises(HelpDeskUnavailable, match="Paper cannot be reached"):
            await client.ask("POST", "case/7")
