"""The program `baton`: its commands are there, and it leaves with the right exit code."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from baton.cli import COMMANDS, baton


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_is_there_and_explains_itself(name: str) -> None:
    result = CliRunner().invoke(baton, [name, "--help"])

    assert result.exit_code == 0
    assert f"baton {name}" in result.output


def test_help_lists_every_command_in_lines_that_fit() -> None:
    output = CliRunner().invoke(baton, ["--help"]).output

    assert all(f"\n  {name} " in output for name in COMMANDS)
    assert max(map(len, output.splitlines())) <= 80


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("raise SystemExit", 0, ""),
        ("raise SystemExit(2)", 2, ""),
        ("raise SystemExit('oh')", 1, ""),
        ("return None", 0, ""),
        ("raise ValueError('a mistake of ours')", 1, "ValueError: a mistake of ours"),
    ],
)
def test_it_leaves_with_the_exit_code_of_the_command_and_loses_no_output(
    ending: str, code: int, said: str
) -> None:
    script = f"""
import baton.cli
def main(**options):
    print("output")
    {ending}
baton.cli.baton.main = main
baton.cli.main()
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (ended.returncode, ended.stdout) == (code, "output\n")
    assert said in ended.stderr


def test_who_reads_the_output_may_go_away() -> None:
    script = "import baton.cli, sys; sys.argv = ['baton', 'chat', 'diagram']; baton.cli.main()"
    reads, writes = os.pipe()
    os.close(reads)

    ended = subprocess.run(
        [sys.executable, "-c", script], stdout=writes, stderr=subprocess.PIPE, text=True, check=False
    )

    os.close(writes)
    assert ended.stderr == ""
    assert ended.returncode in (0, 1)
