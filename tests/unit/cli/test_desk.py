"""The commands about the help desk itself: inbox, notices, staff, directory, customers."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.cli.cases.ticketlist import visibility_query
from baton.cli.desk.directorytext import as_yaml
from baton.contract import Presence, Status, Tab, TicketStage
from baton.desk.api import Concern, Concerns, InboxRow, NoticeRow, PresenceRow, TicketQuery, TicketRow
from baton.documents.directory import Directory
from baton.settings import CHECKOUT
from tests.directories import parse_directory
from tests.fakes import FakeDesk, opener

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
COMPANY = {
    "lines": {"line-1": {}, "line-2": {"name": "Experts"}},
    "departments": {"billing": {"label": "billing", "lead": "lena"}},
    "staff": {"ivan": {"line": "line-1"}, "lena": {"line": "line-2", "chats": False, "roles": ["lead"]}},
}
ROW = InboxRow(
    case_id="c-1",
    channel="telegram",
    conversation="42",
    customer="c-7",
    tab=Tab.MINE,
    status=Status.OPEN,
    pinned_to="ivan",
    labels=("refund",),
    last_message_at=NOON,
    last_text="Where is\nmy order?",
)
QUEUED = ROW.model_copy(
    update={
        "tab": Tab.NEW,
        "pinned_to": None,
        "line": "line-1",
        "waiting_since": NOON,
        "waits_for": "2 of line-1 online, both full",
    }
)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    desk = FakeDesk(COMPANY)
    for module in (
        "desk.inbox",
        "cases.ticketlist",
        "desk.notices",
        "desk.staff",
        "desk.directory",
        "desk.customer",
    ):
        monkeypatch.setattr(f"baton.cli.{module}.desk_client", opener(desk))
    monkeypatch.setattr("baton.cli.cases.ticketlist.desk_client", opener(desk))
    return desk


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def in_a_narrow_terminal(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(program, arguments)


def member(desk: FakeDesk, staff: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.document["staff"][staff]
    return found


# --- inbox, notices, customers ------------------------------------------------------------------


def test_the_inbox_shows_each_chat_on_a_line_of_its_own(desk: FakeDesk) -> None:
    desk.rows = [ROW]

    output = run("inbox", "--tab", "mine").output

    assert len(output.splitlines()) == 2
    assert "telegram:42" in output
    assert "[refund] Where is my order?" in output


def test_the_inbox_fits_into_a_narrow_terminal(desk: FakeDesk) -> None:
    desk.rows = [ROW.model_copy(update={"last_text": "very " * 50, "conversation": "1234567890" * 2})]

    output = in_a_narrow_terminal("inbox").output

    assert max(map(len, output.splitlines())) <= 80
    assert "telegram:12345678901234567890" in output


def test_the_inbox_says_since_when_a_chat_has_waited_and_why(desk: FakeDesk) -> None:
    desk.rows = [QUEUED]

    heading, row = run("inbox", "--tab", "new").output.splitlines()

    assert [part.strip() for part in row.split("  ") if part] == [
        *("telegram:42", "new", "open", "queue of line-1", "2026-03-02 12:00"),
        *("2 of line-1 online, both full", "[refund] Where is my order?"),
    ]
    assert heading.rstrip().endswith("Text")
    (document,) = json.loads(run("inbox", "--tab", "new", "--json").output)
    assert (document["waiting_since"], document["waits_for"]) == (
        "2026-03-02T12:00:00Z",
        "2 of line-1 online, both full",
    )


@pytest.mark.parametrize("conversation", ["42", "1234567890" * 2])
def test_in_a_narrow_terminal_the_reason_and_the_text_have_lines_of_their_own(
    desk: FakeDesk, conversation: str
) -> None:
    zone = "line-1 opens on Mon 2026-03-02 at 09:00 (America/Argentina/Buenos_Aires)"
    desk.rows = [QUEUED.model_copy(update={"conversation": conversation}), ROW]
    desk.rows.append(QUEUED.model_copy(update={"waits_for": zone, "tab": Tab.UNANSWERED}))

    lines = [line.rstrip() for line in in_a_narrow_terminal("inbox", "--tab", "new").output.splitlines()]

    assert max(map(len, lines)) <= 80
    assert {"  2 of line-1 online, both full", f"  {zone}"} <= set(lines)
    assert lines.count("  [refund] Where is my order?") == 3
    whole = [line for line in lines if line.startswith("telegram:")]
    assert all("2026-03-02 12:00" in line or "–" in line for line in whole), "no time is folded"
    assert len({len(line[: line.index("2026")]) for line in whole if "2026" in line}) == 1, "one column"


def test_the_inbox_asks_for_a_tab_a_person_and_so_many_and_says_when_there_may_be_more(
    desk: FakeDesk,
) -> None:
    desk.rows = [ROW, ROW]

    result = run("inbox", "--tab", "mine", "--staff", "ivan", "--limit", "1")

    assert desk.asked == [{"tab": Tab.MINE, "staff": "ivan", "limit": 1}]
    assert "The first 1 chat. There may be more" in result.output


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({}, "ivan"),
        ({"pinned_to": None, "tab": Tab.RESERVED, "reserved_for": "petra"}, "petra"),
        ({"pinned_to": None, "tab": Tab.ENDED, "assignee": "lena"}, "lena"),
        ({"pinned_to": None, "tab": Tab.NEW, "line": "line-1"}, "queue of line-1"),
        ({"pinned_to": None, "tab": Tab.NEW}, "everyone"),
    ],
)
def test_the_inbox_says_who_has_a_chat(desk: FakeDesk, fields: dict[str, Any], who: str) -> None:
    desk.rows = [ROW.model_copy(update={**fields, "last_text": "", "labels": ()})]

    assert who in run("inbox").output


def test_without_a_tab_the_inbox_has_what_is_not_finished(desk: FakeDesk) -> None:
    run("inbox", "--limit", "9")

    assert [asked["tab"] for asked in desk.asked] == [Tab.NEW, Tab.MINE, Tab.RESERVED, Tab.UNANSWERED]


TICKET_ROW = TicketRow(
    case_id="k-1",
    ticket_id="T-1",
    customer="c-7",
    subject="Broken",
    stage=TicketStage.COLLECTING,
    status=Status.OPEN,
    dispatcher="petra",
    labels=("billing", "vip"),
    asked=("billing",),
    due_at=NOON,
    last_message_at=NOON,
    last_text="Three\nquestions",
)
EVERYTHING = {"limit": 50, "department": None, "staff": None, "stage": None, "status": None}


def test_the_tickets_of_a_department_are_listed_with_their_due_times(desk: FakeDesk) -> None:
    desk.ticket_rows = [TICKET_ROW]

    output = run("inbox", "--department", "billing").output

    assert desk.asked == [EVERYTHING | {"department": "billing"}]
    heading, row = output.splitlines()
    assert heading.split()[:2] == ["Ticket", "Stage"]
    assert row.split() == [
        *("T-1", "collecting", "2026-03-02", "12:00", "billing", "–"),
        *("[vip]", "Broken", "–", "Three", "questions"),
    ]


def test_a_list_of_tickets_fits_into_a_narrow_terminal(desk: FakeDesk) -> None:
    waits = {"waiting_since": NOON, "waits_for": "line-1 opens at 09:00 (UTC)", "stage": TicketStage.TRIAGE}
    desk.ticket_rows = [TICKET_ROW.model_copy(update={"last_text": "very " * 50, **waits})]

    output = in_a_narrow_terminal("ticket", "list").output

    assert max(map(len, output.splitlines())) <= 80
    assert "T-1" in output
    assert "  line-1 opens at 09:00 (UTC)\n" in output


@pytest.mark.parametrize(
    ("fields", "who"),
    [
        ({"asked": ()}, "petra"),
        ({"asked": (), "dispatcher": None}, "the dispatcher"),
        ({"stage": TicketStage.COMPOSING, "composer": "lena"}, "lena"),
        ({"stage": TicketStage.COMPOSING}, "nobody yet"),
        ({"stage": TicketStage.TRIAGE, "line": "line-1"}, "queue of line-1"),
        ({"stage": TicketStage.TRIAGE}, "everyone"),
        ({"stage": TicketStage.ANSWERED, "assignee": "ivan"}, "ivan"),
    ],
)
def test_a_list_of_tickets_says_who_must_act(desk: FakeDesk, fields: dict[str, Any], who: str) -> None:
    desk.ticket_rows = [TICKET_ROW.model_copy(update={"labels": (), **fields})]

    assert f" {who} " in run("inbox", "--tickets").output


def test_ticket_list_and_the_inbox_of_tickets_are_the_same(desk: FakeDesk) -> None:
    desk.ticket_rows = [TICKET_ROW, TICKET_ROW]
    filters = ["--staff", "lena", "--stage", "composing", "--status", "pending", "--limit", "1", "--query"]

    listed, inbox = run("ticket", "list", *filters), run("inbox", "--tickets", *filters)

    assert listed.exit_code == 0
    assert listed.output == inbox.output
    assert "The first 1 ticket. There may be more" in listed.output
    assert desk.asked == 2 * [
        {
            "department": None,
            "staff": "lena",
            "stage": TicketStage.COMPOSING,
            "status": Status.PENDING,
            "limit": 1,
        }
    ]


@pytest.mark.parametrize(
    ("filters", "more"),
    [
        ("--department billing", " AND CaseStatus = 'open' AND Labels = 'billing'"),
        ("--department billing --status open", " AND CaseStatus = 'open' AND Labels = 'billing'"),
        (
            "--tickets --stage composing --status pending --staff lena",
            " AND CaseStatus = 'pending' AND TicketStage = 'composing' AND Assignee = 'lena'",
        ),
        ("--tickets", ""),
    ],
)
def test_the_query_for_the_temporal_ui_shows_the_same_tickets(
    desk: FakeDesk, filters: str, more: str
) -> None:
    query = f"WorkflowType = 'Ticket' AND ExecutionStatus = 'Running'{more}"

    assert run("inbox", *filters.split(), "--query").output.splitlines()[-1] == f"In the Temporal UI: {query}"
    document = json.loads(run("inbox", *filters.split(), "--query", "--json").output)
    assert document == {"query": query, "tickets": []}


def test_what_stands_in_a_query_is_quoted() -> None:
    assert visibility_query(TicketQuery(), "it's me").endswith(r"Labels = 'it\'s me'")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("inbox --tickets --tab new", 2, "tickets have stages"),
        ("inbox --query", 2, "--tickets"),
        ("inbox --stage done", 2, "composing"),
        (
            "ticket list --department sales --query",
            1,
            "no department 'sales' in the directory; allowed: billing",
        ),
    ],
)
def test_a_list_that_makes_no_sense_is_refused(desk: FakeDesk, arguments: str, code: int, said: str) -> None:
    result = run(*arguments.split())

    assert (result.exit_code, said in result.stderr) == (code, True), result.stderr


def test_empty_lists_say_so(desk: FakeDesk) -> None:
    assert run("inbox", "--tickets").output == "No tickets.\n"
    assert run("inbox").output == "No chats.\n"
    assert run("notices").output == "Nobody was told anything.\n"


def test_notices_of_one_person(desk: FakeDesk) -> None:
    desk.told = [
        NoticeRow(staff=staff, case_id="c-1", conversation="42", reason="new", at=NOON)
        for staff in ("ivan", "lena")
    ]

    output = run("notices", "--staff", "lena").output

    assert "lena" in output
    assert "ivan" not in output


def told(reason: str, *names: str, staff: str = "", everyone: bool = False, **about: str) -> NoticeRow:
    """A notice about a chat to these people."""
    about = about or {"case_id": "c-0123456789ab", "channel": "telegram", "conversation": "42"}
    return NoticeRow(
        staff=staff, told=names, count=len(names), everyone=everyone, reason=reason, at=NOON, **about
    )


CROWD = tuple(f"s-{number}" for number in range(1585))


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (told("mine", "ivan", staff="ivan"), "ivan"),
        (told("two replied", "ivan", "lena"), "ivan, lena"),
        (told("asked", "ivan", "lena", "oleg", "vera"), "ivan and 3 more"),
        (told("asked", "ivan", "lena", "oleg", staff="oleg"), "oleg and 2 more"),
        (told("new", *CROWD, everyone=True), "everyone (1,585)"),
        (told("new", *CROWD, staff="s-9", everyone=True), "everyone (1,585)"),
        (told("new", *CROWD).model_copy(update={"told": (), "staff": "s-9"}), "s-9 and 1,584 more"),
        (told("new", *CROWD).model_copy(update={"told": ()}), "1,585 people"),
    ],
    ids=[
        "one",
        "two",
        "several",
        "asked about one of several",
        "everyone",
        "one of all",
        "too many names",
        "with nobody named",
    ],
)
def test_a_notice_is_one_line_with_who_was_told(desk: FakeDesk, row: NoticeRow, shown: str) -> None:
    desk.told = [row]

    header, line = run("notices").output.splitlines()

    assert header.split()[2:4] == ["Told", "Reason"]
    assert f"2026-03-02 12:00:00  {shown}  " in line


def test_notices_can_be_read_in_80_columns(desk: FakeDesk) -> None:
    desk.told = [
        told("new", *CROWD, everyone=True),
        told("due soon: billing", "ivan", "lena", case_id="t-0123456789ab", ticket_id="T-1"),
    ]

    result = CliRunner(env={"COLUMNS": "80"}).invoke(program, ["notices"])

    lines = result.output.splitlines()
    assert max(map(len, lines)) <= 80
    times = [line for line in lines if line.startswith("2026-03-02 12:00:00  ")]
    assert [line[21:].split("  ")[0] for line in times] == ["everyone (1,585)", "ivan, lena"]


def test_a_notice_about_no_case_has_none(desk: FakeDesk) -> None:
    desk.told = [NoticeRow(staff="ivan", told=("ivan",), count=1, reason="3 cases wait", at=NOON)]

    (_, line) = run("notices").output.splitlines()

    assert line.split() == ["2026-03-02", "12:00:00", "ivan", "3", "cases", "wait", "–", "–"]


def test_a_program_reads_everybody_who_was_told(desk: FakeDesk) -> None:
    desk.told = [told("new", "ivan", "lena", everyone=True)]

    (row,) = json.loads(run("notices", "--staff", "lena", "--json").output)

    assert (row["staff"], row["told"], row["count"], row["everyone"]) == ("lena", ["ivan", "lena"], 2, True)


@pytest.mark.parametrize("command", ["inbox", "notices", "staff list"])
def test_lists_are_json_arrays_for_programs(desk: FakeDesk, command: str) -> None:
    assert isinstance(json.loads(run(*command.split(), "--json").output), list)


def test_a_notice_names_the_ticket_that_it_is_about(desk: FakeDesk) -> None:
    desk.told = [
        NoticeRow(staff="lena", case_id="c-1", conversation="", ticket_id="T-1", reason="asked", at=NOON)
    ]

    output = run("notices").output

    assert "ticket:T-1" in output


def test_a_customer_is_blocked_and_unblocked(desk: FakeDesk) -> None:
    assert run("customer", "block", "c-7").output == "c-7 is blocked.\n"
    assert json.loads(run("customer", "unblock", "c-7", "--json").output) == {
        "customer": "c-7",
        "blocked": False,
    }
    assert desk.blocked == {"c-7": False}


# --- staff --------------------------------------------------------------------------------------


def test_staff_are_listed_with_presence_line_and_habit(desk: FakeDesk) -> None:
    run("staff", "set-status", "lena", "without_chats")

    lines = [" ".join(line.split()) for line in run("staff", "list").output.splitlines()]

    assert "ivan offline – line-1 yes, 0 of 5 0 of 20" in lines
    assert "lena without chats – line-2 rarely, 0 of 5 0 of 20" in lines


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "ivan online 2026-03-02 12:00:00 line-1 yes, 1 of 5 2 of 20"),
        ({"off_duty": True}, "ivan online, off duty 2026-03-02 12:00:00 line-1 yes, 1 of 5 2 of 20"),
        (
            {"has_chats": 5, "full": ("chats",)},
            "ivan online 2026-03-02 12:00:00 line-1 yes, 5 of 5, full 2 of 20",
        ),
        (
            {"chats": False, "has_tickets": 21, "full": ("tickets",)},
            "ivan online 2026-03-02 12:00:00 line-1 rarely, 1 of 5 21 of 20, full",
        ),
        (
            {"presence": Presence.OFFLINE, "grace_until": NOON},
            "ivan offline, in the grace 2026-03-02 12:00:00 line-1 yes, 1 of 5 2 of 20",
        ),
    ],
    ids=["free", "off duty", "full of chats", "full of tickets", "in the grace"],
)
def test_staff_are_listed_with_what_keeps_them_from_getting_more(
    desk: FakeDesk, fields: dict[str, Any], shown: str
) -> None:
    row = {"staff": "ivan", "line": "line-1", "max_chats": 5, "max_tickets": 20, "since": NOON}
    row |= {"presence": Presence.ONLINE, "has_chats": 1, "has_tickets": 2}
    desk.presence_rows = [PresenceRow.model_validate(row | fields)]

    assert " ".join(run("staff", "list").output.splitlines()[1].split()) == shown
    narrow = in_a_narrow_terminal("staff", "list").output.splitlines()
    assert max(map(len, narrow)) <= 80
    assert "2026-03-02 12:00:00" in narrow[1], "not folded"


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ((), {}),
        (("ivan", "lena"), {"staff": ("ivan", "lena")}),
        (
            ("--line", "line-1", "--department", "billing", "--role", "lead", "--presence", "without_chats"),
            {
                "line": "line-1",
                "department": "billing",
                "role": "lead",
                "presence": Presence.WITHOUT_CHATS,
            },
        ),
    ],
)
def test_a_list_of_staff_is_narrowed_by_the_help_desk(
    desk: FakeDesk, options: tuple[str, ...], asked: dict[str, Any]
) -> None:
    assert run("staff", "list", *options).exit_code == 0

    everybody = {"staff": (), "line": None, "department": None, "role": None, "presence": None}
    assert desk.asked == [everybody | asked]


def test_several_people_a_line_or_everybody_are_set_in_one_call(desk: FakeDesk) -> None:
    assert run("staff", "set-status", "ivan", "lena", "online").output == "2 people are online.\n"
    assert desk.presences == {"ivan": Presence.ONLINE, "lena": Presence.ONLINE}

    one = run("staff", "set-status", "--line", "line-1", "without_chats")
    assert one.output == "1 person is without chats.\n"
    assert desk.presences == {"ivan": Presence.WITHOUT_CHATS, "lena": Presence.ONLINE}

    everybody = run("staff", "set-status", "--all", "online")
    assert everybody.output == "2 people are online; 1 of them was already.\n"
    document = json.loads(run("staff", "set-status", "online", "--all", "--json").output)
    assert document == {"presence": "online", "staff": ["ivan", "lena"], "already": ["ivan", "lena"]}


def test_names_and_lines_are_taken_together(desk: FakeDesk) -> None:
    run("staff", "set-status", "ivan", "--line", "line-2", "online")

    assert desk.presences == {"ivan": Presence.ONLINE, "lena": Presence.ONLINE}


@pytest.mark.parametrize("arguments", ["online", "ivan online --all", "online --all --line x"])
def test_a_status_is_somebodys(desk: FakeDesk, arguments: str) -> None:
    result = run("staff", "set-status", *arguments.split())

    assert result.exit_code == 2
    assert "Say whose status it is" in result.output
    assert desk.presences == {}


def test_unknown_people_are_named_at_once_each_with_who_may_be_meant(desk: FakeDesk) -> None:
    result = run("staff", "set-status", "ivn", "lena", "leno", "online")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: there is nobody 'ivn' in the directory; did you mean ivan?\n"
        "there is nobody 'leno' in the directory; did you mean lena?\n"
    )
    assert desk.presences == {}


def test_an_account_that_several_people_use_is_marked_as_such(desk: FakeDesk) -> None:
    assert run("staff", "add", "desk", "--line", "line-1", "--shared").exit_code == 0

    (row,) = (line for line in run("staff", "list").output.splitlines() if line.startswith("desk"))
    assert "yes, 0 of 5; shared account" in row
    listed = json.loads(run("staff", "list", "--json").output)
    assert {person["staff"]: person["shared"] for person in listed} == {
        "ivan": False,
        "lena": False,
        "desk": True,
    }

    run("staff", "set", "desk", "--no-shared")
    assert member(desk, "desk")["shared"] is False


@pytest.mark.parametrize(
    ("word", "presence"),
    [("online", Presence.ONLINE), ("without_chats", Presence.WITHOUT_CHATS), ("offline", Presence.OFFLINE)],
)
def test_a_status_is_set(desk: FakeDesk, word: str, presence: Presence) -> None:
    assert run("staff", "set-status", "ivan", word).exit_code == 0
    assert desk.presences == {"ivan": presence}


def test_a_status_of_somebody_unknown_is_refused(desk: FakeDesk) -> None:
    result = run("staff", "set-status", "nobody", "online")

    assert result.exit_code == 1
    assert "nobody" in result.stderr


def test_somebody_is_added_with_what_the_options_say(desk: FakeDesk) -> None:
    options = "--line line-2 --name Anna --no-chats --role a --role b --department billing"

    result = run("staff", "add", "anna", *options.split(), "--max-chats", "3", "--max-tickets", "7")

    assert result.output == "anna was added. The directory is now version 2.\n"
    assert member(desk, "anna") == {
        "name": "Anna",
        "line": "line-2",
        "departments": ["billing"],
        "roles": ["a", "b"],
        "chats": False,
        "max_chats": 3,
        "max_tickets": 7,
        "shared": False,
    }


def test_only_what_is_named_is_changed(desk: FakeDesk) -> None:
    before = dict(member(desk, "lena"))

    assert run("staff", "set", "lena", "--chats").exit_code == 0
    assert member(desk, "lena") == before | {"chats": True}


def test_nothing_is_said_by_an_empty_string(desk: FakeDesk) -> None:
    assert run("staff", "set", "lena", "--role", "", "--line", "").exit_code == 0
    assert (member(desk, "lena")["roles"], member(desk, "lena")["line"]) == ([], None)


def test_somebody_is_removed(desk: FakeDesk) -> None:
    assert run("staff", "remove", "ivan").exit_code == 0
    assert desk.staff() == ["lena"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("add ivan --line line-1", 1, "already"),
        ("add anna", 2, "--line"),
        ("set nobody --chats", 1, "allowed: ivan, lena"),
        ("set ivan", 2, "Nothing to change"),
        ("remove nobody", 1, "allowed: ivan, lena"),
        ("set ivan --max-chats 0", 2, "max-chats"),
        ("set ivan --max-tickets 0", 2, "max-tickets"),
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(
    desk: FakeDesk, arguments: str, code: int, said: str
) -> None:
    result = run("staff", *arguments.split())

    assert (result.exit_code, desk.version) == (code, 1)
    assert said in result.stderr


def test_a_change_is_made_again_on_top_of_somebody_elses(desk: FakeDesk) -> None:
    def somebody_else() -> None:
        desk.replace({**COMPANY, "staff": {**desk.document["staff"], "petra": {"line": "line-1"}}})

    desk.meanwhile = [somebody_else]

    assert run("staff", "add", "anna", "--line", "line-1").exit_code == 0
    assert desk.staff() == ["ivan", "lena", "petra", "anna"]


def test_a_change_that_always_comes_too_late_is_given_up(desk: FakeDesk) -> None:
    def somebody_else() -> None:
        desk.version += 1

    desk.meanwhile = [somebody_else] * 10

    result = run("staff", "remove", "ivan")

    assert result.exit_code == 1
    assert "by now" in result.stderr
    assert len(desk.meanwhile) == 5, "tried five times"


# --- directory ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "directory",
    [
        Directory.model_validate(COMPANY),
        parse_directory((CHECKOUT / "deploy/directory/demo.yaml").read_text(encoding="utf-8"), "demo.yaml"),
        Directory.model_validate(
            {
                "labels": ["no", "1", "true", "a: b", "#x", "- y", "é", '"', "null", " ", "2026-01-01", "~"],
                "lines": {"on": {"name": "it's [a] {line}"}, "0x1": {}, "1e3": {}},
            }
        ),
    ],
)
def test_the_yaml_that_is_shown_is_the_directory(directory: Directory) -> None:
    assert parse_directory(as_yaml(directory), "shown") == directory


def test_an_empty_directory_can_be_shown(desk: FakeDesk) -> None:
    desk.replace({})

    assert run("directory", "show").output == "# version 2\n{}\n"


def test_what_is_shown_can_be_applied(desk: FakeDesk, tmp_path: Path) -> None:
    before = desk.document
    path = tmp_path / "directory.yaml"
    path.write_text(run("directory", "show").output, encoding="utf-8")

    result = run("directory", "apply", str(path))

    assert "Nothing in it has changed." in result.output
    assert desk.document == before
    tried = run("directory", "apply", str(path), "--dry-run").stdout
    stays = f"The directory stays at version {desk.version}. Nothing in it would change."
    assert tried == f"No living case is concerned.\n{stays}\n"


def test_what_was_shown_before_somebody_else_changed_it_is_refused(desk: FakeDesk, tmp_path: Path) -> None:
    path = tmp_path / "directory.yaml"
    path.write_text(run("directory", "show").output, encoding="utf-8")
    desk.replace({"staff": {"nina": {}}})

    result = run("directory", "apply", str(path))

    assert result.exit_code == 1
    assert "at version 2 by now" in result.stderr
    assert "nina" in desk.document["staff"]


def test_applying_says_what_is_new_gone_and_different(desk: FakeDesk, tmp_path: Path) -> None:
    path = tmp_path / "directory.yaml"
    path.write_text("lines: {line-1: {}}\nlabels: [vip]\nstaff: {ivan: {}, anna: {line: line-1}}\n")

    output = run("directory", "apply", str(path)).output

    assert "version 2: 2 staff, 1 line, 0 departments, 1 label" in output
    assert "staff        +anna -lena ~ivan" in output
    assert "labels       +vip" in output
    assert "lines        -line-2" in output


CONCERNED = Concerns(
    chats=2,
    tickets=1,
    reasons=(
        Concern(
            reason="ivan is gone, and has it",
            cases=3,
            first=("chat:telegram:42", "ticket:it's", "chat:a:1"),
        ),
        Concern(
            reason="billing is called invoices",
            cases=60,
            first=tuple(f"ticket:T-{number}" for number in range(50)),
        ),
    ),
)


@pytest.fixture
def without_ivan(desk: FakeDesk, tmp_path: Path) -> Path:
    """A file without Ivan, who has cases."""
    desk.concerned = CONCERNED
    path = tmp_path / "directory.yaml"
    path.write_text("lines: {line-1: {}}\nstaff: {lena: {}}\n")
    return path


def test_a_dry_run_says_which_cases_are_concerned_and_changes_nothing(
    desk: FakeDesk, without_ivan: Path
) -> None:
    before = desk.document

    result = run("directory", "apply", str(without_ivan), "--dry-run", "--ui", "https://ui.example.org/")

    assert result.exit_code == 0
    assert (desk.document, desk.version) == (before, 1)
    said = result.stdout.splitlines()
    assert said[:2] == ["This concerns 2 chats and 1 ticket:", "      3  ivan is gone, and has it"]
    query = quote(r"WorkflowId IN ('chat:telegram:42', 'ticket:it\'s', 'chat:a:1')", safe="")
    assert said[2].strip() == f"https://ui.example.org/namespaces/default/workflows?query={query}"
    assert said[4].endswith(" (the first 50)")
    assert "Nothing was changed.\nThe directory stays at version 1." in result.stdout
    assert "-ivan" in result.stdout


def test_without_a_terminal_a_change_that_concerns_cases_wants_yes(
    desk: FakeDesk, without_ivan: Path
) -> None:
    before = desk.document

    result = run("directory", "apply", str(without_ivan))

    assert result.exit_code == 1
    assert "This would concern 2 chats and 1 ticket, so nothing was changed" in result.stderr
    assert "--yes" in result.stderr
    assert (desk.document, desk.version) == (before, 1)


def test_with_yes_it_is_changed_and_said_who_is_told(desk: FakeDesk, without_ivan: Path) -> None:
    result = run("directory", "apply", str(without_ivan), "--yes")

    assert result.exit_code == 0
    assert "Told of it: 2 chats and 1 ticket." in result.stdout
    assert desk.staff() == ["lena"]


@pytest.mark.parametrize(
    ("answer", "staff"), [("n", ["ivan", "lena"]), ("", ["ivan", "lena"]), ("y", ["lena"])]
)
def test_at_a_terminal_it_asks(
    desk: FakeDesk, without_ivan: Path, monkeypatch: pytest.MonkeyPatch, answer: str, staff: list[str]
) -> None:
    monkeypatch.setattr("baton.cli.desk.concerns.there_is_a_terminal", lambda: True)

    result = CliRunner().invoke(program, ("directory", "apply", str(without_ivan)), input=f"{answer}\n")

    assert list(desk.staff()) == staff
    assert result.exit_code == (0 if answer == "y" else 1)
    assert "Make it so, and tell them?" in result.stderr


def test_nobody_is_asked_where_nobody_is_concerned(desk: FakeDesk, without_ivan: Path) -> None:
    desk.concerned = Concerns()

    result = run("directory", "apply", str(without_ivan))

    assert result.exit_code == 0
    assert "No living case is concerned." in result.stdout


def test_programs_get_one_document_with_the_concerned(desk: FakeDesk, without_ivan: Path) -> None:
    dry = json.loads(run("directory", "apply", str(without_ivan), "--dry-run", "--json").stdout)
    done = json.loads(run("directory", "apply", str(without_ivan), "--yes", "--json").stdout)

    assert [document["dry_run"] for document in (dry, done)] == [True, False]
    assert [document["version"] for document in (dry, done)] == [1, 2]
    assert dry["concerned"] == done["concerned"]
    first = dry["concerned"]["reasons"][0]
    assert (first["reason"], first["cases"]) == ("ivan is gone, and has it", 3)
    assert first["link"].startswith("http://")


@pytest.mark.parametrize(
    "command",
    [("remove", "ivan"), ("set", "ivan", "--line", "line-2"), ("add", "nina", "--line", "line-1")],
    ids=lambda command: command[0],
)
def test_changes_of_staff_ask_in_the_same_way(desk: FakeDesk, command: tuple[str, ...]) -> None:
    desk.concerned = CONCERNED

    refused = run("staff", *command)
    assert (refused.exit_code, desk.version) == (1, 1)
    assert "--yes" in refused.stderr

    done = run("staff", *command, "--yes")
    assert (done.exit_code, desk.version) == (0, 2)
    assert "This concerns 2 chats and 1 ticket:" in done.stdout


def test_a_link_stays_short_enough_for_an_address(desk: FakeDesk, without_ivan: Path) -> None:
    names = tuple(f"ticket:{'x' * 900}{number}" for number in range(50))
    desk.concerned = Concerns(tickets=50, reasons=(Concern(reason="it", cases=50, first=names),))

    said = run("directory", "apply", str(without_ivan), "--dry-run").stdout.splitlines()

    assert said[2].endswith(" (the first 4)")


RULES = "version: 1\nchanged:\n  - {id: one, name: One, then: [{assign: {line: chats}}]}\n"
TEMPLATES = """\
version: 1
templates:
  - {id: one, name: One, departments: [billing], marker: vip, note: Please answer.}
