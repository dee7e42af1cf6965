"""Why a case waits, in Russian."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from baton.desk.waits import Colleague, InQueue, closed, waits_for
from baton.phrases import waits
from baton.texts import Language, texts_in
from tests.directories import parse_directory

RU, EN = texts_in(Language.RU), texts_in(Language.EN)


@pytest.mark.parametrize(
    ("english", "said"),
    [
        ("", ""),
        ("next: goes to ivan", "на очереди: достанется сотруднику ivan"),
        ("2 of line-1 online, both full", "на линии line-1 онлайн: 2, мест нет ни у кого"),
        (
            "handed on by ivan; 1 other of line-1 online, full",
            "передано сотрудником ivan; на линии line-1 онлайн, кроме того: 1, мест нет",
        ),
        (
            "line-1 opens on Mon 2026-03-09 at 09:00 (UTC)",
            "линия line-1 откроется в понедельник, 2026-03-09 в 09:00 (UTC)",
        ),
        ("because of something new", "because of something new"),
    ],
)
def test_why_a_case_waits_is_said_in_russian(english: str, said: str) -> None:
    assert waits.waits_for(english, RU) == said
    assert waits.waits_for(english, EN) == english


COLLEAGUES = [
    Colleague("", *flags) for flags in ((True, False), (True, True), (False, True), (True, False, False))
]


def reasons() -> set[str]:
    """Every reason there can be: up to three colleagues, each as they may be, and each case as it may be."""
    cases = [
        InQueue("line-1", promised, handed_on, ended, assignee)
        for promised, handed_on, ended, assignee in product(
            (None, "ivan"), (None, "ivan"), (False, True), (None, "ivan")
        )
    ]
    names = ("ivan", "petra", "olga")
    return {
        waits_for(case, [one._replace(staff=name) for name, one in zip(names, line, strict=False)])
        for case in cases
        for most in range(4)
        for line in product(COLLEAGUES, repeat=most)
    }


def test_every_reason_there_can_be_is_said_in_russian() -> None:
    found = reasons()

    assert len(found) > 10
    left = [waits.waits_for(one, RU) for one in found]
    english = ("online", "full", "nobody", "other", "handed", "room", "who", "next", " of ")
    assert [one for one in left if any(word in one for word in english)] == []


@pytest.mark.parametrize("hours", ["mon: ['13:00-17:00']", "tue: ['09:00-12:00']", "mon: []"])
def test_when_a_line_opens_is_said_in_russian(hours: str) -> None:
    directory = parse_directory(
        f"calendars: {{hours: {{timezone: UTC, weekly: {{{hours}}}}}}}\n"
        "lines: {line-1: {calendar: hours}, line-2: {}}\nstaff: {ivan: {line: line-1}}",
        "directory.yaml",
    )
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)  # a Monday

    for line in ("line-1", "line-2", "line-3"):
        said = waits.waits_for(closed(line, directory, noon), RU)
        assert "лини" in said
        assert not any(word in said for word in ("open", "never", "nobody", "longer"))
