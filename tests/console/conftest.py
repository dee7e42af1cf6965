"""The console as people meet it: a real gateway on a real ledger, and a real browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from argon2 import PasswordHasher
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from baton.desk.accounts import INVITATION_PATH, AccountInvitation, Role
from baton.desk.tokens import digest_of, new_token
from baton.documents.directoryfile import load_directory
from baton.settings import CHECKOUT, HOST, Settings
from gateway.backend import Backend
from gateway.console import passwords
from helpdesks.embedded import EmbeddedHelpDesk
from lab.gateways import serving
from lab.postgres import fresh_database
from local.machine import free_port

PASSWORD = "correct horse battery"
PATIENCE_MS = 600_000
"""For how long a page is waited for, in milliseconds: against what hangs, and not against a slow machine."""
expect.set_options(timeout=PATIENCE_MS)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@dataclass
class Site:
    """A console, and what stands behind it."""

    url: str
    desk: EmbeddedHelpDesk
    settings: Settings

    async def invite(self, staff: str, role: Role = Role.AGENT) -> str:
        """An invitation; the path of its link."""
        token = new_token()
        await self.desk.accounts.invite(
            AccountInvitation(staff=staff, digest=digest_of(token), role=role), datetime.now(UTC)
        )
        return f"{INVITATION_PATH}{token}"

    @asynccontextmanager
    async def visitor(self, **headers: str) -> AsyncIterator[Visitor]:
        """Somebody without a browser."""
        async with httpx.AsyncClient(
            base_url=self.url,
            headers={"accept": "text/html", "accept-language": "en", **headers},
            timeout=None,
        ) as client:
            yield Visitor(client, self.url)

    @asynccontextmanager
    async def signed_in(self, staff: str = "ivan", role: Role = Role.AGENT) -> AsyncIterator[Visitor]:
        """Somebody without a browser, who has just accepted an invitation."""
        async with self.visitor() as visitor:
            await visitor.accept(await self.invite(staff, role))
            yield visitor


@dataclass
class Visitor:
    """Sends what a browser would send from a page of the console."""

    client: httpx.AsyncClient
    origin: str

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def form_token(self) -> str:
        """What the forms of this session have in them."""
        text = (await self.client.get("/settings", follow_redirects=True)).text
        _, found, rest = text.partition('name="form-token" content="')
        return rest.partition('"')[0] if found else ""

    async def send(self, path: str, *, token: str | None = None, **fields: str) -> httpx.Response:
        """Send a form of a page."""
        shown = await self.form_token() if token is None else token
        return await self.client.post(
            path, data={"form_token": shown, **fields}, headers={"origin": self.origin}
        )

    async def accept(self, path: str, password: str = PASSWORD) -> httpx.Response:
        """Choose a password behind the link of an invitation."""
        return await self.send(path, token="", password=password, again=password)

    async def log_in(self, staff: str = "ivan", password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.send("/login", staff=staff, password=password, **fields)

    async def is_signed_in(self) -> bool:
        return (await self.client.get("/settings")).status_code == 200


@asynccontextmanager
async def site_at(url: str, folder: Path, **settings: Any) -> AsyncIterator[Site]:
    """A console on a ledger of its own, with the people of the demo, and no Temporal."""
    chosen = Settings(data_dir=folder, database_url=url, gateway_port=free_port(), **settings)
    async with EmbeddedHelpDesk.open(url) as desk:
        demo = load_directory(CHECKOUT / "deploy/directory/demo.yaml")
        await desk.change_directory(demo, based_on=None)
        async with serving(chosen, Backend(chosen)):
            yield Site(f"http://{HOST}:{chosen.gateway_port}", desk, chosen)


@pytest.fixture(autouse=True)
def _cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes cost as little as they can: most tests are not about what they cost."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "PasswordHasher", cheap)


@pytest.fixture(params=["sqlite", "postgresql"])
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    """A console on each database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/baton.db"
    else:
        url = await fresh_database(request.getfixturevalue("postgresql"))
    async with site_at(url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def small_site(tmp_path: Path) -> AsyncIterator[Site]:
    """A console on SQLite, where the database does not matter."""
    async with site_at(f"sqlite:///{tmp_path}/baton.db", tmp_path) as opened:
        yield opened


# --- A browser ----------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One for all tests: starting it takes longest."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here; `.ci/install-chromium` installs it where that is possible")
    async with async_playwright() as playwright:
        # Its own sandbox needs rights that containers and root do not have; it sees our pages only.
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def browsing(browser: Browser, **options: Any) -> AsyncIterator[BrowserContext]:
    """The browser of one person, who is logged in nowhere yet.

    Its pages may ask nobody but the console, and neither script nor policy may have to complain.
    """
    wrong: list[str] = []
    context = await browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/Berlin", **options})
    context.set_default_timeout(PATIENCE_MS)
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("console", lambda said: wrong.append(said.text) if "Content Security" in said.text else None)
    context.on("request", lambda sent: wrong.append(sent.url) if _is_outside(sent.url) else None)
    try:
        yield context
    finally:
        await context.close()
    assert wrong == []


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """The browser of one person. For another person in the same test: `browsing`."""
    async with browsing(browser) as opened:
        yield opened


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """A page in it."""
    return await context.new_page()


def _is_outside(url: str) -> bool:
    parts = urlsplit(url)
    local = parts.hostname in (HOST, "localhost") or (parts.hostname or "").endswith(".localhost")
    return parts.scheme not in ("data", "blob") and not local
