"""`baton init`: the files of a new company pass the checks, whatever its lines and departments are called."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton as program
from baton.company import Company, load_company
from baton.documents.yaml import read_yaml
from baton.rules.language import RuleList
from baton.settings import CHECKOUT
from baton.texts import Language

NAMES = ("chats", "Ночная смена", "No", "330", "a: b", "#1", 'O\'Neill "the" {first}', "%", "it's", "line-2")


def run(*arguments: str, answers: str | None = None) -> Result:
    return CliRunner().invoke(program, ["init", *arguments], input=answers)


def company_in(folder: Path) -> Company:
    return load_company(*(folder / f"{name}.yaml" for name in ("directory", "rules", "templates")))


every_language = pytest.mark.parametrize(
    ("language", "shipped"), [("en", "support-lines.yaml"), ("ru", "support-lines.ru.yaml")]
)


def rules_in(file: Path) -> list[dict[str, Any]]:
    """What rules ask and do, without what they are called."""
    document: Any = read_yaml(file).data
    rules = [rule for listed in document.values() if isinstance(listed, list) for rule in listed]
    return [{name: value for name, value in rule.items() if name not in ("id", "name")} for rule in rules]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "acme"


def test_the_lines_departments_and_people_that_were_named_are_in_the_directory(folder: Path) -> None:
    result = run(
        str(folder),
        *("--line", "Chats=Ivan Petrov, petra", "--line", "experts=lena"),
        *("--department", "billing=Lena,ivan petrov", "--department", "delivery", "--timezone", "Asia/Tokyo"),
    )

    directory = company_in(folder).directory
    assert [(key, line.name) for key, line in directory.lines.items()] == [
        ("chats", "Chats"),
        ("experts", "Experts"),
    ]
    assert {key: (member.name, member.line, member.chats) for key, member in directory.staff.items()} == {
        "ivan-petrov": ("Ivan Petrov", "chats", True),
        "petra": ("Petra", "chats", True),
        "lena": ("Lena", "experts", False),
    }
    assert directory.members_of("billing") == ("ivan-petrov", "lena")
    assert directory.departments["billing"].lead == "lena"
    assert (directory.departments["delivery"].label, directory.departments["delivery"].lead) == (
        "delivery",
        None,
    )
    assert directory.calendars["office"].timezone == "Asia/Tokyo"
    assert f"export BATON_COMPANY={folder}\n  baton up\n" in result.output


@every_language
def test_the_rules_are_the_shipped_ones_about_the_line_that_works_with_chats(
    folder: Path, language: str, shipped: str
) -> None:
    run(str(folder), "--line", "front", "--line", "experts", "--language", language)

    assert rules_in(folder / "rules.yaml") == [
        json.loads(json.dumps(rule).replace("line-1", "front"))
        for rule in rules_in(CHECKOUT / "deploy/rules" / shipped)
    ]
    text = (folder / "rules.yaml").read_text(encoding="utf-8")
    assert re.findall(r"(?:line|лини\w+)[ -][12]", text) == []
    assert ("Front" in text.partition("version:")[0]) is True


@pytest.mark.parametrize("first", range(len(NAMES)))
@pytest.mark.parametrize(("lines", "departments"), [(0, 1), (1, 0), (1, 1), (2, 3), (len(NAMES), len(NAMES))])
@pytest.mark.parametrize("language", [language.value for language in Language])
def test_files_for_any_company_fit_together(
    folder: Path, lines: int, departments: int, first: int, language: str
) -> None:
    names = NAMES[first:] + NAMES[:first]
    options = [word for name in names[:lines] for word in ("--line", f"{name}={name} 1,{name} 2")]
    options += [word for name in names[:departments] for word in ("--department", f"{name}={name} 1,x")]

    result = run(str(folder), *options, "--language", language)

    assert result.exit_code == 0, result.output
    company = company_in(folder)
    assert (len(company.directory.lines), len(company.directory.departments)) == (lines, departments)
    assert len(company.templates) == (2 if departments else 0)


@pytest.mark.parametrize("language", [language.value for language in Language])
def test_uncommented_examples_are_accepted(folder: Path, language: str) -> None:
    """What stands in comments as an example fits the rest of the file."""
    run(str(folder), "--line", "chats=ivan", "--department", "billing=ivan", "--language", language)
    rules, directory = folder / "rules.yaml", folder / "directory.yaml"
    before, _, after = rules.read_text(encoding="utf-8").partition("# timed:\n")
    example = after.partition("\n#\n")[0].splitlines()
    rules.write_text(f"{before}timed:\n" + "".join(f"{line.removeprefix('# ')}\n" for line in example))
    text = directory.read_text(encoding="utf-8").replace("    # holidays", "    holidays")
    (member,) = (line.removeprefix("# ") for line in text.splitlines() if line.startswith("#   nina:"))
    directory.write_text(f"{text}{member}\n".replace("    # days_off", "    days_off"))

    company = company_in(folder)

    assert [rule.id for rule in company.rules.rules(RuleList.TIMED)] == ["long-wait"]
    assert company.directory.staff["nina"].roles == ("team-lead",)
    assert company.directory.calendars["office"].days_off


def test_the_language_is_batons_own_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BATON_LANGUAGE", "ru")
    lines = ("--line", "front=ivan", "--department", "billing", "--department", "delivery")

    run(str(tmp_path / "ru"), *lines)
    run(str(tmp_path / "en"), *lines, "--language", "en")

    for name in ("directory", "rules", "templates"):
        russian, english = ((tmp_path / language / f"{name}.yaml").read_text() for language in ("ru", "en"))
        assert re.search("[а-яё]", russian)
        assert not re.search("[а-яё]", english)
    assert next(iter(company_in(tmp_path / "ru").templates)).name == "Billing и Delivery"


def test_without_lines_and_departments_it_asks_for_them(folder: Path) -> None:
    result = run(str(folder), answers="front, back\nivan, petra\n\nbilling\nlena\n")

    assert result.exit_code == 0, result.output
    directory = company_in(folder).directory
    assert list(directory.lines) == ["front", "back"]
    assert list(directory.departments) == ["billing"]
    assert {key: member.line for key, member in directory.staff.items()} == {
        "ivan": "front",
        "petra": "front",
        "lena": None,
    }


def test_a_company_may_have_only_departments(folder: Path) -> None:
    run(str(folder), answers="-\nbilling, delivery\nlena\nmaria\n")

    company = company_in(folder)
    assert company.directory.lines == {}
    assert [rule.id for rule in company.rules.rules(RuleList.CHANGED)] == ["label-off-after-answer"]


def test_where_nobody_answers_it_says_how_to_give_the_answers(folder: Path) -> None:
    result = run(str(folder), answers="")

    assert result.exit_code == 2
    assert "--line chats=ivan,petra" in result.output
    assert not folder.exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--line", "a=ivan", "--line", "b=Ivan"), "Ivan is in two lines, A and B; everybody has one."),
        (("--line", "First line", "--line", "first-line"), "would be the same line, 'first-line'"),
        (("--department", "x\u200b"), "cannot be a name"),
        (("--line", "=ivan"), "'' cannot be a name"),
        (("--line", "x" * 101), "cannot be a name"),
        (("--line", "a", "--timezone", "Mars"), "unknown time zone 'Mars'"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    folder: Path, options: tuple[str, ...], said: str
) -> None:
    result = run(str(folder), *options)

    assert result.exit_code in (1, 2)
    assert said in result.output
    assert not folder.exists()


def test_what_is_there_is_never_changed(folder: Path) -> None:
    folder.mkdir()
    (folder / "rules.yaml").write_text("mine")

    result = run(str(folder), "--line", "chats")

    assert result.exit_code == 1
    assert "rules.yaml is there already, so nothing was written" in result.output
    assert [file.name for file in folder.iterdir()] == ["rules.yaml"]
    assert (folder / "rules.yaml").read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    result = run(str(tmp_path / "file" / "acme"), "--line", "chats")

    assert result.exit_code == 1
    assert "cannot be written: Not a directory" in result.output
