"""`baton chat` says who has a chat and why, and turns its options into the right event."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.cli.shared import chat_id
from baton.contract import (
    Assign,
    ChatSnapshot,
    End,
    Fired,
    Status,
    Tab,
    TimelineEntry,
)
from baton.errors import Unanswered
from baton.model.chat.lifecycle import diagram
from tests.fakes import IVANS_CHAT, NOON, FakeBaton, opener


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeBaton:
    fake = FakeBaton()
    fake.chats["telegram", "42"] = IVANS_CHAT
    for module in ("showing", "chatsending"):
        monkeypatch.setattr(f"baton.cli.cases.{module}.baton_client", opener(fake))
    return fake


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(program, ["chat", *arguments], input=stdin)


def send(*arguments: str, stdin: str | None = None) -> Result:
    return run("send", "telegram:42", *arguments, stdin=stdin)


def entry(minutes: int, kind: str, author: str, what: str = "", **fields: Any) -> TimelineEntry:
    at = NOON + timedelta(minutes=minutes)
    fields.setdefault("moved", "to ivan" in what)
    return TimelineEntry(at=at, event_id=f"e-{minutes}", kind=kind, author=author, what=what, **fields)


# --- Names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["telegram:42"], ("telegram", "42")),
        (["telegram", "42"], ("telegram", "42")),
        (["chat:telegram:42"], ("telegram", "42")),
        (["telegram:42:7"], ("telegram", "42:7")),
        (["chat:42"], ("chat", "42")),
        (["chat:chat:42"], ("chat", "42")),
    ],
)
def test_a_chat_has_several_names(written: list[str], meant: tuple[str, str]) -> None:
    assert chat_id(written) == meant


@pytest.mark.parametrize("written", [["telegram"], ["telegram:"], [":42"], [""], ["a", "b", "c"]])
def test_what_names_no_chat_is_refused_with_an_example(written: list[str]) -> None:
    with pytest.raises(click.UsageError, match="telegram:42"):
        chat_id(written)


# --- show ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [["telegram:42"], ["telegram", "42"], ["chat:telegram:42"]])
def test_show_says_who_has_the_chat_since_when_and_why(fake: FakeBaton, name: list[str]) -> None:
    fake.timelines["telegram", "42"] = [
        entry(0, "customer_message", "customer:c-7", "new chat, active · open"),
        entry(1, "agent_message", "staff:lena", "ended · pending, assigned to ivan", rules=("hands-over",)),
        entry(2, "customer_message", "customer:c-7", "active · open, pinned to ivan", rules=("pins",)),
        entry(3, "status_set", "staff:ivan", "active · pending"),
    ]

    output = run("show", *name).output

    assert "Who has it     ivan has it, pinned." in output
    assert "Since          2026-03-02 12:02:00" in output
    assert "Why            rule pins, after customer_message by customer:c-7" in output
    assert "hands-over" not in output


def test_the_timeline_has_a_row_for_each_event_also_for_a_refused_one(fake: FakeBaton) -> None:
    fake.timelines["telegram", "42"] = [
        entry(0, "customer_message", "customer:c-7", "new chat"),
        entry(1, "taken", "staff:ivan", refused="IllegalTransition: no"),
    ]

    output = run("show", "telegram:42", "--timeline").output

    assert "2026-03-02 12:00:00" in output
    assert "refused: IllegalTransition" in output
    assert max(len(line) for line in output.splitlines()) <= 80


def test_a_program_gets_the_snapshot_and_the_timeline_as_json(fake: FakeBaton) -> None:
    fake.timelines["telegram", "42"] = [entry(0, "customer_message", "customer:c-7", "new chat")]

    document = json.loads(run("show", "telegram:42", "--timeline", "--json").output)

    assert ChatSnapshot.model_validate(document["snapshot"]) == IVANS_CHAT
    assert [item["event_id"] for item in document["timeline"]] == ["e-0"]


def test_a_chat_that_does_not_exist_is_told_without_a_traceback(fake: FakeBaton) -> None:
    result = run("show", "telegram:43")

    assert result.exit_code == 1
    assert result.stderr == "Error: there is no chat chat:telegram:43\n"


def test_what_a_customer_wrote_cannot_steer_the_terminal(fake: FakeBaton) -> None:
    fake.chats["telegram", "42"] = IVANS_CHAT.model_copy(
        update={"customer": "c\x1b[31m7", "labels": ("[b]x",)}
    )

    output = run("show", "telegram:42").output

    assert "\x1b" not in output
    assert "[b]x" in output


def test_an_offer_is_told_from_a_reservation(fake: FakeBaton) -> None:
    offered = {"pinned_to": None, "reserved_for": "ivan", "tab": Tab.RESERVED, "offer_until": NOON}
    fake.chats["telegram", "42"] = IVANS_CHAT.model_copy(update=offered)

    assert (
        "Who has it     It is offered to ivan until 2026-03-02 12:00:00." in run("show", "telegram:42").output
    )


# --- send ---------------------------------------------------------------------------------------

IVAN = {"type": "staff", "id": "ivan"}
BY_IVAN = ("--from", "staff:ivan")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([*BY_IVAN, "Hi"], {"kind": "agent_message", "text": "Hi", "author": IVAN}),
        (
            ["--from", "customer", "Hi"],
            {"kind": "customer_message", "text": "Hi", "author": {"type": "customer", "id": "c-7"}},
        ),
        (
            ["--from", "customer:c-8", "Hi"],
            {"kind": "customer_message", "text": "Hi", "author": {"type": "customer", "id": "c-8"}},
        ),
        (
            ["--from", "system", "Hi"],
            {"kind": "system_message", "text": "Hi", "author": {"type": "system", "id": "cli"}},
        ),
        ([*BY_IVAN, "--note", "Hm"], {"kind": "note_added", "text": "Hm", "author": IVAN}),
        ([*BY_IVAN, "--take"], {"kind": "taken", "author": IVAN}),
        ([*BY_IVAN, "--end"], {"kind": "chat_ended", "author": IVAN}),
        ([*BY_IVAN, "--end", "closed"], {"kind": "chat_ended", "status": "closed", "author": IVAN}),
        (["--end", *BY_IVAN], {"kind": "chat_ended", "author": IVAN}),
        ([*BY_IVAN, "--status", "pending"], {"kind": "status_set", "status": "pending", "author": IVAN}),
        ([*BY_IVAN, "--assign", "petra"], {"kind": "assigned", "staff": "petra", "author": IVAN}),
        ([*BY_IVAN, "--assign-line", "line-1"], {"kind": "assigned", "line": "line-1", "author": IVAN}),
        ([*BY_IVAN, "--release"], {"kind": "assigned", "author": IVAN}),
        (
            [*BY_IVAN, "--label", "+a", "--label", "-b"],
            {"kind": "labels_changed", "add": ["a"], "remove": ["b"], "author": IVAN},
        ),
        (
            ["--event", '{"kind": "taken", "author": {"type": "staff", "id": "ivan"}}'],
            {"kind": "taken", "author": IVAN},
        ),
        ([*BY_IVAN, "--event", '{"kind": "taken"}'], {"kind": "taken", "author": IVAN}),
    ],
)
def test_the_options_say_which_event_is_sent(
    fake: FakeBaton, arguments: list[str], expected: dict[str, Any]
) -> None:
    result = send(*arguments)

    assert result.exit_code == 0, result.output
    sent = fake.event
    assert sent.pop("id").startswith("cli-")
    assert sent == expected


@pytest.mark.parametrize(
    "how", [lambda path: ("-", path.read_text()), lambda path: (f"@{path}", None)], ids=["stdin", "file"]
)
def test_an_event_can_come_from_a_file(
    fake: FakeBaton, tmp_path: Path, how: Callable[[Path], tuple[str, str | None]]
) -> None:
    path = tmp_path / "event.json"
    path.write_text('{"kind": "taken", "id": "e-1", "author": {"type": "staff", "id": "ivan"}}')
    argument, stdin = how(path)

    assert send("--event", argument, stdin=stdin).exit_code == 0
    assert fake.event["id"] == "e-1"


def test_the_same_id_can_be_sent_again(fake: FakeBaton) -> None:
    result = send(*BY_IVAN, "--id", "e-7", "Hi")

    assert fake.event["id"] == "e-7"
    assert "Event e-7 was accepted." in result.output


def test_every_fresh_id_is_another_one(fake: FakeBaton) -> None:
    send(*BY_IVAN, "Hi")
    send(*BY_IVAN, "Hi")

    assert len({event.id for _, _, event, _ in fake.sent}) == 2


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([*BY_IVAN, "Hi"], []),
        ([*BY_IVAN, "--take"], []),
        (["--from", "customer:c-7", "Hi"], []),
        (["--from", "customer", "--customer", "c-7", "Hi"], []),
        (["--from", "customer", "Hi"], ["snapshot"]),
        (["--from", "customer", "--end"], ["snapshot"]),
    ],
    ids=[
        "a member of staff",
        "no message",
        "a customer's ID",
        "--customer",
        "customer",
        "customer, no message",
    ],
)
def test_a_chat_is_only_asked_whose_it_is_where_nobody_says_so(
    fake: FakeBaton, arguments: list[str], asked: list[str]
) -> None:
    assert send(*arguments).exit_code == 0
    assert fake.asked == asked


def test_whose_chat_a_member_of_staff_opens_is_handed_on(fake: FakeBaton) -> None:
    send(*BY_IVAN, "--customer", "c-8", "Hi")
    send(*BY_IVAN, "Hi")

    assert [customer for *_, customer in fake.sent] == ["c-8", None]


def test_a_customer_who_writes_first_must_be_named(fake: FakeBaton) -> None:
    result = run("send", "telegram:43", "--from", "customer", "Hi")

    assert result.exit_code == 2
    assert "--customer" in result.output
    assert not fake.sent

    assert run("send", "telegram:43", "--from", "customer", "--customer", "c-9", "Hi").exit_code == 0
    assert fake.event["author"]["id"] == "c-9"


def test_the_answer_says_what_happened_which_rules_fired_and_who_has_the_chat(fake: FakeBaton) -> None:
    actions = (End(status=Status.PENDING), Assign(staff="ivan"))
    fake.fires = (Fired(rule="hands-over", actions=actions, skipped=("pin: lena rarely works with chats",)),)
    fake.what = "ended, assigned to ivan"

    output = send("--from", "staff:lena", "--id", "e-0", "Hi").output

    assert "What happened  ended, assigned to ivan" in output
    assert "Rules fired    hands-over: end as pending, assign ivan" in output
    assert "not possible: pin: lena rarely works with chats" in output
    assert "Who has it     ivan has it, pinned." in output


def test_a_program_gets_the_outcome_as_json(fake: FakeBaton) -> None:
    document = json.loads(send(*BY_IVAN, "--id", "e-1", "--json", "Hi").output)

    assert document["event_id"] == "e-1"
    assert document["snapshot"]["tab"] == "mine"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["Hi"], "--from"),
        ([*BY_IVAN], "TEXT is missing"),
        ([*BY_IVAN, "--note"], "TEXT is missing"),
        ([*BY_IVAN, "--take", "--release"], "--take and --release"),
        ([*BY_IVAN, "--take", "--event", "{}"], "--take and --event"),
        ([*BY_IVAN, "--take", "Hi"], "goes only with a message, a note or a reply"),
        (["--from", "staff", "Hi"], "staff:NAME"),
        (["--from", "robot:1", "Hi"], "staff:NAME"),
        ([*BY_IVAN, "--label", "refund"], "begin with +"),
        (["--event", "{"], "--event"),
        (["--event", "[]"], "JSON object"),
        (["--event", "@/nowhere"], "/nowhere"),
        ([*BY_IVAN, "--status", "done"], "pending"),
    ],
)
def test_wrong_usage_is_refused_before_anything_is_sent(
    fake: FakeBaton, arguments: list[str], said: str
) -> None:
    result = send(*arguments)

    assert result.exit_code == 2, result.output
    assert said in result.output
    assert not fake.sent


def test_an_event_that_is_refused_ends_with_one(fake: FakeBaton) -> None:
    result = send("--event", '{"kind": "dance", "author": {"type": "staff", "id": "ivan"}}')

    assert result.exit_code == 1
    assert "kind 'dance' is unknown" in result.stderr


def test_an_event_that_was_not_answered_ends_with_one(fake: FakeBaton) -> None:
    fake.error = Unanswered("send it again under the same ID")

    result = send(*BY_IVAN, "Hi")

    assert result.exit_code == 1
    assert "same ID" in result.stderr


def test_the_diagram_is_that_of_the_lifecycle() -> None:
    assert run("diagram").output == diagram()