"""
GOOD = """\
lines: {chats: {}}
departments: {billing: {label: billing}}
labels: [vip]
staff: {ivan: {line: chats}}
"""


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of a company, which is the one of the settings."""
    for name, text in (("directory", GOOD), ("rules", RULES), ("templates", TEMPLATES)):
        (tmp_path / f"{name}.yaml").write_text(text)
    monkeypatch.setenv("BATON_COMPANY", str(tmp_path))
    return tmp_path


def check(folder: Path, text: str, *options: str) -> Result:
    (folder / "new.yaml").write_text(text)
    return run("directory", "check", str(folder / "new.yaml"), *options)


def test_a_good_directory_is_checked_together_with_the_rules_and_templates_of_the_settings(
    company: Path,
) -> None:
    result = check(company, GOOD)

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        f"{company}/new.yaml is fine: 1 staff, 1 line, 1 department, 2 labels.",
        f"The rules in {company}/rules.yaml fit it.",
        f"The templates in {company}/templates.yaml fit it.",
    ]
    document = json.loads(check(company, GOOD, "--json").output)
    assert (document["rules"], document["templates"]) == (
        f"{company}/rules.yaml",
        f"{company}/templates.yaml",
    )


def test_a_file_that_was_shown_may_be_outdated(company: Path) -> None:
    said = check(company, f"# version 3\n{GOOD}").output.splitlines()

    assert said[-1] == "It was made from version 3: if there is a newer one by now, apply refuses it."


