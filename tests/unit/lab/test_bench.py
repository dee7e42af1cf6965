"""The measurements can be started. What they measure is not checked here."""

from __future__ import annotations

from importlib import import_module

import pytest
from click.testing import CliRunner

from baton.settings import CHECKOUT
from lab.bench import __main__ as bench


@pytest.mark.parametrize("name", bench.BENCHES)
def test_a_measurement_is_found_under_its_name_and_in_the_help(name: str) -> None:
    assert callable(import_module(f"lab.bench.{name}").main)
    assert name in CliRunner().invoke(bench.main, ["--help"]).output


def test_every_measurement_has_a_name() -> None:
    modules = {
        path.stem for path in (CHECKOUT / "lab/bench").glob("*.py") if "def main(" in path.read_text("utf-8")
    }
    assert modules - {"__main__"} == set(bench.BENCHES)


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


def test_one_that_is_not_there_is_refused_before_any_is_run() -> None:
    said = CliRunner().invoke(bench.main, ["decide", "everything"])
    assert said.exit_code == 2
    assert "'everything' is not one of 'decide'" in said.output
