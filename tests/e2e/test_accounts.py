"""``baton account``: people are invited and shut out from the terminal, and no secret reaches Temporal."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from pydantic import ValidationError

from baton.desk.accounts import AccountInvitation
from baton.desk.tokens import digest_of, new_token
from lab.gateways import gateway_of
from lab.rig import Rig
from tests.commands import Baton

PASSWORD = "correct horse battery"


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path, BATON_CONSOLE_ORIGIN="https://desk.example.org")


async def link_of(baton: Baton, *arguments: str) -> str:
    """The path of the link that a command prints."""
    said = await baton.run("account", *arguments)
    assert said.code == 0, said.err
    assert "shown this one time" in said.err
    origin, slashes, path = said.out.strip().partition("https://desk.example.org/")
    assert (origin, bool(slashes)) == ("", True)
    return f"/{path}"


async def test_people_are_invited_given_a_role_and_shut_out(rig: Rig, baton: Baton) -> None:
    path = await link_of(baton, "invite", "ivan", "--role", "lead")
    assert "invited until" in await baton("account", "list")
    async with gateway_of(rig) as url, httpx.AsyncClient(base_url=url, timeout=None) as ivan:

        async def sent(to: str, **fields: str) -> int:
            ivan.cookies.clear()
            return (await ivan.post(to, data=fields, headers={"origin": url})).status_code

        assert await sent(path, password=PASSWORD, again=PASSWORD) == 303
        assert await sent("/login", staff="ivan", password=PASSWORD) == 303
        assert "logged in last" in await baton("account", "list")

        assert await baton("account", "role", "ivan", "dispatcher") == "ivan has the role dispatcher.\n"
        assert (await ivan.get("/settings")).status_code == 303
        assert await baton("account", "disable", "ivan") == "ivan is shut out.\n"
        assert await sent("/login", staff="ivan", password=PASSWORD) == 401
        assert await baton("account", "enable", "ivan") == "ivan may log in again.\n"
        assert await sent("/login", staff="ivan", password=PASSWORD) == 303

        again = await link_of(baton, "reset", "ivan")
        assert await sent("/login", staff="ivan", password=PASSWORD) == 401
        assert await sent(again, password=PASSWORD, again=PASSWORD) == 303


async def test_what_cannot_be_done_is_one_sentence(baton: Baton) -> None:
    assert "Nobody has an account" in await baton("account", "list")
    unknown = await baton.run("account", "invite", "nobody")
    without = await baton.run("account", "disable", "ivan")

    assert (unknown.code, without.code) == (1, 1)
    assert "'nobody'" in unknown.err
    assert "baton account invite ivan" in without.err


def test_only_the_digest_of_a_link_can_cross_temporal() -> None:
    token = new_token()

    AccountInvitation(staff="ivan", digest=digest_of(token))
    with pytest.raises(ValidationError):
        AccountInvitation(staff="ivan", digest=token)
