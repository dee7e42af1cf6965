"""Writing to Libredesk: what is asked of it, and what its answers are worth."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import Status
from baton.errors import DeskRefused, HelpDeskUnavailable, SettingsError
from baton.model.effects import CaseRef
from helpdesks.libredesk.desk import open_desk
from helpdesks.libredesk.marker import as_html
from helpdesks.outside.adapter import Capability, Change, Saying
from tests.desks.libredesk.company import LABELS, PEOPLE, Company, company_mapping
from tests.desks.libredesk.server import LibredeskServer


def case_ref(**fields: Any) -> CaseRef:
    return CaseRef(**{"case_id": "c", "channel": "", "conversation": "", "customer": "c", **fields})


UUID = "0b0c6a4e-6f0b-4c3e-9d5e-3f6f4a4c8b11"


@pytest.mark.parametrize(
    ("case", "desk_id"),
    [
        (case_ref(channel="web", conversation=UUID), UUID),
        (case_ref(channel="telegram", conversation=UUID), None),
        (case_ref(channel="web", conversation="7"), None),
        (case_ref(ticket_id=UUID, channel="mail"), UUID),
        (case_ref(ticket_id=UUID), UUID),
        (case_ref(ticket_id=UUID, channel="web"), None),
        (case_ref(ticket_id="../../agents"), None),
    ],
)
async def test_which_cases_are_its_own(company: Company, case: CaseRef, desk_id: str | None) -> None:
    assert company.adapter.desk_id(case) == desk_id


def test_what_it_can_express() -> None:
    with_lines = open_desk(company_mapping("http://127.0.0.1:9"), "key:secret")
    cannot = {
        Capability.END_CHAT,
        Capability.ENDS,
        Capability.PIN,
        Capability.MERGE,
        Capability.AUTHOR,
    }
    assert {*Capability} - with_lines.capabilities == cannot
    without = open_desk(company_mapping("http://127.0.0.1:9", lines={}), "key:secret")
    assert with_lines.capabilities - without.capabilities == {Capability.LINES}


@pytest.mark.parametrize("secret", ["zebra", "zebra:", ":zebra"])
def test_a_secret_that_is_no_key_and_secret_is_never_quoted(secret: str) -> None:
    with pytest.raises(SettingsError, match="KEY:SECRET") as raised:
        open_desk(company_mapping("http://127.0.0.1:9"), secret)
    assert "zebra" not in str(raised.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (Change(assignee="kim"), "kim is nobody in Libredesk: add"),
        (Change(assignee="oleg"), f"Libredesk has no agent {PEOPLE['oleg']}, who is oleg"),
        (Change(line="line-9"), "line-9 has no team in Libredesk: add"),
        (Change(line="phones"), "Libredesk has no team 'Phones', which is phones"),
        (Change(status=Status.PENDING), "Libredesk has no status 'Waiting': run"),
        (Change(labels=frozenset({"urgent"})), "'urgent' has no tag in Libredesk: add"),
    ],
)
async def test_what_is_not_there_is_refused_before_libredesk_fails_over_it(
    company: Company, server: LibredeskServer, change: Change, problem: str
) -> None:
    case = await company.customer("Hello?")
    del server.account.statuses["Waiting"]
    del server.account.teams[3]
    server.account.agents = {n: one for n, one in server.account.agents.items() if one.first_name != "Oleg"}
    with pytest.raises(DeskRefused, match=problem):
        await company.adapter.change(case, change, "key")
    assert server.called("^(PUT|POST)") == []


async def test_whoever_has_a_conversation_keeps_it_in_another_team(
    company: Company, server: LibredeskServer
) -> None:
    case = await company.customer("Hello?")
    await company.gives("petra", case, "lena")
    await company.adapter.change(case, Change(line="line-2"), "key")
    now = (await company.adapter.show(case)).is_now
    assert (now["assignee"], now["line"]) == ("lena", "line-2")
    await company.adapter.change(case, Change(line=None, assignee=None), "key")
    now = (await company.adapter.show(case)).is_now
    assert (now["assignee"], now["line"]) == (None, None)


async def test_other_tags_than_those_of_the_mapping_are_left_alone(company: Company) -> None:
    case = await company.customer("Hello?")
    await company.tags("petra", case, "add", "colour", "vip")
    await company.adapter.change(case, Change(labels=frozenset({"billing"})), "key")
    assert sorted((await company.there_now(case))["tags"]) == ["billing", "colour"]
    assert (await company.adapter.show(case)).is_now["labels"] == {"billing"}


async def test_whom_and_what_the_mapping_does_not_know_is_foreign(company: Company) -> None:
    case = await company.customer("Hello?")
    company.mapping.__dict__.pop("lines_there", None)
    await company.gives("petra", case, "nora@example.com")
    shown = await company.adapter.show(case)
    assert shown.is_now["assignee"] is None
    assert list(shown.foreign) == ["assignee"]


async def test_texts_are_written_as_they_are_to_be_read(company: Company, server: LibredeskServer) -> None:
    """Libredesk takes HTML, and fills in what looks like one of its templates."""
    case = await company.customer("Hello?")
    text = "1 < 2 & {{ .Contact.FirstName }}\nand\n\nso <b>on</b>"
    await company.adapter.say(case, Saying(text, to_customer=True), "k1")
    await company.adapter.say(case, Saying(text, to_customer=False), "k2")
    _, message, note = server.account.conversations[case].entries
    assert message.text == note.text == text
    assert message.meta == {"echo_id": "baton:" + message.meta["echo_id"].removeprefix("baton:")}
    assert note.meta == {}, "Libredesk keeps none of a note"
    assert message.content == as_html(text)
    assert "{{" not in message.content


async def test_a_quoted_marker_is_no_proof(company: Company, server: LibredeskServer) -> None:
    case = await company.customer("Hello?")
    await company.adapter.say(case, Saying("For Lena.", to_customer=False), "k1")
    own = server.account.conversations[case].entries[-1]
    assert await company.adapter.has_said(case, "k1")
    server.account.conversations[case].entries.remove(own)
    await company.writes("petra", case, own.content, note=True)
    assert not await company.adapter.has_said(case, "k1"), "Petra wrote it"


async def test_a_marker_is_found_behind_a_thousand_messages(
    company: Company, server: LibredeskServer
) -> None:
    case = await company.customer("Hello?")
    await company.adapter.say(case, Saying("First.", to_customer=True), "k1")
    there = server.account.conversations[case]
    for number in range(250):
        server.account.notes(there, 3, f"<p>{number}</p>")
    assert await company.adapter.has_said(case, "k1")
    assert not await company.adapter.has_said(case, "k2")


async def test_a_mail_goes_to_whoever_wrote(company: Company, server: LibredeskServer) -> None:
    case = await company.mails("Which one?")
    await company.adapter.say(case, Saying("Both.", to_customer=True), "k1")
    assert server.account.conversations[case].entries[-1].meta["to"] == ["dora@example.org"]


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ({"status": 401}, HelpDeskUnavailable, "does not accept Baton's login"),
        ({"status": 403}, DeskRefused, "gives Baton's login no right to"),
        ({"status": 429}, HelpDeskUnavailable, "has no time for"),
        ({"status": 500}, HelpDeskUnavailable, "with 500: Down"),
        ({"status": 502, "page": "<html>"}, HelpDeskUnavailable, "with 502"),
        ({"status": 200, "page": "<html>"}, HelpDeskUnavailable, "is no JSON"),
        ({"status": 200, "page": "[]"}, HelpDeskUnavailable, "is http://127.0.0.1:.* its address"),
        ({"status": 404}, DeskRefused, "no such thing"),
    ],
)
async def test_what_an_answer_means(
    company: Company, server: LibredeskServer, fault: Any, error: type[Exception], says: str
) -> None:
    case = await company.customer("Hello?")
    server.fail("GET", **fault)
    with pytest.raises(error, match=says) as raised:
        await company.adapter.show(case)
    assert "secret" not in str(raised.value).replace("its secret", "")


async def test_an_answer_that_lies_is_seen_by_whoever_reads_again(
    company: Company, server: LibredeskServer
) -> None:
    case = await company.customer("Hello?")
    server.fail("PUT .*/assignee/user", lies=True)
    await company.adapter.change(case, Change(assignee="lena"), "key")
    assert (await company.adapter.show(case)).is_now["assignee"] is None
    server.account.tags.remove("vip")
    await company.adapter.change(case, Change(labels=frozenset({"vip"})), "key")
    assert (await company.adapter.show(case)).is_now["labels"] == set(), "it is passed over without a word"


async def test_what_is_open_is_taken_over_page_by_page(company: Company, server: LibredeskServer) -> None:
    cases = [await company.customer(f"Question {number}") for number in range(23)]
    await company.sets("petra", cases[3], "Closed")
    await company.sets("petra", cases[4], "Resolved")
    await company.sets("petra", cases[5], "Snoozed", snoozed_until="1h")
    await company.writes("lena", cases[0], "Good morning.")
    mail = await company.mails("Which one?")
    first = await company.adapter.open_cases(None)
    second = await company.adapter.open_cases(first.after)
    assert [one.desk_id for one in [*first.cases, *second.cases]] == [*cases[:3], *cases[5:], mail]
    assert (first.total, second.after) == (22, None)
    kinds = [event.kind for event in first.cases[0].history]
    assert kinds == ["customer_message", "agent_message"]
    assert first.cases[3].shown.is_now["status"] is Status.PENDING


def test_every_label_of_the_demo_company_has_a_tag() -> None:
    assert set(LABELS) >= {"billing", "delivery", "several-departments"}
