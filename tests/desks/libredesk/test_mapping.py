"""The mapping of names for Libredesk, what is checked of it, and what is made of it there."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from baton.contract import Status
from helpdesks.libredesk.desk import LibredeskDesk
from helpdesks.libredesk.mapping import LibredeskMapping
from tests.desks.documenting import check_fields
from tests.desks.libredesk.company import OWN, PEOPLE, Company, company_mapping
from tests.desks.libredesk.server import LibredeskServer

URL = "https://desk.example.com"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"chats": {"web": "Website"}, "tickets": {"mail": "Website"}}, "'Website' is 'web' already"),
        ({"statuses": {"pending": ["Snoozed"]}}, "Baton cannot snooze"),
        ({"statuses": {"open": ["Closed"]}}, "the status 'closed' is named twice"),
        ({"people": {"lena": "a@example.com", "maria": "a@example.com"}}, "have the same name"),
        ({"commands": {"ask": "/ask them"}}, "should match pattern"),
        ({"commands": {"tell": "/tell"}}, "Extra inputs are not permitted"),
        ({"login": "baton"}, "Extra inputs are not permitted"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as raised:
        company_mapping(URL, **fields)
    assert problem in str(raised.value)


def test_names_are_understood_as_libredesk_writes_them() -> None:
    mapping = company_mapping(URL, people={"lena": "Lena@Example.com"}, labels={"vip": "Important"})
    assert mapping.people_by_email == {"lena@example.com": "lena"}
    assert mapping.statuses.there["resolved"] is Status.CLOSED
    assert mapping.statuses.to_set(Status.PENDING) == "Waiting"
    assert [mapping.label_of(word) for word in ("Important", "vip")] == ["vip", "vip"]


async def wrong(company: Company) -> dict[str, str]:
    return {one.what: one.wrong for one in await company.adapter.check() if one.wrong}


async def test_everything_that_is_there_is_fine(company: Company) -> None:
    assert await wrong(company) == {
        "agents not in the mapping": "ada@example.com, nora@example.com count as the system, not as people"
    }
    assert len(await company.adapter.check()) > 20


async def test_what_is_not_there_is_said_with_what_to_do(company: Company, server: LibredeskServer) -> None:
    account = server.account
    agents = {one.email: one for one in account.agents.values()}
    agents[OWN].permissions = tuple(right for right in agents[OWN].permissions if "tags" not in right)
    agents[PEOPLE["ivan"]].enabled = False
    agents[PEOPLE["lena"]].first_name, agents[PEOPLE["lena"]].last_name = "Maria", "Sommer"
    agents[PEOPLE["oleg"]].email = "other@example.com"
    account.teams.pop(2)
    account.tags.remove("vip")
    del account.statuses["Waiting"]
    account.statuses["Odd"] = "open"
    account.inboxes[0]["enabled"] = False
    account.inboxes[1]["name"] = "Shop"
    found = await wrong(company)
    assert found.pop("agents not in the mapping").startswith("ada@example.com, nora@example.com, other@")
    assert {what: said.partition(":")[0] for what, said in found.items()} == {
        f"login as {OWN}": "its role lacks conversations",
        "person ivan": "disabled in Libredesk",
        "person lena": "2 agents are called Maria Sommer",
        "person maria": "2 agents are called Maria Sommer",
        "person oleg": "no agent has the address oleg@example.com",
        "inbox Website": "there is no such inbox",
        "inbox Mail": "it is disabled in Libredesk, so that nobody can write from it",
        "line line-2": "there is no team 'Experts'",
        "label vip": "there is no tag 'vip'",
        "status Waiting": "there is no status 'Waiting'",
        "other statuses": "say under 'statuses' what these are",
    }


async def test_a_person_under_batons_own_login_is_a_mistake(company: Company) -> None:
    desk = LibredeskDesk(company.mapping, company.there.keys[PEOPLE["ivan"]])
    found = [one.wrong for one in await desk.check()]
    await desk.aclose()
    assert "it is ivan, whom nobody would hear" in found[0]


async def test_nothing_more_is_looked_at_behind_a_key_that_is_wrong(company: Company) -> None:
    desk = LibredeskDesk(company.mapping, "key-1:wrong")
    (found,) = await desk.check()
    await desk.aclose()
    assert (found.what, "does not accept" in found.wrong) == ("login", True)


async def test_what_is_missing_is_made_once_or_said(company: Company, server: LibredeskServer) -> None:
    server.account.tags.remove("vip")
    del server.account.statuses["Waiting"]
    missing = ["the status Waiting", "the tag vip"]
    assert await company.adapter.set_up(dry_run=True) == missing
    refused = await company.adapter.set_up(dry_run=False)
    assert [("no right" in said, said.endswith("Make it at Admin")) for said in refused] == [(True, True)] * 2
    own = next(one for one in server.account.agents.values() if one.email == OWN)
    own.permissions += ("status:manage", "tags:manage")
    assert await company.adapter.set_up(dry_run=False) == missing
    assert server.account.statuses["Waiting"] == "waiting"
    assert await company.adapter.set_up(dry_run=False) == []


def test_the_documentation_has_every_field_and_its_default() -> None:
    check_fields("libredesk", LibredeskMapping)
