"""`baton demo`: what it expects, what it says when something differs, and how it looks."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from io import StringIO

import pytest
from click.testing import CliRunner

from baton.cli.console import Screen
from baton.contract import (
    Activity,
    Author,
    AuthorType,
    ChatSnapshot,
    Department,
    DepartmentState,
    Draft,
    Note,
    Status,
    Tab,
    TicketSnapshot,
    TicketStage,
)
from baton.documents.directory import Directory
from baton.documents.directoryfile import load_directory
from baton.errors import BatonError
from baton.rules.language import RuleList
from baton.rules.loading import load_rules, parse_rules
from baton.settings import CHECKOUT
from baton.templates.loading import load_templates, parse_templates
from local import demo
from local.demo.case import Difference
from local.demo.company import (
    SHIPPED_DIRECTORY,
    SHIPPED_RULES,
    SHIPPED_TEMPLATES,
    demo_directory,
    demo_templates,
    rule_names,
    rules_without,
)
from local.demo.play import Play, Played, Plays, Seen
from local.demo.table import LENA, SITUATIONS, Expected, Situation, Stand, Step
from local.demo.text import GOOD, Report
from local.demo.ticketplay import TicketPlay, TicketPlays, TicketSeen
from local.demo.tickettable import (
    DUE,
    IN_TIME,
    MEMBERS,
    OLEG,
    PLAIN,
    QUIET,
    TICKETS,
    WARRANTY,
    TicketSituation,
    TicketStand,
    TicketStep,
)
from local.demo.ui import Place
from tests.directories import parse_directory

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


NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TRIAGE = TicketStand(TicketStage.TRIAGE, Status.OPEN, (), ())


def ticket_seen(step: TicketStep, stand: TicketStand) -> TicketSeen:
    notes = {
        label: tuple(
            Note(
                author=Author(type=AuthorType.STAFF, id=author),
                text=f"Note {number}.",
                at=NOW,
                event_id=f"n-{number}",
            )
            for number, author in enumerate(stand.drafted)
            if author == staff
        )
        for label, staff in MEMBERS.items()
    }
    state = {True: DepartmentState.ASKED, False: DepartmentState.ANSWERED}
    # In the order in which the table names them; the others at the end.
    labels = dict.fromkeys((*stand.asked, *MEMBERS))
    ticket = TicketSnapshot(
        ticket_id="1",
        customer="c-1",
        stage=stand.stage,
        status=stand.status,
        assignee=stand.assignee,
        composer=stand.composer,
        labels=stand.labels,
        prompts=stand.prompts,
        departments=tuple(
            Department(label=label, state=state[label in stand.asked], asked_at=NOW, notes=notes[label])
            for label in labels
        ),
    )
    text = "\n".join(f"Note {number}." for number, _ in enumerate(stand.drafted))
    final = stand.stage is TicketStage.COMPOSING
    draft = Draft(text=text, composer=stand.composer, final=final)
    return TicketSeen(step, ticket, draft, stand.replies, NOW, stand.fired, stand.told)


def ticket_as_expected(
    situation: TicketSituation, with_rule: bool = True, *, skipped: bool = True
) -> TicketPlay:
    ending = dict(situation.endings())[with_rule]
    stands = [TRIAGE] * len(situation.before) + list(ending.stands)
    seen = tuple(ticket_seen(step, stand) for step, stand in zip(situation.steps, stands, strict=True))
    return TicketPlay(situation, with_rule, "ticket:1", seen, skipped)


def all_endings(situation: TicketSituation, *, skipped: bool = True) -> TicketPlays:
    return [ticket_as_expected(situation, with_rule, skipped=skipped) for with_rule, _ in situation.endings()]


def tampered_ticket(play: TicketPlay, **fields: object) -> TicketPlay:
    """The same events, but the table expects something else after the last of them."""
    situation = play.situation
    *first, last = situation.with_rule.stands
    wrong = dataclasses.replace(
        situation.with_rule,
        stands=(*first, dataclasses.replace(last, **fields)),  # type: ignore[arg-type]
    )
    return dataclasses.replace(play, situation=dataclasses.replace(situation, with_rule=wrong))


def everything() -> Played:
    return Played([both(situation) for situation in SITUATIONS], [all_endings(one) for one in TICKETS])


def printed(write: Callable[[Report], None], width: int = 80) -> str:
    out = StringIO()
    write(Report(Screen(file=out, width=width), rule_names()))
    return out.getvalue()


def test_each_shipped_rule_has_its_situation() -> None:
    chats, tickets = {one.rule for one in SITUATIONS}, {one.rule for one in TICKETS if one.without_rule}
    assert sorted(chats | tickets) == RULES


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
    assert "✗ Ivan's Mine" in printed(lambda report: report.summary(Played([[play]], []), 1.0))


@pytest.mark.parametrize(
    ("result", "exit_code"), [("as expected", 0), ("a chat differs", 1), ("a ticket differs", 1)]
)
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_the_exit_code_says_whether_all_went_as_expected(
    monkeypatch: pytest.MonkeyPatch, result: str, exit_code: int, options: list[str]
) -> None:
    @asynccontextmanager
    async def no_stage(*args: object, **kwargs: object) -> AsyncIterator[None]:
        yield

    async def perform(stage: object, name: str, audience: demo.Audience) -> Played:
        played = everything()
        if result == "a chat differs":
            played.chats[-1] = [tampered(played.chats[-1][0], tab=Tab.NEW), played.chats[-1][1]]
        if result == "a ticket differs":
            played.tickets[-1] = [tampered_ticket(played.tickets[-1][0], replies=2)]
        for plays in played.chats:
            audience.situation(plays)
        for ticket in played.tickets:
            audience.ticket(ticket)
        return played

    async def place_of(*args: object, **kwargs: object) -> Place:
        return PLACE

    monkeypatch.setattr(demo, "open_stage", no_stage)
    monkeypatch.setattr(demo, "perform", perform)
    monkeypatch.setattr(demo, "place_of", place_of)

    ran = CliRunner().invoke(demo.command, options)

    assert ran.exit_code == exit_code, ran.output
    assert ("1 of 22 plays did not go as expected" in ran.output) is (exit_code == 1 and not options)


def test_everything_fits_into_80_columns() -> None:
    def write(report: Report) -> None:
        report.introduce()
        played = everything()
        chat = played.chats[0]
        played.chats[0] = [tampered(chat[0], assignee=None, tab=Tab.UNANSWERED), chat[1]]
        for number in (0, 1):
            first, *others = played.tickets[number]
            played.tickets[number] = [tampered_ticket(first, told=(("lena", "a late note"),)), *others]
        played.tickets[-1] = all_endings(TICKETS[-1], skipped=False)
        for plays in played.chats:
            report.situation(plays)
        for ticket in played.tickets:
            report.ticket(ticket)
        report.summary(played, 12.3)
        report.look(PLACE)
        report.look(dataclasses.replace(PLACE, ui=None))
        report.look(dataclasses.replace(PLACE, stays=False))

    text = printed(write)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text.replace("  …", "   "), "something was cut off"


def test_the_readme_shows_the_summary_as_it_is_printed() -> None:
    text = printed(lambda report: report.summary(everything(), 12.3))
    tables = [line.rstrip() for line in text.splitlines() if "the rule " in line or GOOD in line][:-1]
    shown = (CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(tables) == 2 + len(SITUATIONS) + 2
    assert [line for line in shown if line in tables] == tables


def test_the_link_to_the_chats_carries_the_filter() -> None:
    assert PLACE.link == (
        "http://127.0.0.1:8233/namespaces/default/workflows?query="
        "TaskQueue%20STARTS_WITH%20%27baton-demo-abc123%27"
    )


# --- Tickets ------------------------------------------------------------------------------------


def test_the_notes_come_in_every_order() -> None:
    orders = {
        tuple(step.by for step in one.story if step.kind == "note_added")
        for one in TICKETS
        if one.group == TICKETS[0].group
    }
    assert len(orders) == 6
    assert {frozenset(order) for order in orders} == {frozenset(MEMBERS.values())}


def test_without_its_rule_only_the_labels_of_a_ticket_differ() -> None:
    [situation] = (one for one in TICKETS if one.without_rule)
    assert situation.without_rule is not None
    for with_it, without in zip(situation.with_rule.stands, situation.without_rule.stands, strict=True):
        assert without == dataclasses.replace(with_it, labels=without.labels, fired=())
    assert situation.with_rule.stands[-1].labels == ()
    assert situation.without_rule.stands[-1].labels == tuple(MEMBERS)


def test_a_ticket_as_in_the_table_is_no_difference() -> None:
    assert [play.differences for one in TICKETS for play in all_endings(one)] == [()] * 8


def test_a_difference_of_a_ticket_is_found_and_named() -> None:
    play = tampered_ticket(ticket_as_expected(TICKETS[0]), replies=2, told=(("ivan", "prompt"),))

    assert play.differences == (
        Difference(6, "replies", 2, 1),
        Difference(6, "told", (("ivan", "prompt"),), ()),
    )
    text = printed(lambda report: report.ticket([play]))
    assert "✗ Not as expected" in text
    assert "replies is 1, expected 2, after Lena: replies “Your money" in text
    assert "told is nobody, expected ivan, prompt, after Lena" in text.replace("\n", " ").replace("     ", "")
    assert "✗ 1 prompt, 1 reply" in printed(lambda report: report.summary(Played([], [[play]]), 1.0))


def test_the_first_order_is_shown_step_by_step_and_the_others_in_a_line_each() -> None:
    def write(report: Report) -> None:
        for one in TICKETS:
            report.ticket(all_endings(one))

    text = printed(write)
    assert text.count("Petra     applies three-departments-quiet") == 2  # with the rule and without it
    assert re.search(r"^ +Maria, Lena, Ivan → Ivan +✓ 1 prompt, 1 reply$", text, re.MULTILINE)
    assert "Lena is told: due soon: warranty" in text
    assert "6 hours pass." in text
    assert "seconds" not in text


def test_where_no_time_can_be_skipped_this_is_said() -> None:
    text = printed(lambda report: report.ticket(all_endings(TICKETS[-1], skipped=False)))

    assert "does not let time be skipped" in text
    assert "3 seconds pass." in text
    assert "hours pass." not in text


def demo_company() -> Directory:
    return parse_directory(demo_directory(), "generated")


def test_each_department_of_the_demo_has_one_person_and_works_at_any_hour() -> None:
    directory = demo_company()
    shipped = load_directory(SHIPPED_DIRECTORY)
    assert {key: directory.members_of(key) for key in directory.departments} == {
        key: (staff,) for key, staff in MEMBERS.items()
    }
    assert {department.calendar for department in directory.departments.values()} == {None}
    assert directory.departments[WARRANTY].lead == OLEG
    assert (
        directory.model_copy(update={"staff": shipped.staff, "departments": shipped.departments}) == shipped
    )


def test_the_templates_of_the_demo_are_the_shipped_ones_and_one_with_due_times() -> None:
    directory = demo_company()
    shipped = load_templates(SHIPPED_TEMPLATES, directory)
    played = parse_templates(demo_templates(), "generated", directory)
    assert [one.id for one in played] == [*(one.id for one in shipped), *DUE]
    assert all(played.get(one.id) == one for one in shipped)
    assert QUIET in [one.id for one in shipped]
    plain, in_time = shipped.get(PLAIN), played.get(IN_TIME)
    assert plain is not None
    assert in_time is not None
    assert in_time.model_copy(update={"id": PLAIN, "due": {}}) == plain


async def test_whoever_tidies_up_after_an_interruption_is_not_interrupted_again() -> None:
    tidied: list[str] = []

    async def play(name: str, rounds: int) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            for _ in range(rounds):
                await asyncio.sleep(0)
            tidied.append(name)

    async def everything() -> None:
        async with demo.Together() as together:
            # A caller that waits for both goes on as soon as the first of them has ended.
            await asyncio.gather(together.start(play("fast", 1)), together.start(play("slow", 20)))

    playing = asyncio.create_task(everything())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert tidied == ["fast", "slow"]
