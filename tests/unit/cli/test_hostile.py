"""Whatever people wrote, no command lets it control the terminal; programs get it as it is."""

from __future__ import annotations

import ast
import io
import json
import logging
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from baton import cli
from baton.cli import ops
from baton.cli.console import Screen
from baton.cli.screen import echo, guard_warnings
from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChangeLabels,
    ChatSnapshot,
    Department,
    DepartmentState,
    Draft,
    Fired,
    Note,
    Status,
    Tab,
    TicketSnapshot,
    TicketStage,
    TimelineEntry,
)
from baton.contract.words import STORED
from baton.desk.api import InboxRow, NoticeRow, TicketRow
from baton.desk.said import MessageRow
from baton.documents.directory import Directory
from baton.errors import BatonError, DocumentError, Problem, Refused
from baton.model.chat import story as chat_story
from baton.model.chat.state import ChatState
from baton.model.ticket import story as ticket_story
from baton.model.ticket.state import TicketState
from baton.settings import CHECKOUT
from baton.signs import visible
from baton.temporal.logs import JsonLines, Lines
from tests.fakes import FakeBaton, FakeDesk, opener
from tests.unit.contract.hostile import HIDDEN, as_yaml

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVIL = "".join(f"x{sign}[31m" for sign in HIDDEN.values())
"""Each hidden sign, in a word without colons."""
WHO = Author(type=AuthorType.STAFF, id="".join(sign for sign in EVIL if unicodedata.category(sign) != "Cc"))
"""No release has taken control characters in an author's ID."""
WORDS: dict[str, Any] = {
    "assignee": EVIL,
    "line": EVIL,
    "labels": (EVIL, EVIL),
    "previous_case": EVIL,
    "merged_from": (EVIL, EVIL),
    "last_author": WHO,
}
CHAT = ChatSnapshot.model_construct(
    **{
        **ChatSnapshot(channel=EVIL, conversation=EVIL, customer=EVIL).__dict__,
        **WORDS,
        "case_id": EVIL,
        "ticket_id": EVIL,
        "activity": Activity.ACTIVE,
        "status": Status.OPEN,
        "pinned_to": EVIL,
        "tab": Tab.MINE,
        "last_message_at": NOON,
    }
)
DEPARTMENT = Department(
    label=EVIL,
    state=DepartmentState.ASKED,
    asked_at=NOON,
    answered_by=EVIL,
    answered_at=NOON,
    declined_to=EVIL,
    notes=(Note.model_construct(author=WHO, text=f"{EVIL}\n{EVIL}", at=NOON, event_id="n", round=1),),
)
DEPARTMENTS = tuple(DEPARTMENT.model_copy(update={"state": state}) for state in DepartmentState)
TICKET = TicketSnapshot.model_construct(
    **{
        **TicketSnapshot(ticket_id=EVIL, customer=EVIL).__dict__,
        **WORDS,
        "subject": EVIL,
        "stage": TicketStage.COLLECTING,
        "status": Status.OPEN,
        "composer": EVIL,
        "dispatcher": EVIL,
        "departments": DEPARTMENTS,
        "case_id": EVIL,
        "channel": EVIL,
        "conversation": EVIL,
        "template": EVIL,
        "closed_because": EVIL,
        "last_message_at": NOON,
    }
)
TIMELINE = [
    TimelineEntry(at=NOON, event_id=EVIL, kind=EVIL, author=EVIL, what=EVIL, rules=(EVIL,), moved=True),
    TimelineEntry(at=NOON, event_id=EVIL, kind=EVIL, author=EVIL, refused=EVIL),
]
FIRED = (Fired(rule=EVIL, actions=(ChangeLabels(add=(EVIL,)),), skipped=(EVIL,)),)
COMPANY: dict[str, Any] = {
    "lines": {EVIL: {"name": EVIL}},
    "departments": {EVIL: {"label": EVIL, "name": EVIL}},
    "staff": {EVIL: {"line": EVIL, "departments": [EVIL], "roles": [EVIL], "name": EVIL}},
    "labels": [EVIL],
}

