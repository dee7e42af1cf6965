"""What is right in a calendar and yet may surprise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from baton.documents.calendarremarks import Remark, how_far_known, known_end, last_known_year, remarks
from baton.documents.calendars import Calendar
from baton.documents.directory import Directory
from baton.documents.holidaypackage import last_known_year as known_of

NOVEMBER = datetime(2026, 11, 28, tzinfo=UTC)


def calendar(**fields: Any) -> Calendar:
    return Calendar.model_validate(fields)


@pytest.mark.parametrize(
    ("country", "this_year", "last"),
    [
        ("LK", 2026, 2026),
        ("RU", 2026, 2027),
        ("RU", 2027, 2027),
        ("HU", 2026, 2026),
        ("CN", 2026, 2026),
        ("LV", 2026, 2026),
        ("UZ", 2026, 2026),
        ("AR", 2026, 2026),
        ("KZ", 2026, 2025),
        ("UA", 2026, 2100),
        ("BG", 2026, 2100),
        ("DE", 2026, 2100),
        ("GB", 2026, 2100),
        ("JP", 2026, 2099),
        ("IN", 2026, 2035),
        ("NP", 2030, 2025),
        ("UA", 2022, 2021),
        ("RU", 2031, 2027),
        ("TW", 2029, 2025),
    ],
    ids=[
        "the package has a last year",
        "the next year is decreed",
        "the year after is not",
        "not decreed yet",
        "CN",
        "LV",
        "UZ",
        "bridging days, decreed each year",
        "this year is missing",
        "no days are moved any more",
        "nor here",
        "rules know every year",
        "single decrees, long ago",
        "another last year",
        "the package warns",
        "it also does, but its decrees end sooner",
        "most days are missing",
        "the package is old, and nobody has cared",
        "an old package does not know whether days are moved",
    ],
)
def test_the_last_known_year(country: str, this_year: int, last: int) -> None:
    assert known_of(country, None, this_year) == last


@pytest.mark.parametrize(
    ("now", "hints"),
    [("2027-11-01T20:59:59Z", False), ("2027-11-01T21:00:01Z", True), ("2028-03-01T00:00Z", True)],
    ids=["sixty days and a second", "less", "over"],
)
def test_there_is_a_hint_sixty_days_ahead(now: str, hints: bool) -> None:
    moscow = calendar(timezone="Europe/Moscow", holidays="RU")
    assert known_end(moscow, 2027) == datetime(2027, 12, 31, 21, tzinfo=UTC)
    found = how_far_known("office", moscow, datetime.fromisoformat(now))
    assert found is not None
    assert found.what == "the holidays of RU are known until the end of 2027"
    assert found.hint == (
        "update the package holidays; or write what is free or worked in 2028 into days_off and days, then "
        "known_until: 2028"
        if hints
        else ""
    )


def test_somebody_may_know_more_than_the_package_or_less() -> None:
    assert last_known_year(calendar(holidays="LK", known_until=2027), NOVEMBER) == 2027
    assert last_known_year(calendar(holidays="DE", known_until=2026), NOVEMBER) == 2026
    assert last_known_year(calendar(days_off=["2026-12-24"]), NOVEMBER) is None
    assert how_far_known("own", calendar(known_until=2026), NOVEMBER) == Remark(
        "own",
        "its free days are known until the end of 2026",
        "write what is free or worked in 2027 into days_off and days, then known_until: 2027",
    )


def said(**fields: Any) -> list[tuple[str, str]]:
    found = remarks(Directory.model_validate({"calendars": {"office": fields}}), NOVEMBER)
    return [(what, hint) for _, what, hint in found]


def test_a_country_without_its_part_is_named_with_the_parts() -> None:
    assert said(holidays="GB") == [
        ("the holidays of GB are known until the end of 2100", ""),
        (
            "4 of the parts of GB have other holidays than GB alone",
            "write {country: GB, subdivision: …} with one of ENG (England), NIR (Northern Ireland), "
            "SCT (Scotland), WLS (Wales)",
        ),
    ]
    assert len(said(holidays={"country": "GB", "subdivision": "ENG"})) == 1
    assert len(said(holidays="PL")) == 1, "has parts, and all have the same days"


@pytest.mark.parametrize("country", ["DE", "AU", "CA", "CH", "ES"])
def test_each_part_of_some_countries_has_more(country: str) -> None:
    (_, (what, hint)) = said(holidays=country)
    assert what.endswith(f" of the parts of {country} have other holidays than {country} alone")
    assert hint.count(",") >= 8


@pytest.mark.parametrize(
    ("zone", "what"),
    [
        ("EST", "EST has no summer time: it is five hours behind UTC all year"),
        ("MST", "MST has no summer time: it is seven hours behind UTC all year"),
        ("HST", "HST has no summer time: it is ten hours behind UTC all year"),
        ("GMT", "GMT has no summer time: it is the time of UTC all year"),
        ("Etc/GMT+3", "Etc/GMT+3 has no summer time, and its sign is turned round: it is 3 hours behind UTC"),
        (
            "Etc/GMT-1",
            "Etc/GMT-1 has no summer time, and its sign is turned round: it is 1 hour ahead of UTC",
        ),
    ],
)
def test_a_zone_that_is_seldom_meant_is_hinted_at(zone: str, what: str) -> None:
    ((found, hint),) = said(timezone=zone)
    assert found == what
    assert "/" in hint


@pytest.mark.parametrize(
    "zone", ["UTC", "Etc/UTC", "Europe/London", "America/Panama", "Asia/Kolkata", "EST5EDT", "CET"]
)
def test_other_zones_are_not(zone: str) -> None:
    assert said(timezone=zone) == []


@pytest.mark.parametrize(
    ("zone", "hint"),
    [
        ("localtime", "write where the office is, such as Europe/Berlin"),
        ("posixrules", "write where the office is, such as Europe/Berlin"),
        ("Factory", "write where the office is, such as Europe/Berlin"),
        ("posix/Europe/Berlin", "write Europe/Berlin"),
        ("right/Europe/Berlin", "write Europe/Berlin"),
    ],
)
def test_a_zone_of_the_machine_is_refused(zone: str, hint: str) -> None:
    with pytest.raises(ValidationError) as refused:
        calendar(timezone=zone)
    (mistake,) = refused.value.errors()
    assert mistake["msg"] == f"the time zone {zone!r} is not the same on every machine"
    assert mistake["ctx"]["hint"] == hint
