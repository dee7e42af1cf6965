"""The console's script: parts of a page stay fresh, and leave alone what somebody is doing there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fastapi import Form
from fastapi.responses import HTMLResponse, StreamingResponse
from playwright.async_api import Page, expect

from baton.desk.accounts import Role
from gateway import console
from gateway.console.rendering import static_path
from gateway.console.routing import VisitOf, pages_for
from tests.console.conftest import Site, site_at
from tests.console.test_browser import accept


class Wall:
    """Pages with a list that changes: what people say there."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.asked = 0
        self._changed = asyncio.Condition()
        self.router = pages_for(Role.AGENT)
        self.router.get("/wall")(self.page)
        self.router.get("/wall/list")(self.list)
        self.router.get("/wall/stream")(self.stream)
        self.router.post("/wall/say")(self.hear)

    async def page(self, visit: VisitOf) -> HTMLResponse:
        return HTMLResponse(
            f"""<!doctype html><html lang="en"><head><title>Wall</title>
            <meta name="form-token" content="{visit.form_token}">
            <script src="{static_path("console.js")}" defer></script></head>
            <body data-live="/wall/stream"><ul id="list" data-fragment="/wall/list"></ul>
            <div id="form">{self._form()}</div></body></html>"""
        )

    async def list(self) -> HTMLResponse:
        self.asked += 1
        items = "".join(f'<li><a href="/wall?{text}">{text}</a></li>' for text in self.said)
        return HTMLResponse(f'{items}<li><input aria-label="Answer"></li>')

    async def stream(self) -> StreamingResponse:
        return StreamingResponse(self._changes(), media_type="text/event-stream")

    async def _changes(self) -> AsyncIterator[str]:
        yield ": hello\n\n"
        while True:
            async with self._changed:
                await self._changed.wait()
            yield "data: fragment:list\n\n"

    async def hear(self, text: str = Form("")) -> HTMLResponse:
        if not text:
            return HTMLResponse(f'<p role="alert" tabindex="-1">Say something.</p>{self._form()}', 422)
        await self.say(text)
        return HTMLResponse(self._form())

    async def say(self, text: str) -> None:
        self.said.append(text)
        async with self._changed:
            self._changed.notify_all()

    def _form(self) -> str:
        return (
            '<form method="post" action="/wall/say" data-quiet="form">'
            '<label>Text <input name="text"></label><button>Say</button></form>'
        )


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(console, "ROUTERS", (*console.ROUTERS, wall.router))
    return wall


@pytest.fixture
async def site(wall: Wall, tmp_path: Path) -> AsyncIterator[Site]:
    """A console with a wall."""
    async with site_at(f"sqlite:///{tmp_path}/baton.db", tmp_path) as opened:
        yield opened


async def at_wall(site: Site, wall: Wall, page: Page) -> None:
    """Somebody stands there, and their page listens."""
    await accept(page, site)
    async with page.expect_response("**/wall/stream"):
        await page.goto(f"{site.url}/wall")
    await wall.say("first")
    await expect(page.get_by_role("link")).to_have_text(["first"])


async def test_a_list_stays_fresh_and_the_focus_where_it_is(site: Site, wall: Wall, page: Page) -> None:
    await at_wall(site, wall, page)
    await page.get_by_role("link", name="first").focus()

    await wall.say("second")

    await expect(page.get_by_role("link")).to_have_text(["first", "second"])
    await expect(page.get_by_role("link", name="first")).to_be_focused()


async def test_what_somebody_types_stays_until_they_leave_it(site: Site, wall: Wall, page: Page) -> None:
    await at_wall(site, wall, page)
    await page.get_by_label("Answer").press_sequentially("half a sen")

    async with page.expect_response("**/wall/list"):
        await wall.say("second")
    await expect(page.get_by_label("Answer")).to_have_value("half a sen")
    await expect(page.get_by_role("link")).to_have_text(["first"])

    await page.get_by_label("Text").focus()
    await expect(page.get_by_role("link")).to_have_text(["first", "second"])


async def test_a_form_is_sent_without_leaving_the_page_and_says_what_is_wrong(
    site: Site, wall: Wall, page: Page
) -> None:
    await at_wall(site, wall, page)
    await page.get_by_role("button", name="Say").click()
    await expect(page.get_by_role("alert")).to_be_focused()

    await page.get_by_label("Text").fill("second")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("link")).to_have_text(["first", "second"])
    await expect(page.get_by_role("alert")).to_have_count(0)
    assert wall.said == ["first", "second"]


async def test_whoever_was_logged_out_meanwhile_gets_the_login(site: Site, wall: Wall, page: Page) -> None:
    await at_wall(site, wall, page)
    await site.desk.sessions.end_all("petra")

    await wall.say("second")

    await page.wait_for_url(f"{site.url}/login?back=%2Fwall")
