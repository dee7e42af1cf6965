"""What docs/templates.md says is true."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest

from baton.errors import DocumentError
from baton.settings import CHECKOUT
from baton.templates import Answer, DepartmentCard, PersonCard, TicketCard, parse_templates
from baton.templates.context import ASK_NAMES, DRAFT_NAMES
from baton.templates.filters import FILTERS
from tests.unit.rules.kit import DIRECTORY

TEXT = (CHECKOUT / "docs/templates.md").read_text(encoding="utf-8")
GOOD, WRONG = re.findall(r"^```yaml\n(.*?\n)```$", TEXT, re.DOTALL | re.MULTILINE)


def test_the_example_is_accepted() -> None:
    assert [template.id for template in parse_templates(GOOD, "t.yaml", DIRECTORY)] == [
        "billing-and-warranty"
    ]


def test_the_mistakes_are_reported_as_they_are_shown() -> None:
    with pytest.raises(DocumentError) as refused:
        parse_templates(WRONG, "templates.yaml", DIRECTORY)
    assert f"```text\nError: {refused.value}\n```" in TEXT
    assert len(refused.value.problems) == 4


def named(heading: str) -> set[str]:
    """The names in the first column of the table below this line."""
    table = TEXT.partition(heading)[2].partition("\n\n")[2].partition("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    found = set()
    for row in rows:
        first = ""
        for name in re.findall(r"`([\w.]+)`", row):
            first = name.partition(".")[0] or first
            found.add(name if not name.startswith(".") else first + name)
    return found


def of(name: str, kind: type, *without: str) -> set[str]:
    return {f"{name}.{field.name}" for field in fields(kind) if field.name not in without}


def test_every_name_that_a_text_may_use_is_there_and_no_other() -> None:
    ask = of("ticket", TicketCard) | of("dispatcher", PersonCard) | of("department", DepartmentCard)
    assert named("A note and a message may use:") == ask | {*ASK_NAMES} - {"ticket", "dispatcher"}
    draft = of("ticket", TicketCard) | of("composer", PersonCard) | of("answer", Answer)
    assert named("A draft may use:") == draft | {*DRAFT_NAMES} - {"ticket", "composer"}


def test_every_filter_is_there_and_no_other() -> None:
    said = TEXT.partition("Beside Jinja2's own filters")[2].partition("\n\n")[0]
    own = {"day", "time", "date"}
    assert set(re.findall(r"`(\w+)`", said)) | own == FILTERS.keys()
