"""`baton ticket` says who must act and what the departments wrote, and turns options into the right event."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.cli.cases import tickets
from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChatSnapshot,
    Department,
    DepartmentState,
    Draft,
    Note,
    NoteAdded,
    Status,
    TicketSnapshot,
    TicketStage,
    TimelineEntry,
)
from baton.errors import DepartmentsWaiting
from baton.model.ticket.lifecycle import diagram
from tests.fakes import FakeBaton, opener

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BY_PETRA = ["--from", "staff:petra"]


def note(author: str, text: str, event_id: str) -> Note:
    return Note(author=Author(type=AuthorType.STAFF, id=author), text=text, at=NOON, event_id=event_id)


def asked(label: str, **fields: Any) -> Department:
    return Department(label=label, state=fields.pop("state", DepartmentState.ASKED), asked_at=NOON, **fields)


TICKET = TicketSnapshot(
    ticket_id="T-1",
    customer="c-7",
    subject="Everything is broken",
    stage=TicketStage.COLLECTING,
    status=Status.OPEN,
    dispatcher="petra",
    labels=("billing", "several-departments"),
    departments=(
        asked("billing", due_at=NOON + timedelta(hours=8)),
        asked(
            "delivery",
            state=DepartmentState.ANSWERED,
            answered_at=NOON,
            answered_by="maria",
            notes=(note("maria", "On its way.\nTomorrow.", "n-1"),),
        ),
        asked(
            "warranty",
            state=DepartmentState.ANSWERED,
            answered_at=NOON,
            answered_by="maria",
            notes=(note("maria", "On its way.\nTomorrow.", "n-1"), note("oleg", "Yes.", "n-2")),
        ),
    ),
    round=1,
    case_id="k-1",
    template="quiet",
    channel="telegram",
    conversation="42",
)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeBaton:
    fake = FakeBaton()
    fake.tickets["T-1"] = TICKET
    for module in (
        "cases.showing",
        "cases.ticketreading",
        "cases.ticketsending",
        "documents.template",
        "cases.chatsending",
    ):
        monkeypatch.setattr(f"baton.cli.{module}.baton_client", opener(fake))
    return fake


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(program, arguments)


def send(*arguments: str) -> Result:
    return run("ticket", "send", "T-1", *arguments)


def entry(event_id: str, kind: str = "note_added", **fields: Any) -> TimelineEntry:
    return TimelineEntry(at=NOON, event_id=event_id, kind=kind, author="staff:petra", **fields)


# --- show, draft, diagram -----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["T-1", "ticket:T-1"])
def test_show_says_who_must_act_since_when_and_why(fake: FakeBaton, name: str) -> None:
    fake.ticket_timelines["T-1"] = [entry("e-1", "template_applied", moved=True)]

    output = run("ticket", "show", name).output

    assert "Who must act   It waits for billing.\n" in output
    assert "Since          2026-03-02 12:00:00 UTC\n" in output
    assert "Why            template_applied by staff:petra\n" in output
    assert "State          collecting · open, round 1\n" in output
    assert "Chat           telegram:42\n" in output


def test_show_has_a_row_for_each_department(fake: FakeBaton) -> None:
    more = (
        asked("law", escalated=True, due_at=NOON),
        asked("sales", state=DepartmentState.DECLINED, blocks=True),
        asked("faxes", blocks=True),
        asked("phones", state=DepartmentState.DECLINED, declined_to="law"),
        asked("press", state=DepartmentState.WITHDRAWN),
    )
    fake.tickets["T-1"] = TICKET.model_copy(update={"departments": (*TICKET.departments, *more)})

    output = run("ticket", "show", "T-1").output
    table = output.partition("\n\n")[2].partition("\n\n")[0]
    rows = {line.split()[0]: " ".join(line.split()[1:]) for line in table.splitlines()}

    assert rows["billing"] == "asked 2026-03-02 20:00 –"
    assert rows["warranty"] == "answered – maria, 2026-03-02 12:00"
    assert rows["law"] == "asked, overdue 2026-03-02 12:00 –"
    assert rows["sales"] == "declined, blocks – –"
    assert rows["faxes"] == "asked, blocks – –"
    assert rows["phones"] == "declined, to law – –"
    assert rows["press"] == "withdrawn – –"
    assert max(map(len, output.splitlines())) <= 80


def test_a_note_for_two_departments_is_shown_once(fake: FakeBaton) -> None:
    output = run("ticket", "show", "T-1").output

    assert output.count("On its way.") == 1
    assert (
        "delivery and warranty – staff:maria, 2026-03-02 12:00:00 UTC\n    On its way.\n    Tomorrow.\n"
        in output
    )


def test_what_departments_write_cannot_steer_the_terminal(fake: FakeBaton) -> None:
    wrote = asked("billing", notes=(note("lena", "a\x1b[31mb", "n-1"),))
    fake.tickets["T-1"] = TICKET.model_copy(update={"departments": (wrote,)})

    assert "\x1b" not in run("ticket", "show", "T-1").output


def test_why_a_ticket_was_closed_is_shown_as_it_was_written(fake: FakeBaton) -> None:
    closed = {"stage": TicketStage.CLOSED, "status": Status.CLOSED, "closed_because": "see [x] *now*"}
    fake.tickets["T-1"] = TICKET.model_copy(update=closed)

    assert "Who must act   It is closed (see [x] *now*).\n" in run("ticket", "show", "T-1").output


def test_the_timeline_is_shown_on_demand_also_as_json(fake: FakeBaton) -> None:
    fake.ticket_timelines["T-1"] = [entry("e-1", refused="NotAllowed: no")]

    assert "refused: NotAllowed: no" in run("ticket", "show", "T-1", "--timeline").output
    assert "refused" not in run("ticket", "show", "T-1").output
    document = json.loads(run("ticket", "show", "T-1", "--timeline", "--json").output)
    assert document["snapshot"]["ticket_id"] == "T-1"
    assert [row["event_id"] for row in document["timeline"]] == ["e-1"]


def test_an_unknown_ticket_is_told_in_one_line(fake: FakeBaton) -> None:
    result = run("ticket", "show", "T-9")

    assert result.exit_code == 1
    assert result.stderr == "Error: there is no ticket ticket:T-9\n"


def test_the_draft_is_shown_with_what_must_be_known_before_it_is_used(fake: FakeBaton) -> None:
    fake.drafts["T-1"] = Draft(text="Dear customer,\n\nsoon.", round=1, at=NOON, composer="lena", stale=True)

    output = run("ticket", "draft", "T-1").output

    assert "Final          no, it waits for billing\n" in output
    assert "Stale          yes, the customer has written since\n" in output
    assert "Who composes   lena\n" in output
    assert output.endswith("\n\nDear customer,\n\nsoon.\n")
    assert json.loads(run("ticket", "draft", "T-1", "--json").output)["stale"] is True


def test_where_there_is_no_draft_the_command_says_what_is_missing(fake: FakeBaton) -> None:
    assert run("ticket", "draft", "T-1").output == "There is no draft. It waits for billing.\n"


def test_the_diagram_is_that_of_the_stages() -> None:
    assert run("ticket", "diagram").output == diagram()


# --- send ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "event"),
    [
        (["Hello"], {"kind": "agent_message", "text": "Hello"}),
        (["--note", "Look"], {"kind": "note_added", "text": "Look"}),
        (["--take"], {"kind": "taken"}),
        (["--status", "pending"], {"kind": "status_set", "status": "pending"}),
        (["--assign", "ivan"], {"kind": "assigned", "staff": "ivan"}),
        (["--assign-line", "line-1"], {"kind": "assigned", "line": "line-1"}),
        (["--label", "+billing"], {"kind": "labels_changed", "add": ["billing"]}),
        (["--reply", "All is well."], {"kind": "send_reply", "text": "All is well."}),
        (
            ["--reply", "--status", "closed", "--force", "Bye."],
            {"kind": "send_reply", "text": "Bye.", "status": "closed", "force": True},
        ),
        (
            ["--decline", "billing", "--to", "warranty", "--reason", "no money in it"],
            {
                "kind": "department_declined",
                "label": "billing",
                "to": "warranty",
                "reason": "no money in it",
            },
        ),
        (["--ask-again", "billing"], {"kind": "department_asked_again", "label": "billing"}),
        (
            ["--ask-again", "billing", "--question", "When?"],
            {"kind": "department_asked_again", "label": "billing", "question": "When?"},
        ),
        (["--close"], {"kind": "status_set", "status": "closed"}),
        (
            ["--close", "--force", "--reason", "a test"],
            {"kind": "status_set", "status": "closed", "force": True, "reason": "a test"},
        ),
    ],
)
def test_each_option_is_one_kind_of_event(
    fake: FakeBaton, arguments: list[str], event: dict[str, Any]
) -> None:
    result = send(*BY_PETRA, "--id", "e-1", *arguments)

    assert result.exit_code == 0, result.output
    assert fake.ticket_event == event | {"id": "e-1", "author": {"type": "staff", "id": "petra"}}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Hi"], "--from"),
        ([*BY_PETRA, "--reply"], "TEXT is missing"),
        ([*BY_PETRA, "--reply", "--take", "x"], "--reply and --take are several"),
        ([*BY_PETRA, "--decline", "billing"], "--reason"),
        ([*BY_PETRA, "--take", "--force"], "--force goes with --reply or --close only"),
        ([*BY_PETRA, "--to", "billing", "Hi"], "--to goes with --decline only"),
        ([*BY_PETRA, "--reply", "--reason", "x", "Hi"], "--reason goes with --decline or --close only"),
        ([*BY_PETRA, "--subject", "Broken", "--label", "+billing"], "--customer"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_sent(
    fake: FakeBaton, arguments: list[str], said: str
) -> None:
    result = send(*arguments)

    assert result.exit_code == 2, result.output
    assert said in result.output
    assert not fake.sent_to_tickets


def test_the_answer_says_what_happened_and_who_must_act(fake: FakeBaton) -> None:
    fake.what = "assigned to petra"

    output = send(*BY_PETRA, "--id", "e-1", "--take").output

    assert output.splitlines() == [
        "Event e-1 was accepted.",
        "What happened  assigned to petra",
        "Rules fired    none",
        "State          collecting · open, round 1",
        "Who must act   It waits for billing.",
    ]
    assert fake.asked == []


def test_what_the_ticket_refuses_ends_with_one(fake: FakeBaton) -> None:
    fake.error = DepartmentsWaiting("closing would pass over billing")

    result = send(*BY_PETRA, "--close")

    assert result.exit_code == 1
    assert result.stderr == "Error: closing would pass over billing\n"


def test_an_event_that_may_open_a_ticket_says_whose_it_is(fake: FakeBaton) -> None:
    opening = ["--customer", "c-9", "--subject", "Broken", "--channel", "email"]

    assert run("ticket", "send", "T-2", *BY_PETRA, *opening, "--label", "+billing").exit_code == 0

    ((ticket, _, opened),) = fake.sent_to_tickets
    assert (ticket, opened) == ("T-2", {"customer": "c-9", "subject": "Broken", "channel": "email"})


def test_a_customer_who_writes_again_opens_the_ticket_as_what_it_was(fake: FakeBaton) -> None:
    assert send("--from", "customer", "Again!").exit_code == 0

    ((_, event, opened),) = fake.sent_to_tickets
    assert event.author.id == "c-7"
    assert opened == {
        "customer": "c-7",
        "subject": "Everything is broken",
        "channel": "telegram",
        "conversation": "42",
    }


def test_a_customer_who_writes_first_must_be_named(fake: FakeBaton) -> None:
    result = run("ticket", "send", "T-2", "--from", "customer", "Hi")

    assert result.exit_code == 2
    assert "--customer" in result.output
    assert not fake.sent_to_tickets


# --- note ---------------------------------------------------------------------------------------


def test_a_note_is_handed_over_and_what_came_of_it_is_shown(fake: FakeBaton) -> None:
    def folded(added: NoteAdded) -> None:
        fake.ticket_timelines["T-1"] = [entry(added.id, what="billing answered")]

    fake.noted = folded

    output = run("ticket", "note", "T-1", "Paid.", "--from", "staff:lena", "--id", "n-7").output

    assert fake.ticket_event == {
        "kind": "note_added",
        "id": "n-7",
        "author": {"type": "staff", "id": "lena"},
        "text": "Paid.",
    }
    assert output.splitlines() == [
        "Note n-7 was handed over to ticket T-1.",
        "What happened  billing answered",
        "State          collecting · open, round 1",
        "Who must act   It waits for billing.",
    ]


def test_a_note_says_for_whom_and_whether_it_answers(fake: FakeBaton) -> None:
    fake.noted = lambda added: fake.ticket_timelines.update({"T-1": [entry(added.id)]})

    options = ["--from", "staff:lena", "--label", "billing", "--no-answer", "--instruction", "--json"]
    document = json.loads(run("ticket", "note", "T-1", "Look.", *options).output)

    sent = fake.ticket_event
    assert (sent["label"], sent["answers"], sent["instruction"]) == ("billing", False, True)
    assert document["event_id"] == document["entry"]["event_id"] == sent["id"]
    assert document["snapshot"]["ticket_id"] == "T-1"


def test_a_note_that_is_refused_ends_with_one(fake: FakeBaton) -> None:
    fake.noted = lambda added: fake.ticket_timelines.update(
        {"T-1": [entry(added.id, refused="UnknownStaff: there is nobody 'x'")]}
    )

    result = run("ticket", "note", "T-1", "Hi", "--from", "staff:x")

    assert result.exit_code == 1
    assert "The note was refused: UnknownStaff: there is nobody 'x'" in result.stderr


def test_a_note_that_nobody_takes_in_time_is_not_waited_for_longer(fake: FakeBaton) -> None:
    result = run("ticket", "note", "T-1", "Hi", "--from", "staff:lena", "--timeout", "0.1")

    assert result.exit_code == 1
    assert "was handed over" in result.stdout
    assert "within 0.1 s" in result.stderr


# --- template apply, chat to-ticket -------------------------------------------------------------


def test_a_template_is_applied_and_the_due_times_are_told(fake: FakeBaton) -> None:
    result = run("template", "apply", "quiet", "ticket:T-1", *BY_PETRA, "--customer", "c-7", "--id", "e-1")

    ((ticket, _, opened),) = fake.sent_to_tickets
    assert (ticket, opened) == ("T-1", {"customer": "c-7"})
    assert fake.ticket_event == {
        "kind": "template_applied",
        "id": "e-1",
        "author": {"type": "staff", "id": "petra"},
        "template": "quiet",
    }
    rows = [line.split() for line in result.output.splitlines()]
    assert rows[-2:] == [["Asked", "now", "Due", "(UTC)"], ["billing", "2026-03-02", "20:00"]]


CHAT = ChatSnapshot(
    case_id="k-7",
    channel="telegram",
    conversation="42",
    customer="c-7",
    activity=Activity.ACTIVE,
    status=Status.OPEN,
)


@pytest.fixture
def chat(fake: FakeBaton) -> FakeBaton:
    """A chat whose customer has written, and whose ticket gets a copy of the message at once."""
    fake.chats["telegram", "42"] = CHAT
    fake.timelines["telegram", "42"] = [entry("m-1", "customer_message")]
    fake.ticket_timelines["T-2"] = [entry("chat:m-1", "customer_message")]
    return fake


def to_ticket(*arguments: str) -> Result:
    return run("chat", "to-ticket", "telegram:42", *BY_PETRA, *arguments)


def test_a_chat_opens_a_ticket_that_belongs_to_it_and_asks_its_departments(chat: FakeBaton) -> None:
    result = to_ticket("--ticket", "T-2", "--template", "quiet", "--subject", "Broken")

    assert result.exit_code == 0, result.output
    opening, applied = chat.sent_to_tickets
    assert opening[2] == {
        "customer": "c-7",
        "subject": "Broken",
        "channel": "telegram",
        "conversation": "42",
    }
    assert chat.event["kind"] == "ticket_opened"
    assert chat.event["ticket_id"] == "T-2"
    assert opening[1].id == f"opened:k-7:{chat.event['id']}", "as the worker's, so that it counts once"
    assert applied[1].kind == "template_applied"
    assert result.output.startswith("Ticket T-2 belongs to the chat telegram:42 now.\n")


def test_a_chat_opens_a_fresh_ticket_without_a_name(chat: FakeBaton, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tickets, "COPIED_WITHIN", 0.05)
    results = [to_ticket(), to_ticket()]

    assert {result.exit_code for result in results} == {0}
    assert len({ticket for ticket, _, _ in chat.sent_to_tickets}) == 2
    assert "baton template apply TEMPLATE t-" in results[0].output


def test_the_chats_earlier_ticket_is_named(chat: FakeBaton) -> None:
    chat.chats["telegram", "42"] = CHAT.model_copy(update={"ticket_id": "T-0"})

    assert "no longer goes to ticket T-0" in to_ticket("--ticket", "T-2").output


@pytest.mark.parametrize(
    ("fields", "ticket", "said"),
    [
        ({"status": Status.CLOSED}, "T-2", "baton ticket send T-2"),
        ({"conversation": "43"}, "T-1", "belongs to the chat telegram:42: choose another ID"),
    ],
)
def test_a_ticket_that_cannot_be_the_chats_is_not_touched(
    chat: FakeBaton, fields: dict[str, Any], ticket: str, said: str
) -> None:
    chat.chats["telegram", "42"] = CHAT.model_copy(update=fields)

    result = to_ticket("--ticket", ticket)

    assert result.exit_code == 1
    assert said in result.stderr
    assert not chat.sent
    assert not chat.sent_to_tickets
