"""People work on the console, each in a browser of their own, with a worker behind it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from baton.contract import TicketStage
from baton.desk.accounts import Role
from lab.rig import Rig, event, fresh
from tests.console.conftest import Site, browsing
from tests.console.test_browser import accept, faults, width_of
from tests.console.working import chat_at, texts_of, working_site


@pytest.fixture
async def site(rig: Rig) -> AsyncIterator[Site]:
    """A console with a worker behind it."""
    async with working_site(rig) as opened:
        yield opened


async def test_who_answers_lena_lands_in_ivans_mine(rig: Rig, site: Site, browser: Browser) -> None:
    chat = fresh("chat")
    await rig.customer(chat, "Thank you!")
    await rig.by("petra", chat, "chat_ended", status="closed")
    async with browsing(browser) as of_lena, browsing(browser) as of_ivan:
        lena, ivan = await of_lena.new_page(), await of_ivan.new_page()
        await accept(lena, site, "lena", Role.AGENT)
        await accept(ivan, site, "ivan", Role.AGENT)
        await ivan.get_by_role("link", name="Chats").click()
        await ivan.get_by_role("link", name="Mine 0").click()
        await expect(ivan.get_by_text("No chats.")).to_be_visible()

        await lena.goto(site.url + chat_at(chat))
        await lena.get_by_label("To the customer").fill("We have found your parcel.")
        await lena.get_by_role("button", name="Send", exact=True).click()
        await expect(lena.get_by_text("It is reserved for ivan")).to_be_visible()

        await rig.customer(chat, "Where is it?")
        # Nobody reloads the page.
        await ivan.get_by_role("link", name=f"telegram:{chat}").click()
        await expect(ivan.get_by_text("ivan has it, pinned.")).to_be_visible()
        await expect(ivan.get_by_text("We have found your parcel.")).to_be_visible()
        # Of somebody who looks on, the page stays fresh, too.
        await expect(lena.get_by_text("Where is it?")).to_be_visible()


async def test_two_departments_answer_and_one_sends_the_reply(rig: Rig, site: Site, browser: Browser) -> None:
    ticket = fresh("T")
    path = f"{site.url}/tickets/{ticket}"
    await rig.to_ticket(ticket, event("customer_message", "customer", text="Two questions."))
    await rig.on_ticket("petra", ticket, "labels_changed", add=["billing", "delivery"])
    async with browsing(browser) as of_maria, browsing(browser) as of_lena:
        maria, lena = await of_maria.new_page(), await of_lena.new_page()
        await accept(maria, site, "maria", Role.AGENT)
        await accept(lena, site, "lena", Role.AGENT)
        await lena.goto(path)
        await lena.get_by_label("For colleagues only").fill("We pay it back.")
        await lena.get_by_role("button", name="Leave the note").click()
        await expect(lena.get_by_text("It waits for delivery.")).to_be_visible()

        await maria.get_by_role("link", name="Tickets").click()
        await maria.get_by_role("link", name="Delivery").click()
        await maria.get_by_role("link", name=ticket).click()
        await maria.get_by_label("For colleagues only").fill("It arrives tomorrow.")
        await maria.get_by_role("button", name="Leave the note").click()

        text = maria.get_by_label("Text of the reply")
        await expect(text).to_have_value(re.compile(r"We pay it back\.[\s\S]*It arrives tomorrow\."))
        await text.fill("It arrives tomorrow, and we pay it back.")
        await maria.get_by_role("button", name="Send the reply").click()
        await expect(maria.get_by_text("The reply was sent.")).to_be_visible()
        await expect(lena.get_by_text("The reply was sent.")).to_be_visible()
    found = await rig.ticket(ticket)
    assert (found.stage, found.replies) == (TicketStage.ANSWERED, 1)
    assert (await texts_of(rig, f"ticket:{ticket}"))[-1] == "It arrives tomorrow, and we pay it back."


async def full(rig: Rig) -> tuple[str, str]:
    """A chat and a ticket with everything on them, and their paths."""
    chat, ticket = fresh("chat"), fresh("T")
    await rig.customer(chat, f"Where is my parcel? {'x' * 300}")
    await rig.by("petra", chat, "labels_changed", add=["vip"])
    await rig.by("petra", chat, "note_added", text="A regular customer.")
    await rig.to_ticket(
        ticket, event("customer_message", "customer", text="Three questions."), subject="4711"
    )
    await rig.on_ticket("petra", ticket, "template_applied", template="three-departments")
    await rig.note("maria", ticket)
    return chat_at(chat), f"/tickets/{ticket}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_wrong_and_everything_fits_on_a_phone(
    rig: Rig, site: Site, page: Page, scheme: Any
) -> None:
    await page.emulate_media(color_scheme=scheme)
    await accept(page, site, "lena", Role.LEAD)
    chat, ticket = await full(rig)
    for path in ("/inbox", "/inbox?tab=ended&who=everyone", chat, "/tickets?who=everyone", ticket):
        await page.set_viewport_size({"width": 1280, "height": 800})
        await page.goto(site.url + path)
        assert await faults(page) == [], path
        for width in (320, 768):
            await page.set_viewport_size({"width": width, "height": 700})
            wide, window = await width_of(page)
            assert wide <= window, (path, width)


async def test_a_refusal_is_what_the_reader_comes_to_first(rig: Rig, site: Site, page: Page) -> None:
    chat = fresh("chat")
    await rig.customer(chat)
    await accept(page, site, "ivan", Role.AGENT)
    await page.goto(site.url + chat_at(chat))
    await rig.by("petra", chat, "chat_ended", status="pending")

    await page.get_by_role("button", name="End the chat").click()

    await expect(page.get_by_role("alert")).to_be_focused()
    await expect(page.get_by_role("alert")).to_contain_text("chat_ended is not possible")
    assert await faults(page) == []
