"""`baton demo`: what it expects, what it says when something differs, and how it looks."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import StringIO

import pytest
from click.testing import CliRunner
from rich.console import Console

from baton.cli import demo
from baton.cli.demo.company import SHIPPED_DIRECTORY, SHIPPED_RULES, rule_names, rules_without
from baton.cli.demo.play import Difference, Play, Plays, Seen
from baton.cli.demo.table import LENA, SITUATIONS, Expected, Situation, Stand, Step
from baton.cli.demo.text import Report
from baton.cli.demo.ui import Place
from baton.contract import Activity, ChatSnapshot, Status, Tab
from baton.directoryfile import load_directory
from baton.errors import BatonError
from baton.rules.language import RuleList
from baton.rules.loading import load_rules, parse_rules

RULES = sorted(rule_names())
BEFORE = Stand(Activity.ACTIVE, Status.OPEN, Tab.NEW, None, told=("ivan", "lena", "maria"))
PLACE = Place("http://127.0.0.1:8233", "default", "TaskQueue STARTS_WITH 'baton-demo-abc123'", True)


def seen(step: Step, stand: Stand) -> Seen:
    chat = ChatSnapshot(
        channel="demo",
        conversation="1",
        customer="c-1",
        activity=stand.activity,
        status=stand.status,
        tab=stand.tab,
        assignee=stand.assignee,
        pinned_to=stand.pinned_to,
        reserved_for=stand.reserved_for,
    )
    return Seen(step, chat, stand.fired, stand.told)


def as_expected(situation: Situation, with_rule: bool) -> Play:
    """A play in which everything goes as the table of situations says."""
    expected = situation.with_rule if with_rule else situation.without_rule
    stands = [BEFORE] * len(situation.before) + list(expected.stands)
    steps = zip(situation.steps, stands, strict=True)
    return Play(situation, with_rule, "chat:demo:1", tuple(seen(step, stand) for step, stand in steps))


def both(situation: Situation) -> Plays:
    return [as_expected(situation, True), as_expected(situation, False)]


def tampered(play: Play, **fields: object) -> Play:
    """The same events, but the table expects something else after the last of them."""
    situation = play.situation
    *first, last = situation.with_rule.stands
    wrong = Expected((*first, dataclasses.replace(last, **fields)), situation.with_rule.meaning)  # type: ignore[arg-type]
    return dataclasses.replace(play, situation=dataclasses.replace(situation, with_rule=wrong))


def printed(write: Callable[[Report], None], width: int = 80) -> str:
    out = StringIO()
    write(Report(Console(file=out, width=width, markup=False, highlight=False), rule_names()))
    return out.getvalue()


def test_each_shipped_rule_has_its_situation() -> None:
    assert sorted({situation.rule for situation in SITUATIONS}) == RULES


@pytest.mark.parametrize("situation", SITUATIONS, ids=lambda situation: situation.id)
def test_the_rule_makes_a_difference(situation: Situation) -> None:
    assert situation.with_rule.stands[-1] != situation.without_rule.stands[-1]
    assert all(situation.rule not in stand.fired for stand in situation.without_rule.stands)


@pytest.mark.parametrize("rule", RULES)
def test_exactly_one_rule_is_switched_off(rule: str) -> None:
    directory = load_directory(SHIPPED_DIRECTORY)
    shipped = load_rules(SHIPPED_RULES, directory)
    changed = parse_rules(rules_without(rule), "generated", directory)
    for kind in RuleList:
        for before, after in zip(shipped.rules(kind), changed.rules(kind), strict=True):
            assert after == before.model_copy(update={"enabled": before.id != rule})


def test_without_a_rule_to_leave_out_the_rules_are_the_shipped_ones() -> None:
    directory = load_directory(SHIPPED_DIRECTORY)
    all_rules = parse_rules(rules_without(None), "generated", directory)
    assert all_rules.digest == load_rules(SHIPPED_RULES, directory).digest


def test_a_rule_that_is_not_shipped_cannot_be_left_out() -> None:
    with pytest.raises(BatonError, match=r"no rule line-9-writes"):
        rules_without("line-9-writes")


def test_a_result_as_in_the_table_is_no_difference() -> None:
    assert [play.differences for situation in SITUATIONS for play in both(situation)] == [()] * 14


def test_a_difference_is_found_and_named() -> None:
    play = tampered(as_expected(SITUATIONS[0], True), pinned_to=LENA, told=("ivan", "maria"))

    assert play.differences == (
        Difference(2, "pinned_to", "lena", "ivan"),
        Difference(2, "told", ("ivan", "maria"), ("ivan",)),
    )
    text = printed(lambda report: report.situation([play]))
    assert "✗ Not as expected" in text
    assert "pinned_to is ivan, expected lena, after Customer: “Thank you!" in text
    assert "✗ Ivan's Mine" in printed(lambda report: report.summary([[play]], 1.0))


@pytest.mark.parametrize(("result", "exit_code"), [("as expected", 0), ("differs", 1)])
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_the_exit_code_says_whether_all_went_as_expected(
    monkeypatch: pytest.MonkeyPatch, result: str, exit_code: int, options: list[str]
) -> None:
    @asynccontextmanager
    async def no_stage(*args: object) -> AsyncIterator[None]:
        yield

    async def perform(stage: object, name: str, show: Callable[[Plays], None]) -> list[Plays]:
        played = [both(situation) for situation in SITUATIONS]
        if result == "differs":
            played[-1] = [tampered(played[-1][0], tab=Tab.NEW), played[-1][1]]
        for plays in played:
            show(plays)
        return played

    async def place_of(*args: object, **kwargs: object) -> Place:
        return PLACE

    monkeypatch.setattr(demo, "open_stage", no_stage)
    monkeypatch.setattr(demo, "perform", perform)
    monkeypatch.setattr(demo, "place_of", place_of)

    ran = CliRunner().invoke(demo.command, options)

    assert ran.exit_code == exit_code, ran.output
    assert ("1 of 14 plays did not go as expected" in ran.output) is (exit_code == 1 and not options)


def test_everything_fits_into_80_columns() -> None:
    def write(report: Report) -> None:
        report.introduce()
        played = [both(situation) for situation in SITUATIONS]
        played[0] = [tampered(played[0][0], assignee=None, tab=Tab.UNANSWERED), played[0][1]]
        for plays in played:
            report.situation(plays)
        report.summary(played, 12.3)
        report.look(PLACE)
        report.look(dataclasses.replace(PLACE, ui=None))
        report.look(dataclasses.replace(PLACE, stays=False))

    text = printed(write)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text.replace("  …", "   "), "something was cut off"


def test_the_link_to_the_chats_carries_the_filter() -> None:
    assert PLACE.link == (
        "http://127.0.0.1:8233/namespaces/default/workflows?query="
        "TaskQueue%20STARTS_WITH%20%27baton-demo-abc123%27"
    )
