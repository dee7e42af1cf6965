"""The command ``baton hooks``: what could not be used is listed, shown and read again."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.desk.hooks import HooksReplayed, KeptHook
from baton.errors import IllegalTransition
from tests.fakes import opener

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REASON = "the field 'ticket' has no number of a ticket: make the scrip anew, see docs/desks/rt.md"
KEPT = KeptHook(id=7, desk="rt", reason=REASON, at=NOON, content_type="application/json", size=24)


class Desk:
    def __init__(self) -> None:
        self.rows = [KEPT, KEPT.model_copy(update={"id": 6, "reason": "the body is no JSON"})]
        self.replayed: list[int | None] = []

    async def hooks(self, limit: int) -> list[KeptHook]:
        return self.rows[:limit]

    async def hook(self, number: int) -> KeptHook:
        if number != KEPT.id:
            raise IllegalTransition(f"no delivery {number} is kept")
        return KEPT.model_copy(update={"body": '{"ticket": "\x1b[31m{$id}"}'})

    async def replay_hooks(self, number: int | None = None) -> HooksReplayed:
        self.replayed.append(number)
        return HooksReplayed(usable=1 if number else 2, left=3, desks=("rt",))


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    desk = Desk()
    monkeypatch.setattr("baton.cli.desk.hooks.beside_client", opener(desk))
    return desk


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "80"}).invoke(program, ["hooks", *arguments])


def test_the_list_can_be_read_in_80_columns(desk: Desk) -> None:
    lines = run("list", "--utc").output.splitlines()

    assert lines[0].split() == ["ID", "Time", "(UTC)", "Desk", "Bytes", "Reason"]
    assert lines[1].startswith("7   2026-03-02 12:00:00  rt    24     the field 'ticket' has no number")
    assert max(map(len, lines)) <= 80
    assert run("list", "--limit", "1", "--utc").output.count("2026-03-02") == 1


def test_an_empty_list_says_that_all_is_well(desk: Desk) -> None:
    desk.rows = []
    assert run("list").output == "No delivery of a hook is kept: all could be used.\n"
    assert json.loads(run("list", "--json").output) == []


def test_one_is_shown_with_its_body_which_controls_no_terminal(desk: Desk) -> None:
    output = run("show", "7", "--utc").output
    assert REASON in " ".join(output.split())
    assert output.endswith('{"ticket": "�[31m{$id}"}\n')
    result = run("show", "8")
    assert (result.exit_code, "no delivery 8 is kept" in result.output) == (1, True)


def test_they_are_read_again_one_or_all(desk: Desk) -> None:
    assert run("replay", "7").output.splitlines() == [
        "1 delivery can be used now, and is kept no longer",
        "3 still cannot",
        "Baton looks at rt now.",
    ]
    assert run("replay").output.splitlines()[0] == "2 deliveries can be used now, and are kept no longer"
    assert desk.replayed == [7, None]
    assert json.loads(run("replay", "--json").output) == {
        "usable": 2,
        "left": 3,
        "after": None,
        "desks": ["rt"],
    }
