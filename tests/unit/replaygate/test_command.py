"""``baton replay``: its options, its processes and its reports."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from click.testing import Result as Ran

from baton.cli import baton as program
from baton.errors import BatonError
from replaygate.command import GOLDEN
from replaygate.forprograms import as_dict, write_junit
from replaygate.pool import Pool, replay_command
from replaygate.report import print_summary
from replaygate.result import Accepted, Difference, HistoryVerdict, Result
from replaygate.tally import Tally

DIFFERENCE = Difference(
    event=7, command="activity notify", field="input.0.tell.3.reason", recorded="new", now="old"
)


def baton(*words: str) -> Ran:
    return CliRunner().invoke(program, ["replay", *words])


def result(
    name: str, verdict: HistoryVerdict = HistoryVerdict.REPLAYED, *differences: Difference, **fields: Any
) -> Result:
    return Result(name=name, verdict=verdict, differences=list(differences), **fields)


def tally_of(*results: Result, accepted: Sequence[dict[str, str]] = (), strict: bool = False) -> Tally:
    tally = Tally(Accepted.model_validate({"accepted": accepted}), strict, keep=True)
    for one in results:
        tally.add(one)
    return tally


# --- Options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--golden", "--query", ""], "Give one of --golden, --folder and --query."),
        (["--golden", "--folder", "."], "Give one of --golden, --folder and --query."),
        (["--limit", "3"], "--limit needs --query"),
        (["--query", "", "--limit", "0"], "0 is not in the range"),
        (["--folder", "nowhere"], "'nowhere' does not exist"),
        (["--processes", "-1"], "-1 is not in the range"),
    ],
)
def test_wrong_usage_is_refused(words: list[str], said: str) -> None:
    ran = baton(*words)
    assert ran.exit_code == 2
    assert said in ran.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[accepted]", "is not TOML"),
        ("[[known]]\n", "known: Extra inputs are not permitted"),
        ('[[accepted]]\ncommand = "timer"\nfield = "seconds"\n', "accepted.0.why: Field required"),
        ('[[accepted]]\ncomand = "timer"\n', "Each [[accepted]] has command, field and why."),
        ('[[accepted]]\nonly = "mine"\n', "Each [[accepted]] has command, field and why."),
    ],
)
def test_a_mistake_in_the_file_of_accepted_differences_is_reported(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "accepted.toml").write_text(text, encoding="utf-8")
    ran = baton("--folder", str(tmp_path), "--accept", str(tmp_path / "accepted.toml"))
    assert ran.exit_code == 1
    assert "accepted.toml" in ran.output
    assert said in ran.output


def test_a_folder_without_histories_does_not_pass(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    ran = baton("--folder", str(tmp_path), "--junit", str(report))
    assert ran.exit_code == 1
    assert "Nothing was replayed" in ran.output
    suite = ElementTree.parse(report).getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors")] == ["1", "0", "1"]
    assert "Nothing was replayed" in (suite.findall("testcase/error")[0].get("message") or "")


def test_what_came_of_it_is_said_even_if_the_report_for_ci_cannot_be_written(tmp_path: Path) -> None:
    shutil.copy(GOLDEN / "empty.1.json", tmp_path)
    ran = baton("--folder", str(tmp_path), "--junit", str(tmp_path / "nowhere/report.xml"))
    assert ran.exit_code == 1
    assert "1 history (" in ran.output
    assert "report.xml cannot be written: No such file or directory" in ran.output


def test_a_folder_is_replayed_and_reported(tmp_path: Path) -> None:
    """The folder holds one golden history, one that was changed, and something else."""
    (tmp_path / "inner").mkdir()
    shutil.copy(GOLDEN / "empty.1.json", tmp_path / "inner/empty.json")
    text = (GOLDEN / "ghost.1.json").read_text(encoding="utf-8")
    (tmp_path / "longer.json").write_text(text.replace('"startToFireTimeout": "', '"startToFireTimeout": "1'))
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not looked at", encoding="utf-8")

    ran = baton("--folder", str(tmp_path), "--strict", "--json", "--junit", str(tmp_path / "report.xml"))
    said = json.loads(ran.stdout)
    assert ran.exit_code == 1
    assert (said["passed"], said["replayed"], said["unreadable"], said["different"]) == (False, 2, 1, 1)
    longer, other = said["histories"]
    assert (longer["name"], {one["field"] for one in longer["differences"]}) == ("longer.json", {"seconds"})
    assert (other["name"], other["verdict"]) == ("other.json", "unreadable")
    cases = ElementTree.parse(tmp_path / "report.xml").getroot().iter("testcase")
    assert {case.get("name"): [child.tag for child in case] for case in cases} == {
        "inner/empty.json": [],
        "longer.json": ["failure"],
        "other.json": ["error"],
    }


# --- The verdict --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("results", "strict", "passed"),
    [
        ([result("a")], True, True),
        ([result("a"), result("b", HistoryVerdict.SKIPPED)], True, True),
        ([result("a", HistoryVerdict.SKIPPED)], False, False),
        ([], False, False),
        ([result("a"), result("b", HistoryVerdict.BROKEN)], False, False),
        ([result("a"), result("b", HistoryVerdict.UNREADABLE)], False, False),
        ([result("a", HistoryVerdict.REPLAYED, DIFFERENCE)], False, True),
        ([result("a", HistoryVerdict.REPLAYED, DIFFERENCE)], True, False),
    ],
)
def test_what_passes(results: list[Result], strict: bool, passed: bool) -> None:
    assert tally_of(*[one.model_copy(deep=True) for one in results], strict=strict).passed is passed


@pytest.mark.parametrize(
    ("entry", "covered"),
    [
        ({"command": "activity notify", "field": "input.0.tell.*.reason"}, True),
        ({"command": "activity *", "field": "input.*"}, True),
        ({"command": "activity notify", "field": "input.0.tell.3.reason", "history": "a"}, True),
        ({"command": "activity notify", "field": "input.0.tell.3.reason", "history": "b"}, False),
        ({"command": "activity reassign", "field": "*"}, False),
        ({"command": "activity notify", "field": "input.0"}, False),
        ({"command": "activity notify", "field": "input.*", "only": "code"}, False),
    ],
)
def test_an_accepted_difference_passes(entry: dict[str, str], covered: bool) -> None:
    tally = tally_of(
        result("a", HistoryVerdict.REPLAYED, DIFFERENCE),
        accepted=[{**entry, "why": "it was meant"}],
        strict=True,
    )
    assert (tally.passed, tally.known, tally.different) == (covered, int(covered), int(not covered))


def test_differences_of_one_kind_are_told_once() -> None:
    other = DIFFERENCE.model_copy(update={"event": 9, "field": "input.0.tell.0.reason"})
    tally = tally_of(
        result("a", HistoryVerdict.REPLAYED, DIFFERENCE, other),
        result("b", HistoryVerdict.REPLAYED, DIFFERENCE),
    )
    ((kind, group),) = tally.groups.items()
    assert (kind.field, group.histories, group.number, group.name) == ("input.*.tell.*.reason", 2, 3, "a")
    assert tally.different == 2


def test_a_report_holds_whatever_histories_hold(tmp_path: Path) -> None:
    """Control characters are not valid XML, but a workflow ID may have them."""
    tally = tally_of(
        result("chat:x:\x00<&\ud800", HistoryVerdict.BROKEN, what="a \x1b[31m break", said="]]>", event=8),
        result("b", HistoryVerdict.SKIPPED, what="another workflow type: <X>"),
        result("c", HistoryVerdict.REPLAYED, DIFFERENCE),
    )
    write_junit(tally, tmp_path / "report.xml")
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["3", "1", "0", "1"]
    (broken,) = suite.iter("failure")
    assert (broken.get("message"), broken.text) == ("event 8: a \N{REPLACEMENT CHARACTER}[31m break", "]]>")
    (different,) = suite.iter("system-out")
    assert different.text == (
        'event 7, activity notify, input.0.tell.3.reason: the history has "new", this code has "old"'
    )
    assert as_dict(tally)["broken"] == 1


def test_the_reason_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    """A process that died left a traceback, and the end of that is the reason."""
    print_summary(
        tally_of(result("a", HistoryVerdict.BROKEN, what="ended: no memory", said="Traceback\nno memory"))
    )
    print_summary(tally_of(result("b", HistoryVerdict.BROKEN, what="no such timer", said="another command")))
    said = capsys.readouterr().out
    assert "a: broken\n  ended: no memory\n\n" in said
    assert "b: broken\n  no such timer\n  Temporal: another command\n" in said


def test_a_report_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BatonError, match="cannot be written: Is a directory"):
        write_junit(tally_of(result("a")), tmp_path)


# --- The processes ------------------------------------------------------------------------------


def script(folder: Path, body: str) -> list[str]:
    """A process that says that it is ready and then runs ``body`` for each ``request``."""
    lines = ["import json, sys, os", "print('ready', flush=True)", "for line in sys.stdin:"]
    lines += ["    request = json.loads(line)", *(f"    {line}" for line in body.splitlines())]
    path = folder / "replayer.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    return [sys.executable, str(path)]


async def test_a_process_that_dies_takes_only_its_history_with_it(tmp_path: Path) -> None:
    command = script(
        tmp_path,
        "if request['name'] == 'bad':\n"
        "    print('out of memory', file=sys.stderr, flush=True)\n"
        "    os._exit(7)\n"
        "print(json.dumps({'name': request['name'], 'verdict': 'replayed'}), flush=True)",
    )
    async with Pool.open(command, 1) as pool:
        results = [await pool.replay({"name": name, "file": "-"}) for name in ("a", "bad", "b")]
    assert [one.verdict for one in results] == [
        HistoryVerdict.REPLAYED,
        HistoryVerdict.BROKEN,
        HistoryVerdict.REPLAYED,
    ]
    assert results[1].what == "the process that replayed it ended, exit code 7: out of memory"


async def test_a_process_that_cannot_begin_is_an_error(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such module')"]
    async with Pool.open(command, 1) as pool:
        with pytest.raises(BatonError, match=r"Replaying cannot begin in .*: no such module"):
            await pool.replay({"name": "a", "file": "-"})


def test_without_a_checkout_there_is_nothing_to_replay_against(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("replaygate.pool.CHECKOUT", tmp_path)
    with pytest.raises(BatonError, match="There is no replay gate here"):
        replay_command("default")
