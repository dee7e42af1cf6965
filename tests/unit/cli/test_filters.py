"""Every filter that people are shown, or a command uses, has only forms that servers understand alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import click
import pytest

from activities.reviving import since
from baton.cli import baton as program
from baton.cli.cases.ticketlist import visibility_query
from baton.cli.ops.filters import filters
from baton.cli.ops.reassign import held_by
from baton.contract import SEARCH_ATTRIBUTES, Status, TicketStage
from baton.desk.api import TicketQuery
from baton.errors import BatonError
from baton.settings import CHECKOUT
from baton.temporal.queries import LIVING, OURS, among, can_be_asked_for, equals, one_of, without_bindings
from baton.temporal.visibility import FORCED
from tests.lists import OF_THE_SERVER, PROVEN, forms_in

_ATTRIBUTES = "|".join([*OF_THE_SERVER, *SEARCH_ATTRIBUTES])
_IN_A_TEXT = re.compile(rf"[\"`]((?:\()?(?:{_ATTRIBUTES}) (?:[!<>=]|IN|NOT|IS|STARTS)[^\"`]*)[\"`]")


def of_the_commands() -> Iterator[str]:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    for word in ("billing", "it's", 'a"b', "?"):
        yield from (one.query for one in filters(now, line=word, staff=word, label=word))
        yield visibility_query(
            TicketQuery(status=Status.OPEN, stage=TicketStage.TRIAGE, staff=word, department="billing"), word
        )
        yield held_by(word, "Tab = 'new'")
        yield among("WorkflowId", [word, "chat:web:1"])
    yield from (FORCED, LIVING, OURS, without_bindings("Tab = 'new'"), since(now, "baton"))


def in_the_help() -> Iterator[str]:
    def texts(command: click.Command) -> Iterator[str]:
        yield command.help or ""
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from texts(found)

    return (query for text in texts(program) for query in _IN_A_TEXT.findall(" ".join(text.split())))


def in_the_documents() -> Iterator[str]:
    for path in (*sorted((CHECKOUT / "docs").glob("*.md")), CHECKOUT / "README.md"):
        for query in _IN_A_TEXT.findall(path.read_text(encoding="utf-8")):
            yield " ".join(query.split())


@pytest.mark.parametrize("source", [of_the_commands, in_the_help, in_the_documents])
def test_filters_have_only_forms_that_mean_the_same_in_sqlite_and_in_postgresql(source: object) -> None:
    assert callable(source)
    found = list(source())
    assert len(found) >= 3
    for query in found:
        wide = {("Keyword", "STARTS_WITH"), ("of every workflow", "STARTS_WITH")} & set(forms_in(query))
        assert not wide or "STARTS_WITH 'a'" in query, query  # for what nothing can find exactly
        assert set(forms_in(query)) <= PROVEN | {("of every workflow", "IS NOT NULL")} | wide, query


@pytest.mark.parametrize(
    ("name", "value", "query"),
    [
        ("Assignee", "ivan", "Assignee = 'ivan'"),
        ("Assignee", "o'neil", r"Assignee = 'o\'neil'"),
        ("Assignee", 'rob "bob" roy', "Assignee STARTS_WITH 'rob '"),
        ("Assignee", "a\\b", "Assignee STARTS_WITH 'a'"),
        ("Assignee", "who?", "Assignee STARTS_WITH 'who'"),
        ("Assignee", "who'?", "Assignee STARTS_WITH 'who'"),
        ("Assignee", "ivan'", "Assignee STARTS_WITH 'ivan'"),
        ("Assignee", "'ivan", "Assignee IS NOT NULL"),
        ("Assignee", "?", "Assignee IS NOT NULL"),
        ("Assignee", "♡", "Assignee = '♡'"),
        ("Labels", "♡", "Labels IS NOT NULL"),
        ("Labels", "who?", "Labels IS NOT NULL"),
        ("Labels", "vip", "Labels = 'vip'"),
    ],
)
def test_a_value_that_temporal_cannot_be_asked_for_is_found_among_others(
    name: str, value: str, query: str
) -> None:
    assert equals(name, value) == query
    assert can_be_asked_for(name, value) == (" = " in query)
    assert one_of(name, value) == f"({query})"


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("Assignee = 'who?'", "who?"),
        (r"Tab = 'new' AND Labels = 'a\\b'", "a\\b"),
        ("Labels IN ('vip', 'the \"best\"')", 'the "best"'),
        (r"Assignee = 'the boys\''", "the boys'"),
        ('Assignee = "who?"', "who?"),
    ],
)
def test_a_filter_by_which_nothing_can_be_found_is_refused_at_once(query: str, value: str) -> None:
    with pytest.raises(BatonError) as refused:
        without_bindings(query)
    assert str(refused.value).startswith(f"The filter asks for {value}, and Temporal finds no value with ")


@pytest.mark.parametrize(
    "query",
    [
        "",
        r"Assignee = 'it\'s' AND Line = 'a'",
        'Assignee = "it\'s"',
        "Assignee = 'it''s'",
        "Tab = ''",
        "Mood = 'good",
    ],
)
def test_every_other_filter_is_asked_as_it_was_written(query: str) -> None:
    assert without_bindings(query).startswith(f"({query}) AND " if query else "WorkflowType != ")


def test_a_filter_that_finds_too_much_says_so() -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    said = {one.name: one.meaning for one in filters(now, line="it's", staff="ivan", label="who?")}
    assert said["department"].endswith("with the label who?, and others: Temporal cannot look for such signs")
    assert said["queue"] == "the queue of it's"


def test_nothing_asks_with_calls_of_the_sdk_that_a_paused_workflow_breaks() -> None:
    """They are `listed` and `describe` of ``baton.temporal.executions``. The demo's cases are its own."""
    rooms = ("baton", "workflows", "activities", "helpdesks", "gateway", "replaygate", "local")
    files = [path for room in rooms for path in (CHECKOUT / room).rglob("*.py")]
    using = {
        path.relative_to(CHECKOUT).as_posix()
        for path in files
        if re.search(r"\.list_workflows\(|\.describe\(\)", path.read_text(encoding="utf-8"))
    }
    assert {name for name in using if not name.startswith("local/demo/")} == set()
