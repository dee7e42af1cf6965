"""The directory: who works here, and what it answers about them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from baton.documents.calendars import ALWAYS
from baton.documents.directory import Department, Directory, Member, unknown_labels
from baton.errors import UnknownLabel, UnknownStaff
from baton.wording import LONGEST_LIST, did_you_mean, mistakes_in

MONDAY_NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SUNDAY_NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

HOUSE: dict[str, Any] = {
    "calendars": {"office": {"weekly": {"mon": ["09:00-18:00"]}}},
    "lines": {
        "line-1": {"name": "Линия 1"},
        "line-2": {"calendar": "office"},
        "phones": {"takes_over": False},
        "empty": {},
    },
    "departments": {
        "billing": {"label": "Возврат", "lead": "lena", "calendar": "office", "answer_within_hours": 1.5},
        "law": {"label": "⚖"},
    },
    "labels": ["vip", "🔥"],
    "staff": {
        "ivan": {"name": "Иван", "line": "line-1"},
        "petra": {"line": "line-1", "chats": False, "max_chats": 2},
        "lena": {"line": "line-2", "departments": ["law", "billing"], "roles": ["lead"]},
        "maria": {"line": "phones", "chats": False, "departments": ["billing"]},
        "boss": {},
    },
}


def rig(**changes: Any) -> Directory:
    return Directory.model_validate({**HOUSE, **changes})


def test_the_members_of_a_line_are_those_whose_home_line_it_is() -> None:
    assert [*rig().members("line-1")] == ["ivan", "petra"]
    assert rig().members("empty") == {}
    assert rig().members("no such line") == {}


def test_a_line_is_unwatched_where_nobody_works_with_chats_by_habit() -> None:
    assert rig().unwatched_lines == ("phones", "empty")


def test_unknown_labels_are_named_each_with_the_nearest() -> None:
    assert str(unknown_labels(["viip", "refund"], ["vip", "billing"])) == (
        "there is no label 'viip' in the directory; did you mean vip?\n"
        "there is no label 'refund' in the directory; allowed: billing, vip"
    )


def test_the_known_labels_are_the_common_ones_and_those_of_the_departments() -> None:
    assert rig().known_labels == {"vip", "🔥", "Возврат", "⚖"}


@pytest.mark.parametrize(
    ("label", "department"),
    [("Возврат", "billing"), ("⚖", "law"), ("vip", None), ("billing", None)],
    ids=["of one", "of the other", "of none", "a key is no label"],
)
def test_a_label_leads_to_its_department(label: str, department: str | None) -> None:
    assert rig().department_of(label) == department


@pytest.mark.parametrize(
    ("department", "members"),
    [("billing", ("lena", "maria")), ("law", ("lena",)), ("closed last year", ())],
)
def test_the_members_of_a_department_are_named_in_the_order_of_the_directory(
    department: str, members: tuple[str, ...]
) -> None:
    assert rig().members_of(department) == members


def test_a_department_works_by_its_calendar_and_always_without_one() -> None:
    directory = rig()

    assert directory.calendar_of_department("billing") == directory.calendars["office"]
    assert directory.calendar_of_department("law") == ALWAYS
    assert directory.calendar_of_department("closed last year") == ALWAYS


def test_a_department_that_says_nothing_about_time_has_no_due_time() -> None:
    assert Department(label="x").model_dump() == {
        "name": "",
        "label": "x",
        "lead": None,
        "calendar": None,
        "answer_within_hours": None,
        "remind_before_hours": None,
    }


@pytest.mark.parametrize(
    ("staff", "at", "on_duty"),
    [
        ("lena", MONDAY_NOON, True),
        ("lena", SUNDAY_NOON, False),
        ("ivan", SUNDAY_NOON, True),
        ("boss", SUNDAY_NOON, True),
    ],
    ids=["in hours", "out of hours", "a line without a calendar", "nobody's line"],
)
def test_somebody_is_on_duty_when_the_lines_calendar_is_open(staff: str, at: datetime, on_duty: bool) -> None:
    directory = rig()

    assert directory.on_duty(directory.staff[staff], at) is on_duty


def test_a_member_of_a_line_that_is_gone_is_always_on_duty() -> None:
    assert rig().on_duty(Member(line="closed-last-year"), SUNDAY_NOON)


def test_who_says_nothing_works_with_chats_five_at_a_time_and_belongs_nowhere() -> None:
    assert Member().model_dump() == {
        "name": "",
        "line": None,
        "departments": (),
        "roles": (),
        "chats": True,
        "max_chats": 5,
        "max_tickets": 20,
        "shared": False,
    }


def test_a_line_takes_over_unless_it_says_otherwise() -> None:
    directory = rig()

    assert (directory.lines["line-1"].takes_over, directory.lines["phones"].takes_over) == (True, False)


def test_an_empty_directory_is_a_directory() -> None:
    empty = Directory()

    assert (empty.known_labels, empty.unwatched_lines) == (frozenset(), ())


def test_a_directory_goes_through_json_and_comes_back() -> None:
    assert Directory.model_validate_json(rig().model_dump_json()) == rig()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lines": {"line-1": {"calendar": "moon"}}, "staff": {}, "departments": {}}, "'moon'"),
        ({"departments": {"billing": {"label": "x", "lead": "ghost"}}}, "'ghost'"),
        ({"staff": {"ivan": {"line": "line-9"}}, "departments": {}}, "'line-9'"),
        ({"staff": {"ivan": {"departments": ["space"]}}, "departments": {}}, "'space'"),
        ({"departments": {"law": {"label": "x", "calendar": "moon"}}, "staff": {}}, "law.calendar: there"),
        (
            {"departments": {"billing": {"label": "x"}, "law": {"label": "x"}}},
            "departments.law.label: 'x' is the label of billing",
        ),
    ],
    ids=[
        "calendar",
        "lead",
        "line",
        "department",
        "calendar of a department",
        "two departments with one label",
    ],
)
def test_every_reference_is_checked(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Directory.model_validate({**HOUSE, **changes})

    assert said in str(refused.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"staff": {"ivan ivanov": {}}, "departments": {}},
        {"staff": {"ivan:1": {}}, "departments": {}},
        {"staff": {"": {}}, "departments": {}},
        {"staff": {"i" * 101: {}}, "departments": {}},
        {"staff": {"ivan": {"max_chats": 0}}, "departments": {}},
        {"staff": {"ivan": {"max_chats": 1001}}, "departments": {}},
        {"staff": {"ivan": {"phone": "+7"}}, "departments": {}},
        {"departments": {"billing": {}}},
        *(
            {"departments": {"billing": {"label": "x"} | hours, "law": {"label": "y"}}}
            for hours in (
                {"answer_within_hours": 0},
                {"answer_within_hours": 24 * 366 + 1},
                {"answer_within_hours": "nan"},
                {"remind_before_hours": 1},
                {"answer_within_hours": 2, "remind_before_hours": 0},
                {"answer_within_hours": 2, "remind_before_hours": 2},
            )
        ),
        {"rooms": {}},
    ],
    ids=[
        "a space in an ID",
        "a colon in an ID",
        "an empty ID",
        "an ID too long",
        "no chats at all",
        "too many chats",
        "an unknown field of a person",
        "a department without a label",
        "no time for an answer",
        "more than a year for an answer",
        "no number of hours",
        "a reminder of nothing",
        "a reminder at the end",
        "a reminder at the beginning",
        "an unknown section",
    ],
)
def test_what_is_not_a_directory_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Directory.model_validate({**HOUSE, **changes})


@pytest.mark.parametrize(
    ("staff", "said"),
    [
        ({"ivan": {}}, "there is nobody 'ivann' in the directory; did you mean ivan?"),
        ({}, "there is nobody 'ivann' in the directory; it has nobody yet"),
    ],
)
def test_who_is_not_in_the_directory_is_named(staff: dict[str, Any], said: str) -> None:
    with pytest.raises(UnknownStaff) as refused:
        Directory.model_validate({"staff": staff}).require_staff("ivann")
    assert str(refused.value) == said


def test_what_is_not_in_the_directory_is_named() -> None:
    directory = Directory.model_validate(
        {"lines": {"line-1": {}}, "departments": {"b": {"label": "billing"}}}
    )

    directory.require_line("line-1")
    assert directory.label_of("b") == "billing"
    with pytest.raises(UnknownStaff, match="there is no line 'line1' in the directory; did you mean line-1"):
        directory.require_line("line1")
    with pytest.raises(UnknownLabel, match="there is no department 'billing' in the directory; allowed: b"):
        directory.label_of("billing")


def test_every_mistake_in_a_directory_of_a_program_is_told() -> None:
    with pytest.raises(ValidationError) as wrong:
        Directory.model_validate({"staff": {f"s{number}": {"chats": "x"} for number in range(5)}})
    assert mistakes_in(wrong.value, "directory").count("chats: ") == 5
    assert mistakes_in(wrong.value, "directory", most=3).endswith("; and 2 more")


def test_in_a_company_of_hundreds_an_unknown_name_is_no_reason_to_list_them_all() -> None:
    names = [f"somebody.with-a-long-name.{number}" for number in range(585)]

    assert did_you_mean("somebody.with-a-long-nam.17", names).startswith(
        "did you mean somebody.with-a-long-nam"
    )
    listed = did_you_mean("x", names)
    assert listed.endswith(" more")
    assert len(listed) < LONGEST_LIST + 30
    assert did_you_mean("x", ["y" * 300]) == f"allowed: {'y' * 300}", "one is always named"
