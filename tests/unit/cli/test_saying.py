"""`--messages` shows who wrote what, and when, in the words of whoever wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.contract import Activity, ChatSnapshot, Status, TicketSnapshot
from baton.desk.said import MessageRow, Said
from tests.fakes import FakeBaton, FakeDesk, opener

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHAT = ChatSnapshot(
    channel="telegram", conversation="42", customer="c-7", activity=Activity.ACTIVE, status=Status.OPEN
)


def row(author: str, text: str, said: Said = "message", minutes: int = 0, **more: Any) -> MessageRow:
    return MessageRow(at=NOON + timedelta(minutes=minutes), said=said, author=author, text=text, **more)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeBaton:
    fake = FakeBaton()
    fake.chats["telegram", "42"] = CHAT
    fake.tickets["T-1"] = TicketSnapshot(ticket_id="T-1", customer="c-7")
    monkeypatch.setattr("baton.cli.cases.showing.baton_client", opener(fake))
    return fake


@pytest.fixture
def desk(fake: FakeBaton, monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    desk = FakeDesk()
    monkeypatch.setattr("baton.cli.cases.showing.desk_client", opener(desk))
    return desk


def show(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(program, arguments)


def said(*arguments: str) -> list[str]:
    """The lines about messages: those behind the last empty line but those between chats."""
    output = show(*arguments).output
    return output[output.index("2026-03-02") :].splitlines()


def test_a_chat_shows_who_said_what_and_when(desk: FakeDesk) -> None:
    desk.said["chat:telegram:42"] = [
        row("customer:c-7", "Where is\nmy order?"),
        row("staff:lena", "Call the courier.", "note", 1),
        row("rule:greets", "We are looking.", minutes=2),
    ]

    assert said("chat", "show", "telegram:42", "--messages") == [
        "2026-03-02 12:00:00 UTC  customer:c-7",
        "    Where is",
        "    my order?",
        "2026-03-02 12:01:00 UTC  staff:lena, note",
        "    Call the courier.",
        "2026-03-02 12:02:00 UTC  rule:greets",
        "    We are looking.",
    ]


def test_a_ticket_shows_notes_with_their_departments_and_the_reply(desk: FakeDesk) -> None:
    desk.said["ticket:T-1"] = [
        row("template:refund", "Please answer.", "note"),
        row("staff:lena", "Paid.", "note", 1, labels=("billing", "law")),
        row("staff:oleg", "Not ours.", "declined", 2, labels=("warranty",)),
        row("staff:petra", "Really?", "question", 3, labels=("warranty",)),
        row("system:baton", "Paid.", "draft", 4),
        row("staff:lena", "It is paid.", "reply", 5),
    ]

    heads = [line[25:] for line in said("ticket", "show", "ticket:T-1", "--messages") if line[:1] == "2"]

    assert heads == [
        "template:refund, note",
        "staff:lena, note (billing, law)",
        "staff:oleg, declines (warranty)",
        "staff:petra, asks again (warranty)",
        "system:baton, draft",
        "staff:lena, reply",
    ]


def test_a_message_without_a_text_and_one_that_was_deleted_say_so(desk: FakeDesk) -> None:
    files = ({"name": "a.pdf"}, {"url": "https://files/b"}, "c.txt", {"size": 3})
    desk.said["chat:telegram:42"] = [
        row("customer:c-7", "", attachments=files),
        row("customer:c-7", "", deleted=True),
        row("staff:ivan", "Hi", undelivered=True),
    ]

    assert said("chat", "show", "telegram:42", "--messages") == [
        "2026-03-02 12:00:00 UTC  customer:c-7",
        *("    [a.pdf]", "    [https://files/b]", "    [c.txt]", '    [{"size": 3}]'),
        "2026-03-02 12:00:00 UTC  customer:c-7, deleted since",
        "    (no text)",
        "2026-03-02 12:00:00 UTC  staff:ivan, not delivered",
        "    Hi",
    ]


def test_a_long_text_is_wrapped_and_an_address_in_it_stays_whole(desk: FakeDesk) -> None:
    address = f"https://example.org/{'x' * 90}"
    desk.said["chat:telegram:42"] = [row("staff:ivan", f"{'word ' * 30}{address} end")]

    lines = said("chat", "show", "telegram:42", "--messages")

    assert f"    {address}" in lines
    assert max(len(line) for line in lines if address not in line) <= 80


def test_chats_of_one_conversation_are_told_apart(desk: FakeDesk) -> None:
    desk.said["chat:telegram:42"] = [
        row("customer:c-7", "Hello", case_id="c-1"),
        row("customer:c-7", "Spam", case_id=""),
        row("customer:c-7", "Again", case_id="c-2"),
    ]

    lines = show("chat", "show", "telegram:42", "--messages").output.splitlines()

    assert [line for line in lines if line.endswith(":")] == ["in c-1:", "in no case:", "in c-2:"]


def test_only_the_latest_are_shown_and_that_there_are_more(desk: FakeDesk) -> None:
    desk.said["chat:telegram:42"] = [row("customer:c-7", f"message {number}") for number in range(3)]

    output = show("chat", "show", "telegram:42", "--messages", "--limit", "2").output

    assert "The latest 2 messages; for more: --limit" in output
    assert "message 0" not in output
    assert "message 1" in output


def test_nothing_said_is_said_and_nothing_asked_shows_nothing(desk: FakeDesk) -> None:
    assert "Nobody has written anything yet." in show("chat", "show", "telegram:42", "--messages").output
    desk.said["chat:telegram:42"] = [row("customer:c-7", "Hello")]
    assert "Hello" not in show("chat", "show", "telegram:42").output


@pytest.mark.parametrize("case", ["chat show telegram:7", "ticket show T-7"])
def test_what_temporal_has_forgotten_can_still_be_read(desk: FakeDesk, case: str) -> None:
    assert show(*case.split(), "--messages").exit_code == 1
    desk.said["chat:telegram:7"] = desk.said["ticket:T-7"] = [row("customer:c-7", "Hello")]

    result = show(*case.split(), "--messages")

    assert (result.exit_code, "what the help desk has kept" in result.output) == (0, True)
    assert "    Hello" in result.output
    document = json.loads(show(*case.split(), "--messages", "--json").output)
    assert (document["snapshot"], document["messages"][0]["text"]) == (None, "Hello")


@pytest.mark.parametrize(("case", "name"), [("chat", "telegram:42"), ("ticket", "T-1")])
def test_a_program_gets_them_in_utc_beside_the_snapshot(desk: FakeDesk, case: str, name: str) -> None:
    desk.said[f"{case}:{name}"] = [row("customer:c-7", "Hello")]

    document = json.loads(show(case, "show", name, "--messages", "--timeline", "--json").output)

    assert document.keys() == {"snapshot", "timeline", "messages", "earlier"}
    (only,) = document["messages"]
    assert (only["at"], only["author"], only["text"]) == ("2026-03-02T12:00:00Z", "customer:c-7", "Hello")
    assert json.loads(show(case, "show", name, "--json").output).keys() == {"snapshot"}
