"""The measurements can be started. What they measure is not checked here."""

from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner
from rich.console import Console

from baton.settings import CHECKOUT
from lab.bench import __main__ as bench
from lab.bench.hot.report import AT_ONCE, section_of


@pytest.mark.parametrize("name", bench.BENCHES)
def test_a_measurement_is_found_under_its_name_and_in_the_help(name: str) -> None:
    assert callable(import_module(f"lab.bench.{name}").main)
    assert name in CliRunner().invoke(bench.main, ["--help"]).output


def test_every_measurement_has_a_name() -> None:
    folder = CHECKOUT / "lab/bench"
    modules = {path.stem for path in folder.glob("*.py") if "def main(" in path.read_text("utf-8")}
    packages = {
        path.parent.name for path in folder.glob("*/__init__.py") if "main" in path.read_text("utf-8")
    }
    assert (modules | packages) - {"__main__"} == set(bench.BENCHES)


@pytest.mark.parametrize(("ended", "code"), [(None, 0), (0, 0), (1, 1)])
def test_those_that_are_named_are_run_and_tell_whether_all_is_well(
    ended: int | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = []

    def measuring(name: str, ended: int | None) -> None:
        def main() -> int | None:
            run.append(name)
            return ended

        monkeypatch.setattr(f"lab.bench.{name}.main", main)

    measuring("decide", ended)
    measuring("races", None)
    said = CliRunner().invoke(bench.main, ["decide", "races"])
    assert (said.exit_code, run) == (code, ["decide", "races"])


def test_without_a_name_all_are_run(monkeypatch: pytest.MonkeyPatch) -> None:
    run = []
    for name in bench.BENCHES:
        monkeypatch.setattr(f"lab.bench.{name}.main", lambda name=name: run.append(name))
    assert CliRunner().invoke(bench.main, []).exit_code == 0
    assert run == list(bench.BENCHES)


def test_one_that_is_not_there_is_refused_before_any_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.bench.decide.main", lambda: pytest.fail("it was run"))
    said = CliRunner().invoke(bench.main, ["decide", "everything"])
    assert said.exit_code == 2
    assert "No such command 'everything'" in said.output


def test_the_widest_table_of_the_hot_path_fits_into_80_columns() -> None:
    processor = dict.fromkeys(("server", "worker", "client", "ledger"), 123.4)
    row = {
        "a_second": 1234.0,
        "median_ms": 1234.5,
        "of_bare": 1.0,
        "of_floor": 1.0,
        "processor_ms": processor,
    }
    section = section_of("A handoff", AT_ONCE, [{"name": "+ upsert and activity", **row}])
    console = Console(width=80)
    with console.capture() as captured:
        console.print(section.table())
    assert captured.get().splitlines()[-1].split() == [
        *("+", "upsert", "and", "activity"),
        *("1234", "1234.5", "1.00", "1.00", "123.4", "123.4", "123.4", "123.4"),
    ]


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["--only", "message,mesage"], "there is no part 'mesage'; the parts are message, handoff"),
        (["--beside", "docs"], "docs/worker.py is not there: give a checkout of Baton"),
    ],
)
def test_the_hot_path_says_what_is_wrong_with_its_options(arguments: list[str], answer: str) -> None:
    said = CliRunner().invoke(bench.main, ["hot", *arguments])
    assert said.exit_code == 2
    assert answer in " ".join(said.output.replace("│", " ").split())
