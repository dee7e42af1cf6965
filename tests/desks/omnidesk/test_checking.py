"""``baton desk check`` for Omnidesk: what is wrong is said, with what to do."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesks.omnidesk.desk import OmnideskDesk
from tests.desks.omnidesk.account import API_KEY, KIM, LUNCH, OWN, STRANGER, Account
from tests.desks.omnidesk.conftest import mapping_for
from tests.desks.omnidesk.server import OmnideskServer


async def wrong(server: OmnideskServer, key: str = API_KEY, **mapping: Any) -> dict[str, str]:
    """What is wrong, by what was looked at."""
    desk = OmnideskDesk(mapping_for(server.url, **mapping), key)
    found = {finding.what: finding.wrong for finding in await desk.check()}
    await desk.aclose()
    return {what: said for what, said in found.items() if said}


@pytest.fixture
def tidy(account: Account) -> Account:
    """An account that fits the mapping."""
    del account.staff[STRANGER]
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", staff_id=KIM, add_labels=[101])
    account.logs(case, "rules", "rule_7", "Notify (ID - 7)")
    account.pass_time(10)
    account.customer_writes("Me too", user=124, channel="email")
    return account


async def test_a_complete_mapping_is_fine(server: OmnideskServer, tidy: Account) -> None:
    assert await wrong(server) == {}
    assert {call.method for call in server.calls} == {"GET"}
    assert len(server.calls) == 8


async def test_an_empty_account_is_fine(server: OmnideskServer) -> None:
    del server.account.staff[STRANGER]
    assert await wrong(server) == {}


async def test_a_wrong_key_is_said_alone(server: OmnideskServer) -> None:
    (said,) = (await wrong(server, "a-wrong-key")).items()
    assert said[0] == "login"
    assert "check its name in the mapping, and its secret" in said[1]
    assert "a-wrong-key" not in said[1]


async def test_who_and_what_is_not_there_is_named(server: OmnideskServer, tidy: Account) -> None:
    tidy.staff[OWN]["active"] = False
    tidy.staff[KIM]["active"] = False
    tidy.staff[STRANGER] = {"active": True}
    people = {"kim": KIM, "sam": 444}
    assert await wrong(server, people=people, lines={"line-1": 7}, labels={"vip": 8}) == {
        "own login": "it is disabled: enable it at Omnidesk",
        "person kim": "disabled at Omnidesk: enable it there, or take the person from the mapping",
        "person sam": "no staff has the ID 444: correct it in the mapping",
        "people not in the mapping": "staff 331, 332, 400 count as the system, not as people",
        "line line-1": "no group has the ID 7: correct it in the mapping",
        "label vip": "no label has the ID 8: correct it in the mapping",
    }


async def test_what_the_mapping_has_no_word_for_is_listed(server: OmnideskServer, tidy: Account) -> None:
    tidy.statuses[LUNCH] = "Обед"
    case = tidy.customer_writes("Hello")
    tidy.logs(case, "chat_completed", "omnidesk")
    tidy.logs(case, "labels", "staff_330", "", "VIP")
    tidy.customer_writes("Hello", channel="viber")
    said = await wrong(server)
    assert "120273 (Обед)" in said.pop("staff statuses")
    assert said.pop("channels").endswith(": viber")
    changelog = said.pop("changelog")
    assert "under 'ignored': chat_completed" in changelog
    assert "changes of labels are not told by ID" in changelog
    assert said == {}


async def test_a_list_that_is_not_in_order_is_said(server: OmnideskServer, tidy: Account) -> None:
    shown = [case.shown() for case in tidy.cases.values()]
    unsorted = {str(number): {"case": case} for number, case in enumerate(shown)}
    server.fail("cases.json", status=200, body=unsorted)
    assert "not sorted" in (await wrong(server))["order of cases"]
    server.fail("cases.json", skips=1, status=200, body=unsorted)
    assert "'from_updated_time' is ignored" in (await wrong(server))["order of cases"]
