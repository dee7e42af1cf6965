"""Reading Libredesk: what of all that happens there is an event, and that each is heard once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from baton.contract import ChatStart, Presence, TicketStart
from baton.errors import HelpDeskUnavailable
from helpdesks.libredesk.agents import Agents
from helpdesks.outside.adapter import Change, HeardThere
from helpdesks.outside.remembering import Remembered
from tests.desks.libredesk.company import OWN, Company
from tests.desks.libredesk.server import LibredeskServer
from tests.desks.libredesk.story import told


class Reader:
    """Whoever reads the feed, and keeps the place."""

    def __init__(self, company: Company, cursor: str) -> None:
        self.company = company
        self.cursor = cursor

    @classmethod
    async def begin(cls, company: Company) -> Reader:
        changes = await company.adapter.changes(None, 200)
        assert not changes.heard
        return cls(company, changes.cursor)

    async def heard(self, most: int = 200) -> Sequence[HeardThere]:
        found: list[HeardThere] = []
        while True:
            changes = await self.company.adapter.changes(self.cursor, most)
            assert len(changes.cursor) <= 2000
            self.cursor = changes.cursor
            found += changes.heard
            if not changes.more:
                return found

    async def told(self) -> list[str]:
        return told(await self.heard())


async def test_what_was_before_is_not_heard_and_what_comes_is(company: Company) -> None:
    old = await company.customer("Hello?")
    reader = await Reader.begin(company)
    assert await reader.told() == []
    await company.customer("Still there?", old)
    new, mail = await company.customer("Hello, too?"), await company.mails("Which?")
    starts = [one.start for one in await reader.heard()]
    assert [type(start) for start in starts] == [ChatStart, ChatStart, TicketStart]
    assert isinstance(starts[1], ChatStart)
    assert starts[1].conversation == new
    assert isinstance(starts[2], TicketStart)
    assert (starts[2].ticket_id, starts[2].subject, starts[2].channel) == (mail, "Two invoices", "mail")
    assert await reader.told() == []


async def test_inboxes_that_are_not_in_the_mapping_are_not_heard(company: Company) -> None:
    company.mapping.tickets.clear()
    company.mapping.__dict__.pop("tickets_there", None)
    reader = await Reader.begin(company)
    await company.mails("Which?")
    assert await reader.told() == []


async def test_what_was_set_before_the_first_message_comes_behind_it(
    company: Company, server: LibredeskServer
) -> None:
    """Only a message opens a case; an agent who begins a conversation gives it away first."""
    reader = await Reader.begin(company)
    case = await company.customer("Hello?")
    await company.moves("petra", case, "line-2")
    entries = server.account.conversations[case].entries
    entries[0].at, entries[1].at = entries[1].at, entries[0].at
    assert await reader.told() == [
        "a customer: customer_message Hello? [assignee=None line=None status=open]",
        "petra: assigned line-2 [assignee=None line=line-2]",
    ]


async def test_an_agent_taken_off_is_heard_though_nothing_is_written(company: Company) -> None:
    case = await company.customer("Hello?")
    await company.gives("petra", case, "lena")
    reader = await Reader.begin(company)
    await company.takes_off("petra", case)
    (heard,) = await reader.heard()
    assert told([heard]) == ["libredesk: assigned [assignee=None]"]
    assert heard.event is not None
    assert heard.event.id.endswith(":nobody")
    await company.customer("Anybody?", case)
    assert [one.split(":")[1] for one in await reader.told()] == [" customer_message Anybody?"]
    await company.gives("petra", case, "maria")
    await company.takes_off("petra", case)
    assert (await reader.told())[-1] == "libredesk: assigned [assignee=None]", "another one was taken off"


async def test_whoever_was_taken_off_by_baton_was_not_taken_off_by_somebody(company: Company) -> None:
    case = await company.customer("Hello?")
    await company.gives("petra", case, "lena")
    reader = await Reader.begin(company)
    await company.adapter.change(case, Change(assignee=None), "key")
    assert await reader.told() == ["Baton: assignee=None"]
    await company.gives("petra", case, "lena")
    await company.takes_off("petra", case)
    assert await reader.told() == [
        "petra: assigned lena [assignee=lena]",
        "libredesk: assigned [assignee=None]",
    ]


async def test_a_team_that_is_nobodys_line_takes_the_conversation_from_everybody(
    company: Company, server: LibredeskServer
) -> None:
    server.account.teams[9] = "Lawyers"
    case = await company.customer("Hello?")
    await company.gives("petra", case, "lena")
    reader = await Reader.begin(company)
    await company.moves("petra", case, "Lawyers")
    assert await reader.told() == ["petra: assigned [assignee=None line=None]"]


async def test_what_libredesk_and_its_rules_do_is_the_systems(
    company: Company, server: LibredeskServer
) -> None:
    case = await company.customer("Hello?")
    there, account = server.account.conversations[case], server.account
    reader = await Reader.begin(company)
    account.assigns(there, 1, 2)
    account.replies(there, 1, "<p>We are closed.</p>", is_automated=True)
    account.sets(there, 1, "Waiting")
    account.wakes(there)
    account.sets(there, 3, "Open")
    assert await reader.told() == [
        "libredesk: assigned ivan [assignee=ivan]",
        "libredesk: system_message We are closed.",
        "libredesk: status_set pending [status=pending]",
    ]


async def test_a_status_that_is_the_same_for_baton_or_means_nothing_is_no_event(
    company: Company, server: LibredeskServer
) -> None:
    server.account.statuses["Odd"] = "open"
    case = await company.customer("Hello?")
    await company.sets("petra", case, "Waiting")
    reader = await Reader.begin(company)
    await company.sets("petra", case, "Snoozed", snoozed_until="1h")
    await company.sets("petra", case, "Odd")
    await company.sets("petra", case, "Closed")
    await company.sets("petra", case, "Resolved")
    assert await reader.told() == ["petra: status_set closed [status=closed]"]


async def test_names_that_two_people_have_are_looked_up_in_the_conversation(
    company: Company, server: LibredeskServer
) -> None:
    lena = next(one for one in server.account.agents.values() if one.first_name == "Lena")
    maria = next(one for one in server.account.agents.values() if one.first_name == "Maria")
    maria.first_name, maria.last_name = lena.first_name, lena.last_name
    reader = await Reader.begin(company)
    case = await company.customer("Hello?")
    await company.gives("petra", case, "maria")
    assert (await reader.told())[-1] == "petra: assigned maria [assignee=maria]"


async def test_a_deleted_note_says_nothing_and_a_command_is_heard_in_tickets_only(company: Company) -> None:
    reader = await Reader.begin(company)
    mail = await company.mails("Which?")
    await company.writes("petra", mail, "/ask billing, delivery<br>Please look.", note=True)
    assert (await reader.told())[1:] == [
        "petra: labels_changed ('billing', 'delivery')",
        "petra: note_added Please look. True",
    ]


async def test_a_message_that_shows_up_late_is_heard(company: Company, server: LibredeskServer) -> None:
    """Libredesk dates a message when it is begun, and two may come in the other order."""
    case = await company.customer("Hello?")
    reader = await Reader.begin(company)
    there, account = server.account.conversations[case], server.account
    late = account.customer_writes(there, "I am late.")
    there.entries.remove(late)
    await company.writes("lena", case, "I am in time.")
    assert len(await reader.heard()) == 1
    there.entries.append(late)
    there.last_message_at, there.updated_at = late.at, account.tick()
    assert await reader.told() == ["a customer: customer_message I am late."]


async def test_many_conversations_are_read_once_each_in_pages_of_any_size(
    company: Company, server: LibredeskServer
) -> None:
    start = (await company.adapter.changes(None, 200)).cursor
    for number in range(130):
        contact = {"id": number, "first_name": "C", "last_name": "", "email": None, "type": "visitor"}
        server.account.begins(server.account.inboxes[1], contact, f"Question {number}")
    for most in (1000, 7):
        reader = Reader(company, start)
        texts = [getattr(one.event, "text", "") for one in await reader.heard(most)]
        assert sorted(set(texts)) == sorted(f"Question {number}" for number in range(130))
        assert await reader.told() == [] or most == 1000, "there is room for a hundred at most"


async def test_one_conversation_that_is_gone_keeps_back_no_other(
    company: Company, server: LibredeskServer
) -> None:
    reader = await Reader.begin(company)
    gone, case = await company.customer("Hello?"), await company.customer("Hello, too?")
    server.fail(f"GET conversations/{gone}", status=404, times=2)
    assert [one.desk_id for one in await reader.heard()] == [case]
    assert [one.desk_id for one in await reader.heard()] == [gone], "it was there after all"


async def test_what_was_read_before_libredesk_failed_counts(
    company: Company, server: LibredeskServer
) -> None:
    reader = await Reader.begin(company)
    first, second = await company.customer("Hello?"), await company.customer("Hello, too?")
    server.fail(f"GET conversations/{second}", status=503, times=5)
    changes = await company.adapter.changes(reader.cursor, 200)
    assert ([one.desk_id for one in changes.heard], changes.more) == ([first], True)
    server.faults.clear()
    reader.cursor = changes.cursor
    assert second in [one.desk_id for one in await reader.heard()]
    server.fail("GET conversations/all", status=503, times=5)
    with pytest.raises(HelpDeskUnavailable):
        await company.adapter.changes(reader.cursor, 200)


async def test_who_is_there_is_told_where_it_changes(company: Company, server: LibredeskServer) -> None:
    people = {one.first_name.lower(): one for one in server.account.agents.values()}
    people["ivan"].availability_status = "away_manual"
    people["lena"].availability_status = "offline"
    first = await company.adapter.changes((await company.adapter.changes(None, 200)).cursor, 200)
    assert first.presences["ivan"] is Presence.WITHOUT_CHATS
    assert first.presences["lena"] is Presence.OFFLINE
    assert first.presences["petra"] is Presence.ONLINE
    cursor = Remembered.parse(first.cursor).model_copy(update={"presences_at": 0})
    people["lena"].availability_status = "online"
    again = await company.adapter.changes(str(cursor), 200)
    assert again.presences == {"lena": Presence.ONLINE}


async def test_somebody_new_is_known_at_once(company: Company, server: LibredeskServer) -> None:
    reader = await Reader.begin(company)
    case = await company.customer("Hello?")
    await reader.heard()
    oleg = next(one for one in server.account.agents.values() if one.first_name == "Oleg")
    oleg.email = "somebody@example.com"
    number = server.account.hire("Oleg", "Neu", "oleg@example.com")
    server.account.replies(server.account.conversations[case], number, "<p>I am new.</p>")
    assert await reader.told() == ["oleg: agent_message I am new."]


def test_an_agent_without_an_address_is_nobody(company: Company) -> None:
    agents = Agents(1, (), company.mapping)
    assert agents.person(None) is None
    assert agents.author(7).id == "agent-7"
    assert OWN not in company.mapping.people.values()