SHOWN: dict[str, tuple[str, ...]] = {
    "a chat": ("chat", "show", "web:1", "--timeline"),
    "what was said": ("chat", "show", "web:1", "--messages"),
    "an event": ("chat", "send", "web:1", "--from", "staff:ivan", "--note", EVIL),
    "a ticket": ("ticket", "show", "T", "--timeline"),
    "a draft": ("ticket", "draft", "T"),
    "an event of a ticket": ("ticket", "send", "T", "--from", "staff:ivan", "--note", EVIL),
    "the inbox": ("inbox",),
    "tickets": ("inbox", "--tickets"),
    "notices": ("notices",),
    "staff": ("staff", "list"),
    "a presence": ("staff", "set-status", EVIL, "online"),
    "the directory": ("directory", "show"),
    "a customer": ("customer", "block", EVIL),
}


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> FakeDesk:
    """A help desk and cases in which every word is hostile."""
    fake, desk = FakeBaton(), FakeDesk()
    fake.chats["web", "1"], fake.tickets["T"] = CHAT, TICKET
    fake.timelines["web", "1"] = fake.ticket_timelines["T"] = TIMELINE
    fake.drafts["T"] = Draft(text=f"{EVIL}\n{EVIL}", round=1, at=NOON, composer=EVIL)
    fake.fires = FIRED
    desk.document = Directory.model_validate(COMPANY, context=STORED).model_dump(mode="json")
    place: dict[str, Any] = {
        "case_id": EVIL,
        "customer": EVIL,
        "status": Status.OPEN,
        "labels": (EVIL,),
        "assignee": EVIL,
    }
    desk.rows = [InboxRow(**place, channel=EVIL, conversation=EVIL, tab=Tab.NEW, last_text=EVIL)]
    desk.ticket_rows = [
        TicketRow(**place, ticket_id=EVIL, subject=EVIL, stage=TicketStage.TRIAGE, last_text=EVIL)
    ]
    desk.told = [NoticeRow(staff=EVIL, case_id=EVIL, channel=EVIL, conversation=EVIL, reason=EVIL, at=NOON)]
    for module in (
        "cases.showing",
        "cases.chatsending",
        "cases.ticketreading",
        "cases.ticketsending",
        "documents.template",
    ):
        monkeypatch.setattr(f"baton.cli.{module}.baton_client", opener(fake))
    desk.said["chat:web:1"] = [
        MessageRow(
            at=NOON, said="note", author=EVIL, text=EVIL, attachments=({"name": EVIL},), labels=(EVIL,)
        )
    ]
    for module in (
        "desk.inbox",
        "cases.showing",
        "cases.ticketlist",
        "desk.notices",
        "desk.staff",
        "desk.directory",
        "desk.customer",
    ):
        monkeypatch.setattr(f"baton.cli.{module}.desk_client", opener(desk))
    monkeypatch.setattr("baton.cli.cases.ticketlist.desk_client", opener(desk))
    return desk


def run(*arguments: str, columns: str = "80") -> Result:
    return CliRunner(env={"COLUMNS": columns}).invoke(cli.baton, arguments)


def clean(result: Result) -> str:
    """All that a command wrote, which must be harmless."""
    assert not isinstance(result.exception, Exception), result.exception
    written = result.stdout + result.stderr
    assert visible(written) == written
    assert "\r" not in written
    return written


def strings(document: object) -> Iterator[str]:
    match document:
        case str():
            yield document
        case list():
            for item in document:
                yield from strings(item)
        case dict():
            for name, item in document.items():
                yield from (name, *strings(item))


@pytest.mark.parametrize("arguments", SHOWN.values(), ids=SHOWN)
def test_no_word_steers_the_terminal(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, columns="20000")
    assert result.exit_code == 0
    assert "[31m" in clean(result)


