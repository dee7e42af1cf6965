"""Chats on the console: the inbox, and the page of a chat, with a worker behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from baton.client import calls
from baton.contract import Tab
from baton.desk.accounts import Role
from baton.desk.api import InboxQuery
from gateway.console import caselists, casepage
from lab.rig import Rig, fresh
from tests.console.conftest import Site
from tests.console.working import chat_at, do, form_of, submit, texts_of, working_site


@pytest.fixture
async def site(rig: Rig) -> AsyncIterator[Site]:
    """A console with a worker behind it."""
    async with working_site(rig) as opened:
        yield opened


async def test_everybody_sees_the_chats_that_the_command_lists_for_them(rig: Rig, site: Site) -> None:
    new, mine, others = fresh("new"), fresh("mine"), fresh("others")
    for chat, staff in ((new, None), (mine, "ivan"), (others, "petra")):
        await rig.customer(chat, "Where is my parcel?")
        if staff:
            await rig.by(staff, chat, "taken")
    await rig.by("ivan", mine, "labels_changed", add=["vip"])

    async with site.signed_in("ivan") as ivan:
        for tab in Tab:
            page = (await ivan.get(f"/inbox?tab={tab}")).text
            listed = await rig.desk.inbox(InboxQuery(tab=tab, staff="ivan"))
            shown = {chat for chat in (new, mine, others) if chat_at(chat) in page}
            assert shown == {row.conversation for row in listed}, tab
        page = (await ivan.get("/inbox?tab=mine")).text
        assert "Where is my parcel?" in page
        assert ">vip<" in page
        assert 'Mine <span class="count">1</span>' in page
        assert (await ivan.get("/inbox?tab=mine&who=everyone")).status_code == 403
        part = (await ivan.get("/inbox?tab=mine&part=list")).text
        assert chat_at(mine) in part
        assert "<html" not in part

    async with site.signed_in("petra", Role.LEAD) as petra:
        page = (await petra.get("/inbox?tab=mine&who=everyone")).text
        assert chat_at(mine) in page
        assert chat_at(others) in page
        assert chat_at(mine) not in (await petra.get("/inbox?tab=mine")).text


async def test_why_a_chat_waits_is_said_in_the_language_of_the_reader(rig: Rig, site: Site) -> None:
    chat = fresh("queue")
    await rig.customer(chat)
    await rig.by("petra", chat, "assigned", line="phones")
    (row,) = await rig.desk.inbox(InboxQuery(staff="maria"))
    assert row.waits_for
    async with site.signed_in("maria") as maria:
        assert row.waits_for in (await maria.get("/inbox")).text
        assert row.waits_for not in (await maria.get("/inbox", **{"accept-language": "ru"})).text


async def test_a_long_inbox_comes_in_pages(rig: Rig, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caselists, "ROWS", 2)
    chats = [fresh("new") for _ in range(3)]
    for chat in chats:
        await rig.customer(chat)
    async with site.signed_in("ivan") as ivan:
        first = (await ivan.get("/inbox")).text
        assert [chat for chat in chats if chat_at(chat) in first] == chats[:2]
        link = first.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        second = (await ivan.get(link)).text
        assert [chat for chat in chats if chat_at(chat) in second] == chats[2:]


async def test_a_page_tells_what_was_said_and_why_it_is_where_it_is(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    await rig.staff(chat, "lena", "We have found your parcel.")
    await rig.by("petra", chat, "note_added", text="A regular customer.")
    async with site.signed_in("ivan") as ivan:
        page = (await ivan.get(chat_at(chat))).text
        assert page.index("We have found your parcel.") < page.index("A regular customer.")
        assert "It is reserved for ivan, who gets it when the customer answers." in page
        (entry,) = [one for one in await rig.client.chat("telegram", chat).timeline() if one.rules]
        assert f"(rule {entry.rules[0]})" in page
        assert f"/workflows/chat%3Atelegram%3A{chat}" in page


async def test_who_presses_twice_replies_once(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    await rig.customer(chat, "Hello?")
    async with site.signed_in("ivan") as ivan:
        form = form_of(await ivan.get(chat_at(chat)), "reply")
        for _ in range(2):
            answer = await submit(ivan, chat_at(chat), form, text="Hello!\r\nHow can I help?")
            assert (answer.status_code, answer.headers["location"]) == (303, chat_at(chat))
    assert await texts_of(rig, chat) == ["Hello?", "Hello!\nHow can I help?"]
    assert (await rig.snapshot(chat)).pinned_to == "ivan"


async def test_the_second_of_two_replies_is_asked_first(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    await rig.customer(chat, "Hello?")
    async with site.signed_in("ivan") as ivan:
        form = form_of(await ivan.get(chat_at(chat)), "reply")
        await rig.staff(chat, "petra", "I see to it.")

        warned = await submit(ivan, chat_at(chat), form, text="Hello from Ivan!")
        assert warned.status_code == 409
        assert "Somebody has replied since you began to write:" in warned.text
        assert "Hello from Ivan!</textarea>" in warned.text
        assert await texts_of(rig, chat) == ["Hello?", "I see to it."]

        again = await submit(ivan, chat_at(chat), form_of(warned, "reply"), text="Hello from Ivan!")
        assert again.status_code == 303
    assert await texts_of(rig, chat) == ["Hello?", "I see to it.", "Hello from Ivan!"]


async def test_a_refusal_is_said_above_the_form_and_what_was_typed_stays(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    await rig.customer(chat)
    async with site.signed_in("ivan") as ivan:
        page = await ivan.get(chat_at(chat))
        await rig.by("petra", chat, "chat_ended", status="pending")
        refused = await submit(ivan, chat_at(chat), form_of(page, "end"), status="closed")
        assert refused.status_code == 409
        assert "chat_ended is not possible while the chat is ended · pending" in refused.text

        empty = await do(ivan, chat_at(chat), "note", text="  ")
        assert empty.status_code == 422
        assert "Write something first." in empty.text
        other = await submit(ivan, chat_at(chat), form_of(page, "hand"), to="staff:nobody-here")
        assert other.status_code == 422
        assert "there is nobody" in other.text

        # The server remembers a refusal under its ID, so that the form shown has another.
        assert dict(form_of(refused, "status"))["event_id"] != dict(form_of(page, "end"))["event_id"]
        assert (await do(ivan, chat_at(chat), "status", status="open")).status_code == 303
    assert (await rig.snapshot(chat)).status == "open"


async def test_a_chat_is_taken_labelled_handed_over_and_ended(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    await rig.customer(chat)
    await rig.by("petra", chat, "labels_changed", add=["urgent"])
    async with site.signed_in("ivan") as ivan:
        await do(ivan, chat_at(chat), "take")
        assert (await rig.snapshot(chat)).pinned_to == "ivan"
        await do(ivan, chat_at(chat), "labels", label="vip")
        assert (await rig.snapshot(chat)).labels == ("vip",)
        await do(ivan, chat_at(chat), "hand", to="line:line-2")
        assert (await rig.snapshot(chat)).line == "line-2"
    async with site.signed_in("lena") as lena:
        await do(lena, chat_at(chat), "end", status="closed")
    assert (await rig.snapshot(chat)).status == "closed"


async def test_only_a_lead_hands_over_what_somebody_else_has(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    async with site.signed_in("lena") as lena:
        answer = await do(lena, chat_at(chat), "hand", to="staff:lena")
        assert answer.status_code == 403
        assert "This needs the role lead, and you have agent." in answer.text
    assert (await rig.snapshot(chat)).pinned_to == "ivan"
    async with site.signed_in("petra", Role.LEAD) as petra:
        assert (await do(petra, chat_at(chat), "hand", to="staff:lena")).status_code == 303
    assert (await rig.snapshot(chat)).pinned_to == "lena"


async def test_a_reply_in_a_closed_chat_opens_the_next(rig: Rig, site: Site) -> None:
    chat = fresh("chat")
    closed = await rig.customer(chat, "Thank you!")
    await rig.by("ivan", chat, "chat_ended", status="closed")
    async with site.signed_in("ivan") as ivan:
        assert (await do(ivan, chat_at(chat), "reply", text="One more thing.")).status_code == 303
    found = await rig.snapshot(chat)
    assert (found.pinned_to, found.customer) == ("ivan", closed.snapshot.customer)
    assert found.previous_case == closed.snapshot.case_id


async def test_a_chat_that_never_was_has_no_page(site: Site) -> None:
    async with site.signed_in("ivan") as ivan:
        assert (await ivan.get(chat_at(fresh("none")))).status_code == 404
        assert (await ivan.get("/tickets/none-at-all")).status_code == 404


async def test_a_conversation_may_be_called_anything(rig: Rig, site: Site) -> None:
    chat = f"{fresh('a/b')} ?#&"
    await rig.customer(chat, "Hello?")
    path = f"/chats/telegram/{quote(chat, safe='')}"
    async with site.signed_in("ivan") as ivan:
        assert f'href="{path}"' in (await ivan.get("/inbox")).text
        assert (await do(ivan, path, "reply", text="Yes?")).status_code == 303
    assert await texts_of(rig, chat) == ["Hello?", "Yes?"]


async def test_what_was_typed_stays_while_no_worker_answers(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "QUERY_TIMEOUT", 0.5)
    chat = fresh("chat")
    await rig.customer(chat, "Hello?")
    async with working_site(rig) as site, site.signed_in("ivan") as ivan:
        form = form_of(await ivan.get(chat_at(chat)), "reply")
        await rig.stop_worker()
        away = await submit(ivan, chat_at(chat), form, text="I see to it.")
        assert away.status_code == 503
        assert "I see to it." in away.text
        assert "Hello?" in away.text

        await rig.start_worker()
        again = form_of(away, "reply")
        assert dict(again)["event_id"] == dict(form)["event_id"]
        assert (await submit(ivan, chat_at(chat), again)).status_code == 303
    assert await texts_of(rig, chat) == ["Hello?", "I see to it."]


async def test_earlier_messages_are_a_page_away(
    rig: Rig, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(casepage, "ROWS", 2)
    chat = fresh("chat")
    for text in ("First.", "Second.", "Third."):
        await rig.customer(chat, text)
    async with site.signed_in("ivan") as ivan:
        page = (await ivan.get(chat_at(chat))).text
        assert ("First." in page, "Second." in page, "Third." in page) == (False, True, True)
        link = page.partition(f'href="{chat_at(chat)}?before=')[2].partition('"')[0]
        earlier = (await ivan.get(f"{chat_at(chat)}?before={link}")).text
        assert ("First." in earlier, "Second." in earlier) == (True, False)
