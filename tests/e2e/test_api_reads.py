"""What the HTTP API shows and changes of the desk's own affairs, against a real server and a real worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from baton.contract import Presence
from lab.gateways import gateway_of, key_for
from lab.rig import CHANNEL, Rig, becomes, event, fresh
from tests.problems import bearing, problem


@pytest.fixture
async def api(rig: Rig) -> AsyncIterator[httpx.AsyncClient]:
    """The API, with a key that allows everything."""
    headers = bearing(await key_for(rig.desk))
    async with (
        gateway_of(rig) as url,
        httpx.AsyncClient(base_url=f"{url}/v1", headers=headers, timeout=None) as client,
    ):
        yield client


async def listed(api: httpx.AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    rows: list[dict[str, Any]] = []
    while True:
        answer = await api.get(path, params=query)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["rows"]
        if page["next"] is None:
            return rows
        query["after"] = page["next"]


async def test_inboxes_show_each_tab_page_by_page(rig: Rig, api: httpx.AsyncClient) -> None:
    chats = [fresh("chat") for _ in range(5)]
    for chat in chats:
        await rig.customer(chat)
    await rig.by("ivan", chats[0], "taken")

    async def tabs() -> list[list[str]]:
        asked = [{"tab": "new"}, {"tab": "mine", "staff": "ivan"}, {"tab": "mine", "staff": "lena"}]
        pages = [await listed(api, "/inbox", limit=2, **one) for one in asked]
        return [[row["conversation"] for row in rows] for rows in pages]

    await becomes(tabs, [chats[1:], chats[:1], []], "the tabs")
    assert problem(await api.get("/inbox?staff=nobody")) == (422, "unknown-staff")
    assert problem(await api.get("/inbox?tab=old")) == (422, "invalid")
    assert problem(await api.get("/inbox?stuff=ivan")) == (422, "invalid")
    assert problem(await api.get("/inbox?after=made-up")) == (422, "invalid")


async def test_who_waits_in_a_queue_is_said_with_the_reason(rig: Rig, api: httpx.AsyncClient) -> None:
    await rig.presence("ivan", Presence.OFFLINE)
    await rig.presence("petra", Presence.OFFLINE)
    chat = fresh("chat")
    await rig.customer(chat)
    await rig.by("lena", chat, "assigned", line="line-1")

    async def waiting() -> list[tuple[str, bool]]:
        rows = await listed(api, "/waiting", line="line-1")
        return [(row["conversation"], bool(row["waits_for"])) for row in rows]

    line = (await rig.snapshot(chat)).line
    assert line == "line-1"
    await becomes(waiting, [(chat, True)], "who waits")
    assert problem(await api.get("/waiting?line=third-floor")) == (422, "unknown-staff")


async def test_tickets_are_found_by_department_and_told_with_their_messages(
    rig: Rig, api: httpx.AsyncClient
) -> None:
    ticket = fresh("T")
    template = (await api.get("/templates")).json()[0]
    await rig.asked(ticket, template["id"])

    async def tickets() -> list[str]:
        rows = await listed(api, "/tickets", department=template["departments"][0], stage="collecting")
        return [row["ticket_id"] for row in rows]

    await becomes(tickets, [ticket], "the tickets of the department")
    assert problem(await api.get("/tickets?department=moon")) == (422, "unknown-label")

    async def noted() -> bool:
        page = (await api.get(f"/tickets/{ticket}/messages")).json()
        return page["rows"][0]["text"] == "Three questions." and "note" in [
            row["said"] for row in page["rows"]
        ]

    await becomes(noted, True, "that the ticket has its instruction")
    assert problem(await api.get("/tickets/T-none/messages")) == (404, "no-such-case")


async def test_a_conversation_can_be_read_back_to_its_beginning(rig: Rig, api: httpx.AsyncClient) -> None:
    chat = fresh("chat")
    texts = [f"Message {number}." for number in range(7)]
    for text in texts:
        await rig.customer(chat, text)
    read: list[str] = []
    query = {"limit": "3"}
    while True:
        page = (await api.get(f"/chats/{CHANNEL}/{chat}/messages", params=query)).json()
        read = [*(row["text"] for row in page["rows"]), *read]
        if page["next"] is None:
            break
        query["before"] = page["next"]
    assert read == texts


async def test_notices_say_what_somebody_was_told(rig: Rig, api: httpx.AsyncClient) -> None:
    chat = fresh("chat")
    await rig.customer(chat)

    async def told() -> bool:
        return chat in [row["conversation"] for row in await listed(api, "/notices", staff="ivan", limit=1)]

    await becomes(told, True, "that Ivan was told")
    assert problem(await api.get("/notices?staff=nobody")) == (422, "unknown-staff")


async def test_presence_is_shown_and_changed_one_by_one_and_together(
    rig: Rig, api: httpx.AsyncClient
) -> None:
    changed = await api.put("/presence/ivan", json={"presence": "without_chats"})
    assert (changed.status_code, changed.json()["presence"]) == (200, "without_chats")
    together = await api.put("/presence", json={"presence": "online", "staff": ["ivan", "lena"]})
    assert (sorted(together.json()["staff"]), together.json()["already"]) == (["ivan", "lena"], ["lena"])
    shown = (await api.get("/presence", params={"staff": ["ivan", "lena"], "presence": "online"})).json()
    assert [row["staff"] for row in shown] == ["ivan", "lena"]
    assert problem(await api.put("/presence/nobody", json={"presence": "online"})) == (422, "unknown-staff")
    assert problem(await api.put("/presence/ivan", json={"presence": "asleep"})) == (422, "invalid")
    assert problem(await api.get("/presence?department=moon")) == (422, "unknown-label")


async def test_a_change_of_the_directory_names_the_version_that_it_was_made_from(
    api: httpx.AsyncClient,
) -> None:
    read = await api.get("/directory")
    document, etag = read.json()["directory"], read.headers["etag"]
    assert etag == f'"{read.json()["version"]}"'
    document["labels"] = [*document["labels"], "fragile"]

    assert problem(await api.put("/directory", json=document)) == (428, "version-needed")
    previewed = await api.post("/directory/preview", json=document, headers={"if-match": etag})
    assert previewed.json() == {"chats": 0, "tickets": 0, "reasons": []}
    changed = await api.put("/directory", json=document, headers={"if-match": etag})
    assert (changed.status_code, changed.json()["directory"]["labels"][-1]) == (200, "fragile")
    assert changed.headers["etag"] != etag

    document["labels"] = [*document["labels"], "urgent"]
    late = await api.put("/directory", json=document, headers={"if-match": etag})
    assert problem(late) == (412, "changed-meanwhile")
    wrong = await api.put("/directory", json={"staff": {"x": {"line": "none"}}}, headers={"if-match": "*"})
    assert problem(wrong) == (422, "directory-refused")
    assert problem(await api.put("/directory", json={}, headers={"if-match": "7"})) == (422, "invalid")


async def test_a_template_is_shown_with_an_example_of_its_texts(api: httpx.AsyncClient) -> None:
    for row in (await api.get("/templates")).json():
        shown = (await api.get(f"/templates/{row['id']}")).json()
        assert shown["example"]["note"]
        assert shown["example"]["draft"]
        assert shown["departments"] == row["departments"]
    assert problem(await api.get("/templates/none")) == (404, "no-such-template")


async def test_a_blocked_customer_opens_no_chat_until_it_is_unblocked(api: httpx.AsyncClient) -> None:
    customer = fresh("a/customer")
    path = f"/customers/{customer.replace('/', '%2F')}/block"
    assert (await api.put(path)).json() == {"customer": customer, "blocked": True}

    async def tab() -> str | None:
        message = event("customer_message", "customer", text="Hello?")
        sent = await api.post(
            f"/chats/{CHANNEL}/{fresh('chat')}/events", json={"event": message, "customer": customer}
        )
        found: str | None = sent.json()["snapshot"]["tab"]
        return found

    assert await tab() is None
    assert (await api.delete(path)).json() == {"customer": customer, "blocked": False}
    assert await tab() == "new"
