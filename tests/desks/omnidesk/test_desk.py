"""What Baton writes at Omnidesk: the shape of each request, and what happens if Omnidesk lies or fails."""

from __future__ import annotations

import pytest

from baton.contract import Author, AuthorType, Status
from baton.errors import DeskRefused, HelpDeskUnavailable
from baton.model.effects import CaseRef
from helpdesks.omnidesk.desk import OmnideskDesk
from helpdesks.outside.adapter import Adapter, Capability, Change, Saying
from tests.desks.omnidesk.account import API_KEY, COLOUR, IVAN, KIM, LATE, OWN, VIP, Account
from tests.desks.omnidesk.conftest import mapping_for
from tests.desks.omnidesk.server import OmnideskServer

KIM_HERSELF = Author(type=AuthorType.STAFF, id="kim")


def test_it_is_an_adapter_that_says_what_it_can(desk: OmnideskDesk) -> None:
    adapter: Adapter = desk
    assert adapter.name == "omnidesk"
    assert {*Capability} - adapter.capabilities == {Capability.END_CHAT, Capability.PIN, Capability.MERGE}


@pytest.mark.parametrize(
    ("case", "desk_id"),
    [
        (CaseRef(case_id="", channel="messenger", conversation="2000", customer="1"), "2000"),
        (CaseRef(case_id="", channel="phone", conversation="2000", customer="1"), None),
        (CaseRef(case_id="", channel="messenger", conversation="+7999", customer="1"), None),
        (CaseRef(case_id="", channel="mail", conversation="", customer="1", ticket_id="2000"), "2000"),
        (CaseRef(case_id="", channel="", conversation="", customer="1", ticket_id="2000"), "2000"),
        (CaseRef(case_id="", channel="rt", conversation="", customer="1", ticket_id="2000"), None),
        (CaseRef(case_id="", channel="", conversation="", customer="1", ticket_id="T-1"), None),
    ],
)
def test_it_knows_its_own_cases(desk: OmnideskDesk, case: CaseRef, desk_id: str | None) -> None:
    assert desk.desk_id(case) == desk_id


async def test_a_change_is_one_call(desk: OmnideskDesk, server: OmnideskServer, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", add_labels=[LATE, COLOUR])
    change = Change(status=Status.PENDING, assignee="kim", line="billing", labels=frozenset({"vip"}))
    await desk.change(str(case), change, "a key")
    (call,) = server.called("PUT")
    assert call.path == f"cases/{case}.json"
    assert call.body == {
        "case": {
            "status": "waiting",
            "staff_id": KIM,
            "group_id": 201,
            "add_labels": [VIP],
            "delete_labels": [LATE],
        }
    }
    assert (await desk.show(str(case))).is_now == change
    assert account.cases[case].labels == [COLOUR, VIP]  # one that Baton does not know stays


async def test_only_what_is_to_change_is_sent(
    desk: OmnideskDesk, server: OmnideskServer, account: Account
) -> None:
    case = account.customer_writes("Hello")
    await desk.change(str(case), Change(status=Status.CLOSED), "a key")
    assert [call.body for call in server.calls] == [{"case": {"status": "closed"}}]
    await desk.change(str(case), Change(labels=frozenset()), "a key")
    await desk.change(str(case), Change(line=None), "a key")
    await desk.change(str(case), Change(), "a key")
    assert len(server.called("PUT")) == 1


async def test_done_twice_it_is_the_same(desk: OmnideskDesk, account: Account) -> None:
    case = account.customer_writes("Hello")
    change = Change(status=Status.PENDING, assignee="kim", labels=frozenset({"vip"}))
    for _ in range(2):
        await desk.change(str(case), change, "a key")
    assert [one["event"] for one in account.cases[case].changelog] == ["status", "staff", "labels"]


async def test_nobody_is_staff_0(desk: OmnideskDesk, server: OmnideskServer, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", staff_id=KIM)
    await desk.change(str(case), Change(assignee=None), "a key")
    assert server.calls[0].body == {"case": {"staff_id": 0}}
    assert (await desk.show(str(case))).is_now["assignee"] is None


async def test_where_that_does_not_work_it_is_no_capability(server: OmnideskServer) -> None:
    desk = OmnideskDesk(mapping_for(server.url, empties_assignee=False), API_KEY)
    assert Capability.UNASSIGN not in desk.capabilities
    with pytest.raises(DeskRefused):
        await desk.change("2000", Change(assignee=None), "a key")
    assert not server.calls
    await desk.aclose()


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (Change(assignee="sam"), "people"),
        (Change(line="line-9"), "lines"),
        (Change(labels=frozenset({"new"})), "labels"),
    ],
)
async def test_who_has_no_number_is_refused_with_what_to_do(
    desk: OmnideskDesk, server: OmnideskServer, change: Change, part: str
) -> None:
    with pytest.raises(DeskRefused, match=f"add it under '{part}'"):
        await desk.change("2000", change, "a key")
    assert not server.calls


async def test_what_omnidesk_refuses_is_refused(desk: OmnideskDesk, account: Account) -> None:
    with pytest.raises(DeskRefused, match="case_not_found; it was deleted"):
        await desk.show("1")
    case = account.customer_writes("Hello")
    account.staff[KIM]["active"] = False
    with pytest.raises(DeskRefused, match="staff_not_active; enable the person"):
        await desk.change(str(case), Change(assignee="kim"), "a key")


