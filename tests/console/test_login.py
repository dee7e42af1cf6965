"""Logging in: who gets in, who does not, and what is given away meanwhile."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import argon2
import pytest
from sqlalchemy import select

from baton.desk.accounts import AccountChange, EntryLink, EntryLinks, Role
from baton.desk.tokens import digest_of
from baton.documents.directory import Directory, Member
from gateway.console import attempts, passwords
from gateway.console.login import own_path
from gateway.console.passwords import Passwords, mistake_in
from helpdesks.schema import accounts
from lab.ledger import rows
from tests.console.conftest import PASSWORD, Site, site_at

WRONG = "The name or the password is wrong."


# --- Invitations --------------------------------------------------------------------------------------


async def test_an_invitation_lets_its_person_choose_a_password_and_in(site: Site) -> None:
    path = await site.invite("ivan", Role.LEAD)
    async with site.visitor() as ivan:
        welcome = await ivan.get(path)
        done = await ivan.accept(path)
        own = await ivan.get("/settings")

    assert (welcome.status_code, "Welcome, Ivan" in welcome.text) == (200, True)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert "You are logged in as ivan; your role is lead." in own.text
    async with site.visitor() as ivan:
        assert (await ivan.log_in()).status_code == 303
        assert await ivan.is_signed_in()
        assert (await ivan.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("password", "again", "what"),
    [
        ("short", "short", "The password has 5 characters and needs 12."),
        (PASSWORD, PASSWORD + "!", "The two passwords are not the same."),
        ("x" * 1001, "x" * 1001, "The password has 1001 characters; 1000 are the most."),
    ],
)
async def test_a_password_that_will_not_do_uses_nothing_up(
    small_site: Site, password: str, again: str, what: str
) -> None:
    path = await small_site.invite("ivan")
    async with small_site.visitor() as ivan:
        refused = await ivan.send(path, token="", password=password, again=again)
        assert (refused.status_code, what in refused.text) == (422, True)
        assert password not in refused.text
        assert (await ivan.accept(path)).status_code == 303


def test_a_password_must_not_be_the_name() -> None:
    assert mistake_in("Ivan the Terrible ", "ivan", "Ivan The Terrible") is not None
    assert mistake_in("Ivan the Terrible!", "ivan", "Ivan The Terrible") is None


async def test_a_hash_has_the_costs_that_the_library_recommends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "PasswordHasher", argon2.PasswordHasher)

    kept = await Passwords().hashed(PASSWORD)

    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_a_password_fits_however_its_letters_are_typed() -> None:
    hashing = Passwords()
    kept = await hashing.hashed("мой пароль")  # й as one sign

    assert await hashing.fits("мой пароль", kept)  # and as two
    assert not await hashing.fits("moj parol", kept)
    assert not await hashing.fits("мой пароль", None)
    assert not hashing.is_outdated(kept)


# --- Logging in ---------------------------------------------------------------------------------------


async def test_a_wrong_password_an_unknown_name_and_a_disabled_account_are_answered_alike(site: Site) -> None:
    for staff in ("ivan", "lena"):
        async with site.visitor() as invited:
            await invited.accept(await site.invite(staff))
    await site.invite("oleg")  # who has no password yet
    await site.desk.accounts.change(AccountChange(staff="lena", disabled=True), datetime.now(UTC))

    answers = {}
    async with site.visitor() as visitor:
        for staff, password in [
            ("ivan", "a wrong password"),
            ("lena", PASSWORD),
            ("oleg", PASSWORD),
            ("maria", PASSWORD),
            ("nobody", PASSWORD),
        ]:
            answer = await visitor.log_in(staff, password)
            answers[staff] = (
                answer.status_code,
                answer.text.replace(staff, "…"),
                answer.headers.get("set-cookie"),
            )

    assert set(answers.values()) == {answers["ivan"]}
    assert answers["ivan"][0] == 401
    assert WRONG in answers["ivan"][1]
    assert answers["ivan"][2] is None


async def test_an_unknown_name_costs_a_hash_too(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    verified = Passwords._verified

    def counting(self: Passwords, kept: str, password: bytes) -> bool:
        hashed.append(kept)
        return verified(self, kept, password)

    monkeypatch.setattr(Passwords, "_verified", counting)
    async with small_site.visitor() as visitor:
        await visitor.log_in("nobody", PASSWORD)
        await visitor.log_in("", "")

    assert len(hashed) == 2


async def test_who_must_log_in_first_comes_back_to_where_they_wanted(small_site: Site) -> None:
    path = await small_site.invite("ivan")
    async with small_site.visitor() as ivan:
        sent = await ivan.get("/settings?tab=a%26b")
        await ivan.accept(path)
        await ivan.send("/logout")
        back = await ivan.log_in(back="/settings?tab=a%26b")
        part = await ivan.client.get("/settings", headers={"sec-fetch-mode": "cors", "cookie": "baton=x"})

    assert (sent.status_code, sent.headers["location"]) == (303, "/login?back=%2Fsettings%3Ftab%3Da%2526b")
    assert back.headers["location"] == "/settings?tab=a%26b"
    assert part.status_code == 401  # a part of a page, which must not become the login


@pytest.mark.parametrize(
    "written",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "/\t/evil.example",
        "",
        "x",
    ],
)
def test_nobody_is_sent_to_another_place(written: str) -> None:
    assert own_path(written) == "/"


async def test_too_many_attempts_as_one_person_are_turned_away(small_site: Site) -> None:
    async with small_site.visitor() as ivan:
        await ivan.accept(await small_site.invite("ivan"))
    async with small_site.visitor() as visitor:
        wrong = [await visitor.log_in(password="a wrong password") for _ in range(attempts.FOR_ACCOUNT)]
        right = await visitor.log_in()
        unknown = [await visitor.log_in("nobody") for _ in range(attempts.FOR_ACCOUNT + 1)]
        other = await visitor.log_in("lena")

    assert {answer.status_code for answer in wrong} == {401}
    assert (right.status_code, "Too many attempts. Try again in" in right.text) == (429, True)
    assert [answer.status_code for answer in unknown][-2:] == [401, 429]  # nobody learns who has an account
    assert other.status_code == 401


def test_attempts_are_counted_by_address_and_by_network_of_ipv6() -> None:
    counted = attempts.Attempts(for_account=2, for_address=4)

    assert [counted.count("a", "192.0.2.1") for _ in range(2)] == [0, 0]
    assert 0 < counted.count("a", "192.0.2.2") <= attempts.MINUTES
    counted.succeeded("a")
    assert counted.count("a", "192.0.2.2") == 0
    waits = [counted.count(f"b{number}", f"2001:db8::{number}") for number in range(5)]
    assert waits[:4] == [0, 0, 0, 0]
    assert waits[4] > 0
    assert counted.count("c", "2001:db8:0:1::1") == 0


async def test_the_log_says_who_logged_in_from_where_and_no_secret(
    small_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    path = await small_site.invite("ivan")
    async with small_site.visitor() as ivan:
        accepted = await ivan.accept(path)
        async with small_site.visitor() as visitor:
            await visitor.log_in(password="a wrong password")
            await visitor.log_in("my password in the wrong field", "ivan")
        await ivan.send("/logout")
    token = accepted.cookies["baton"]

    said = [record.getMessage() for record in caplog.records if record.name == "baton.console"]
    assert said == [
        "ivan signed in from 127.0.0.1 by invitation",
        "a login as ivan from 127.0.0.1 failed",
        "a login as nobody known from 127.0.0.1 failed",
        "ivan signed out from 127.0.0.1",
    ]
    assert not logging.getLogger(
        "uvicorn.access"
    ).propagate  # it would quote the links, and only pytest sees it
    others = ("http", "uvicorn.access")  # the client of this test
    log = "\n".join(one.getMessage() for one in caplog.records if not one.name.startswith(others))
    for secret in (PASSWORD, "a wrong password", "my password", token, digest_of(token), path):
        assert secret not in log


async def test_a_password_is_hashed_anew_where_its_hash_is_from_other_costs(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with small_site.visitor() as ivan:
        await ivan.accept(await small_site.invite("ivan"))
        [before] = await rows(small_site.desk, select(accounts.c.password))
        monkeypatch.setattr(Passwords, "is_outdated", lambda self, kept: True)
        assert (await ivan.log_in()).status_code == 303
        [after] = await rows(small_site.desk, select(accounts.c.password))
        assert (await ivan.log_in()).status_code == 303

    assert before != after


# --- Sessions -----------------------------------------------------------------------------------------


async def test_the_cookie_is_for_this_host_only_and_no_script_sees_it(
    small_site: Site, tmp_path: Path
) -> None:
    async with small_site.visitor() as ivan:
        plain = (await ivan.accept(await small_site.invite("ivan"))).headers["set-cookie"]
    folder = tmp_path / "tls"
    folder.mkdir()
    async with (
        site_at(f"sqlite:///{folder}/baton.db", folder, console_origin="https://desk.example.org") as site,
        site.visitor(origin="https://desk.example.org") as ivan,
    ):
        ivan.origin = "https://desk.example.org"
        secure = (await ivan.accept(await site.invite("ivan"))).headers["set-cookie"]

    name, _, _ = plain.partition("=")
    assert name == "baton"
    assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(plain.split("; "))
    assert secure.startswith("__Host-baton=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(secure.split("; "))
    assert "Domain" not in plain + secure


async def test_a_login_ends_the_session_that_was_there(small_site: Site) -> None:
    async with small_site.signed_in() as ivan:
        before = ivan.client.cookies["baton"]
        await ivan.send("/login", staff="ivan", password=PASSWORD)
        after = ivan.client.cookies["baton"]

    assert before != after
    now = datetime.now(UTC)
    found = await small_site.desk.sessions.of_person("ivan", now, timedelta(hours=1))
    assert [one.digest for one in found] == [digest_of(after)]


async def test_logging_out_ends_the_session_and_everywhere_all_of_them(site: Site) -> None:
    async with site.signed_in() as here, site.visitor() as there, site.visitor() as elsewhere:
        await there.log_in()
        await elsewhere.log_in()
        cookie = here.client.cookies["baton"]
        gone = await here.send("/logout")
        here.client.cookies.set("baton", cookie)

        assert gone.headers["location"] == "/login"
        assert not await here.is_signed_in()
        assert await there.is_signed_in()
        await there.send("/logout", everywhere="yes")
        assert not await elsewhere.is_signed_in()


async def test_whoever_leaves_the_directory_is_out_at_once(site: Site) -> None:
    async with site.signed_in() as ivan:
        await site.desk.change_directory(Directory(staff={"lena": Member()}), based_on=None)
        assert not await ivan.is_signed_in()
        assert (await ivan.log_in()).status_code == 401


async def test_an_entry_link_lets_its_person_in_more_than_once(site: Site) -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    link = EntryLink(staff="petra", digest=digest_of("a token"), role=Role.ADMIN, until=until)
    await site.desk.accounts.link(EntryLinks(links=(link,)), datetime.now(UTC))

    for _ in range(2):
        async with site.visitor() as petra:
            assert (await petra.get("/enter/a token")).headers["location"] == "/"
            assert (await petra.get("/")).headers["location"] == "/inbox"
            assert "You are logged in as petra" in (await petra.get("/settings")).text
    await site.desk.accounts.link(EntryLinks(links=()), datetime.now(UTC))
    async with site.visitor() as petra:
        assert (await petra.get("/enter/a token")).status_code == 404
