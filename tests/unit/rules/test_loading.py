"""Rule files: what is accepted, and what every mistake is called."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from baton.documents.yaml import read_yaml
from baton.errors import DocumentError
from baton.rules.language import RuleList
from baton.rules.loading import load_rules, parse_rules
from tests.unit.rules.kit import DEPLOY, DIRECTORY, rule, rules

RULE = "  - id: a\n    name: A rule\n"
THEN = "    then: [{note: hello}]\n"


def mistakes(text: str, *, known: bool = True) -> str:
    with pytest.raises(DocumentError) as refused:
        parse_rules(text, "r.yaml", DIRECTORY if known else None)
    return str(refused.value)


def when(condition: str, kind: str = "changed") -> str:
    """A file with one rule; the condition is in line 6."""
    return f"version: 1\n{kind}:\n{RULE}    when:\n      {condition}\n{THEN}"


def then(action: str, kind: str = "changed") -> str:
    """A file with one rule; the action is in line 6, or in line 8 in a timed rule."""
    time = "    when:\n      minutes since assigned: {at least: 1}\n" if kind == "timed" else ""
    return f"version: 1\n{kind}:\n{RULE}{time}    then:\n      - {action}\n"


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (
            "event.kind: agent_mesage",
            "event.kind: 'agent_mesage' is not possible here\n    did you mean agent_message?",
        ),
        (
            "event.kind: system_message",
            "'system_message' is not possible here\n    did you mean customer_message",
        ),
        ("case.asignee: ivan", "when: unknown field 'case.asignee'\n    did you mean case.assignee"),
        ("case.status: {iss: open}", "case.status: unknown field 'iss'\n    did you mean is"),
        (
            "case.status: {has: open}",
            "case.status: unknown field 'has'\n    allowed: is, is not, is one of, is none of",
        ),
        ("case.labels: {is: vip, is not: vip}", "case.labels: unknown field 'is'"),
        ("case.status: {is one of: [open, pendin]}", "is one of > #2: 'pendin' is not possible here"),
        ("case.status: {is one of: open}", "is one of: a list is expected here, not 'open'"),
        ("case.status: {is one of: []}", "is one of: this must not be empty"),
        ("case.status: [open]", "case.status: a list needs a word\n    write {is one of: […]}, for labels"),
        ("case.assignee:", "case.assignee: there is no value\n    write 'is not set' to ask that"),
        ("case.assignee: {}", "case.assignee: there is nothing here\n    remove it, or say what must hold"),
        ("case.assignee: 5", "case.assignee: text is expected here, not 5\n    put it in quotes"),
        (
            "case.assignee: {is: {field: event.athor}}",
            "field: 'event.athor' is not possible here\n    did you mean event.author",
        ),
        ("case.assignee: {is: {field: case.line}}", "field: 'case.line' is not possible here"),
        ("case.assignee: {is: {fild: event.author}}", "unknown field 'fild'\n    did you mean field?"),
        ("case.assignee.chats: 'yes'", "case.assignee.chats: true or false is expected here, not 'yes'"),
        ("not: {}", "when > not: there is nothing here"),
        ("any: []", "when > any: this must not be empty"),
        ("any: {case.status: open}", "when > any: a list is expected here, not fields"),
        (
            "any: [{case.status: opne}]",
            "when > any > #1 > case.status: 'opne' is not possible here\n    did you mean open",
        ),
        (
            "minutes since assigned: {at least: 5}",
            "only a timed rule can ask for 'minutes since assigned'\n"
            "    write it directly under 'when', in a rule of the list 'timed'",
        ),
        # What only the directory knows.
        (
            "case.assignee: ivann",
            "case.assignee: there is nobody 'ivann' among the staff\n    did you mean ivan?",
        ),
        ("event.author.line: line1", "event.author.line: there is no line 'line1'\n    did you mean line-1"),
        ("case.line: {is one of: [line-1, chats]}", "is one of > #2: there is no line 'chats'"),
        ("event.author.department: biling", "there is no department 'biling'\n    did you mean billing?"),
        ("event.author.role: lead", "nobody has the role 'lead'\n    did you mean team-lead?"),
        (
            "case.labels: {has any of: [vip, vipp]}",
            "has any of > #2: there is no label 'vipp'\n    did you mean vip?",
        ),
        ("not: {case.labels: vipp}", "when > not > case.labels: there is no label 'vipp'"),
        ("any: [{case.assignee: {is not: bob}}]", "any > #1 > case.assignee > is not: there is nobody 'bob'"),
        # What can never match.
        (
            "case.status: {is: open, is not: open}",
            "can never match: case.status can never be like this: 'is one of open'",
        ),
        (
            "all: [{case.line: line-1}, {case.line: phones}]",
            "can never match: case.line can never be like this",
        ),
        ("case.labels: {has: vip, has not: vip}", "can never match: case.labels can never be like this"),
        ("all: [{case.labels: is not set}, {case.labels: vip}]", "can never match: case.labels"),
        ("all: [{case.assignee: is set}, {case.assignee: is not set}]", "can never match: case.assignee"),
        ("not: {all: [{case.tab: new}, {case.tab: mine}]}", "can never match: case.tab"),
        (
            "case.assignee: {is: {field: case.assignee}}",
            "can never match: case.assignee is compared with itself",
        ),
        (
            "all: [{event.kind: taken}, {event.text: {contains: a}}]",
            "when: can never match: no kind of event has all this",
        ),
        (
            "all: [{event.kind: taken}, {event.author.type: customer}]",
            "can never match: no kind of event has all this",
        ),
    ],
)
def test_a_mistake_in_a_condition_says_where_what_and_what_to_do(condition: str, said: str) -> None:
    found = mistakes(when(condition))
    assert said in found
    assert found.startswith(
        ("r.yaml:6: changed > #1 > when", "r.yaml:5: changed > #1 > when: can never match")
    )


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("asign: {line: line-1}", "then > #1: unknown field 'asign'\n    did you mean assign?"),
        ("assign: {lin: line-1}", "assign: unknown field 'lin'\n    did you mean line?"),
        (
            "assign: line-1",
            "assign: fields are expected here, not 'line-1'\n    allowed: staff, else, line, to",
        ),
        ("assign: {line: line-1, staff: ivan}", "assign: unknown field 'line'\n    allowed: staff"),
        (
            "{assign: {line: line-1}, pin: {staff: ivan}}",
            "then > #1: unknown field 'pin'\n    allowed: assign",
        ),
        ("assign: {to: case.labels}", "assign > to: 'case.labels' is not possible here"),
        ("pin: {line: line-1}", "pin: unknown field 'line'\n    allowed: staff, to"),
        ("end chat:", "end chat: fields are expected here, not nothing\n    allowed: status"),
        (
            "end chat: {status: waiting}",
            "status: 'waiting' is not possible here\n    allowed: open, pending, closed",
        ),
        ("set status: done", "set status: 'done' is not possible here"),
        ("add labels: vip", "add labels: a list is expected here, not 'vip'"),
        ("add labels: []", "add labels: this must not be empty"),
        ("note: ''", "note: this must not be empty"),
        (
            "notify: {text: hello}",
            "notify: unknown field 'text'\n    allowed: staff, line, departments, to, everyone",
        ),
        ("notify: {line: line-1}", "notify: 'text' is missing\n    add 'text: …'"),
        ("notify: {everyone: false, text: a}", "everyone: false is not possible here\n    allowed: true"),
        ("notify: {everyone: 1, text: a}", "everyone: 1 is not possible here\n    allowed: true"),
        ("note", "then > #1: fields are expected here, not 'note'"),
        # What only the directory knows.
        (
            "assign: {line: line-3}",
            "assign > line: there is no line 'line-3'\n    did you mean line-2 or line-1?",
        ),
        (
            "assign: {staff: bob}",
            "assign > staff: there is nobody 'bob' among the staff\n    allowed: ivan, petra",
        ),
        (
            "pin: {staff: lena}",
            "pin > staff: 'lena' does not work with chats\n    pin to somebody with 'chats: true'",
        ),
        ("add labels: [vip, bill]", "add labels > #2: there is no label 'bill'\n    did you mean billing?"),
        ("remove labels: [vipp]", "remove labels > #1: there is no label 'vipp'"),
        ("notify: {staff: [ivan, bob], text: a}", "staff > #2: there is nobody 'bob'"),
        ("notify: {line: x, text: a}", "notify > line: there is no line 'x'"),
    ],
)
def test_a_mistake_in_an_action_says_where_what_and_what_to_do(action: str, said: str) -> None:
    found = mistakes(then(action))
    assert said in found
    assert found.startswith("r.yaml:6: changed > #1 > then > #1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("changed: []\n", "r.yaml:1: 'version' is missing"),
        ("version: 2\n", "r.yaml:1: version: 2 is not possible here\n    allowed: 1"),
        ("version: true\n", "r.yaml:1: version: true is not possible here\n    allowed: 1"),
        ("version: 1.0\n", "r.yaml:1: version: 1.0 is not possible here\n    allowed: 1"),
        ("version: 1\nchangd: []\n", "r.yaml:2: unknown field 'changd'\n    did you mean changed?"),
        ("version: 1\nchanged: {}\n", "r.yaml:2: changed: a list is expected here, not fields"),
        (
            "version: 1\nchanged:\n  - id: a b\n    name: x\n" + THEN,
            "r.yaml:3: changed > #1 > id: 'a b' is not an ID",
        ),
        ("version: 1\nchanged:\n  - name: x\n" + THEN, "r.yaml:3: changed > #1: 'id' is missing"),
        ("version: 1\nchanged:\n  - id: a\n" + THEN, "r.yaml:3: changed > #1: 'name' is missing"),
        (f"version: 1\nchanged:\n{RULE}", "r.yaml:3: changed > #1: 'then' is missing"),
        (
            f"version: 1\nchanged:\n{RULE}    then: []\n",
            "r.yaml:5: changed > #1 > then: this must not be empty",
        ),
        (
            f"version: 1\nchanged:\n{RULE}{THEN}    stop: 'yes'\n",
            "r.yaml:6: changed > #1 > stop: true or false",
        ),
        (
            f"version: 1\nchanged:\n{RULE}{THEN}    when:\n",
            "r.yaml:6: changed > #1 > when: fields are expected here, not nothing",
        ),
        (
            f"version: 1\nchanged:\n{RULE}{THEN}    when: {{}}\n",
            "r.yaml:6: changed > #1 > when: there is nothing here",
        ),
        (
            f"version: 1\nchanged:\n{RULE}{THEN}    stop: true\n    stop: true\n",
            "'stop' is given twice, first in line 6",
        ),
        (f"version: 1\ntimed:\n{RULE}{THEN}", "r.yaml:3: timed > #1: 'when' is missing"),
        (
            when("case.status: open", "timed"),
            "r.yaml:5: timed > #1 > when: a timed rule needs a condition about time\n    add for",
        ),
        (
            when("minutes since assigned: {at least: 0}", "timed"),
            "r.yaml:6: timed > #1 > when > minutes since assigned > at least: 0: should be",
        ),
        (
            when("minutes since assigned: 5", "timed"),
            "minutes since assigned: fields are expected here, not 5\n    allowed: at least",
        ),
        (
            when("minutes since assigned: {at least: .inf}", "timed"),
            "r.yaml:6: timed > #1 > when > minutes since assigned > at least",
        ),
        (when("minutes since asigned: {at least: 5}", "timed"), "a timed rule needs a condition about time"),
        (
            when("{minutes since assigned: {at least: 5}, event.kind: taken}", "timed"),
            "a timed rule cannot ask for 'event.kind', because no event has happened\n"
            "    ask for what the case is like now, such as case.status",
        ),
        (
            when(
                "{minutes since assigned: {at least: 5}, not: {minutes since assigned: {at least: 5}}}",
                "timed",
            ),
            "not > minutes since assigned: only a timed rule can ask for 'minutes since assigned'\n"
            "    write it directly under 'when'",
        ),
        (
            then("assign: {to: event.author}", "timed"),
            "then > #1 > assign > to: a timed rule has no event.author\n    use case.assignee",
        ),
        (
            when("event.kind: taken", "incoming"),
            "can never match: taken does not begin a chat\n    only agent_message, customer_message, "
            "delivery_failed and reply_sent",
        ),
    ],
)
def test_a_mistake_in_a_file_says_where_what_and_what_to_do(text: str, said: str) -> None:
    assert said in mistakes(text)


def of_cases(cases: str, condition: str, kind: str = "changed") -> str:
    """Like `when`, for these cases; the condition is in line 6, ``cases`` at the end."""
    return when(condition, kind) + f"    cases: {cases}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            when("case.stage: composing"),
            "r.yaml:6: changed > #1 > when > case.stage: only tickets have 'case.stage', and this rule is "
            "for chats\n    remove it, or write 'cases: tickets'",
        ),
        (
            of_cases("tickets", "not: {case.pinned_to.line: line-1}"),
            "only chats have 'case.pinned_to.line', and this rule is for tickets\n"
            "    remove it, or write 'cases: chats'",
        ),
        (
            of_cases("all", "any: [{event.text: x}, {case.composer: is set}]"),
            "any > #2 > case.composer: only tickets have 'case.composer', and this rule is for chats and",
        ),
        (
            of_cases("all", "case.assignee: {is: {field: before.pinned_to}}"),
            "case.assignee > is: only chats have 'before.pinned_to', and this rule is for chats and tickets",
        ),
        (
            of_cases("tickets", "case.type: ticket"),
            "case.type: this rule is for tickets alone, so there is nothing to ask\n"
            "    remove it, or write 'cases: all'",
        ),
        (
            when("event.kind: template_applied"),
            "event.kind: can never match: template_applied happens to tickets only, and this rule is for "
            "chats\n    remove it, or write 'cases: tickets'",
        ),
        (
            of_cases("tickets", "event.kind: {is one of: [note_added, idle]}"),
            "is one of > #2: can never match: idle happens to chats only, and this rule is for tickets",
        ),
        (
            of_cases("tickets", "event.kind: send_reply", "incoming"),
            "when: can never match: send_reply does not begin a ticket\n    only agent_message, "
            "customer_message, delivery_failed, labels_changed, template_applied and ticket_opened begin a "
            "ticket; move",
        ),
        (
            of_cases("all", "event.kind: taken", "incoming"),
            "when: can never match: taken does not begin a chat or a ticket",
        ),
        (
            of_cases("tickets", "all: [{event.forced: true}, {event.to: billing}]"),
            "when: can never match: no kind of event has all this",
        ),
        (
            of_cases("tickets", "case.stage: {is: triage, is not: triage}"),
            "can never match: case.stage can never be like this",
        ),
        (
            when("minutes since asked: {at least: 5}", "timed"),
            "minutes since asked: only tickets have 'minutes since asked', and this rule is for chats",
        ),
        (
            of_cases("tickets", "case.asked: {has: vip}"),
            "case.asked > has: 'vip' is not the label of a department\n    allowed: billing",
        ),
        (
            of_cases("tickets", "event.label: biling"),
            "'biling' is not the label of a department\n    did you",
        ),
        (
            of_cases("ticket", "case.status: open"),
            "cases: 'ticket' is not possible here\n    did you mean tickets",
        ),
    ],
)
def test_a_rule_asks_only_for_what_its_cases_have(text: str, said: str) -> None:
    assert said in mistakes(text)


@pytest.mark.parametrize(
    ("cases", "kind", "action", "said"),
    [
        (
            "tickets",
            "changed",
            "pin: {to: case.assignee}",
            "then > #1 > pin: only chats can be pinned, and this rule is for tickets\n    remove it, or",
        ),
        (
            "all",
            "changed",
            "end chat: {}",
            "end chat: only chats can be ended, and this rule is for chats and",
        ),
        (
            "tickets",
            "changed",
            "assign: {to: case.reserved_for}",
            "assign > to: only chats have 'case.reserved_for', and this rule is for tickets",
        ),
        ("chats", "changed", "notify: {to: case.composer, text: x}", "to: only tickets have 'case.composer'"),
        (
            "chats",
            "changed",
            "remove labels: {field: event.answered_labels}",
            "remove labels > field: only tickets have 'event.answered_labels', and this rule is for chats",
        ),
        (
            "tickets",
            "timed",
            "add labels: {field: event.answered_labels}",
            "add labels > field: a timed rule has no event.answered_labels\n    name the labels",
        ),
        ("tickets", "changed", "remove labels: {field: case.labels}", "'case.labels' is not possible here"),
        ("tickets", "changed", "remove labels: {fild: x}", "unknown field 'fild'\n    did you mean field?"),
        (
            "chats",
            "changed",
            "notify: {departments: [billing, vip], text: x}",
            "departments > #2: 'vip' is not the label of a department\n    allowed: billing, delivery",
        ),
    ],
)
def test_an_action_fits_the_cases_of_its_rule(cases: str, kind: str, action: str, said: str) -> None:
    assert said in mistakes(then(action, kind) + f"    cases: {cases}\n")


DIGEST_OF_OLD = "715490411bac3caacb50cd536daa6f4698de7f3c1f397e5946d032744d943f70"
"""As histories have it that are older than rules for tickets."""


def test_rules_for_chats_have_the_digest_that_they_had_before_there_were_rules_for_tickets() -> None:
    text = then("{add labels: [vip]}")
    assert parse_rules(text, "r.yaml", DIRECTORY).digest == DIGEST_OF_OLD
    assert parse_rules(text + "    cases: chats\n", "r.yaml", DIRECTORY).digest == DIGEST_OF_OLD
    assert parse_rules(text + "    cases: all\n", "r.yaml", DIRECTORY).digest != DIGEST_OF_OLD


def test_named_labels_are_those_that_enabled_rules_put_on_tickets_or_take_off() -> None:
    found = rules(
        incoming=[rule("a", None, {"add labels": ["vip"]}, {"note": "x"}, cases="tickets")],
        changed=[
            rule("b", None, {"remove labels": ["billing", "vip"]}, cases="all"),
            rule("c", None, {"remove labels": {"field": "event.answered_labels"}}, cases="tickets"),
            rule("d", None, {"add labels": ["delivery"]}),
            rule("e", None, {"add labels": ["warranty"]}, cases="tickets", enabled=False),
        ],
    )
    assert found.named_labels == ("billing", "vip")


def test_an_id_that_is_given_twice_is_named_with_both_lines_even_across_lists() -> None:
    said = mistakes(f"version: 1\nincoming:\n{RULE}{THEN}changed:\n{RULE}{THEN}")
    assert said == (
        "r.yaml:7: changed > #1 > id: the ID 'a' is given twice, first in line 3\n"
        "    each rule needs an ID of its own, in all three lists together"
    )


def test_all_mistakes_are_reported_together_and_a_malformed_rule_hides_no_other() -> None:
    text = (
        "version: 1\nchanged:\n"
        "  - id: a\n    name: x\n    when: {case.line: nowhere}\n    then: [{asign: {}}, {note: ''}]\n"
        "  - id: a\n    name: y\n    when: {case.line: nowhere}\n    then: [{add labels: [x]}]\n"
    )
    lines = [line.split(":")[1] for line in mistakes(text).splitlines() if line.startswith("r.yaml")]
    assert lines == ["6", "6", "7", "9", "10"]


def test_without_a_directory_names_are_not_checked_but_everything_else_is() -> None:
    assert parse_rules(then("assign: {line: line-9}"), "r.yaml", None).rules("changed")
    assert "unknown field" in mistakes(then("asign: {line: line-9}"), known=False)


def test_the_digest_is_of_what_the_rules_say_and_not_of_how() -> None:
    one = parse_rules(when("case.status: open"), "a.yaml", DIRECTORY)
    same = parse_rules(
        "# comment\n" + when("case.status: {is: open}") + "    stop: false\n", "b.yaml", DIRECTORY
    )
    other = parse_rules(when("case.status: pending"), "a.yaml", DIRECTORY)
    assert one.digest == same.digest
    assert one.digest != other.digest
    assert len(one.digest) == 64


def test_the_order_of_rules_is_part_of_the_digest() -> None:
    assert rules(changed=[rule("a"), rule("b")]).digest != rules(changed=[rule("b"), rule("a")]).digest


def test_a_rule_set_keeps_its_source_and_lists_switched_off_rules() -> None:
    text = when("case.status: open") + "    enabled: false\n"
    found = parse_rules(text, "r.yaml", DIRECTORY)
    assert found.source == text
    assert [one.id for one in found.rules(RuleList.CHANGED)] == ["a"]


def test_named_staff_are_those_to_whom_enabled_rules_give_chats() -> None:
    found = rules(
        incoming=[
            rule("a", None, {"assign": {"staff": "oleg"}}, {"notify": {"staff": ["maria"], "text": "x"}})
        ],
        changed=[
            rule("b", {"case.assignee": "petra"}, {"pin": {"staff": "ivan"}}),
            rule("c", None, {"assign": {"staff": "lena"}}, enabled=False),
        ],
    )
    assert found.named_staff == ("ivan", "oleg")


def test_the_shipped_rules_fit_the_demo_directory() -> None:
    found = load_rules(DEPLOY / "rules/support-lines.yaml", DIRECTORY)
    assert [one.id for one in found.rules("incoming")] == ["line-2-opens-chat"]
    assert [one.id for one in found.rules("changed")] == [
        "line-2-writes-in-ended-chat",
        "line-2-takes-over",
        "pin-to-assignee",
        "label-off-after-answer",
    ]


def test_the_russian_rules_are_the_same_with_other_names() -> None:
    english, russian = (
        load_rules(DEPLOY / "rules" / name, DIRECTORY)
        for name in ("support-lines.yaml", "support-lines.ru.yaml")
    )
    for kind in RuleList:
        ours, theirs = ([one.id for one in found.rules(kind)] for found in (russian, english))
        assert ours == theirs
    assert _without_names("support-lines.ru.yaml") == _without_names("support-lines.yaml")


def _without_names(file: str) -> dict[str, Any]:
    document: Any = read_yaml(DEPLOY / "rules" / file).data
    return {
        key: [{name: value for name, value in rule.items() if name != "name"} for rule in part]
        if isinstance(part, list)
        else part
        for key, part in document.items()
    }


def test_a_file_that_is_missing_is_a_document_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        load_rules(tmp_path / "none.yaml", DIRECTORY)
