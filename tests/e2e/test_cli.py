"""The commands, each a process of its own, on the real server and help desk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from baton.desk.client import DeskClient
from baton.errors import Unanswered
from baton.settings import CHECKOUT
from lab.rig import Rig, fresh
from tests.commands import Baton


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path)


async def test_a_handoff_as_support_sees_it(baton: Baton) -> None:
    number = fresh("cli")
    chat = f"telegram:{number}"

    opened = await baton("chat", "send", chat, "--from", "customer", "--customer", "c-7", "Hello?")
    assert "new chat" in opened
    assert "Rules fired    none" in opened

    answered = await baton("chat", "send", chat, "--from", "staff:lena", "Good morning!")
    assert "Rules fired    line-2-takes-over: " in answered
    assert "It has ended. Assigned to ivan." in answered

    replied = await baton("chat", "send", chat, "--from", "customer", "Thanks, but …")
    assert "ivan has it, pinned." in replied

    shown = await baton("chat", "show", f"chat:{chat}", "--timeline")
    assert "Who has it     ivan has it, pinned." in shown
    assert "Why            rule pin-to-assignee, after customer_message by customer:c-7" in shown
    assert "staff:lena" in shown
    assert "\x1b" not in shown, "no colour where there is no terminal"
    said = (await baton("chat", "show", chat, "--messages")).splitlines()[-6:]
    assert [line.rpartition("  ")[2].strip() for line in said] == [
        *("customer:c-7", "Hello?", "staff:lena", "Good morning!", "customer:c-7", "Thanks, but …")
    ]

    assert number in await baton("inbox", "--tab", "mine", "--staff", "ivan")
    assert number not in await baton("inbox", "--tab", "new")
    assert number in await baton("notices", "--staff", "ivan")


async def test_an_unknown_person_or_label_is_an_error_with_the_nearest_one(baton: Baton) -> None:
    chat = f"telegram:{fresh('cli')}"
    await baton("chat", "send", chat, "--from", "customer:c-7", "Hello?")
    for arguments, said in (
        (("notices", "--staff", "ivn"), "there is nobody 'ivn' in the directory; did you mean ivan?"),
        (("inbox", "--staff", "ivn"), "there is nobody 'ivn' in the directory; did you mean ivan?"),
        (
            ("chat", "send", chat, "--from", "staff:ivan", "--label", "+viip"),
            "there is no label 'viip' in the directory; did you mean vip?",
        ),
    ):
        done = await baton.run(*arguments)
        assert done.code == 1
        assert said in " ".join(done.err.split())


async def test_an_event_that_is_sent_twice_counts_once(baton: Baton) -> None:
    chat = f"telegram:{fresh('cli')}"
    send = ("chat", "send", chat, "--from", "customer:c-7", "--id", "m-1", "Hello?")
    await baton(*send)
    await baton(*send)

    shown = await baton.run("chat", "show", chat, "--timeline", "--json")

    assert [entry["event_id"] for entry in shown.json["timeline"]] == ["m-1"]


async def test_the_directory_is_changed_under_the_eyes_of_the_rules(baton: Baton) -> None:
    await baton("staff", "add", "anna", "--line", "line-1", "--max-chats", "3")
    await baton("staff", "set", "anna", "--no-chats")
    assert (await baton.run("staff", "list", "--json")).json[-1] == {
        "staff": "anna",
        "line": "line-1",
        "chats": False,
        "max_chats": 3,
        "max_tickets": 20,
        "presence": "offline",
        "since": None,
        "off_duty": False,
        "grace_until": None,
        "has_chats": 0,
        "has_tickets": 0,
        "full": [],
        "shared": False,
    }
    assert "anna is online" in await baton("staff", "set-status", "anna", "online")
    await baton("staff", "remove", "anna")
    assert "anna" not in await baton("directory", "show")

    (baton.folder / "nobody.yaml").write_text("staff: {}\n")
    refused = await baton.run("directory", "apply", "nobody.yaml")
    assert refused.code == 1
    assert "the rules and templates in force would not fit this directory" in refused.err

    again = await baton("directory", "apply", str(CHECKOUT / "deploy/directory/demo.yaml"))
    assert "Nothing in it has changed." in again


async def test_changes_at_the_same_moment_are_all_made(baton: Baton) -> None:
    names = ["a", "b", "c", "d"]
    await asyncio.gather(*(baton("staff", "add", name, "--line", "line-1") for name in names))

    staff = (await baton.run("staff", "list", "--json")).json

    assert set(names) <= {row["staff"] for row in staff}


async def test_a_blocked_customer_opens_no_chat(baton: Baton) -> None:
    customer, number = fresh("customer"), fresh("cli")
    message = ("chat", "send", f"telegram:{number}", "--from", f"customer:{customer}", "Hello?")

    await baton("customer", "block", customer)
    assert "No chat is going on." in await baton(*message)
    assert number not in await baton("inbox")

    await baton("customer", "unblock", customer)
    assert "it is in New, for everyone." in await baton(*message)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("chat show telegram:nobody", "there is no chat chat:telegram:nobody"),
        ("chat send telegram:nobody --from staff:ivan --take", "only a message starts one"),
        ("chat send telegram:x --from staff:nobody --customer c-1 Hi", "there is nobody 'nobody'"),
        ("staff set-status nobody online", "there is nobody 'nobody'"),
        ("inbox --staff nobody", "there is nobody 'nobody'"),
        ("staff add anna --line nowhere", "there is no line 'nowhere'"),
    ],
)
async def test_what_is_refused_is_told_in_one_line(baton: Baton, arguments: str, said: str) -> None:
    refused = await baton.run(*arguments.split())

    assert refused.code == 1
    assert refused.err.startswith("Error: ")
    assert said in refused.err
    assert len(refused.err.splitlines()) == 1


async def test_without_a_worker_the_desk_does_not_answer(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("baton.desk.client.PICKED_UP_WITHIN", 0.2)

    with pytest.raises(Unanswered, match="Is a worker listening on the task queue 'nobody'"):
        await DeskClient(rig.client.temporal, task_queue="nobody").inbox()
