"""``baton keys``."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton
from baton.temporal.keys import key_line, name_of, new_key, read_keys


def run(*words: object) -> Result:
    return CliRunner().invoke(baton, ["keys", *map(str, words)])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def test_the_first_key_makes_the_file_for_its_owner_only_and_is_not_shown(file: Path) -> None:
    result = run("add", file, "--id", "2027-03")

    assert result.exit_code == 0
    (key,) = read_keys(file).values()
    assert result.output == f"{name_of('2027-03', key)}  writes, reads\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["keys"]


def test_a_rotation_adds_a_key_that_reads_and_then_lets_it_write(file: Path) -> None:
    run("add", file, "--id", "old")
    old = read_keys(file)["old"]

    added = run("add", file, "--id", "new")
    assert [line.split()[1:] for line in added.output.splitlines()] == [["writes,", "reads"], ["reads"]]
    assert list(read_keys(file)) == ["old", "new"]
    used = run("use", file, "new")
    assert list(read_keys(file)) == ["new", "old"]
    assert read_keys(file)["old"] == old
    assert used.output == run("list", file).output
    assert base64.b64encode(old).decode() not in added.output + used.output
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_else_is_in_the_file_stays_and_so_does_who_may_read_it(file: Path) -> None:
    older, old = (key_line(name, new_key()) for name in ("older", "old"))
    file.write_text(f"# asked Ada in March\n\n{old}# gone in June\n{older.strip()}")
    file.chmod(0o640)
    link = file.with_name("link")
    link.symlink_to(file)

    run("add", link, "--id", "new")
    run("use", link, "new")

    new = key_line("new", read_keys(file)["new"])
    assert file.read_text() == f"# asked Ada in March\n\n{new}{old}# gone in June\n{older}"
    assert file.stat().st_mode & 0o777 == 0o640
    assert link.is_symlink()
    assert run("use", file, "new").exit_code == 0
    assert list(read_keys(file)) == ["new", "old", "older"]


def test_without_an_id_a_key_is_named_by_its_time(file: Path) -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}/[0-9a-f]{8}  writes, reads\n", run("add", file).output)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "{}", "--id", "old"), "has a key 'old' already; name another with --id"),
        (("add", "{}", "--id", "a b"), "'a b' cannot be the ID of a key"),
        (("use", "{}", "other"), "has no key 'other'; there are old"),
        (("list", "{}x"), "No such file"),
        (("add", "{}/keys"), "cannot be"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(file: Path, words: tuple[str, ...], said: str) -> None:
    file.write_text(key_line("old", new_key()))
    before = file.read_text()

    result = run(*(word.format(file) for word in words))

    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
    assert file.read_text() == before


def test_a_file_that_is_wrong_is_not_written_over(file: Path) -> None:
    file.write_text("not a key file, but something else\n")

    result = run("add", file)

    assert result.exit_code == 1
    assert f"{file}:1: it has 7 words" in result.output
    assert file.read_text() == "not a key file, but something else\n"
