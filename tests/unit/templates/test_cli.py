"""``baton template``."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from baton.cli import baton
from baton.templates.schema import templates_schema_text
from tests.unit.rules.kit import DEPLOY

SHIPPED = str(DEPLOY / "templates/several-departments.yaml")
DIRECTORY = str(DEPLOY / "directory/demo.yaml")
OWN = """\
version: 1
templates:
  - id: tax
    name: Tax
    departments: [tax]
    note: Please answer, {{ departments | join }}.
    notify: {staff: [petra, ivan], line: line-1}
    due: {tax: {answer within hours: 1, remind before hours: 0.5}}
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(baton, ["template", *words])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "t.yaml"
    path.write_text(OWN, encoding="utf-8")
    return path


def test_list_reads_the_file_of_the_settings_in_order(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = run("list")
    assert result.exit_code == 0
    names = [line for line in result.output.splitlines() if not line.startswith(" ")]
    assert names == [
        "three-departments",
        "three-departments-quiet",
        "billing-and-delivery",
        "delivery-and-warranty",
    ]
    monkeypatch.setenv("BATON_TEMPLATES_FILE", str(own))
    assert run("list").output == "tax\n    Tax\n    asks tax; with notify, due\n"
    assert run("list", "--file", SHIPPED).output == result.output


def test_show_says_what_a_template_does_and_how_its_texts_come_out() -> None:
    result = run("show", "three-departments", "--directory", DIRECTORY)
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    for line in (
        "asks      billing, delivery, warranty",
        "marker    several-departments",
        "notifies  the members of these departments",
        "due       billing: within 8 hours of business time, reminded 2 hours before",
        "draft     that of the file",
        "    - Billing, until Monday, 7 December, 18:00",
        "    Billing and Delivery (Boris):",
    ):
        assert line in result.output.splitlines()


def test_show_without_a_directory_calls_departments_by_their_keys(own: Path) -> None:
    lines = run("show", "tax", "--file", str(own)).output.splitlines()
    for line in (
        "notifies  petra, ivan",
        "          everybody of line-1 who is online",
        "due       tax: within 1 hour of business time, reminded 0.5 hours before",
        "message   nothing to the customer",
        "draft     the built-in one",
        "    Please answer, tax.",
        "    (nothing)",
    ):
        assert line in lines


def test_show_of_an_unknown_template_names_the_nearest() -> None:
    result = run("show", "three-department")
    assert result.exit_code == 1
    assert "there is no template 'three-department': did you mean three-departments" in result.output


def test_check_says_that_templates_are_fine(own: Path) -> None:
    result = run("check", SHIPPED, "--directory", DIRECTORY)
    assert result.exit_code == 0
    assert "is fine: 4 templates." in result.output
    assert "Names were not checked" not in result.output
    assert "Names were not checked" in run("check", str(own)).output


def test_check_shows_the_mistakes_without_a_traceback(own: Path) -> None:
    result = run("check", str(own), "--directory", DIRECTORY)
    assert result.exit_code == 1
    assert "t.yaml:5: templates > #1 > departments > #1: there is no department 'tax'" in result.output
    assert "Traceback" not in result.output


def test_schema_is_printed_or_written(tmp_path: Path) -> None:
    path = tmp_path / "schema.json"
    assert run("schema").output == templates_schema_text()
    assert run("schema", "--output", str(path)).exit_code == 0
    assert path.read_text(encoding="utf-8") == templates_schema_text()
