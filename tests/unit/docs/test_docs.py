"""What the documentation says is true: links, generated parts, commands, examples."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest
from click.testing import CliRunner

from baton import client
from baton.cli import baton as program
from baton.client import Chat
from baton.contract import (
    CHAT_KINDS,
    MESSAGE_KINDS,
    SEARCH_ATTRIBUTES,
    TICKET_KINDS,
    Author,
    AuthorType,
    ChatEvent,
    ChatSnapshot,
    ChatStart,
    CustomerMessage,
    Outcome,
    Tab,
    TimelineEntry,
    parse_chat_event,
    parse_chat_start,
)
from baton.documents.directoryfile import load_directory
from baton.errors import DocumentError, SettingsError
from baton.model.chat.model import fold
from baton.model.chat.state import ChatState
from baton.model.facts import Facts
from baton.rules.fields import FIELDS
from baton.rules.loading import parse_rules
from baton.settings import CHECKOUT, PREFIX, Settings, load_settings
from docs.generate import DOCUMENTS, generated
from docs.parts.markdown import WIDTH
from lab.server import temporal_binary

ALL = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
DIRECTORY = load_directory(CHECKOUT / "deploy/directory/demo.yaml")


def shown(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def read(name: str) -> str:
    return (CHECKOUT / name).read_text(encoding="utf-8")


class Block(NamedTuple):
    """A fenced block, and the line before it."""

    language: str
    text: str
    before: str


def blocks(text: str, language: str) -> list[Block]:
    found = re.findall(r"(?:^|(?<=\n))([^\n]*)\n```([a-z]+)\n(.*?)\n?```\n", text, re.DOTALL)
    return [Block(kind, body, before) for before, kind, body in found if kind == language]


def prose(text: str) -> str:
    """The text without its fenced blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)


def found_in_documents(pattern: str, part: Callable[[str], str] = str) -> set[tuple[str, str]]:
    """The documents in which the pattern is found, and what it matches."""
    return {
        (shown(path), found)
        for path in ALL
        for found in re.findall(pattern, part(path.read_text(encoding="utf-8")))
    }


# --- Form ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_the_generated_parts_are_up_to_date(path: Path) -> None:
    """If this fails: ``python -m docs.generate``."""
    text = path.read_text(encoding="utf-8")
    assert text == generated(text)


@pytest.mark.parametrize("path", DOCUMENTS, ids=shown)
def test_no_line_is_too_long_to_be_read_as_text(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > WIDTH] == []