async def test_a_success_that_changed_nothing_is_seen_by_reading(
    desk: OmnideskDesk, server: OmnideskServer, account: Account
) -> None:
    case = account.customer_writes("Hello")
    server.fail("PUT", status=200, body={"case": {"case_id": case, "staff_id": KIM}})
    await desk.change(str(case), Change(assignee="kim"), "a key")
    assert (await desk.show(str(case))).is_now["assignee"] is None


async def test_a_change_whose_answer_got_lost_is_seen_by_reading(
    desk: OmnideskDesk, server: OmnideskServer, account: Account
) -> None:
    case = account.customer_writes("Hello")
    server.fail("PUT", status=502, applies=True)
    with pytest.raises(HelpDeskUnavailable):
        await desk.change(str(case), Change(assignee="kim"), "a key")
    assert (await desk.show(str(case))).is_now["assignee"] == "kim"
    assert len(server.called("PUT")) == 1


async def test_what_a_person_changes_meanwhile_stays_unless_it_is_the_same_field(
    desk: OmnideskDesk, server: OmnideskServer, account: Account
) -> None:
    case = account.customer_writes("Hello")
    server.fail("PUT", meanwhile=lambda: account.change(case, "staff_331", staff_id=IVAN, add_labels=[LATE]))
    await desk.change(str(case), Change(status=Status.PENDING, labels=frozenset({"vip"})), "a key")
    there = await desk.show(str(case))
    assert there.is_now["assignee"] == "ivan"
    assert there.is_now["labels"] == {"vip", "late"}


async def test_what_the_mapping_has_no_word_for_is_foreign(desk: OmnideskDesk, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", staff_id=400, group_id=777, status="spam", add_labels=[COLOUR])
    there = await desk.show(str(case))
    assert there.is_now == {"assignee": None, "line": None, "labels": frozenset()}
    assert there.foreign == {"assignee": "400", "line": "777", "status": "spam"}


async def test_a_note_is_marked(desk: OmnideskDesk, server: OmnideskServer, account: Account) -> None:
    case = str(account.customer_writes("Hello"))
    assert not await desk.has_said(case, "a key")
    await desk.say(case, Saying("You are last", to_customer=False), "a key")
    (call,) = server.called("POST")
    assert call.path == f"cases/{case}/note.json"
    assert call.body == {"note": {"content": "You are last\n\n[ref 8fa3aab2fa]"}}
    assert await desk.has_said(case, "a key")
    assert not await desk.has_said(case, "another key")


@pytest.mark.parametrize(("author", "staff"), [(KIM_HERSELF, KIM), (None, OWN)])
async def test_a_message_is_sent_in_the_name_of_its_author(
    desk: OmnideskDesk, server: OmnideskServer, account: Account, author: Author | None, staff: int
) -> None:
    case = str(account.customer_writes("Hello"))
    await desk.say(case, Saying("All is well", to_customer=True, author=author), "a key")
    (call,) = server.called("POST")
    assert call.path == f"cases/{case}/messages.json"
    assert call.body == {"message": {"content": "All is well\n\n[ref 8fa3aab2fa]", "staff_id": staff}}
    assert await desk.has_said(case, "a key")


async def test_a_marker_may_be_invisible_to_customers(server: OmnideskServer, account: Account) -> None:
    case = str(account.customer_writes("Hello"))
    desk = OmnideskDesk(mapping_for(server.url, marker="invisible"), API_KEY)
    await desk.say(case, Saying("All is well", to_customer=True), "a key")
    content = server.called("POST")[0].body["message"]["content"]
    assert content.startswith("All is well")
    assert "ref" not in content
    assert await desk.has_said(case, "a key")
    assert not await desk.has_said(case, "another key")
    await desk.aclose()


@pytest.mark.parametrize("how", [{"drops": True}, {"status": 500}])
async def test_what_was_said_before_a_crash_is_found(
    desk: OmnideskDesk, server: OmnideskServer, account: Account, how: dict[str, object]
) -> None:
    case = str(account.customer_writes("Hello"))
    server.fail("POST", applies=True, **how)
    with pytest.raises(HelpDeskUnavailable):
        await desk.say(case, Saying("All is well", to_customer=True), "a key")
    assert await desk.has_said(case, "a key")


async def test_a_customer_who_quotes_a_marker_has_not_said_it(desk: OmnideskDesk, account: Account) -> None:
    case = account.customer_writes("> All is well\n\n[ref 8fa3aab2fa]")
    assert not await desk.has_said(str(case), "a key")


async def test_it_is_found_behind_hundreds_of_messages(desk: OmnideskDesk, account: Account) -> None:
    case = account.customer_writes("Hello")
    await desk.say(str(case), Saying("You are last", to_customer=False), "a key")
    for number in range(250):
        account.staff_writes(case, KIM, f"Message {number}")
    assert await desk.has_said(str(case), "a key")


async def test_there_is_nothing_to_set_up(desk: OmnideskDesk, server: OmnideskServer) -> None:
    assert not await desk.set_up(dry_run=False)
    assert not server.calls
