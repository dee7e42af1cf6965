"""Every page of the console: who may see it, who may send it, and what it says to browsers."""

from __future__ import annotations

import re

import pytest
from fastapi.routing import APIRoute

from baton.desk.accounts import Role
from baton.desk.tokens import digest_of
from baton.documents.directory import Directory, Member
from baton.errors import HelpDeskUnavailable
from gateway.backend import Backend
from gateway.console import ROUTERS, login, oidc
from gateway.console.rendering import static_files
from gateway.console.routing import PageRoute
from tests.console.conftest import PASSWORD, Site

ROUTES = [
    (method, route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]
OPEN = {
    route.path
    for router in (login.router, oidc.router)
    for route in router.routes
    if isinstance(route, APIRoute)
}


def test_every_route_is_a_page() -> None:
    assert all(isinstance(route, PageRoute) for router in ROUTERS for route in router.routes)


@pytest.mark.parametrize(("method", "path"), [one for one in ROUTES if one[1] not in OPEN])
async def test_nobody_sees_or_sends_a_page_without_having_logged_in(
    small_site: Site, method: str, path: str
) -> None:
    async with small_site.visitor(origin=small_site.url) as visitor:
        answer = await visitor.client.request(method, path)

    assert answer.status_code == 303
    assert answer.headers["location"].partition("?")[0] == "/login"


@pytest.mark.parametrize("path", [path for method, path in ROUTES if method == "POST"])
async def test_a_form_counts_only_from_a_page_of_this_session(small_site: Site, path: str) -> None:
    async with small_site.signed_in(role=Role.ADMIN) as ivan, small_site.signed_in("lena") as lena:
        token, of_lena = await ivan.form_token(), await lena.form_token()
        for form, headers in [
            (token, {}),
            (token, {"origin": "https://evil.example"}),
            (token, {"origin": "null"}),
            (token, {"origin": ivan.origin, "sec-fetch-site": "cross-site"}),
            (token, {"origin": ivan.origin, "sec-fetch-site": "same-site"}),
            ("", {"origin": ivan.origin}),
            (of_lena, {"origin": ivan.origin}),
        ]:
            answer = await ivan.client.post(path, data={"form_token": form}, headers=headers)
            assert answer.status_code == 403, (form, headers)
        assert await ivan.is_signed_in()


async def test_our_script_shows_the_token_in_a_header(small_site: Site) -> None:
    async with small_site.signed_in() as ivan:
        headers = {"origin": ivan.origin, "x-form-token": await ivan.form_token()}
        answer = await ivan.client.post("/settings/language", data={"language": "ru"}, headers=headers)

    assert answer.status_code == 303


@pytest.mark.parametrize("path", ["/", "/login", "/settings", "/accounts", "/nothing", "/logout"])
async def test_each_answer_allows_browsers_nothing_from_elsewhere(small_site: Site, path: str) -> None:
    async with small_site.signed_in() as ivan:
        answer = await ivan.get(path)

    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(
        r"<script(?! src=\"/static/)|<style|\bstyle=|\bon[a-z]+=|https?://(?!127)", answer.text
    )


async def test_files_are_kept_for_good_under_the_digest_of_what_is_in_them(small_site: Site) -> None:
    async with small_site.visitor() as visitor:
        for name, file in static_files().items():
            answer = await visitor.get(file.path)
            assert (answer.status_code, answer.content) == (200, file.content)
            assert "immutable" in answer.headers["cache-control"]
            assert answer.headers["x-content-type-options"] == "nosniff"
            of_another_release = await visitor.get(f"/static/0000/{name}")
            assert of_another_release.headers["cache-control"] == "no-cache"
        assert (await visitor.get("/static/0000/nothing.css")).status_code == 404
        assert (await visitor.get("/static/0000/..%2Frendering.py")).status_code == 404


# --- What goes wrong ----------------------------------------------------------------------------------


async def test_an_address_at_which_nothing_is_gets_a_page_and_programs_a_problem(small_site: Site) -> None:
    async with small_site.visitor() as visitor:
        page = await visitor.get("/nothing/here")
        russian = await visitor.get("/nothing/here", **{"accept-language": "ru"})
        of_api = await visitor.get("/v1/nothing")
        program = await visitor.get("/nothing/here", accept="*/*")

    assert (page.status_code, "There is nothing here" in page.text) == (404, True)
    assert '<html lang="ru">' in russian.text
    assert of_api.headers["content-type"] == program.headers["content-type"] == "application/problem+json"


async def test_a_page_for_others_says_which_role_it_needs(small_site: Site) -> None:
    async with small_site.signed_in(role=Role.LEAD) as ivan:
        answer = await ivan.get("/accounts")

    assert answer.status_code == 403
    assert "This needs the role admin, and you have lead." in answer.text


@pytest.mark.parametrize(
    ("error", "status", "title"),
    [
        (RuntimeError("the secret of the house"), 500, "Something went wrong"),
        (HelpDeskUnavailable("the secret of the house"), 503, "Something cannot be reached"),
    ],
)
async def test_a_fault_is_a_page_that_gives_nothing_away(
    small_site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, title: str
) -> None:
    async def broken(self: Backend) -> None:
        raise error

    async with small_site.signed_in() as ivan:
        monkeypatch.setattr(Backend, "ledger", broken)
        answer = await ivan.get("/settings")

    assert (answer.status_code, title in answer.text) == (status, True)
    assert "secret" not in answer.text


async def test_a_form_that_is_too_large_is_refused(small_site: Site) -> None:
    async with small_site.visitor() as visitor:
        answer = await visitor.send("/login", staff="ivan", password="x" * 3_000_000)

    assert answer.status_code == 413


# --- People's own settings ----------------------------------------------------------------------------


async def test_people_choose_their_language_or_leave_it_to_the_browser(site: Site) -> None:
    async with site.signed_in() as ivan:
        await ivan.send("/settings/language", language="ru")
        assert '<html lang="ru">' in (await ivan.get("/settings")).text
        await ivan.send("/settings/language", language="xx")
        assert '<html lang="en">' in (await ivan.get("/settings")).text
        assert '<html lang="ru">' in (await ivan.get("/settings", **{"accept-language": "fr, ru;q=0.5"})).text


async def test_another_password_ends_all_other_sessions(site: Site) -> None:
    async with site.signed_in() as here, site.visitor() as there:
        await there.log_in()
        new = "another long password"
        wrong = await here.send("/settings/password", present="no", password=new, again=new)
        name = await here.send("/settings/password", present=PASSWORD, password="ivan", again="ivan")
        done = await here.send("/settings/password", present=PASSWORD, password=new, again=new)

        assert (wrong.status_code, "The present password is wrong." in wrong.text) == (422, True)
        assert (name.status_code, done.status_code) == (422, 303)
        assert await here.is_signed_in()
        assert not await there.is_signed_in()
        assert (await there.log_in()).status_code == 401
        assert (await there.log_in(password=new)).status_code == 303


async def test_people_end_a_session_elsewhere_and_only_their_own(small_site: Site) -> None:
    async with (
        small_site.signed_in() as here,
        small_site.visitor() as there,
        small_site.signed_in("lena") as lena,
    ):
        await there.log_in()
        for other in (there, lena):
            await here.send("/settings/sessions", session=digest_of(other.client.cookies["baton"]))

        assert await here.is_signed_in()
        assert not await there.is_signed_in()
        assert await lena.is_signed_in()


# --- Accounts -----------------------------------------------------------------------------------------


async def test_an_admin_invites_and_the_link_is_shown_once(site: Site) -> None:
    async with site.signed_in("petra", Role.ADMIN) as petra:
        made = await petra.send("/accounts/invite", staff="lena", role="lead")
        later = await petra.get("/accounts")
        [path] = re.findall(rf'value="{site.url}(/invitation/[^"]+)"', made.text)
        async with site.visitor() as lena:
            assert (await lena.accept(path)).status_code == 303
            assert "your role is lead" in (await lena.get("/settings")).text

    assert path not in later.text
    assert "invited until" in later.text


async def test_an_admin_changes_roles_disables_and_resets(site: Site) -> None:
    async with site.signed_in("petra", Role.ADMIN) as petra, site.signed_in("lena") as lena:
        await petra.send("/accounts/role", staff="lena", role="dispatcher")
        assert not await lena.is_signed_in()
        await lena.log_in("lena")
        assert "your role is dispatcher" in (await lena.get("/settings")).text
        await petra.send("/accounts/disabled", staff="lena", disabled="true")
        assert (await lena.log_in("lena")).status_code == 401
        await petra.send("/accounts/disabled", staff="lena", disabled="false")
        assert (await lena.log_in("lena")).status_code == 303
        reset = await petra.send("/accounts/reset", staff="lena")
        assert (await lena.log_in("lena")).status_code == 401
        [path] = re.findall(rf'value="{site.url}(/invitation/[^"]+)"', reset.text)
        assert (await lena.accept(path)).status_code == 303


async def test_an_admin_does_not_shut_themselves_out(small_site: Site) -> None:
    async with small_site.signed_in("petra", Role.ADMIN) as petra:
        role = await petra.send("/accounts/role", staff="petra", role="agent")
        off = await petra.send("/accounts/disabled", staff="petra", disabled="true")

        assert (role.status_code, off.status_code) == (409, 409)
        assert (await petra.get("/accounts")).status_code == 200


async def test_what_cannot_be_done_with_an_account_is_a_page_that_says_why(small_site: Site) -> None:
    async with small_site.signed_in("petra", Role.ADMIN) as petra:
        unknown = await petra.send("/accounts/invite", staff="nobody")
        nonsense = await petra.send("/accounts/role", staff="lena", role="king")
        missing = await petra.send("/accounts/invite")

    assert (unknown.status_code, nonsense.status_code, missing.status_code) == (422, 422, 422)
    assert "nobody" in unknown.text


async def test_a_name_is_shown_as_it_is_written(small_site: Site) -> None:
    people = {"ivan": Member(name="<b>Ivan</b> & co"), "petra": Member()}
    await small_site.desk.change_directory(Directory(staff=people), based_on=None)
    async with small_site.signed_in("petra", Role.ADMIN) as petra, small_site.signed_in() as ivan:
        pages = [(await petra.get("/accounts")).text, (await ivan.get("/settings")).text]

    assert all("&lt;b&gt;Ivan&lt;/b&gt; &amp; co" in page and "<b>" not in page for page in pages)