def where_it_is_wrong(result: Result) -> list[str]:
    """The file and the line of each mistake."""
    return re.findall(r"(\w+\.yaml:\d+): ", result.stderr)


def test_every_mistake_in_every_file_is_shown_once(company: Path) -> None:
    (company / "rules.yaml").write_text(RULES.replace("changed", "changes"))
    (company / "templates.yaml").write_text(TEMPLATES.replace("Please", "{{ pleas }}"))

    result = check(company, GOOD.replace("ivan: {", "ivan: {lin: x, ") + "labels: [vip]\n")

    assert result.exit_code == 1
    assert where_it_is_wrong(result) == ["new.yaml:4", "new.yaml:5", "rules.yaml:2", "templates.yaml:3"]


def test_a_reference_to_nothing_does_not_hide_what_else_is_wrong(company: Path) -> None:
    renamed = GOOD.replace("lines: {chats: {}}", "lines: {chat: {}}")

    result = check(company, renamed.replace("{label:", "{lead: eva, label:"))

    assert where_it_is_wrong(result) == ["new.yaml:2", "new.yaml:4", "rules.yaml:3"]
    assert result.stderr.count("there is no line 'chats'\n    did you mean chat?") == 2


def test_rules_and_templates_that_do_not_fit_say_how_to_name_others(company: Path) -> None:
    other = company / "other.yaml"
    other.write_text("version: 1\n")

    result = check(company, "staff: {ivan: {}}\n")

    assert [line for line in result.stderr.splitlines() if ".yaml:" in line] == [
        f"Error: {company}/rules.yaml:3: changed > #1 > then > #1 > assign > line: there is no line 'chats'",
        f"{company}/templates.yaml:3: templates > #1 > departments > #1: there is no department 'billing'",
        f"{company}/templates.yaml:3: templates > #1 > marker: there is no label 'vip'",
    ]
    assert result.stderr.splitlines()[-1].endswith("or by BATON_COMPANY.")
    others = ("--rules", str(other), "--templates", str(other))
    assert check(company, "staff: {ivan: {}}\n", *others).exit_code == 0


