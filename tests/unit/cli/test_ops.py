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
from baton.cli import ops
from baton.cli.ops.cases import workflow_of
from baton.cli.ops.filters import filters
from baton.cli.ops.reset import Run, first_bad, mistake_since
from baton.errors import BatonError
from baton.rules.loading import load_rules, parse_rules
from baton.settings import CHECKOUT
from baton.temporal.plugin import BatonPlugin
from lab.rig import FOUR_RULES, NO_RULES
from local.archive import newer
from replaygate.decisions import decisions_in
from replaygate.redecide import compare

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
        ("reset T-7 --reason why", "Say with --before or --to how far to go back."),
        ("reset T-7 T-8 --to 7 --reason why", "--to is for one case"),
        ("reset T-7 --before 2026-99-01 --reason why", "is not a time such as"),
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


@pytest.mark.parametrize("name", list(ops.COMMANDS))
def test_the_help_fits_into_a_terminal(name: str) -> None:
    said = CliRunner(env={"COLUMNS": "80"}).invoke(program, ["ops", name, "--help"]).output

    assert name in said
    assert [line for line in said.splitlines() if len(line) > 80] == []


def test_a_quote_in_a_name_ends_no_filter() -> None:
    (queue,) = (one for one in filters(NOON, line="o'hara") if one.name == "queue")

    assert queue.query.startswith("Line = 'o\\'hara' AND (Tab = 'unanswered' OR ")
    assert queue.query.endswith(" AND ExecutionStatus = 'Running'")
    assert queue.link("https://ui/", "a/b").startswith(
        "https://ui/namespaces/a%2Fb/workflows?query=Line%20%3D"
    )


def test_the_ui_can_change_what_a_filter_asks() -> None:
    """The UI reads a query into its buttons and writes it again from them; with IN, the result is invalid."""
    queries = [one.query for one in filters(NOON, line="line-1", staff="ivan", label="billing")]

    assert len(queries) == 16
    assert [query for query in queries if " IN " in query] == []


def test_a_reset_goes_by_time_or_by_build_id() -> None:
    done = HistoryEvent()
    done.event_time.FromDatetime(NOON)
    done.workflow_task_completed_event_attributes.worker_version.build_id = "1.4"

    assert mistake_since("1.4").is_bad(done)
    assert not mistake_since("1.5").is_bad(done)
    assert mistake_since("2026-03-02T12:00:00Z").is_bad(done)
    assert mistake_since("2026-03-02").is_bad(done)
    assert not mistake_since("2026-03-02T12:00:01").is_bad(done)
    done.workflow_task_completed_event_attributes.deployment_version.build_id = "1.5"
    assert mistake_since("1.5").is_bad(done)


def run_of(name: str, *builds: str, before: str = "", after: str = "") -> Run:
    """A run of a case: its name, and the build IDs of the workers that did its tasks."""
    tasks = []
    for number, build in enumerate(builds):
        task = HistoryEvent(event_id=4 + 6 * number)
        task.workflow_task_completed_event_attributes.deployment_version.build_id = build
        tasks.append(task)
    return Run(name, tasks, length=len(tasks) * 6, before=before, after=after)


@pytest.mark.parametrize(
    ("runs", "found"),
    [
        ([run_of("a", "1.3", "1.3")], None),
        ([run_of("a", "1.3", "1.4")], ("a", 10)),
        ([run_of("b", "1.4", before="a"), run_of("a", "1.3", after="b")], ("b", 4)),
        ([run_of("b", "1.3", before="a"), run_of("a", "1.3", "1.4", after="b")], ("a", 10)),
        (
            [
                run_of("c", "1.5", before="b"),
                run_of("b", "1.4", before="a", after="c"),
                run_of("a", "1.3", after="b"),
            ],
            ("b", 4),
        ),
        ([run_of("b", before="a"), run_of("a", "1.4", after="b")], ("a", 4)),
        ([run_of("b", "1.3", "1.4", before="gone")], ("b", 10)),
    ],
)
def test_a_case_goes_back_to_the_first_run_in_which_it_went_wrong(
    runs: list[Run], found: tuple[str, int] | None
) -> None:
    got = first_bad("chat:telegram:42", runs, mistake_since("1.4"))

    assert (got and (got[0].run_id, got[1].event_id)) == found


@pytest.mark.parametrize(
    ("runs", "said"),
    [
        ([run_of("b", "1.4", before="gone")], "no longer keeps the run before (gone)"),
        (
            [run_of("reset", "1.3", before="a"), run_of("a", "1.4", after="b")],
            "in an earlier run (a), but was reset after that",
        ),
    ],
)
def test_a_reset_that_could_lose_something_is_refused(runs: list[Run], said: str) -> None:
    with pytest.raises(BatonError) as refused:
        first_bad("chat:telegram:42", runs, mistake_since("1.4"))

    assert said in str(refused.value)
    assert str(refused.value).endswith("baton ops reset chat:telegram:42 --to 3")


@pytest.mark.parametrize(
    ("one", "other", "later"),
    [
        ("1.10", "1.9", True),
        ("1.9", "1.10", False),
        ("1.32.0", "1.32.0", False),
        ("1.32.0", "1.32", False),
        ("1.0.0", "1.0.0rc2", True),
    ],
)
def test_releases_are_in_their_order(one: str, other: str, later: bool) -> None:
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