def anchors(text: str) -> set[str]:
    """The anchors of the headings, made as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", ALL, ids=shown)
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = path.parent / name if name else path
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_every_document_is_found_from_the_readme() -> None:
    linked = set(re.findall(r"\]\((docs/[^)#\s]+)", read("README.md")))
    assert {shown(path) for path in ALL if path.parent.name == "docs"} <= linked


# --- The lifecycle and the contract -------------------------------------------------------------


def test_the_picture_in_the_readme_is_what_the_command_prints() -> None:
    printed = CliRunner().invoke(program, ["chat", "diagram"]).output
    assert [block.text for block in blocks(read("README.md"), "mermaid")] == [printed.rstrip("\n")]


@pytest.mark.parametrize(("document", "kinds"), [("chats", CHAT_KINDS), ("tickets", TICKET_KINDS)])
def test_the_table_of_events_has_every_kind(document: str, kinds: frozenset[str]) -> None:
    table = read(f"docs/{document}.md").partition("## What each event does")[2].partition("\n## ")[0]
    named = {
        name
        for row in re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }
    assert named == kinds


def test_tabs_are_named_by_their_names() -> None:
    table = read("docs/chats.md").partition("## Tabs")[2].partition("\n## ")[0]
    named = re.findall(r"^\| (\w+) \|", table, re.MULTILINE)[1:]
    assert [name.lower() for name in named] == [tab.value for tab in Tab]


def test_json_in_the_contract_is_json_and_its_event_an_event() -> None:
    event, outcome = (json.loads(block.text) for block in blocks(read("docs/contract.md"), "json"))
    assert parse_chat_event(event).kind == "customer_message"
    assert outcome["fired"] == [
        fired.model_dump(mode="json")
        for fired in Outcome.model_validate(
            {
                **outcome,
                "snapshot": {**outcome["snapshot"], "channel": "c", "conversation": "1", "customer": "2"},
            }
        ).fired
    ]
    assert outcome["snapshot"].keys() <= ChatSnapshot.model_fields.keys()


def test_filters_name_search_attributes() -> None:
    known = {*SEARCH_ATTRIBUTES, "WorkflowType", "ExecutionStatus"}
    rows = re.findall(r"\| `(\w+ (?:=|IN) .*)` \|", read("docs/contract.md"))
    assert rows
    for row in rows:
        named = set(re.findall(r"(\w+) (?:=|IN\b|IS\b)", row))
        assert named <= known, row


# --- Rules --------------------------------------------------------------------------------------

EXAMPLES = blocks(read("docs/rules.md"), "yaml")


@pytest.mark.parametrize("example", [block for block in EXAMPLES if "wrong" not in block.before])
def test_an_example_of_rules_is_accepted(example: Block) -> None:
    parse_rules(example.text, "rules.yaml", DIRECTORY)


def test_the_mistakes_are_reported_as_they_are_shown() -> None:
    (wrong,) = (block for block in EXAMPLES if "wrong" in block.before)
    with pytest.raises(DocumentError) as refused:
        parse_rules(wrong.text, "rules.yaml", DIRECTORY)
    assert f"Error: {refused.value}" in [block.text for block in blocks(read("docs/rules.md"), "text")]


def test_fields_of_rules_that_are_named_exist() -> None:
    text = prose(read("docs/rules.md"))
    named = set(re.findall(r"\b(?:case|event|before)\.\w+(?:\.\w+)?", text))
    assert named
    assert named <= FIELDS.keys()


# --- Settings -----------------------------------------------------------------------------------


def test_settings_that_are_named_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = found_in_documents(rf"\b{PREFIX}[A-Z_]+[A-Z]\b")
    assert {(where, name) for where, name in named if name not in {*known, "BATON_UI_PRT"}} == set()
    assert {name for _, name in named} >= known, "docs/settings.md has each of them"


def test_an_unknown_setting_is_reported_as_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_UI_PRT", "8300")
    with pytest.raises(SettingsError) as refused:
        load_settings()
    assert f"Error: {refused.value}" in [block.text for block in blocks(read("docs/settings.md"), "text")]


# --- Commands -----------------------------------------------------------------------------------


def commands(text: str) -> Iterator[list[str]]:
    """The commands after each ``$`` of the console blocks, without variables, comments and redirections."""
    for block in blocks(text, "console"):
        for command in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            words = shlex.split(command.replace("\\\n", " "), comments=True)
            while re.match(r"[A-Z_]+=", words[0]):
                words.pop(0)
            yield words[: words.index(">")] if ">" in words else words


def shown_commands(*programs: str) -> list[Any]:
    return [
        pytest.param(words, id=f"{shown(path)}: {' '.join(words)[:60]}")
        for path in ALL
        for words in commands(path.read_text(encoding="utf-8"))
        if words[0] in programs
    ]


def test_only_programs_that_are_checked_are_shown() -> None:
    shown_programs = {words[0] for path in ALL for words in commands(path.read_text(encoding="utf-8"))}
    elsewhere = {"docker", "helm", "kubectl", "sh"}  # in tests/unit/deploy/test_docs.py
    elsewhere |= {"curl", "umask"}  # in tests/e2e/test_api_docs.py
    assert shown_programs == {"baton", "make", "temporal", "python", "source", "export", *elsewhere}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the examples name."""
    (tmp_path / "acme").mkdir()
    for name in ("rules.yaml", "directory.yaml", "feed.jsonl", "acme/rules.yaml", "acme/directory.yaml"):
        (tmp_path / name).touch()
    (tmp_path / "exported").mkdir()
    (tmp_path / "deploy").symlink_to(CHECKOUT / "deploy")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def understood(words: Sequence[str]) -> None:
    """Raises click's usage error if ``baton`` has no such command, option or argument."""
    command: click.Command = program
    context = click.Context(program, info_name="baton")
    rest = list(words)
    while isinstance(command, click.Group):
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        if not isinstance(found, click.Group):
            found.make_context(name, rest, parent=context)
            return
        command, context = found, click.Context(found, info_name=name, parent=context)


NAMED_COMMAND = r"`baton ([a-z][^`]*)`"


@pytest.mark.parametrize("words", shown_commands("baton"))
def test_a_baton_command_is_understood(words: list[str], folder: Path) -> None:
    understood(words[1:])


