"""Whom a rule gives a case to: the one it names, somebody else whom it names, or whoever stands in."""

from __future__ import annotations

from typing import Any

import pytest

from baton.contract import Activity, Status, TicketStage
from baton.errors import DocumentError
from baton.model.facts import Candidate, Facts, MissingLine
from baton.rules.engine import Ruling, decide
from baton.rules.loading import parse_rules
from tests.unit.rules.kit import (
    NOW,
    PEOPLE,
    chat,
    event,
    facts,
    fired,
    minutes_ago,
    no_chat,
    play,
    rule,
    rules,
    ticket,
)
from tests.unit.rules.kit import ticket_event as of_ticket

LINES = {"line-1": ("ivan", "petra"), "line-2": ("lena", "oleg"), "phones": ("maria",)}


def known(*, away: tuple[str, ...] = (), gone: tuple[str, ...] = (), **more: Any) -> Facts:
    """Everybody is online but those who are away; those who are gone, the directory does not know."""
    return facts(
        people={
            name: person.model_copy(update={"away": name in away, "gone_at": NOW if name in away else None})
            for name, person in PEOPLE.items()
            if name not in gone
        },
        lines={
            line: tuple(
                Candidate(staff=name, available=name not in away, chats=PEOPLE[name].chats)
                for name in members
                if name not in gone
            )
            for line, members in LINES.items()
        },
        **more,
    )


def given(to: dict[str, Any], facts_: Facts, **fields: Any) -> Ruling[Any]:
    """What becomes of an open chat, which nobody has, if a rule assigns it at a customer's message."""
    found = rules(changed=[rule("r", None, {"assign": to})])
    return play(found, chat(**fields), event("customer_message"), facts_)


def hands(ruling: Ruling[Any]) -> tuple[str | None, str | None]:
    return ruling.state.assignee, ruling.state.line


LENA: dict[str, Any] = {"staff": "lena"}


