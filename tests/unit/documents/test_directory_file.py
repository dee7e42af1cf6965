"""Directory files."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from baton.cli.desk.directorytext import as_yaml
from baton.documents.directory import Directory
from baton.documents.publicholidays import Holidays
from baton.errors import DocumentError
from tests.directories import parse_directory
from tests.unit.rules.kit import DIRECTORY


def mistakes(text: str) -> str:
    with pytest.raises(DocumentError) as refused:
        parse_directory(text, "who.yaml")
    return str(refused.value)


def test_the_demo_directory_has_the_lines_people_and_labels_of_the_demo() -> None:
    assert tuple(DIRECTORY.lines) == ("line-1", "line-2", "phones")
    assert {name: member.line for name, member in DIRECTORY.staff.items()} == {
        "ivan": "line-1",
        "petra": "line-1",
        "lena": "line-2",
        "oleg": "line-2",
        "maria": "phones",
    }
    assert DIRECTORY.unwatched_lines == ("line-2", "phones")
    assert {"billing", "delivery", "warranty", "vip", "several-departments"} <= DIRECTORY.known_labels


def test_the_demo_phones_work_in_office_hours_and_line_1_always() -> None:
    sunday = datetime(2027, 2, 28, 12, tzinfo=UTC)
    assert not DIRECTORY.on_duty(DIRECTORY.staff["maria"], sunday)
    assert DIRECTORY.on_duty(DIRECTORY.staff["ivan"], sunday)


def test_the_demo_departments_work_in_office_hours_without_public_holidays() -> None:
    office = DIRECTORY.calendars["office"]
    assert office.holidays == Holidays(country="DE")
    assert {DIRECTORY.calendar_of_department(key) is office for key in DIRECTORY.departments} == {True}
    assert {DIRECTORY.department_of(key) for key in ("billing", "vip")} == {"billing", None}
    assert DIRECTORY.members_of("warranty") == ("lena", "oleg")
    assert [key for key, member in DIRECTORY.staff.items() if "dispatcher" in member.roles] == ["petra"]


@pytest.mark.parametrize(
    "line",
    [
        "holidays: DE",
        "holidays: NO",
        "holidays: {country: DE, subdivision: BE}",
        "weekly: {mon: [00:00-24:00], tue: [09:00-12:30, 22:00:30-24:00]}",
        "days_off: [2026-12-24]",
    ],
)
def test_a_calendar_is_shown_as_it_is_written(line: str) -> None:
    written = parse_directory(f"calendars:\n  office:\n    {line}\n", "f")
    assert parse_directory(as_yaml(written), "shown") == written


def test_a_country_is_shown_as_a_word() -> None:
    assert "holidays: DE\n" in as_yaml(DIRECTORY)


def test_numbers_are_good_ids() -> None:
    assert tuple(parse_directory("staff: {330: {name: Ivan}}", "f").staff) == ("330",)


def test_each_dangling_reference_has_its_own_line_and_hint() -> None:
    said = mistakes(
        "lines:\n"
        "  chats: {calendar: ofice}\n"
        "calendars:\n"
        "  office: {}\n"
        "departments:\n"
        "  billing: {label: money, lead: ivann}\n"
        "  refunds: {label: money}\n"
        "staff:\n"
        "  ivan:\n"
        "    line: chat\n"
        "    departments:\n"
        "      - billing\n"
        "      - biling\n"
    )
    assert said.splitlines() == [
        "who.yaml:2: lines > chats > calendar: there is no calendar 'ofice'",
        "    did you mean office?",
        "who.yaml:6: departments > billing > lead: there is nobody 'ivann' among the staff",
        "    did you mean ivan?",
        "who.yaml:7: departments > refunds > label: 'money' is the label of billing too",
        "    a label asks one department; give each its own",
        "who.yaml:10: staff > ivan > line: there is no line 'chat'",
        "    did you mean chats?",
        "who.yaml:13: staff > ivan > departments > #2: there is no department 'biling'",
        "    did you mean billing?",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "staff:\n  ivan: {lin: a}\n",
            "who.yaml:2: staff > ivan: unknown field 'lin'\n    did you mean line?",
        ),
        (
            "staff:\n  i van: {}\n",
            "who.yaml:2: staff > i van: 'i van' is not an ID\n    an ID has no spaces and no colons",
        ),
        (
            "staff:\n  ivan: {max_chats: 0}\n",
            "who.yaml:2: staff > ivan > max_chats: 0: should be greater than or equal to 1",
        ),
        ("staff:\n  ivan: {line: chats}\n", "there is no line 'chats'\n    none are defined"),
        ("departments:\n  a: {}\n", "who.yaml:2: departments > a: 'label' is missing\n    add 'label: …'"),
        (
            "calendars:\n  a: {timezone: Mars}\n",
            "who.yaml:2: calendars > a > timezone: 'Mars': unknown time zone 'Mars'",
        ),
        (
            "calendars:\n  a:\n    weekly:\n      mon: [18:00-09:00]\n",
            "who.yaml:4: calendars > a > weekly > mon",
        ),
        (
            "calendars:\n  a:\n    weekly:\n      monday: []\n",
            "who.yaml:4: calendars > a > weekly > monday: 'monday' is not",
        ),
        (
            "calendars:\n  a:\n    weekly:\n      mon: [22:00-00:00]\n",
            "who.yaml:4: calendars > a > weekly > mon > #1: '00:00': "
            "an interval that lasts until midnight ends at 24:00",
        ),
        (
            "calendars:\n  a:\n    holidays: Germany\n",
            "who.yaml:3: calendars > a > holidays: no holidays are known for a country 'Germany'\n"
            "    did you mean DE?",
        ),
        (
            "calendars:\n  a:\n    holidays:\n      country: DE\n      subdivision: Bayern\n",
            "who.yaml:5: calendars > a > holidays > subdivision: DE has no subdivision 'Bayern'\n"
            "    did you mean BY?",
        ),
        (
            "calendars:\n  a:\n    holidays: {country: DE, subdivison: BE}\n",
            "who.yaml:3: calendars > a > holidays: unknown field 'subdivison'\n    did you mean subdivision?",
        ),
        (
            "calendars:\n  office: {}\ndepartments:\n  a: {label: a, calendar: ofice}\n",
            "who.yaml:4: departments > a > calendar: there is no calendar 'ofice'\n    did you mean office?",
        ),
        (
            "departments:\n  a: {label: a, answer_within_hours: 9000}\n",
            "departments > a > answer_within_hours: 9000: should be less than or equal to 8784",
        ),
        (
            "departments:\n  a: {label: a, remind_before_hours: 2}\n",
            "departments > a > remind_before_hours: there is no due time to remind of\n"
            "    add 'answer_within_hours: …', or remove this",
        ),
        (
            "departments:\n  a: {label: a, answer_within_hours: 2, remind_before_hours: 2.5}\n",
            "departments > a > remind_before_hours: "
            "a reminder 2.5 hours before the end would come before the question\n"
            "    write less than the 2 of answer_within_hours",
        ),
        # Nothing is converted: a word is neither true nor false, and neither is a number.
        (
            "staff:\n  a: {chats: yes}\n",
            "who.yaml:2: staff > a > chats: true or false is expected here, not 'yes'\n    write true",
        ),
        ("staff:\n  a: {chats: n}\n", "true or false is expected here, not 'n'\n    write false"),
        ("staff:\n  a: {shared: 1}\n", "staff > a > shared: true or false is expected here, not 1"),
        (
            "lines:\n  a: {takes_over: 'false'}\n",
            "true or false is expected here, not 'false'\n    write false",
        ),
        (
            "staff:\n  a: {max_chats: true}\n",
            "staff > a > max_chats: a whole number is expected here, not true",
        ),
        (
            "staff:\n  a: {max_tickets: '3'}\n",
            "staff > a > max_tickets: a whole number is expected here, not '3'\n    write it without quotes",
        ),
        (
            "departments:\n  a: {label: a, answer_within_hours: true}\n",
            "departments > a > answer_within_hours: a number is expected here, not true",
        ),
        (
            "calendars:\n  a: {known_until: '2027'}\n",
            "calendars > a > known_until: a whole number is expected here, not '2027'\n"
            "    write it without quotes",
        ),
    ],
)
def test_a_mistake_in_a_directory_says_where_what_and_what_to_do(text: str, said: str) -> None:
    assert said in mistakes(text)


def test_a_directory_that_is_not_from_a_file_still_names_its_dangling_references() -> None:
    with pytest.raises(ValueError, match=r"staff\.ivan\.line: there is no line 'x'"):
        Directory.model_validate({"staff": {"ivan": {"line": "x"}}})
