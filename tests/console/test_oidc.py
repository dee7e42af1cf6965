"""Logging in by a provider of the company: whom it vouches for, and what is refused."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from baton.errors import SettingsError
from baton.settings import load_settings
from tests.console.conftest import Site, Visitor, site_at
from tests.console.oidcprovider import CLIENT, SECRET, SmallProvider, small_provider

NO_ACCOUNT = "You have no account here."
REFUSED = "The login of your company has refused you."


class Company(NamedTuple):
    """A console, and the provider that it trusts."""

    site: Site
    provider: SmallProvider


@pytest.fixture(params=[False])
async def company(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Company]:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    async with (
        small_provider() as provider,
        site_at(
            f"sqlite:///{tmp_path}/baton.db",
            tmp_path,
            oidc_client_id=CLIENT,
            oidc_client_secret_file=secret,
            oidc_issuer=provider.url,
            oidc_provision=request.param,
        ) as site,
    ):
        yield Company(site, provider)


async def went(visitor: Visitor, back: str = "/") -> str:
    """Where the provider sends somebody who begins a login; with the code."""
    begun = await visitor.client.get("/login/oidc", params={"back": back})
    assert begun.status_code == 303, begun.text
    async with httpx.AsyncClient(timeout=None) as at_provider:
        return (await at_provider.get(begun.headers["location"])).headers["location"]


async def test_whoever_has_an_account_gets_in_and_to_where_they_wanted(company: Company) -> None:
    await company.site.invite("ivan")
    async with company.site.visitor() as ivan:
        form = await ivan.get("/login?back=/settings")
        back = await ivan.get(await went(ivan, "/settings"))

        assert 'href="/login/oidc?back=/settings"' in form.text
        assert (back.status_code, back.headers["location"]) == (303, "/settings")
        assert "You are logged in as ivan" in (await ivan.get("/settings")).text
        assert "oidc" not in ivan.client.cookies


async def test_who_has_no_account_is_told_so(company: Company) -> None:
    async with company.site.visitor() as ivan:
        refused = await ivan.get(await went(ivan))

        assert (refused.status_code, NO_ACCOUNT in refused.text) == (403, True)
        assert not await ivan.is_signed_in()


@pytest.mark.parametrize("company", [True], indirect=True)
@pytest.mark.parametrize(("name", "status"), [("ivan", 303), ("nobody", 403), (None, 403), (["ivan"], 403)])
async def test_people_of_the_directory_may_get_an_account_by_logging_in(
    company: Company, name: Any, status: int
) -> None:
    company.provider.claims = {"preferred_username": name}
    async with company.site.visitor() as visitor:
        answer = await visitor.get(await went(visitor))

        assert answer.status_code == status
        assert await visitor.is_signed_in() == (status == 303)


@pytest.mark.parametrize(
    "told",
    [
        {"iss": "https://another.example"},
        {"aud": "another console"},
        {"nonce": "of another login"},
        {"exp": int(time.time()) - 3600},
        {"azp": "another console"},
    ],
    ids=lambda told: next(iter(told)),
)
async def test_a_token_that_is_not_for_this_login_lets_nobody_in(
    company: Company, told: dict[str, Any]
) -> None:
    await company.site.invite("ivan")
    company.provider.claims |= told
    async with company.site.visitor() as ivan:
        refused = await ivan.get(await went(ivan))

    assert (refused.status_code, REFUSED in refused.text) == (403, True)


async def test_a_code_counts_once_and_only_where_the_login_was_begun(company: Company) -> None:
    await company.site.invite("ivan")
    async with (
        company.site.visitor() as ivan,
        company.site.visitor() as thief,
        company.site.visitor() as other,
    ):
        path = await went(ivan)
        stolen = await thief.get(path)
        await went(other)
        crossed = await other.get(path)
        first, second = await ivan.get(path), await ivan.get(path)

        assert (stolen.status_code, crossed.status_code, first.status_code) == (403, 403, 303)
        assert second.status_code == 403
        assert not await thief.is_signed_in()


async def test_a_provider_that_changes_its_keys_is_believed_and_another_key_is_not(company: Company) -> None:
    await company.site.invite("ivan")
    async with company.site.visitor() as ivan:
        assert (await ivan.get(await went(ivan))).status_code == 303
        company.provider.new_key()
        assert (await ivan.get(await went(ivan))).status_code == 303
        published = company.provider.key.as_dict(private=False)
        company.provider.new_key()
        company.provider.key.as_dict = lambda private: published  # type: ignore[method-assign, assignment, misc]
        assert (await ivan.get(await went(ivan))).status_code == 403


async def test_what_the_provider_refuses_is_a_page(company: Company) -> None:
    async with company.site.visitor() as ivan:
        state = dict(parse_qsl(urlsplit(await went(ivan)).query))["state"]
        answer = await ivan.get(f"/login/oidc/callback?error=access_denied&state={state}")

    assert (answer.status_code, REFUSED in answer.text) == (403, True)


async def test_a_provider_that_is_not_there_is_a_page(tmp_path: Path) -> None:
    settings = {
        "oidc_client_id": CLIENT,
        "oidc_client_secret_file": tmp_path / "secret",
        "oidc_issuer": "http://127.0.0.1:1",
    }
    async with (
        site_at(f"sqlite:///{tmp_path}/baton.db", tmp_path, **settings) as site,
        site.visitor() as ivan,
    ):
        answer = await ivan.get("/login/oidc")

    assert (answer.status_code, "does not answer" in answer.text) == (503, True)


async def test_without_a_provider_there_is_no_such_login(small_site: Site) -> None:
    async with small_site.visitor() as visitor:
        assert (await visitor.get("/login/oidc")).status_code == 404
        assert "oidc" not in (await visitor.get("/login")).text


def test_a_provider_needs_to_know_the_console_and_tls() -> None:
    with pytest.raises(SettingsError, match="set BATON_OIDC_CLIENT_ID and BATON_OIDC_CLIENT_SECRET_FILE"):
        load_settings(oidc_issuer="https://login.example.org")
    with pytest.raises(SettingsError, match="oidc_issuer"):
        load_settings(oidc_issuer="http://login.example.org", oidc_client_id="b", oidc_client_secret_file="s")
