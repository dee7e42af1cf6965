"""``baton rules``."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from baton.cli import baton
from baton.rules.schema import rules_schema_text
from tests.unit.rules.kit import DEPLOY

RULES = str(DEPLOY / "rules/support-lines.yaml")
DIRECTORY = str(DEPLOY / "directory/demo.yaml")


def run(*words: str) -> Result:
    return CliRunner().invoke(baton, ["rules", *words])


def test_check_says_that_rules_are_fine() -> None:
    result = run("check", RULES, "--directory", DIRECTORY)
    assert result.exit_code == 0
    assert "is fine: 1 incoming, 4 changed, 0 timed." in result.output
    assert "Names were not checked" not in result.output


def test_check_without_a_directory_says_what_it_did_not_check() -> None:
    assert "Names were not checked" in run("check", RULES).output


def test_check_shows_the_mistakes_without_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("version: 1\nchangd: []\n")
    result = run("check", str(path))
    assert result.exit_code == 1
    assert "r.yaml:2: unknown field 'changd'\n    did you mean changed?" in result.output
    assert "Traceback" not in result.output


def test_list_is_readable_at_80_columns_and_shows_every_part_of_a_rule(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "version: 1\n"
        "changed:\n"
        "  - id: a\n"
        f"    name: {'A long name ' * 12}\n"
        "    enabled: false\n"
        "    stop: true\n"
        "    retrigger: true\n"
        "    when:\n"
        "      case.labels: {has any of: [vip, urgent]}\n"
        "      case.assignee.chats: true\n"
        "      case.pinned_to: is not set\n"
        "      any:\n"
        "        - {case.status: open, case.tab: new}\n"
        "        - {not: {event.author: {is: {field: case.assignee}}}}\n"
        "    then: [{end chat: {}}, {add labels: [vip]}, {assign: {line: line-1}}, {note: Look.}]\n"
        "  - id: c\n"
        "    name: C\n"
        "    cases: tickets\n"
        "    enabled: false\n"
        "    then:\n"
        "      - remove labels: {field: event.answered_labels}\n"
        "      - notify: {departments: [billing], text: x}\n"
        "timed:\n"
        "  - {id: b, name: B, when: {minutes since assigned: {at least: 30}}, then: [{note: x}]}\n"
    )
    result = run("list", str(path))
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    for line in (
        " 1. a  (switched off)",
        "    when  case.labels has any of vip, urgent",
        "          case.pinned_to is not set",
        "          case.assignee.chats is true",
        "          any of these:",
        "            - case.status is open",
        "              case.tab is new",
        "            - not:",
        "                  event.author is case.assignee",
        "    then  end chat",
        "          add labels: vip",
        "          assign: line line-1",
        "          note: Look.",
        "          stop: no rule after this one",
        "          once more through 'changed', if this changed anything",
        "    when  minutes since assigned at least 30",
        " 2. c  (for tickets, switched off)",
        "    then  remove labels: field event.answered_labels",
        "          notify: departments billing; text x",
    ):
        assert line in result.output.splitlines()


def test_list_says_hours_and_who_else_in_one_line_each(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text(
        "version: 1\n"
        "incoming:\n"
        "  - id: a\n"
        "    name: A\n"
        "    when:\n"
        "      not: {staff.lena.available: true}\n"
        "      previous minutes ago: {at most: 60}\n"
        "      calendar.office.time: {from: 22:00, until: 06:00}\n"
        "      calendar.office.weekday: {is none of: [sat, sun]}\n"
        "      line.line-1.available: {at least: 1}\n"
        "    then:\n"
        "      - assign: {to: previous.assignee, else: {line: line-1, else: {staff: lena}}}\n"
        "timed:\n"
        "  - {id: b, name: B, when: {minutes waiting: {at least: 30}}, then: [{note: x}]}\n"
    )
    shown = run("list", str(path)).output
    assert (
        "    when  previous minutes ago at most 60\n"
        "          calendar.office.time from 22:00 until 06:00\n"
        "          calendar.office.weekday is none of sat, sun\n"
        "          line.line-1.available at least 1\n"
        "          not:\n"
        "              staff.lena.available is true\n"
        "    then  assign: to previous.assignee; else line line-1; else staff lena\n"
    ) in shown
    assert "    when  minutes waiting at least 30\n" in shown


def test_list_of_the_shipped_rules_names_them_in_order() -> None:
    output = run("list", RULES).output
    names = ["line-2-opens-chat", "line-2-writes-in-ended-chat", "line-2-takes-over", "pin-to-assignee"]
    names.append("label-off-after-answer")
    assert [output.index(name) for name in names] == sorted(output.index(name) for name in names)
    assert "timed: asked when time has passed\n    no rules" in output


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    assert run("schema").output == rules_schema_text()
    assert run("schema", "--output", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8") == rules_schema_text()