@pytest.mark.parametrize("named", sorted({text for _, text in found_in_documents(NAMED_COMMAND, prose)}))
def test_a_command_named_in_the_text_exists(named: str) -> None:
    context = click.Context(program)
    first, *rest = named.split()
    command = program.get_command(context, first)
    assert command is not None
    if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        command = command.get_command(context, rest[0].rstrip(","))
        assert command is not None
    options = {name for parameter in command.params for name in parameter.opts + parameter.secondary_opts}
    assert {word for word in rest if word.startswith("--")} <= options


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("words", shown_commands("make"))
def test_a_make_command_has_a_target(words: list[str]) -> None:
    assert words[1] in make_targets()


def test_targets_named_in_the_text_exist() -> None:
    named = found_in_documents(r"`make ([a-z]+)[^`]*`", prose)
    assert named
    assert {(where, target) for where, target in named if target not in make_targets()} == set()


def test_make_options_for_up_are_options_of_up() -> None:
    given = [word for words in commands(read("docs/operations.md")) for word in words if "ARGS=" in word]
    assert given
    for word in given:
        understood(["up", *shlex.split(word.removeprefix("ARGS="))])


@cache
def help_of(*words: str) -> str:
    asked = [temporal_binary(), *words, "--help"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("words", shown_commands("temporal"))
def test_a_temporal_command_has_these_options_and_its_payloads_are_ours(words: list[str]) -> None:
    at = next(position for position, word in enumerate(words) if word.startswith("--"))
    known = set(re.findall(r"--[a-z-]+", help_of(*words[1:at]))) | {"--output"}
    given = dict(zip(words[at::2], words[at + 1 :: 2], strict=True))
    assert given.keys() <= known
    starts = "--type" in given and words[2].endswith("with-start")
    event = (
        given.get("--update-input") or given.get("--signal-input") or ("" if starts else given.get("--input"))
    )
    if starts:
        start = parse_chat_start(json.loads(given["--input"]))
        assert given["--workflow-id"] == f"chat:{start.channel}:{start.conversation}"
    if event:
        parsed = parse_chat_event(json.loads(event))
        assert given.get("--update-id", parsed.id) == parsed.id


# --- Python -------------------------------------------------------------------------------------

SNIPPETS = [
    pytest.param(block.text, id=f"{shown(path)} {number}")
    for path in ALL
    for number, block in enumerate(blocks(path.read_text(encoding="utf-8"), "python"))
]


NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Chats:
    """Takes what the real client takes. A chat that gets anything but a message exists."""

    def chat(self, channel: str, conversation: str) -> OneChat:
        return OneChat(ChatStart(channel=channel, conversation=conversation, customer="c-7"))


class OneChat:
    def __init__(self, start: ChatStart) -> None:
        self._start = start

    async def send(self, *args: Any, **options: Any) -> Outcome:
        event = _sent(Chat.send, args, options)
        facts = Facts(now=NOON, case_id="c-1")
        chat = ChatState.before_first(self._start)
        if event.kind not in MESSAGE_KINDS:
            hello = CustomerMessage(id="e", author=Author(type=AuthorType.CUSTOMER, id="c-7"))
            chat = fold(chat, hello, facts).state
        return Outcome(event_id=event.id, snapshot=fold(chat, event, facts).state.snapshot())

    async def submit(self, *args: Any, **options: Any) -> None:
        _sent(Chat.submit, args, options)

    async def timeline(self) -> list[TimelineEntry]:
        return [TimelineEntry(at=NOON, event_id="e", kind="taken", author="staff:ivan")]


def _sent(method: Any, args: Sequence[Any], options: Mapping[str, Any]) -> ChatEvent:
    given = inspect.signature(method).bind(None, *args, **options).arguments
    return parse_chat_event(given["event"])


@pytest.mark.parametrize("snippet", SNIPPETS)
async def test_a_python_snippet_runs(
    snippet: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @asynccontextmanager
    async def connect() -> AsyncIterator[Chats]:
        yield Chats()

    monkeypatch.setattr(client.BatonClient, "connect", connect)
    tree = ast.parse(snippet)
    # It is run in the tests' loop, not in its own.
    tree.body = [one for one in tree.body if "asyncio.run" not in ast.unparse(one)]
    namespace: dict[str, Any] = {}
    exec(compile(tree, "snippet", "exec"), namespace)
    await namespace["main"]()
    printed = capsys.readouterr().out
    assert printed
    if snippet in read("README.md"):
        assert f"It prints `{printed.strip()}`" in read("README.md")
