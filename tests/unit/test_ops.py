"""How `baton ops` reads what it is told, and what it makes of a recorded history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowHistory

from baton.cli import baton as program
from baton.cli.archive import newer
from baton.cli.ops.cases import workflow_of
from baton.cli.ops.filters import filters
from baton.cli.ops.redecide import compare, decisions_in
from baton.cli.ops.reset import is_bad_from
from baton.plugin import BatonPlugin
from baton.rules.loading import load_rules, parse_rules
from baton.settings import CHECKOUT
from tests.house import FOUR_RULES, NO_RULES

GOLDEN = CHECKOUT / "tests/replay/golden"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "workflow_id"),
    [
        ("telegram:42", "chat:telegram:42"),
        ("chat:telegram:42", "chat:telegram:42"),
        ("chat:chat:42", "chat:chat:42"),
        ("email:a:b", "chat:email:a:b"),
        ("T-7", "ticket:T-7"),
        ("ticket:T-7", "ticket:T-7"),
        ("ticket:a:b", "ticket:a:b"),
    ],
)
def test_a_case_is_named_shortly_or_by_its_workflow(written: str, workflow_id: str) -> None:
    assert workflow_of(written) == workflow_id


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("resend", "Name the cases, or give a filter with --query."),
        ("resend telegram:1 --query Tab='new'", "Name the cases, or give a filter with --query."),
        ("reset T-7 --reason why", "Say with --before or --to where it goes back to."),
        ("reset T-7 T-8 --to 7 --reason why", "--to is for one case"),
        ("reset T-7 --before 2026-99-01 --reason why", "is no time such as"),
        ("reset T-7 --before 1.4", "Missing option '--reason'"),
        ("reassign --from lena --to staff:ivan", "--from is 'lena'; give staff:ID, such as staff:lena."),
        ("reassign --from staff:lena --to staff:lena", "are the same person"),
        ("redecide T-7 m-1 --present --rules rules.yaml", "contradict each other"),
        ("filters queue", "With --line there is queue"),
    ],
)
def test_a_wrong_use_is_explained(
    arguments: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.yaml").touch()

    done = CliRunner().invoke(program, ["ops", *arguments.split()])

    assert done.exit_code == 2, done.output
    assert said in " ".join(done.output.split())


def test_a_quote_in_a_name_ends_no_filter() -> None:
    (queue,) = (one for one in filters(NOON, line="o'hara\\") if one.name == "queue")

    assert queue.query == "Line = 'o\\'hara\\\\' AND Assignee IS NULL AND ExecutionStatus = 'Running'"
    assert queue.link("https://ui/", "a/b").startswith(
        "https://ui/namespaces/a%2Fb/workflows?query=Line%20%3D"
    )


def test_a_reset_goes_by_time_or_by_build_id() -> None:
    done = HistoryEvent()
    done.event_time.FromDatetime(NOON)
    done.workflow_task_completed_event_attributes.worker_version.build_id = "1.4"

    assert is_bad_from("1.4")(done)
    assert not is_bad_from("1.5")(done)
    assert is_bad_from("2026-03-02T12:00:00Z")(done)
    assert is_bad_from("2026-03-02")(done)
    assert not is_bad_from("2026-03-02T12:00:01")(done)
    done.workflow_task_completed_event_attributes.deployment_version.build_id = "1.5"
    assert is_bad_from("1.5")(done)


@pytest.mark.parametrize(
    ("one", "other", "later"), [("1.10", "1.9", True), ("1.9", "1.10", False), ("1.32.0", "1.32.0", False)]
)
def test_releases_are_compared_by_their_numbers(one: str, other: str, later: bool) -> None:
    assert newer(one, other) is later


async def test_the_decisions_of_a_history_are_made_again() -> None:
    text = (GOLDEN / "situation_2.1.json").read_text(encoding="utf-8")
    history = WorkflowHistory.from_json("chat:telegram:x", json.loads(text))

    recorded = await decisions_in(history, [BatonPlugin()])

    assert [one.request.event.kind for one in recorded].count("agent_message") >= 1
    rules = load_rules(FOUR_RULES, None)
    assert [compare(one, rules).same for one in recorded] == [True] * len(recorded)
    fired = [one for one in recorded if one.decision.fired]
    others = [compare(one, parse_rules(NO_RULES, "rules.yaml", None)) for one in fired]
    assert fired
    assert [one.same for one in others] == [False] * len(fired)
    assert "assignee" in [field for field, *_ in others[0].rows()]