def test_rules_that_are_not_there_are_not_checked(company: Path) -> None:
    (company / "rules.yaml").unlink()

    said = check(company, GOOD).output
    assert "rules.yaml are not there, and were not checked: name others with --rules." in said
    assert run("directory", "check", str(company / "none.yaml")).exit_code == 2


CALENDARS = """
calendars:
  office: {holidays: GB, timezone: Europe/London}
  lanka: {holidays: LK, known_until: 2020}
  ship: {timezone: Etc/GMT+3}
"""


def test_a_check_says_how_far_holidays_are_known_and_what_may_not_be_meant(company: Path) -> None:
    text = GOOD + CALENDARS
    said = check(company, text).output.splitlines()
    assert said[3:] == [
        "Calendar office: the holidays of GB are known until the end of 2100",
        "Calendar office: 4 of the parts of GB have other holidays than GB alone",
        "    write {country: GB, subdivision: …} with one of ENG (England), NIR (Northern",
        "    Ireland), SCT (Scotland), WLS (Wales)",
        "Calendar lanka: the holidays of LK are known until the end of 2020",
        "    write what is free or worked in 2021 into days_off and days, then",
        "    known_until: 2021",
        "Calendar ship: Etc/GMT+3 has no summer time, and its sign is turned round: it is",
        "3 hours behind UTC",
        "    write the place, such as America/Sao_Paulo or Europe/Moscow",
    ]
    found = json.loads(check(company, text, "--json").output)["remarks"]
    assert [one["calendar"] for one in found] == ["office", "office", "lanka", "ship"]
    assert found[2] == {
        "calendar": "lanka",
        "what": "the holidays of LK are known until the end of 2020",
        "hint": "write what is free or worked in 2021 into days_off and days, then known_until: 2021",
    }
