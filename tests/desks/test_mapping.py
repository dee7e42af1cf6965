"""The part of a company's ``desk.yaml`` that is the same for each desk."""

from __future__ import annotations

from pathlib import Path

import pytest

from baton.documents.directory import Directory
from baton.documents.yaml import read_yaml
from baton.errors import DocumentError
from baton.settings import CHECKOUT
from helpdesks.outside.mapping import DeskMapping, load_mapping

DIRECTORY = read_yaml(CHECKOUT / "deploy/directory/demo.yaml").check(Directory)[0]


def loaded(tmp_path: Path, text: str) -> DeskMapping:
    file = tmp_path / "desk.yaml"
    file.write_text(f"desk: rt\nurl: https://rt.example.com\n{text}", encoding="utf-8")
    return load_mapping(file, DeskMapping, DIRECTORY)


@pytest.mark.parametrize(
    "text", ["people: {ivan: ivan.k}", "lines: {line-1: First, line-2: Second, phones: Third}"]
)
def test_names_of_the_directory_are_taken(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, text).desk == "rt"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("people: {iwan: ivan.k}", "nobody in the directory is 'iwan'"),
        ("people: {ivan: rt, lena: rt}", "ivan and lena have the same name 'rt'"),
        ("lines: {line-9: First, line-1: A, line-2: B, phones: C}", "the directory has no line 'line-9'"),
        ("lines: {line-1: First, phones: Third}", "lines: line-2 is missing"),
        ("lines: {line-1: First}", "lines: line-2 and phones are missing"),
        ("labels: {biling: Money}", "the directory has no label 'biling'"),
        ("notices: no", "notices: true or false is expected here, not 'no'\n    write false"),
        ("every: '5'", "every: a number is expected here, not '5'\n    write it without quotes"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DocumentError) as raised:
        loaded(tmp_path, text)
    (found,) = raised.value.problems
    assert problem in str(found)
    assert found.line == 3