@pytest.mark.parametrize("arguments", SHOWN.values(), ids=SHOWN)
def test_a_program_gets_every_word_as_it_is(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--json")
    clean(result)
    assert result.exit_code == 0
    assert any(EVIL in text for text in strings(json.loads(result.stdout)))


def test_a_directory_that_was_taken_once_is_shown_and_named_when_it_is_applied_again(
    tmp_path: Path, told: FakeDesk
) -> None:
    shown = run("directory", "show").stdout
    file = tmp_path / "directory.yaml"
    file.write_text(shown, encoding="utf-8")
    for verb in ("check", "apply"):
        refused = run("directory", verb, str(file))
        assert refused.exit_code == 1
        assert "U+001B, U+0000" in clean(refused)
    assert told.version == 1


def test_what_changes_in_a_directory_is_told_without_steering(tmp_path: Path) -> None:
    (tmp_path / "new.yaml").write_text("labels: [vip]\n", encoding="utf-8")
    said = clean(run("directory", "apply", str(tmp_path / "new.yaml")))
    assert "staff        -x\ufffd[31m" in said


@pytest.mark.parametrize(
    "error",
    [
        BatonError(EVIL),
        Refused(EVIL),
        DocumentError([Problem(EVIL, 1, EVIL, EVIL)]),
        click.UsageError(EVIL),
        click.BadParameter(EVIL),
        click.FileError(EVIL, EVIL),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_error_steers_the_terminal(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("baton.cli.cases.chatreading.run", fail)
    result = run("chat", "show", "web:1")
    assert result.exit_code in (1, 2)
    assert "[31m" in clean(result), "it does not say what is wrong"


@pytest.mark.parametrize("arguments", [[f"--{EVIL}"], [EVIL], ["chat", f"--{EVIL}"], ["chat", "show", EVIL]])
def test_what_was_typed_does_not_either(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "[31m" in clean(result)


def test_files_that_are_checked_do_not_either(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(as_yaml({EVIL: [EVIL], "version": EVIL}), encoding="utf-8")
    for group in ("directory", "rules", "template"):
        assert "unknown field" in clean(run(group, "check", str(file)))


def test_rules_and_templates_are_listed_without_steering(tmp_path: Path) -> None:
    rules = {"version": 1, "changed": [{"id": "r", "name": "R", "then": [{"note": EVIL}, {"reply": EVIL}]}]}
    template = {"id": "t", "name": "T", "departments": ["billing"], "note": EVIL, "message": EVIL}
    templates = {"version": 1, "templates": [template]}
    for command, document, said in (
        (["rules", "list"], rules, "[31m"),
        (["template", "list", "--file"], templates, "asks billing; with message"),
    ):
        file = tmp_path / f"{command[0]}.yaml"
        file.write_text(as_yaml(document), encoding="utf-8")
        result = run(*command, str(file))
        assert said in clean(result)
        assert result.exit_code == 0
    shown = run("template", "show", "t", "--file", str(tmp_path / "template.yaml"))
    assert "x\ufffd[31m" in clean(shown)


# --- Logs and the Temporal UI -------------------------------------------------------------------


@pytest.mark.parametrize("form", [Lines(), JsonLines()], ids=["text", "json"])
def test_no_log_is_steered(form: logging.Formatter) -> None:
    try:
        raise BatonError(EVIL)
    except BatonError as error:
        failure = (BatonError, error, error.__traceback__)
    record = logging.LogRecord("baton", logging.ERROR, __file__, 1, "%s", (EVIL,), failure)
    record.event = record.reason = EVIL
    line = form.format(record)
    assert visible(line) == line
    if isinstance(form, JsonLines):
        assert json.loads(line)["message"] == json.loads(line)["event"] == EVIL


def test_a_line_of_the_log_is_not_broken_by_an_id() -> None:
    record = logging.LogRecord("baton", logging.INFO, __file__, 1, "event refused", (), None)
    record.event = "e\n2026-03-02 12:00:00,000 INFO    baton: forged"
    assert "\n" not in Lines().format(record)


def test_a_warning_of_a_library_does_not_steer(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    monkeypatch.setattr(logging, "lastResort", logging._StderrHandler(logging.WARNING))  # type: ignore[attr-defined]
    guard_warnings()
    assert logging.lastResort is not None
    logging.lastResort.handle(logging.LogRecord("x", logging.WARNING, __file__, 1, EVIL, (), None))
    assert written.getvalue() == visible(EVIL) + "\n"


def states() -> Iterator[str]:
    """The details of a chat and of a ticket in each of their stages."""
    new = ChatState(channel="", conversation="", customer="").__dict__
    chat = ChatState.model_construct(**{**new, **WORDS})
    for who in ({"pinned_to": EVIL}, {"reserved_for": EVIL}, {"assignee": None}, {"status": Status.CLOSED}):
        for activity in Activity:
            so = {"status": Status.OPEN, "activity": activity, **who}
            yield chat_story.details(chat.model_copy(update=so), TIMELINE, 1)
    words = {**WORDS, "closed_because": EVIL, "composer": EVIL, "dispatcher": EVIL}
    ticket = TicketState.model_construct(**{**TicketState(ticket_id="", customer="").__dict__, **words})
    for stage in TicketStage:
        how = {"stage": stage, "status": Status.OPEN, "departments": DEPARTMENTS}
        yield ticket_story.details(ticket.model_copy(update=how), TIMELINE, 1)


def test_no_word_steers_the_details_in_the_temporal_ui() -> None:
    for said in states():
        assert visible(said) == said
        # Each of the hostile words has a bracket, and none of Baton's own words does: each one is escaped.
        assert said.count("[") == said.count("\\[") > 0


# --- The only ways out --------------------------------------------------------------------------


@given(st.text(st.sampled_from([*HIDDEN.values(), "a", "\n", " ", "["]), max_size=30))
def test_lines_tables_and_progress_say_the_same(text: str) -> None:
    @click.command()
    def say() -> None:
        echo(text)

    assert CliRunner().invoke(say).stdout == visible(text) + "\n"
    written = io.StringIO()
    Screen(file=written, width=1000).print(text)
    assert visible(written.getvalue()) == written.getvalue()


def test_colours_and_bars_still_reach_the_terminal() -> None:
    written = io.StringIO()
    screen = Screen(file=written, width=80, force_terminal=True, color_system="standard")
    screen.print("red\x1b[32m", style="red")
    assert written.getvalue() == "\x1b[31mred\ufffd[32m\x1b[0m\n"


_WRITE = {
    *("print", "click.echo", "click.secho", "echo_via_pager", "click.echo_via_pager", "rich.print"),
    *("Console", "rich.console.Console", "sys.stdout.write", "sys.stderr.write", "traceback.print_exc"),
}
_BY_ANOTHER_NAME = {("click", "echo"), ("click", "secho"), ("rich", "print"), ("rich.console", "Console")}
# The last one runs before anything is installed that could escape; it prints its own words, and pip's.
_WAYS_OUT = {"baton/cli/screen.py", "baton/cli/console.py", "local/install.py"}
_ROOMS_OF_COMMANDS = ("baton/cli", "local", "replaygate")


def written_by(source: str) -> list[str]:
    """The calls with which a module writes, and the imports that would hide one, with their lines."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func)) in _WRITE:
            found.append(f"{node.lineno}: {name}")
        if isinstance(node, ast.ImportFrom):
            hidden = [one.name for one in node.names if (node.module, one.name) in _BY_ANOTHER_NAME]
            found += [f"{node.lineno}: {name}" for name in hidden]
    return found


@pytest.mark.parametrize("room", _ROOMS_OF_COMMANDS)
def test_nothing_else_writes(room: str) -> None:
    """A command that printed directly would print what people wrote unescaped."""
    modules = {path.relative_to(CHECKOUT).as_posix(): path for path in (CHECKOUT / room).rglob("*.py")}
    assert modules
    found = {name: written_by(path.read_text(encoding="utf-8")) for name, path in modules.items()}
    assert {name for name, calls in found.items() if calls} == _WAYS_OUT & modules.keys(), found


def test_every_command_is_in_a_room_that_is_looked_at() -> None:
    places = [row.module.replace(".", "/") for row in (*cli.COMMANDS.values(), *ops.COMMANDS.values())]
    assert [place for place in places if not place.startswith(_ROOMS_OF_COMMANDS)] == []


@pytest.mark.parametrize(
    "source",
    [
        "print('x')",
        "import click\nclick.echo('x')",
        "from click import echo as say\nsay('x')",
        "from rich.console import Console as C",
    ],
)
def test_whatever_writes_is_found(source: str) -> None:
    assert written_by(source) != []
