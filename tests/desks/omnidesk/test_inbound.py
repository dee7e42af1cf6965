"""What people do at Omnidesk comes in as events, once; what Baton did there itself does not."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import Activity, Author, AuthorType, ChatStart, Presence, Status, TicketStart
from baton.errors import DeskRefused, HelpDeskUnavailable
from helpdesks.omnidesk.desk import OmnideskDesk
from helpdesks.outside.adapter import Change, Difference, Saying, applied
from tests.desks.omnidesk.account import (
    API_KEY,
    BILLING,
    COLOUR,
    IVAN,
    KIM,
    LATE,
    LENA,
    LUNCH,
    OFFLINE,
    OWN,
    STRANGER,
    VIP,
    WITHOUT_CHATS,
    Account,
)
from tests.desks.omnidesk.conftest import mapping_for
from tests.desks.omnidesk.reader import Reader, told
from tests.desks.omnidesk.server import OmnideskServer


@pytest.fixture
async def reader(desk: OmnideskDesk, account: Account) -> Reader:
    account.customer_writes("Long ago")
    account.pass_time()
    return await Reader.begin(desk)


async def test_a_chat_comes_in_as_its_messages(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello", user=123)
    account.pass_time()
    answer = account.staff_writes(case, KIM, "Good morning")
    account.note(case, IVAN, "I know her")
    heard = await reader.rest()
    assert told(heard) == [
        ("customer_message", "customer:123", "Hello"),
        ("agent_message", "staff:kim", "Good morning"),
        ("note_added", "staff:ivan", "I know her"),
    ]
    chat = ChatStart(channel="messenger", conversation=str(case), customer="123")
    assert {(one.start, one.desk_id) for one in heard} == {(chat, str(case))}
    assert [one.opens for one in heard] == [True, True, False]
    event = heard[1].event
    assert event is not None
    assert event.id == f"omnidesk:{case}:{answer}"
    assert event.at is not None
    assert int(event.at.timestamp()) == account.now
    assert await reader.rest() == []


async def test_nothing_of_before_is_heard(desk: OmnideskDesk, account: Account) -> None:
    case = account.customer_writes("Long ago")
    account.change(case, "staff_330", staff_id=KIM)
    account.pass_time()
    reader = await Reader.begin(desk)
    account.customer_writes("Hello again", to=case)
    assert told(await reader.rest()) == [("customer_message", "customer:123", "Hello again")]


async def test_a_ticket_comes_in_with_its_subject(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Where is my order?", channel="email", user=5)
    (heard,) = await reader.rest()
    assert heard.start == TicketStart(
        ticket_id=str(case), customer="5", subject="Where is my order?", channel="mail"
    )


async def test_other_channels_spam_and_the_bin_are_not_heard(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    other = account.customer_writes("Hello", channel="viber")
    account.cases[account.customer_writes("Buy now")].spam = True
    account.cases[account.customer_writes("Gone")].deleted = True
    assert await reader.rest() == []
    assert not server.called(f"cases/({other}|{other + 2}|{other + 4})/")


async def test_text_with_markup_and_attachments_is_read(reader: Reader, account: Account) -> None:
    case = account.cases[account.customer_writes("Hello")]
    file = {"file_id": 345, "file_name": "test.jpg", "file_size": 40863, "url": "https://example.com/345"}
    account.message(
        case, user_id=123, content_html="<p>Look&nbsp;<b>here</b><br>please</p>", attachments=[file]
    )
    account.message(case, user_id=123, attachments=[file])
    account.message(case, staff_id=KIM, note=True, attachments=[file])
    _, look, only_file, note = [one.event for one in await reader.rest()]
    assert look is not None
    assert getattr(look, "text", None) == "Look\xa0here\nplease"
    assert getattr(look, "attachments", None) == (file,)
    assert only_file is not None
    assert "text" not in only_file.model_dump()
    assert getattr(note, "text", None) == "test.jpg"


async def test_a_message_to_a_closed_chat_is_another_case(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", status="closed")
    account.pass_time()
    again = account.customer_writes("Thanks", to=case)
    assert again != case
    heard = await reader.rest()
    assert told(heard) == [
        ("customer_message", "customer:123", "Hello"),
        ("status_set", "staff:kim", Status.CLOSED),
        ("customer_message", "customer:123", "Thanks"),
    ]
    assert [one.desk_id for one in heard] == [str(case), str(case), str(again)]


CHANGES: list[tuple[str, dict[str, Any], list[tuple[Any, ...]], Difference | None]] = [
    ("staff_330", {"staff_id": IVAN}, [("assigned", "staff:kim", "ivan")], Difference(assignee="ivan")),
    ("staff_330", {"staff_id": KIM}, [("assigned", "staff:kim", "kim")], Difference(assignee="kim")),
    ("rule_7", {"staff_id": KIM}, [("assigned", "system:rule_7", "kim")], Difference(assignee="kim")),
    ("staff_400", {"staff_id": KIM}, [("assigned", "system:staff_400", "kim")], Difference(assignee="kim")),
    ("staff_330", {"staff_id": STRANGER}, [], Difference(assignee=None)),
    (
        "staff_330",
        {"status": "waiting"},
        [("status_set", "staff:kim", "pending")],
        Difference(status=Status.PENDING),
    ),
    (
        "rule_7",
        {"status": "closed"},
        [("status_set", "system:rule_7", "closed")],
        Difference(status=Status.CLOSED),
    ),
    ("omnidesk", {"status": "waiting"}, [], Difference(status=Status.PENDING)),
    ("user_123", {"status": "waiting"}, [], Difference(status=Status.PENDING)),
    ("staff_330", {"group_id": 201}, [("assigned", "staff:kim", "billing")], Difference(line="billing")),
    ("staff_330", {"group_id": 777}, [], Difference(line=None)),
    (
        "staff_330",
        {"add_labels": [VIP]},
        [("labels_changed", "staff:kim", ("vip",))],
        Difference(labels_added=frozenset({"vip"}), labels_removed=frozenset()),
    ),
    (
        "rule_7",
        {"add_labels": [LATE]},
        [("labels_changed", "system:rule_7", ("late",))],
        Difference(labels_added=frozenset({"late"}), labels_removed=frozenset()),
    ),
    ("staff_330", {"add_labels": [COLOUR]}, [], None),
]


@pytest.mark.parametrize(("by", "change", "events", "shows"), CHANGES)
async def test_a_change_comes_in_as_an_event(
    reader: Reader,
    account: Account,
    by: str,
    change: dict[str, Any],
    events: list[tuple[Any, ...]],
    shows: Difference | None,
) -> None:
    case = account.customer_writes("Hello")
    await reader.rest()
    account.pass_time()
    account.change(case, by, **change)
    heard = await reader.rest()
    assert told(heard) == events
    assert [one.shows for one in heard] == ([] if shows is None else [shows])
    assert await reader.rest() == []


async def test_labels_go_as_they_come(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", add_labels=[VIP, LATE])
    account.change(case, "staff_330", delete_labels=[VIP])
    assert [(getattr(one.event, "add", 0), getattr(one.event, "remove", 0)) for one in await reader.rest()][
        1:
    ] == [
        (("late", "vip"), ()),
        ((), ("vip",)),
    ]


async def test_the_same_twice_in_one_second_is_two_events(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello")
    for status in ("waiting", "open") * 2:
        account.change(case, "staff_330", status=status)
    heard = (await reader.rest())[1:]
    assert [one[2] for one in told(heard)] == ["pending", "open"] * 2
    assert len({one.event.id for one in heard if one.event}) == 4


async def test_taken_from_everybody_it_is_nobodys(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_331", staff_id=KIM)
    account.change(case, "staff_331", staff_id=0)
    *_, last = await reader.rest()
    assert told([last]) == [("assigned", "staff:ivan")]
    assert last.shows == {"assignee": None}


async def test_a_group_that_comes_with_a_person_is_no_search_for_one(
    reader: Reader, account: Account
) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_331", group_id=201, staff_id=KIM)
    heard = await reader.rest()
    assert told(heard)[1:] == [("assigned", "staff:ivan", "kim")]
    assert [one.shows for one in heard[1:]] == [{"line": "billing"}, {"assignee": "kim"}]


@pytest.mark.parametrize(
    ("by", "event"),
    [
        ("staff_330", ("taken", "staff:kim")),
        ("staff_331", ("assigned", "staff:ivan", "kim")),
        ("omnidesk", ("assigned", "system:omnidesk", "kim")),
    ],
)
async def test_a_pin_is_a_take_by_oneself(
    reader: Reader, account: Account, by: str, event: tuple[str, ...]
) -> None:
    case = account.customer_writes("Hello")
    account.logs(case, "fixed_chat", by, 0, KIM)
    account.logs(case, "fixed_chat", by, KIM, 0)
    assert told(await reader.rest())[1:] == [event]


async def test_the_end_of_a_chat_is_heard_by_the_name_that_the_mapping_gives(
    server: OmnideskServer, account: Account
) -> None:
    desk = OmnideskDesk(mapping_for(server.url, changelog={"ended": "chat_completed"}), API_KEY)
    reader = await Reader.begin(desk)
    chat, ticket = account.customer_writes("Hello"), account.customer_writes("Hello", channel="email")
    for case in (chat, ticket):
        account.logs(case, "chat_completed", "staff_330")
        account.change(case, "staff_330", status="waiting")
    assert [one[:2] for one in told(await reader.rest())] == [
        ("customer_message", "customer:123"),
        ("chat_ended", "staff:kim"),
        ("status_set", "staff:kim"),
        ("customer_message", "customer:123"),
        ("status_set", "staff:kim"),
    ]
    await desk.aclose()


async def test_a_person_who_is_not_in_the_mapping_is_heard_as_the_system(
    reader: Reader, account: Account
) -> None:
    case = account.customer_writes("Hello")
    account.staff_writes(case, STRANGER, "May I?")
    account.note(case, STRANGER, "I did")
    assert told(await reader.rest())[1:] == [
        ("system_message", "system:staff_400", "May I?"),
        ("note_added", "system:staff_400", "I did"),
    ]


# What Omnidesk does by itself when somebody writes.


@pytest.mark.parametrize("later", [0, 1])
async def test_what_an_answer_brings_with_it_is_part_of_it(
    reader: Reader, account: Account, later: int
) -> None:
    case = account.customer_writes("Hello")
    account.pass_time(5)
    account.staff_writes(case, KIM, "Good morning")
    account.pass_time(later)
    account.change(case, "staff_330", status="waiting")
    account.change(case, "omnidesk", staff_id=KIM)
    account.logs(case, "fixed_chat", "staff_330", 0, KIM)
    _, answer = await reader.rest()
    assert told([answer]) == [("agent_message", "staff:kim", "Good morning")]
    assert answer.shows == {"activity": Activity.ACTIVE, "status": Status.PENDING, "assignee": "kim"}


async def test_the_first_message_brings_the_case_as_it_was_then(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.pass_time(5)
    account.change(case, "staff_331", staff_id=KIM, group_id=BILLING, status="waiting")
    first, *_ = await reader.rest()
    assert first.shows == {
        "activity": Activity.ACTIVE,
        "status": Status.OPEN,
        "assignee": None,
        "line": "line-1",
    }


async def test_a_customer_who_writes_opens_the_case_and_that_is_no_event(
    reader: Reader, account: Account
) -> None:
    case = account.customer_writes("Hello")
    account.change(case, "staff_330", status="waiting")
    account.pass_time(5)
    account.customer_writes("And now?", to=case)
    *_, again = await reader.rest()
    assert told([again]) == [("customer_message", "customer:123", "And now?")]
    assert again.shows == {"activity": Activity.ACTIVE, "status": Status.OPEN}


@pytest.mark.parametrize(
    ("by", "later", "fields", "event"),
    [
        ("staff_330", 2, {"staff_id": KIM}, ("assigned", "staff:kim", "kim")),
        ("staff_331", 0, {"staff_id": KIM}, ("assigned", "staff:ivan", "kim")),
        ("staff_330", 0, {"staff_id": IVAN}, ("assigned", "staff:kim", "ivan")),
        ("staff_330", 0, {"status": "closed"}, ("status_set", "staff:kim", Status.CLOSED)),
        ("rule_7", 0, {"staff_id": KIM}, ("assigned", "system:rule_7", "kim")),
    ],
)
async def test_what_does_not_go_with_a_message_is_an_event(
    reader: Reader,
    account: Account,
    by: str,
    later: int,
    fields: dict[str, Any],
    event: tuple[Any, ...],
) -> None:
    case = account.customer_writes("Hello")
    account.pass_time(5)
    account.staff_writes(case, KIM, "Good morning")
    account.note(case, KIM, "Done")
    account.pass_time(later)
    account.change(case, by, **fields)
    assert told(await reader.rest())[3:] == [event]


# What Baton did itself.


async def test_what_baton_wrote_never_comes_back(reader: Reader, account: Account) -> None:
    case = str(account.customer_writes("Hello"))
    await reader.rest()
    account.pass_time()
    change = Change(status=Status.PENDING, assignee="kim", line="billing", labels=frozenset({"vip"}))
    await reader.desk.change(case, change, "a key")
    kim = account.staff_writes(int(case), KIM, "That was me")
    author = Author(type=AuthorType.STAFF, id="kim")
    for key, to_customer in (("1", True), ("2", False)):
        await reader.desk.say(case, Saying("All is well", to_customer, author), key)
        await reader.desk.say(case, Saying("All is well", to_customer), key + "b")
    await reader.rest()
    assert told(reader.heard)[1:] == [("agent_message", "staff:kim", "That was me")]
    assert f"omnidesk:{case}:{kim}" in {one.event.id for one in reader.heard if one.event}
    shows = Change()
    for one in reader.heard:
        shows |= applied(one.shows, shows)
    assert shows == {**change, "activity": Activity.ACTIVE}


async def test_what_a_rule_of_omnidesk_says_never_comes_back(reader: Reader, account: Account) -> None:
    case = account.customer_writes("Hello")
    account.staff_writes(case, KIM, "We will answer soon", sent_via_rule=True)
    account.staff_writes(case, OWN, "By the API")
    assert told(await reader.rest()) == [("customer_message", "customer:123", "Hello")]


@pytest.mark.parametrize("how", [{"drops": True}, {"status": 500}])
async def test_a_write_whose_answer_got_lost_does_not_come_back_either(
    reader: Reader, server: OmnideskServer, account: Account, how: dict[str, object]
) -> None:
    case = str(account.customer_writes("Hello"))
    server.fail("P(OS|U)T", applies=True, times=2, **how)
    with pytest.raises(HelpDeskUnavailable):
        await reader.desk.say(case, Saying("All is well", to_customer=True), "a key")
    with pytest.raises(HelpDeskUnavailable):
        await reader.desk.change(case, Change(assignee="kim"), "a key")
    assert told(await reader.rest()) == [("customer_message", "customer:123", "Hello")]


# Time, order and faults.


async def test_a_message_that_is_sent_later_is_heard_when_it_is_sent(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    case = account.customer_writes("Hello")
    account.staff_writes(case, KIM, "Reminder", sent_at=account.now + 3600)
    assert told(await reader.rest()) == [("customer_message", "customer:123", "Hello")]
    account.pass_time(600)
    other = account.customer_writes("Me too", user=124)
    await reader.rest()
    account.pass_time(2999)
    assert await reader.rest() == []
    account.pass_time(1)
    (heard,) = await reader.rest()
    assert told([heard]) == [("agent_message", "staff:kim", "Reminder")]
    assert heard.event is not None
    assert heard.event.at is not None
    assert int(heard.event.at.timestamp()) == account.now
    calls = len(server.calls)
    assert await reader.rest() == []
    assert len(server.calls) == calls + 1
    assert other


async def test_a_later_message_of_a_case_that_is_gone_holds_up_nobody(
    reader: Reader, account: Account
) -> None:
    case = account.customer_writes("Hello")
    account.staff_writes(case, KIM, "Reminder", sent_at=account.now + 3600)
    await reader.rest()
    del account.cases[case]
    account.pass_time(3600)
    account.customer_writes("Me too", user=124)
    assert told(await reader.rest()) == [("customer_message", "customer:124", "Me too")]


async def test_what_happens_in_the_second_of_the_reading_is_heard_by_the_next(
    reader: Reader, account: Account
) -> None:
    case = account.customer_writes("One")
    assert len(await reader.rest()) == 1
    account.customer_writes("Two", to=case)
    assert told(await reader.rest()) == [("customer_message", "customer:123", "Two")]


async def test_what_is_dated_back_within_the_overlap_is_heard(reader: Reader, account: Account) -> None:
    case = account.cases[account.customer_writes("One")]
    account.pass_time(100)
    account.customer_writes("Two", user=124)
    await reader.rest()
    account.message(case, user_id=123, content="Late", created_at=account.now - 50)
    assert told(await reader.rest()) == [("customer_message", "customer:123", "Late")]


async def test_a_quiet_account_costs_one_call(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    for user in range(1, 6):
        account.customer_writes("Hello", user=user)
    account.pass_time(10)
    await reader.rest()
    before = len(server.calls)
    account.pass_time(10)
    assert await reader.rest() == []
    assert len(server.calls) == before + 1


async def test_an_event_costs_the_list_and_two_calls_for_its_case(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    cases = [account.customer_writes("Hello", user=user) for user in range(1, 6)]
    account.pass_time(10)
    await reader.rest()
    account.pass_time(10)
    account.customer_writes("Again", to=cases[2])
    account.pass_time(3)
    server.calls.clear()
    assert len(await reader.rest()) == 1
    assert [call.path for call in server.calls] == [
        "cases.json",
        f"cases/{cases[2]}/changelog.json",
        f"cases/{cases[2]}/messages.json",
    ]


async def test_hundreds_of_cases_and_messages_are_read_by_pages(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    for user in range(1, 251):  # of one second; most of them of a channel that is not heard
        account.customer_writes("Hello", user=user, channel="viber" if user % 50 else "telegram")
    busy = account.customer_writes("First", user=1000)
    for number in range(250):
        account.customer_writes(str(number), to=busy)
        account.logs(busy, "priority", "staff_330", "low", number)
    account.change(busy, "staff_330", status="closed")
    account.pass_time()
    account.customer_writes("Last", user=1001)
    heard = await reader.rest()
    ids = [one.event.id for one in heard if one.event]
    assert len(ids) == len({*ids}) == 5 + 1 + 250 + 1 + 1
    of_busy = [one[-1] for one in told(heard) if one[1] in ("customer:1000", "staff:kim")]
    assert of_busy == ["First", *map(str, range(250)), Status.CLOSED]
    assert told(heard)[-1] == ("customer_message", "customer:1001", "Last")
    assert len(server.called(f"cases/{busy}/messages")) == 3
    assert len(server.called(f"cases/{busy}/changelog")) == 3


async def test_the_limit_in_the_middle_keeps_what_was_read(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    for user in range(1, 11):
        account.customer_writes("Hello", user=user)
        account.pass_time()
    server.fail("changelog", skips=4, status=429)
    changes = await reader.desk.changes(reader.cursor, 1000)
    assert len(changes.heard) == 3  # the first case that was read is of the time before
    assert changes.more
    with pytest.raises(HelpDeskUnavailable):
        await reader.desk.changes(changes.cursor, 1000)
    another = OmnideskDesk(mapping_for(server.url), API_KEY)
    rest = await another.changes(changes.cursor, 1000)
    await another.aclose()
    assert [one[1] for one in told([*changes.heard, *rest.heard])] == [f"customer:{n}" for n in range(1, 11)]


async def test_a_case_that_fails_for_ever_is_said_and_not_skipped(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    account.customer_writes("Hello")
    server.fail("messages", status=500, times=10)
    for _ in range(2):
        with pytest.raises(HelpDeskUnavailable):
            await reader.step()
    server.faults.clear()
    assert len(await reader.rest()) == 1


async def test_a_case_that_was_deleted_meanwhile_is_skipped(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    gone = account.customer_writes("Hello")
    account.customer_writes("Me too", user=124)
    server.fail(f"cases/{gone}/messages", status=404, body={"error": "case_not_found"})
    assert told(await reader.rest()) == [("customer_message", "customer:124", "Me too")]


async def test_without_the_time_of_the_server_nothing_is_lost(
    account: Account, server: OmnideskServer, desk: OmnideskDesk
) -> None:
    server.is_sending_date = False
    account.customer_writes("Long ago")
    reader = await Reader.begin(desk)
    account.pass_time()
    case = account.customer_writes("Hello")
    await reader.rest()
    account.customer_writes("Again", to=case)
    await reader.rest()
    assert [one[2] for one in told(reader.heard)] == ["Hello", "Again"]


async def test_a_strange_cursor_is_refused(desk: OmnideskDesk) -> None:
    with pytest.raises(DeskRefused):
        await desk.changes("42", 10)


# Presence.


async def test_presence_is_told_where_it_changed(
    reader: Reader, account: Account, server: OmnideskServer
) -> None:
    changes = await reader.desk.changes(reader.cursor, 10)
    assert changes.presences == dict.fromkeys(("kim", "ivan", "lena"), Presence.ONLINE)
    account.staff[KIM]["status_id"] = OFFLINE
    account.staff[IVAN]["status_id"] = WITHOUT_CHATS
    account.staff[LENA]["status_id"] = LUNCH
    account.pass_time(59)
    changes = await reader.desk.changes(changes.cursor, 10)
    assert changes.presences == {}
    account.pass_time(1)
    changes = await reader.desk.changes(changes.cursor, 10)
    assert changes.presences == {"kim": Presence.OFFLINE, "ivan": Presence.WITHOUT_CHATS}
    assert len(server.called("staff.json")) == 2
    account.staff[LENA]["active"] = False
    account.pass_time(60)
    changes = await reader.desk.changes(changes.cursor, 10)
    assert changes.presences == {"lena": Presence.OFFLINE}
