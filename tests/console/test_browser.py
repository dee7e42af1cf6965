"""The console in a real browser: with the keyboard only, in both schemes, on a phone, without a script."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page

from baton.desk.accounts import Role
from tests.console.conftest import PASSWORD, Site, browsing

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


async def accept(page: Page, site: Site, staff: str = "petra", role: Role = Role.ADMIN) -> None:
    """Log somebody in by an invitation."""
    await page.goto(site.url + await site.invite(staff, role))
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("Once more").fill(PASSWORD)
    await page.get_by_role("button").click()
    await page.wait_for_url(f"{site.url}/inbox")


async def faults(page: Page) -> list[Any]:
    """What axe finds wrong."""
    found = await Axe().run(page, options=RULES)
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found.response["violations"]]


async def width_of(page: Page) -> tuple[int, int]:
    """How wide the content is, and the window."""
    wide, window = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    return wide, window


async def test_somebody_logs_in_with_the_keyboard_only(small_site: Site, page: Page) -> None:
    await accept(page, small_site)
    await page.get_by_role("button", name="Log out").click()
    await page.goto(f"{small_site.url}/settings")

    assert await page.evaluate("document.activeElement.name") == "staff"
    await page.keyboard.type("petra")
    await page.keyboard.press("Tab")
    await page.keyboard.type("a wrong password")
    await page.keyboard.press("Enter")
    await page.get_by_role("alert").wait_for()
    # The name is there already; the password is asked for again.
    assert await page.evaluate("document.activeElement.name") == "password"
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")

    await page.wait_for_url(f"{small_site.url}/settings")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "To the content"
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "content"


PAGES = ["/login", "/", "/settings", "/accounts", "/nothing"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_wrong_on_any_page(small_site: Site, page: Page, scheme: Any) -> None:
    await page.emulate_media(color_scheme=scheme)
    invitation = await small_site.invite("lena")
    await page.goto(small_site.url + invitation)
    assert await faults(page) == []
    await page.goto(f"{small_site.url}/login")
    await page.get_by_label("Staff ID").fill("petra")
    await page.get_by_label("Password").fill("wrong")
    await page.get_by_role("button").click()
    await page.get_by_role("alert").wait_for()
    assert await faults(page) == []

    await accept(page, small_site)
    for path in PAGES:
        await page.goto(small_site.url + path)
        assert await faults(page) == [], path
    await page.goto(f"{small_site.url}/accounts")
    await page.get_by_role("button", name="Make a link").click()
    await page.get_by_role("status").wait_for()
    assert await faults(page) == []


async def test_every_page_fits_on_a_phone_and_wide_screens(small_site: Site, page: Page) -> None:
    await accept(page, small_site)
    for width in (320, 768, 2560):
        await page.set_viewport_size({"width": width, "height": 700})
        for path in PAGES:
            await page.goto(small_site.url + path)
            wide, window = await width_of(page)
            assert wide <= window, (path, width)


async def test_the_dark_scheme_is_dark(small_site: Site, page: Page) -> None:
    async def brightness(scheme: Any) -> int:
        await page.emulate_media(color_scheme=scheme)
        await page.goto(f"{small_site.url}/login")
        colour = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))

    assert await brightness("dark") < 150 < 600 < await brightness("light")


async def test_times_are_shown_in_the_zone_of_the_reader_and_links_can_be_copied(
    small_site: Site, page: Page, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"], origin=small_site.url)
    await accept(page, small_site)
    await page.goto(f"{small_site.url}/accounts")
    await page.get_by_role("button", name="Make a link").click()
    await page.get_by_role("button", name="Copy").click()
    await page.get_by_role("button", name="Copied").wait_for()

    shown = await page.get_by_label("Link", exact=True).input_value()
    assert await page.evaluate("navigator.clipboard.readText()") == shown
    time = page.locator("time").first
    assert "UTC" not in await time.inner_text()
    assert (await time.get_attribute("title") or "").endswith("CET")


async def test_two_people_are_logged_in_in_one_browser_under_names_of_their_own(
    small_site: Site, context: BrowserContext
) -> None:
    port = small_site.settings.gateway_port
    for staff in ("ivan", "lena"):
        page = await context.new_page()
        own = f"http://{staff}.localhost:{port}"
        await page.goto(own + await small_site.invite(staff))
        await page.get_by_label("New password").fill(PASSWORD)
        await page.get_by_label("Once more").fill(PASSWORD)
        await page.get_by_role("button").click()
        await page.wait_for_url(f"{own}/inbox")

    for page, name in zip(context.pages, ("Ivan", "Lena"), strict=True):
        await page.reload()
        assert await page.get_by_role("link", name=name, exact=True).is_visible()


async def test_everything_works_without_a_script(small_site: Site, browser: Browser) -> None:
    async with browsing(browser, java_script_enabled=False) as context:
        page = await context.new_page()
        await accept(page, small_site)
        await page.goto(f"{small_site.url}/settings")
        await page.get_by_role("combobox", name="Language").select_option("ru")
        await page.get_by_role("button", name="Save").click()
        assert await page.locator("html").get_attribute("lang") == "ru"
