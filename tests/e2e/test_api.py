"""The HTTP API against a real server and a real worker."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import Connection

from baton.contract import chat_workflow_id
from baton.desk.apikeys import Scope, new_key
from baton.model.effects import CaseRef
from baton.settings import load_settings
from lab.gateways import gateway_of, key_for, serving
from lab.rig import CHANNEL, Rig, becomes, event, fresh
from local.machine import free_port
from tests.problems import bearing, problem


@pytest.fixture
async def api(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    """The API, with a key that allows everything."""
    async with (
        gateway_of(rig) as url,
        httpx.AsyncClient(
            base_url=f"{url}/v1", headers=bearing(await key_for(rig.desk)), timeout=None
        ) as client,
    ):
        yield client


async def sent(api: httpx.AsyncClient, case: str, payload: dict[str, Any], **beside: Any) -> httpx.Response:
    return await api.post(f"/{case}/events", json={"event": payload, **beside})


# --- Events ---------------------------------------------------------------------------------------


async def test_an_event_opens_a_chat_and_the_answer_is_the_outcome_of_the_contract(
    rig: Rig, api: httpx.AsyncClient
) -> None:
    chat = fresh("chat")
    answer = await sent(api, f"chats/{CHANNEL}/{chat}", event("customer_message", "customer", text="Hello?"))
    assert answer.status_code == 200, answer.text
    outcome = answer.json()
    assert outcome["snapshot"] == (await rig.snapshot(chat)).model_dump(mode="json")
    assert (outcome["duplicate"], outcome["snapshot"]["tab"]) == (False, "new")
    assert (await api.get(f"/chats/{CHANNEL}/{chat}")).json() == outcome["snapshot"]
    (line,) = (await api.get(f"/chats/{CHANNEL}/{chat}/timeline")).json()
    assert line["kind"] == "customer_message"


async def test_an_event_sent_twice_counts_once(rig: Rig, api: httpx.AsyncClient) -> None:
    chat, message = fresh("chat"), event("customer_message", "customer", text="Hello?")
    case = f"chats/{CHANNEL}/{chat}"
    first = await sent(api, case, message)
    # The run answers with what it said before. That it knows the event is said to whoever sends it otherwise.
    assert (await sent(api, case, message)).json() == first.json()
    other = event("agent_message", "ivan", text="Hello!")
    await rig.client.chat(CHANNEL, chat).submit(other)
    again = await sent(api, case, other)
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert [row["text"] for row in (await messages_of(rig, chat))] == ["Hello?", "Hello!"]


async def messages_of(rig: Rig, chat: str) -> list[dict[str, Any]]:
    ref = CaseRef.at(chat_workflow_id(CHANNEL, chat))
    return [row.model_dump() for row in await rig.desk.messages(ref, 50)]


async def test_an_event_can_be_handed_over_without_waiting(rig: Rig, api: httpx.AsyncClient) -> None:
    chat = fresh("chat")
    message = event("customer_message", "customer", text="Hello?", id="handed-over")
    answer = await api.post(f"/chats/{CHANNEL}/{chat}/events?wait=false", json={"event": message})
    assert (answer.status_code, answer.json()) == (202, {"event_id": "handed-over"})

    async def kinds() -> list[str]:
        return [entry.event_id for entry in await rig.client.chat(CHANNEL, chat).timeline()]

    await becomes(kinds, ["handed-over"], "the timeline")


@pytest.mark.parametrize("conversation", ["a/b", "a%2Fb", "%", "a b", "ä/ü?#&=+", "..", "a:b", "events"])
async def test_a_conversation_may_be_called_anything(
    rig: Rig, api: httpx.AsyncClient, conversation: str
) -> None:
    name = fresh(conversation)
    path = f"chats/{CHANNEL}/{quote(name, safe='')}"
    answer = await sent(api, path, event("customer_message", "customer", text="Hello?"))
    assert answer.status_code == 200, answer.text
    assert answer.json()["snapshot"]["conversation"] == name
    assert (await rig.snapshot(name)).conversation == name


async def test_a_ticket_takes_events_and_shows_its_draft(rig: Rig, api: httpx.AsyncClient) -> None:
    ticket = fresh("T")
    opened = event("customer_message", "customer", text="Two questions.")
    answer = await sent(api, f"tickets/{ticket}", opened, subject="Parcel 4711", customer="c-7")
    assert answer.status_code == 200, answer.text
    assert answer.json()["snapshot"]["subject"] == "Parcel 4711"
    shown = await api.get(f"/tickets/{ticket}")
    assert shown.json() == (await rig.ticket(ticket)).model_dump(mode="json")
    assert (await api.get(f"/tickets/{ticket}/draft")).json()["text"] == ""
    (line,) = (await api.get(f"/tickets/{ticket}/timeline")).json()
    assert line["event_id"] == opened["id"]


# --- Refusals -------------------------------------------------------------------------------------


async def test_a_refusal_is_a_problem_that_names_its_kind(api: httpx.AsyncClient) -> None:
    chat, missing = f"chats/{CHANNEL}/{fresh('chat')}", f"chats/{CHANNEL}/{fresh('none')}"
    await sent(api, chat, event("customer_message", "customer", text="Hello?"))

    assert problem(await api.get(f"/{missing}")) == (404, "no-such-case")
    assert problem(await sent(api, missing, event("taken", "ivan"))) == (409, "illegal-transition")
    assert problem(await sent(api, chat, event("taken", "nobody"))) == (422, "unknown-staff")
    assert problem(await sent(api, chat, {"kind": "poem"})) == (422, "invalid")
    assert problem(await sent(api, chat, event("taken", "ivan"), colour="red")) == (422, "invalid")
    assert problem(await api.get("/chats/tele:gram/1")) == (422, "invalid")
    assert problem(await api.get("/nowhere")) == (404, "nothing-here")
    assert problem(await api.delete(f"/{chat}")) == (405, "no-such-method")


async def test_what_is_wrong_is_said_with_its_field(api: httpx.AsyncClient) -> None:
    answer = await api.post(f"/chats/{CHANNEL}/x/events?wait=perhaps", json={"colour": "red"})
    said = {one["field"] for one in answer.json()["errors"]}
    assert (problem(answer), said) == ((422, "invalid"), {"event", "colour", "wait"})


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (
            {"event": {"kind": "taken", "author": {"type": "staff", "id": " "}}},
            {"event.id", "event.author.id"},
        ),
        (
            {"event": {"kind": "taken", "id": "1", "author": {"type": "robot", "id": "x"}}},
            {"event.author.type"},
        ),
        (
            {"event": {"kind": "taken", "id": "1", "author": {"type": "customer", "id": "c"}}},
            {"event.author.type"},
        ),
        ({"event": {"kind": "poem", "id": "1", "author": {"type": "staff", "id": "x"}}}, {"event.kind"}),
        ({"event": event("agent_message", "ivan", text="Hello."), "customer": " "}, {"customer"}),
    ],
)
@pytest.mark.parametrize("wait", [True, False])
async def test_what_is_wrong_with_an_event_is_said_with_its_field(
    api: httpx.AsyncClient, body: dict[str, Any], fields: set[str], wait: bool
) -> None:
    answer = await api.post(f"/chats/{CHANNEL}/{fresh()}/events?wait={wait}", json=body)
    assert (answer.status_code, {one["field"] for one in answer.json()["errors"]}) == (422, fields)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"event": NaN}', 400),
        (b'{"event": "\\ud800"}', 400),
        (b"[" * 100_000, 400),
        (b"[" * 150 + b"]" * 150, 422),
        (b'{"event": ' + b"9" * 5000 + b"}", 400),
        (b" " * 2_000_001, 413),
    ],
    ids=["none", "half", "bytes", "nan", "surrogate", "deep", "less deep", "number", "large"],
)
async def test_a_body_that_cannot_be_used_is_refused(
    api: httpx.AsyncClient, body: bytes, status: int
) -> None:
    answer = await api.post(
        f"/chats/{CHANNEL}/x/events", content=body, headers={"content-type": "application/json"}
    )
    assert problem(answer)[0] == status


async def test_a_body_must_say_that_it_is_json(api: httpx.AsyncClient) -> None:
    answer = await api.post(
        f"/chats/{CHANNEL}/x/events", content=b"{}", headers={"content-type": "text/plain"}
    )
    assert problem(answer) == (415, "wrong-type")


# --- Keys -----------------------------------------------------------------------------------------


async def test_only_a_known_key_with_the_scope_is_let_in(rig: Rig, api: httpx.AsyncClient) -> None:
    place, reading = f"/chats/{CHANNEL}/{fresh('none')}", await key_for(rig.desk, Scope.READ)
    for wrong in ("", "Bearer", "Bearer baton_guessed", f"Basic {reading}", reading, f"Bearer {reading}x"):
        answer = await api.get(place, headers={"authorization": wrong})
        assert (problem(answer), answer.headers["www-authenticate"]) == ((401, "no-key"), "Bearer")

    async def looked() -> tuple[int, str]:
        return problem(await api.get(place, headers=bearing(reading)))

    await becomes(looked, (404, "no-such-case"), "a key that was just made")
    answer = await api.post(f"{place}/events", json={}, headers=bearing(reading))
    assert problem(answer) == (403, "no-scope")


async def test_health_is_open_and_says_nothing_else(api: httpx.AsyncClient) -> None:
    url = str(api.base_url).removesuffix("/v1/")
    async with httpx.AsyncClient(base_url=url, timeout=None) as stranger:
        assert (await stranger.get("/healthz")).json() == {"status": "ok"}
        assert (await stranger.get("/readyz")).json() == {"status": "ready"}
        assert problem(await stranger.get("/v1/nowhere")) == (404, "nothing-here")
        assert problem(await stranger.get("/v1/openapi.json")) == (401, "no-key")


async def test_the_description_is_behind_a_key(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    assert "/v1/chats/{channel}/{conversation}/events" in described["paths"]


async def test_requests_are_counted_by_route_and_status_and_by_no_id(api: httpx.AsyncClient) -> None:
    chat = fresh("secret-name")
    await api.get(f"/chats/{CHANNEL}/{chat}")
    shown = (await api.get(str(api.base_url).replace("/v1/", "/metrics"))).text
    counted = 'method="GET",route="/v1/chats/{channel}/{conversation}",status="404"'
    assert f"baton_gateway_request_seconds_count{{{counted}}} 1\n" in shown
    assert f'baton_gateway_request_seconds_bucket{{{counted},le="+Inf"}} 1\n' in shown
    assert chat not in shown


async def test_neither_keys_nor_texts_are_logged(
    rig: Rig, api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    key = await key_for(rig.desk, Scope.EVENTS)
    with caplog.at_level(logging.DEBUG):
        for body in (
            {"event": event("customer_message", "customer", text="the card is 4711")},
            {"event": event("poem", "customer", text="the card is 4711")},
            {"event": event("taken", "the card is 4711")},
        ):
            await api.post(f"/chats/{CHANNEL}/{fresh('chat')}/events", json=body, headers=bearing(key))
    own = [record.getMessage() for record in caplog.records if record.name.startswith("baton.gateway")]
    assert "4711" not in "".join(own)
    assert key not in caplog.text


async def test_without_temporal_or_a_database_it_is_alive_and_says_what_is_missing(tmp_path: Path) -> None:
    nowhere = load_settings(data_dir=tmp_path, gateway_port=free_port())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TEMPORAL_ADDRESS", f"127.0.0.1:{free_port()}")
        async with serving(nowhere) as url, httpx.AsyncClient(base_url=url, timeout=None) as client:
            assert (await client.get("/healthz")).status_code == 200
            ready = await client.get("/readyz")
            assert problem(ready) == (503, "unavailable")
            assert ready.json()["detail"] == "Temporal does not answer; the database does not answer"
            answer = await client.get("/v1/inbox", headers=bearing(new_key()))
            assert (problem(answer), answer.headers["retry-after"]) == ((503, "unavailable"), "2")
    assert not (tmp_path / "baton.db").exists(), "only a worker makes it"


async def test_with_a_database_of_another_release_it_is_not_ready(rig: Rig, api: httpx.AsyncClient) -> None:
    url = str(api.base_url).removesuffix("/v1/")

    def work(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    await rig.desk._database.write(work)
    async with httpx.AsyncClient(base_url=url, timeout=None) as stranger:

        async def detail() -> str:
            answer = await stranger.get("/readyz")
            found: str = answer.json().get("detail", "")
            return found

        await becomes(detail, "the database is of another release", "what is missing")