@pytest.mark.parametrize(
    ("to", "away", "has_it"),
    [
        ({"staff": "ivan"}, (), ("ivan", "line-1")),
        # Without else, the line takes over, as for anybody who is away.
        ({"staff": "ivan"}, ("ivan",), ("petra", "line-1")),
        ({"staff": "ivan"}, ("ivan", "petra"), (None, "line-1")),
        # In line 2, nobody usually works with chats: its queue would hide the customer.
        (LENA, ("lena",), (None, None)),
        # else
        (LENA | {"else": {"line": "line-1"}}, (), ("lena", "line-2")),
        (LENA | {"else": {"line": "line-1"}}, ("lena",), ("ivan", "line-1")),
        (LENA | {"else": {"staff": "petra"}}, ("lena",), ("petra", "line-1")),
        (LENA | {"else": {"staff": "petra"}}, ("lena", "petra"), ("ivan", "line-1")),
        (LENA | {"else": {"staff": "oleg", "else": {"line": "phones"}}}, ("lena",), ("oleg", "line-2")),
        (LENA | {"else": {"staff": "oleg", "else": {"line": "phones"}}}, ("lena", "oleg"),
         ("maria", "phones")),
        (LENA | {"else": {"line": "phones"}}, ("lena", "maria"), (None, "phones")),
        # A line has nobody available
        ({"line": "line-1", "else": {"line": "line-2"}}, (), ("ivan", "line-1")),
        ({"line": "line-1", "else": {"line": "line-2"}}, ("ivan", "petra"), ("lena", "line-2")),
        ({"line": "line-1", "else": {"staff": "lena"}}, ("ivan", "petra"), ("lena", "line-2")),
        ({"line": "line-1"}, ("ivan", "petra"), (None, "line-1")),
        # An empty field
        ({"to": "case.assignee", "else": {"line": "line-1"}}, (), ("ivan", "line-1")),
        ({"to": "event.author", "else": {"staff": "petra"}}, (), ("petra", "line-1")),
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_gives_a_chat_to_somebody_who_is_there(
    to: dict[str, Any], away: tuple[str, ...], has_it: tuple[str | None, str | None]
) -> None:
    ruling = given(to, known(away=away))
    assert hands(ruling) == has_it
    assert ruling.fired[0].skipped == ()


@pytest.mark.parametrize(
    ("to", "line", "has_it", "skipped"),
    [
        ("before.assignee", "line-1", ("petra", "line-1"), ()),
        ("before.assignee", None, (None, None), ("assign: there is nobody 'ivan' among the staff",)),
        ("event.author", "line-1", (None, "line-1"),
         ("assign: there is nobody 'customer:customer' among the staff",)),
    ],
)  # fmt: skip
def test_somebody_who_left_for_good_is_replaced_by_the_case_s_line_if_it_has_one(
    to: str, line: str | None, has_it: tuple[str | None, str | None], skipped: tuple[str, ...]
) -> None:
    now = chat(line=line)
    found = rules(changed=[rule("r", None, {"assign": {"to": to}})])
    before = chat(line=line, assignee="ivan")
    ruling = decide(found, known(gone=("ivan",)), before, now, event("customer_message"))
    assert (hands(ruling), ruling.fired[0].skipped) == (has_it, skipped)


def test_somebody_away_without_a_line_leaves_the_case_where_it_is() -> None:
    facts_ = known(away=("lena",))
    lost = facts_.people["lena"].model_copy(update={"line": None})
    facts_ = facts_.model_copy(update={"people": {**facts_.people, "lena": lost}, "lines": {}})
    ruling = given(LENA, facts_)
    assert ruling.fired[0].skipped == ("assign: lena is away, and has no line that could take over",)


def test_who_is_only_in_the_grace_keeps_what_a_rule_gives() -> None:
    facts_ = known()
    soon = facts_.people["lena"].model_copy(update={"away_at": facts_.now})
    assert hands(given(LENA, facts_.model_copy(update={"people": {**facts_.people, "lena": soon}}))) == (
        "lena",
        "line-2",
    )


def test_the_members_of_a_line_are_asked_for_only_if_it_must_take_over() -> None:
    bare = known(away=("lena",)).model_copy(update={"lines": {}})
    with pytest.raises(MissingLine, match="line-2"):
        given(LENA, bare)
    with pytest.raises(MissingLine, match="line-1"):
        given(LENA | {"else": {"line": "line-1"}}, bare)
    assert hands(given(LENA | {"else": {"staff": "ivan"}}, bare)) == ("ivan", "line-1")


@pytest.mark.parametrize("state", [(Activity.ACTIVE, Status.PENDING), (Activity.ENDED, Status.PENDING)])
def test_whoever_stands_in_gets_what_the_absent_one_would_have_got(state: tuple[Activity, Status]) -> None:
    found = rules(changed=[rule("r", None, {"assign": {"staff": "ivan"}})])
    before = chat(*state, assignee="petra", reserved_for="petra")
    ruling = play(found, before, event("note_added", "petra", text="x"), known(away=("ivan",)))
    assert (ruling.state.assignee, ruling.state.reserved_for) == ("petra", "petra")


def test_a_new_chat_for_somebody_who_is_away_goes_to_the_line() -> None:
    found = rules(incoming=[rule("r", None, {"assign": {"staff": "ivan"}})])
    ruling = play(found, no_chat(), event("customer_message"), known(away=("ivan",), case_id="case"))
    assert (ruling.state.assignee, ruling.state.pinned_to) == ("petra", "petra")


@pytest.mark.parametrize(
    ("to", "away", "has_it"),
    [
        (LENA, (), ("lena", "line-2")),
        # Tickets are given to people without the habit of chats, too, and may wait in any queue.
        (LENA, ("lena",), ("oleg", "line-2")),
        (LENA, ("lena", "oleg"), (None, "line-2")),
        (LENA | {"else": {"staff": "petra"}}, ("lena",), ("petra", "line-1")),
        ({"to": "case.dispatcher", "else": {"line": "line-2"}}, ("petra",), ("lena", "line-2")),
    ],
    ids=str,
)
def test_a_rule_gives_a_ticket_to_somebody_who_is_there(
    to: dict[str, Any], away: tuple[str, ...], has_it: tuple[str | None, str | None]
) -> None:
    found = rules(changed=[rule("r", None, {"assign": to}, cases="tickets")])
    now = ticket(TicketStage.TRIAGE, dispatcher="petra")
    ruling = decide(found, known(away=away), now, now, of_ticket("note_added", "maria", text="x"))
    assert (ruling.state.assignee, ruling.state.line) == has_it


def test_somebody_who_has_only_gone_home_or_takes_no_chats_keeps_a_ticket() -> None:
    found = rules(changed=[rule("r", None, {"assign": LENA}, cases="tickets")])
    facts_ = known(away=("lena",))
    tonight = facts_.people["lena"].model_copy(update={"gone_at": minutes_ago(-600)})
    now = ticket(TicketStage.TRIAGE)
    at_home = facts_.model_copy(update={"people": {**facts_.people, "lena": tonight}})
    ruling = decide(found, at_home, now, now, of_ticket("note_added", "maria", text="x"))
    assert (ruling.state.assignee, ruling.state.line) == ("lena", "line-2")


# --- Pinned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("away", "pinned"), [((), "ivan"), (("ivan",), None)])
def test_a_chat_is_not_pinned_to_somebody_who_would_not_see_it(
    away: tuple[str, ...], pinned: str | None
) -> None:
    found = rules(changed=[rule("r", None, {"pin": {"staff": "ivan"}})])
    ruling = play(found, chat(), event("customer_message"), known(away=away))
    assert ruling.state.pinned_to == pinned
    assert ruling.fired[0].skipped == (("pin: ivan is away",) if away else ())


# --- Mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("to", "said"),
    [
        (LENA | {"else": {"line": "line-9"}}, "assign > else > line: there is no line 'line-9'"),
        (LENA | {"else": {"staff": "petr"}}, "assign > else > staff: there is nobody 'petr' among the staff"),
        (
            LENA | {"else": {"line": "line-1", "else": {"staff": "petr"}}},
            "assign > else > else > staff: there is nobody 'petr'",
        ),
        (LENA | {"else": "line-1"}, "fields are expected here, not 'line-1'"),
        (LENA | {"else": {}}, "assign > else"),
        (LENA | {"else": {"to": "case.composer"}}, "only tickets have 'case.composer'"),
    ],
    ids=str,
)
def test_a_mistake_after_else_says_where_it_is(to: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        rules(changed=[rule("r", None, {"assign": to})])
    assert said in str(refused.value)


def test_a_timed_rule_has_no_author_after_else_either() -> None:
    to = LENA | {"else": {"to": "event.author"}}
    with pytest.raises(DocumentError, match=r"else > to: a timed rule has no event\.author"):
        rules(timed=[rule("r", {"minutes waiting": {"at least": 1}}, {"assign": to})])


def test_else_is_written_as_in_the_documentation() -> None:
    text = """\
version: 1
changed:
  - id: refunds
    name: Refunds go to Lena, or else to line 1
    then:
      - assign: {staff: lena, else: {line: line-1}}
"""
    found = parse_rules(text, "r.yaml", None)
    ruling = play(found, chat(), event("customer_message"), known(away=("lena",)))
    assert fired(ruling) == ["refunds"]
    assert found.named_staff == ("lena",)
    assert hands(ruling) == ("ivan", "line-1")


def test_everybody_after_else_is_known_to_each_decision() -> None:
    to = {"line": "line-1", "else": {"staff": "lena", "else": {"staff": "oleg"}}}
    assert rules(changed=[rule("r", None, {"assign": to})]).named_staff == ("lena", "oleg")
