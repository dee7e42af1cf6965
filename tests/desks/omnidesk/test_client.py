"""The client of Omnidesk's API: what an answer means, when a call is made again, and the limit of calls."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

import httpx
import pytest

from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.omnidesk.client import OmnideskClient
from helpdesks.omnidesk.limit import Limit
from helpdesks.omnidesk.wire import listed
from local.machine import free_port
from tests.desks.omnidesk.account import API_KEY, LOGIN, Account
from tests.desks.omnidesk.server import OmnideskServer

NOTE = {"note": {"content": "Read this"}}


async def unavailable(sent: Awaitable[object]) -> HelpDeskUnavailable:
    with pytest.raises(HelpDeskUnavailable) as raised:
        await sent
    return raised.value


async def test_it_reads_with_the_credentials_and_learns_the_limit(
    client: OmnideskClient, server: OmnideskServer
) -> None:
    answer = await client.get("staff.json")
    assert len(listed(answer.data, "staff")) == len(server.account.staff)
    assert int(answer.at.timestamp()) == server.account.now if answer.at else False
    assert (client.limit.left, client.limit.per_minute) == (1499, 1500)


async def test_a_parameter_with_several_values_is_sent_as_a_list(
    client: OmnideskClient, server: OmnideskServer
) -> None:
    await client.get("cases.json", status=("open", "waiting"), page=1)
    assert server.calls[0].query == {"status[]": ["open", "waiting"], "page": ["1"]}


async def test_wrong_credentials_are_waited_out_and_never_shown(
    server: OmnideskServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with OmnideskClient(server.url, LOGIN, "a-wrong-key") as stranger:
        error = await unavailable(stranger.get("staff.json"))
    assert "check its name in the mapping, and its secret" in str(error)
    assert "a-wrong-key" not in f"{error!r} {caplog.text}"


@pytest.mark.parametrize("status", [400, 403, 404, 200])
async def test_an_error_is_one_whatever_the_status(
    client: OmnideskClient, server: OmnideskServer, status: int
) -> None:
    server.fail("PUT", status=status, body={"error": "staff_has_not_access"})
    with pytest.raises(DeskRefused, match=r"PUT cases/1.json: staff_has_not_access; give the login"):
        await client.put("cases/1.json", {"case": {}})


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_failing_server_is_to_be_tried_again_by_the_caller(
    client: OmnideskClient, server: OmnideskServer, status: int
) -> None:
    server.fail("GET", status=status)
    assert str(status) in str(await unavailable(client.get("staff.json")))
    assert len(server.calls) == 1


async def test_a_page_that_is_no_json_is_no_answer(client: OmnideskClient, server: OmnideskServer) -> None:
    server.fail("GET", page="<html>Maintenance</html>")
    assert "no JSON" in str(await unavailable(client.get("staff.json")))
    server.fail("GET", status=302, headers={"location": "https://elsewhere.example.org"})
    assert "check the desk's url" in str(await unavailable(client.get("staff.json")))


async def test_reading_is_tried_again_when_the_connection_breaks(
    client: OmnideskClient, server: OmnideskServer
) -> None:
    server.fail("GET", drops=True)
    assert (await client.get("staff.json")).data["total_count"] == 5
    server.fail("GET", drops=True, times=3)
    await unavailable(client.get("staff.json"))
    assert len(server.calls) == 2 + 3


async def test_writing_is_never_tried_again_once_it_may_have_arrived(
    client: OmnideskClient, server: OmnideskServer, account: Account
) -> None:
    case = account.customer_writes("Hello")
    server.fail("POST", drops=True, applies=True)
    await unavailable(client.post(f"cases/{case}/note.json", NOTE))
    server.fail("POST", status=503, applies=True)
    await unavailable(client.post(f"cases/{case}/note.json", NOTE))
    assert len(account.cases[case].messages) == 1 + 2
    assert len(server.called("POST")) == 2


async def test_a_slow_answer_is_given_up(server: OmnideskServer) -> None:
    server.fail("GET", hangs=True)
    server.fail("POST", hangs=True)
    async with OmnideskClient(server.url, LOGIN, API_KEY, timeout=httpx.Timeout(5, read=0.1)) as hasty:
        assert "ReadTimeout" in str(await unavailable(hasty.get("staff.json")))
        assert "ReadTimeout" in str(await unavailable(hasty.post("cases/1/note.json", NOTE)))
    assert len(server.calls) == 2


async def test_nobody_there_is_no_answer() -> None:
    async with OmnideskClient(f"http://127.0.0.1:{free_port()}", LOGIN, API_KEY) as lonely:
        assert "cannot be reached" in str(await unavailable(lonely.post("cases/1/note.json", NOTE)))


# The limit.


@pytest.mark.parametrize("name", ["retry_after", "Retry-After"])
async def test_over_the_limit_nobody_calls_until_omnidesk_says(server: OmnideskServer, name: str) -> None:
    clock = Clock()
    async with OmnideskClient(server.url, LOGIN, API_KEY, clock=clock) as client:
        server.fail("GET", status=429, headers={name: "17"})
        assert (await unavailable(client.get("staff.json"))).after == 17
        clock.now += 7
        assert (await unavailable(client.post("cases/1/note.json", NOTE))).after == 10
        assert len(server.calls) == 1
        clock.now += 10
        await client.get("staff.json")


async def test_over_the_limit_without_a_time_the_rest_of_the_minute_is_waited(server: OmnideskServer) -> None:
    clock = Clock()
    async with OmnideskClient(server.url, LOGIN, API_KEY, clock=clock) as client:
        await client.get("staff.json")
        clock.now += 20
        server.fail("GET", status=429)
        assert (await unavailable(client.get("staff.json"))).after == 40


async def test_a_refusal_with_the_header_of_the_limit_is_no_refusal(server: OmnideskServer) -> None:
    async with OmnideskClient(server.url, LOGIN, API_KEY, clock=Clock()) as client:
        server.fail("PUT", status=403, body={"error": "limit"}, headers={"retry_after": "5"})
        assert (await unavailable(client.put("cases/1.json", {}))).after == 5


async def test_reading_leaves_calls_for_writing(server: OmnideskServer) -> None:
    clock = Clock()
    server.left = 5
    async with OmnideskClient(server.url, LOGIN, API_KEY, spare=3, clock=clock) as client:
        await client.get("staff.json")
        assert client.limit.left == 4
        await client.get("staff.json")
        assert (await unavailable(client.get("staff.json"))).after == 60
        with pytest.raises(DeskRefused):
            await client.put("cases/1.json", {"case": {}})
        clock.now += 60
        server.left = 1500
        await client.get("staff.json")
        assert client.limit.left == 1499


async def test_calls_on_their_way_count(server: OmnideskServer) -> None:
    server.left = 4
    async with OmnideskClient(server.url, LOGIN, API_KEY, clock=Clock()) as client:
        await client.get("staff.json")
        calls = (client.get("staff.json") for _ in range(10))
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(one, HelpDeskUnavailable) for one in results) == 7
    assert server.left == 0


def test_of_a_small_limit_at_most_a_half_is_left() -> None:
    limit = Limit(Clock())
    limit.heard({"rate_limit_per_minute": "4", "api_calls_left": "3"})
    assert limit.wait(spare=50) == 0
    limit.heard({"rate_limit_per_minute": "4", "api_calls_left": "2"})
    assert limit.wait(spare=50) == 60


def test_a_limit_that_omnidesk_words_otherwise_holds_up_nobody() -> None:
    limit = Limit(Clock())
    limit.heard({"api_calls_left": "many", "rate_limit_per_minute": ""})
    assert (limit.left, limit.per_minute, limit.wait()) == (None, None, 0)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
