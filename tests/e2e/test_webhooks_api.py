"""Webhooks are made and changed by the API: what is secret is shown once, or never."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest

from baton.desk.apikeys import Scope
from baton.desk.outgoing import Way
from lab.gateways import gateway_of, key_for
from lab.rig import Rig, becomes, fresh
from tests.conftest import RigOpener
from tests.outgoing import Answer, Receiver, receiving
from tests.problems import bearing, problem


@pytest.fixture
async def own(open_a_rig: RigOpener) -> AsyncIterator[Rig]:
    async with open_a_rig(outgoing_private=True) as rig:
        yield rig


@pytest.fixture
async def api(own: Rig) -> AsyncIterator[httpx.AsyncClient]:
    async with (
        gateway_of(own) as url,
        httpx.AsyncClient(
            base_url=f"{url}/v1", headers=bearing(await key_for(own.desk)), timeout=None
        ) as client,
    ):
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as opened:
        yield opened


def number_of(receiver: Receiver) -> Callable[[], Awaitable[int]]:
    async def number() -> int:
        return len(receiver.accepted)

    return number


async def made(api: httpx.AsyncClient, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    answer = await api.post("/webhooks", json={"name": "shop", "url": receiver.url, **fields})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_a_webhook_is_told_from_the_moment_it_is_made(
    own: Rig, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await made(api, receiver, types=["case.opened"], with_text=True)
    await own.customer(fresh(), "Where is it?")
    await becomes(number_of(receiver), 1, "letters that arrived")
    told = receiver.accepted[0].verified(webhook["secret"])
    assert (told["type"], told["data"]["text"]) == ("case.opened", "Where is it?")


async def test_no_other_answer_has_the_secret_or_the_path(api: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(api, receiver)
    place = f"/webhooks/{webhook['id']}"
    answers = [
        await api.get("/webhooks"),
        await api.get(place),
        await api.patch(place, json={"name": "other", "types": []}),
        await api.get(f"{place}/dead"),
    ]
    assert [one.status_code for one in answers] == [200] * 4
    said = "".join(one.text for one in answers)
    assert webhook["secret"] not in said
    assert "secret-path" not in said
    assert answers[1].json()["place"] == f"http://127.0.0.1:{receiver.port}/…"


async def test_the_secret_is_replaced_while_both_sign(
    own: Rig, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await made(api, receiver)
    place = f"/webhooks/{webhook['id']}"
    new = (await api.post(f"{place}/rotate", json={"keep_hours": 1})).json()["secret"]
    sent = await api.post(f"{place}/test")
    assert sent.status_code == 202
    await becomes(number_of(receiver), 1, "letters that arrived")
    arrived = receiver.accepted[0]
    assert arrived.webhook_id == sent.json()["webhook_id"]
    for secret in (webhook["secret"], new):
        assert arrived.verified(secret)["type"] == "baton.test"
    assert arrived.message["data"] == {}


async def test_what_died_is_listed_and_tried_again(
    own: Rig, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await made(api, receiver, types=["case.opened"])
    place = f"/webhooks/{webhook['id']}"
    receiver.answer = lambda _: Answer(410)
    await own.customer(fresh())

    async def state() -> str:
        return str((await api.get(place)).json()["state"])

    await becomes(state, "off", "its state")
    (dead,) = (await api.get(f"{place}/dead")).json()
    assert dead["why"] == "it answered 410 Whatever: it is switched off"
    receiver.answer = lambda _: Answer()
    assert (await api.patch(place, json={"state": "active"})).json()["state"] == "active"
    assert (await api.post(f"{place}/replay", json={"ids": [dead["id"]]})).json() == {"letters": 1}
    await becomes(number_of(receiver), 1, "letters that arrived")
    assert (await api.delete(place)).status_code == 204
    assert problem(await api.get(place)) == (404, "no-such-webhook")


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://shop.example/x", "must begin with https://"),
        ("https://user:pass@shop.example/x", "user name"),
        ("https:///x", "names no host"),
        ("https://shop.example:99999/x", "cannot be read"),
    ],
)
async def test_a_url_that_nothing_can_be_sent_to_is_refused_and_not_quoted(
    api: httpx.AsyncClient, url: str, says: str
) -> None:
    answer = await api.post("/webhooks", json={"name": "shop", "url": url})
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == "url"
    assert says in answer.json()["detail"]
    assert url not in answer.text


async def test_targets_that_are_not_public_are_refused_unless_they_are_allowed(open_a_rig: RigOpener) -> None:
    async with open_a_rig() as rig, gateway_of(rig) as url:
        headers = bearing(await key_for(rig.desk, Scope.ADMIN))
        async with httpx.AsyncClient(base_url=f"{url}/v1", headers=headers, timeout=None) as client:
            for target in ("https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x"):
                answer = await client.post("/webhooks", json={"name": "inside", "url": target})
                assert problem(answer) == (422, "invalid")
                assert "not public" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x", "url": "https://a.example", "types": ["case.moved", "case.eaten"]}, "types.1"),
        ({"name": "x", "url": "https://a.example", "secret": "mine"}, "secret"),
        ({"name": "", "url": "https://a.example"}, "name"),
        ({"name": "x", "url": "https://a.example", "way": "email"}, "way"),
    ],
)
async def test_a_wrong_body_is_refused_with_its_field(
    api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    answer = await api.post("/webhooks", json=body)
    assert problem(answer) == (422, "invalid")
    assert answer.json()["errors"][0]["field"] == field


async def test_only_a_key_of_admin_sees_webhooks(own: Rig, api: httpx.AsyncClient) -> None:
    other = bearing(await key_for(own.desk, Scope.READ, Scope.EVENTS, Scope.DESK))
    for method, path in (("GET", "/webhooks"), ("POST", "/webhooks"), ("GET", "/webhooks/wh_1/dead")):
        assert problem(await api.request(method, path, headers=other, json={})) == (403, "no-scope")


async def test_a_webhook_that_is_not_there_is_said_so_for_each_route(api: httpx.AsyncClient) -> None:
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("DELETE", "", None),
        ("POST", "/rotate", {}),
        ("POST", "/test", None),
        ("GET", "/dead", None),
        ("POST", "/replay", {}),
    ):
        answer = await api.request(method, f"/webhooks/wh_none{path}", json=body)
        assert problem(answer) == (404, "no-such-webhook"), path


async def test_what_is_made_without_a_worker_is_seen_to_by_the_next(
    own: Rig, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook, _ = await own.desk.subscribers.make(Way.STANDARD, "shop", receiver.url)
    await own.stop_worker()
    await own.start_worker()
    await api.post(f"/webhooks/{webhook.id}/test")
    await becomes(number_of(receiver), 1, "letters that arrived")


async def test_a_person_is_told_by_a_chat_tool_until_that_ends(
    own: Rig, api: httpx.AsyncClient, receiver: Receiver
) -> None:
    place = "/staff/petra/ways"
    answer = await api.put(place, json={"chat": {"url": receiver.url, "kinds": ["new"]}})
    assert answer.status_code == 200, answer.text
    (way,) = answer.json()
    assert (way["way"], way["kinds"]) == ("chat", ["new"])
    assert "secret-path" not in answer.text + (await api.get(place)).text + (await api.get("/webhooks")).text
    chat = fresh()
    await own.customer(chat)
    await becomes(number_of(receiver), 1, "letters that arrived")
    assert receiver.accepted[0].message == {"text": f"chat:telegram:{chat}: a new case waits for somebody"}
    assert (await api.put(place, json={})).json() == []
    assert await own.desk.subscribers.all() == []


async def test_wrong_ways_are_refused(api: httpx.AsyncClient) -> None:
    mail = {"address": "petra@company.example"}
    assert problem(await api.put("/staff/petra/ways", json={"email": mail})) == (403, "not-allowed")
    assert problem(await api.put("/staff/nobody/ways", json={"email": mail})) == (422, "unknown-staff")
    assert problem(await api.get("/staff/nobody/ways")) == (422, "unknown-staff")
    for wrong in ({"address": "petra"}, {"address": "a@b\r\nBcc: c@d"}, {**mail, "digest": 5}):
        assert problem(await api.put("/staff/petra/ways", json={"email": wrong})) == (422, "invalid")
