"""Conditions about the time of day, the hours of a calendar, and who is available."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from activities.askedfor import clock
from baton.contract import Activity, Status
from baton.documents.directory import Directory
from baton.errors import DocumentError
from baton.model.facts import Candidate, Clock, Facts, MissingAvailability, MissingClock, MissingCount
from baton.rules.engine import decide
from baton.rules.loading import parse_kept_rules
from tests.unit.rules.kit import (
    NOW,
    author,
    chat,
    event,
    facts,
    fired,
    minutes_ago,
    play,
    rule,
    rules,
    ticket,
)
from tests.unit.rules.kit import ticket_event as of_ticket

PLAIN = event("customer_message")


def holds(when: Mapping[str, Any], **known: Any) -> bool:
    """Whether a rule with these conditions fires for a message in a chat of Ivan's."""
    found = rules(changed=[rule("r", when)])
    return fired(play(found, chat(assignee="ivan", pinned_to="ivan"), PLAIN, facts(**known))) == ["r"]


def shown(at: str, zone: str = "Europe/Berlin", **fields: Any) -> dict[str, Any]:
    """The clocks of the phones and of the office show this."""
    here = Clock(zone=zone, wall=datetime.fromisoformat(at), **fields)
    return {"clocks": {"line.phones": here, "calendar.office": here}}


# --- Time of day and weekday --------------------------------------------------------------------

MONDAY = "2027-03-01"


@pytest.mark.parametrize("place", ["line.phones", "calendar.office"])
@pytest.mark.parametrize(
    ("part", "at", "inside"),
    [
        ({"from": "09:00", "until": "18:00"}, "08:59:59.999999", False),
        ({"from": "09:00", "until": "18:00"}, "09:00", True),
        ({"from": "09:00", "until": "18:00"}, "17:59:59.999999", True),
        ({"from": "09:00", "until": "18:00"}, "18:00", False),
        ({"from": "22:00", "until": "06:00"}, "21:59", False),
        ({"from": "22:00", "until": "06:00"}, "22:00", True),
        ({"from": "22:00", "until": "06:00"}, "00:00", True),
        ({"from": "22:00", "until": "06:00"}, "05:59", True),
        ({"from": "22:00", "until": "06:00"}, "06:00", False),
        ({"from": "18:00"}, "17:59", False),
        ({"from": "18:00"}, "23:59:59", True),
        ({"from": "18:00", "until": "24:00"}, "23:59:59", True),
        ({"from": "18:00", "until": "24:00"}, "00:00", False),
        ({"from": "18:00", "until": "00:00"}, "23:59:59", True),
        ({"until": "09:00"}, "00:00", True),
        ({"until": "09:00"}, "09:00", False),
    ],
    ids=str,
)
def test_a_part_of_the_day_begins_with_its_first_moment_and_ends_before_its_last(
    place: str, part: dict[str, str], at: str, inside: bool
) -> None:
    known = shown(f"{MONDAY}T{at}")
    assert holds({f"{place}.time": part}, **known) is inside
    assert holds({"not": {f"{place}.time": part}}, **known) is not inside


@pytest.mark.parametrize(
    ("test", "fires"),
    [
        ("mon", True),
        ("tue", False),
        ({"is not": "tue"}, True),
        ({"is one of": ["sat", "sun"]}, False),
        ({"is none of": ["sat", "sun"]}, True),
    ],
    ids=str,
)
def test_a_weekday_is_that_of_the_calendar(test: Any, fires: bool) -> None:
    assert holds({"calendar.office.weekday": test}, **shown(f"{MONDAY}T00:00")) is fires


@pytest.mark.parametrize("place", ["line.phones", "calendar.office"])
@pytest.mark.parametrize("is_open", [True, False])
def test_whether_it_is_within_the_hours(place: str, is_open: bool) -> None:
    known = shown(f"{MONDAY}T12:00", open=is_open)
    assert holds({f"{place}.open": True}, **known) is is_open
    assert holds({f"{place}.open": False}, **known) is not is_open


@pytest.mark.parametrize(
    ("at", "wall", "is_open", "turns"),
    [
        # Berlin is one hour ahead in winter, two in summer; the office has a lunch break.
        ("2027-03-01T08:30Z", "2027-03-01T09:30", True, "2027-03-01T12:00Z"),
        ("2027-03-01T12:00Z", "2027-03-01T13:00", False, "2027-03-01T13:00Z"),
        ("2027-06-29T07:30Z", "2027-06-29T09:30", True, "2027-06-29T11:00Z"),
        ("2027-03-05T20:00Z", "2027-03-05T21:00", False, "2027-03-08T08:00Z"),
        ("2026-12-24T10:00Z", "2026-12-24T11:00", False, "2026-12-28T08:00Z"),
    ],
)
def test_the_clock_is_that_of_the_calendar_s_time_zone(at: str, wall: str, is_open: bool, turns: str) -> None:
    moment = datetime.fromisoformat(at)
    for name in ("line.phones", "calendar.office"):
        assert clock(name, moment, OFFICE) == Clock(
            zone="Europe/Berlin",
            wall=datetime.fromisoformat(wall),
            open=is_open,
            turns_at=datetime.fromisoformat(turns),
        )


def test_without_a_calendar_there_is_no_time_of_day_and_it_is_always_open() -> None:
    nothing = Clock()
    for name in ("line.line-1", "line.gone", "calendar.gone"):
        assert clock(name, NOW, OFFICE) == nothing
    lost = {"clocks": {"line.phones": nothing, "calendar.office": nothing}}
    for when in ({"line.phones.time": {"from": "12:00"}}, {"line.phones.time": {"until": "12:00"}}):
        assert not holds(when, **lost)
    assert not holds({"calendar.office.weekday": {"is one of": ["mon", "tue", "wed"]}}, **lost)
    assert holds({"line.phones.open": True}, **lost)


OFFICE = Directory.model_validate(
    {
        "calendars": {
            "office": {
                "timezone": "Europe/Berlin",
                "weekly": {
                    **{day: ["09:00-13:00", "14:00-18:00"] for day in ("mon", "tue", "wed", "thu")},
                    "fri": ["09:00-15:00"],
                },
                "holidays": "DE",
                "days_off": ["2026-12-24"],
            }
        },
        "lines": {"line-1": {}, "phones": {"calendar": "office"}},
    }
)


# --- Who is available ---------------------------------------------------------------------------


def line(available: int, of: int = 3) -> dict[str, Any]:
    members = tuple(Candidate(staff=f"s{number}", available=number < available) for number in range(of))
    return {"lines": {"line-1": members}, "available_in": {"line-1": available}}


@pytest.mark.parametrize(
    ("test", "available", "fires"),
    [
        ({"at least": 1}, 0, False),
        ({"at least": 1}, 1, True),
        ({"at least": 2}, 1, False),
        ({"at most": 0}, 0, True),
        ({"at most": 0}, 1, False),
        ({"at least": 1, "at most": 2}, 2, True),
        ({"at least": 1, "at most": 2}, 3, False),
    ],
    ids=str,
)
def test_how_many_of_a_line_are_available(test: dict[str, int], available: int, fires: bool) -> None:
    assert holds({"line.line-1.available": test}, **line(available)) is fires


def test_a_line_without_anybody_has_nobody_available() -> None:
    assert holds({"line.line-1.available": {"at most": 0}}, available_in={"line-1": 0})


@pytest.mark.parametrize("field", ["case.assignee", "case.pinned_to", "before.assignee", "staff.ivan"])
@pytest.mark.parametrize("available", [True, False])
def test_whether_a_person_is_available(field: str, available: bool) -> None:
    known = {"available": {"ivan": available}}
    assert holds({f"{field}.available": True}, **known) is available
    assert holds({f"{field}.available": False}, **known) is not available


def test_nobody_is_neither_available_nor_not() -> None:
    for wanted in (True, False):
        assert not holds({"case.reserved_for.available": wanted})
        assert not holds({"event.author.available": wanted})  # a customer


def test_the_author_and_the_composer_can_be_asked_about_too() -> None:
    known = facts(available={"lena": True})
    composing = ticket(composer="lena")
    happened = of_ticket("note_added", "lena", text="x")
    found = rules(
        changed=[
            rule("r", {"event.author.available": True, "case.composer.available": True}, cases="tickets")
        ]
    )
    assert fired(decide(found, known, composing, composing, happened)) == ["r"]


# --- Looked up only where a rule asks -----------------------------------------------------------

LAZY: dict[str, tuple[Any, type[Exception]]] = {
    "line.line-2.available": ({"at least": 1}, MissingCount),
    "staff.lena.available": (True, MissingAvailability),
    "case.assignee.available": (True, MissingAvailability),
    "calendar.office.open": (True, MissingClock),
    "line.phones.time": ({"from": "09:00"}, MissingClock),
    "calendar.office.weekday": ("mon", MissingClock),
}


@pytest.mark.parametrize("name", LAZY)
@pytest.mark.parametrize("first", [True, False])
def test_it_is_asked_for_only_if_everything_else_holds(name: str, first: bool) -> None:
    test, missing = LAZY[name]
    nothing = Facts(now=NOW)

    def about(label: str) -> dict[str, Any]:
        both = {name: test, "case.labels": label, "event.text": {"contains": "x"}}
        return both if first else dict(reversed(both.items()))

    now = chat(assignee="ivan", labels=("vip",))
    said = event("customer_message", text="x")
    with pytest.raises(missing):
        decide(rules(changed=[rule("r", about("vip"))]), nothing, now, now, said)
    assert fired(decide(rules(changed=[rule("r", about("urgent"))]), nothing, now, now, said)) == []
    assert fired(decide(rules(changed=[rule("r", about("vip"))]), nothing, now, now, PLAIN)) == []


# --- Mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"line.line-9.available": {"at least": 1}}, "there is no line 'line-9'"),
        ({"line.fones.open": True}, "there is no line 'fones'\n    did you mean phones?"),
        ({"calendar.ofice.open": True}, "there is no calendar 'ofice'\n    did you mean office?"),
        ({"staff.leena.available": True}, "there is nobody 'leena' among the staff\n    did you mean lena?"),
        ({"line.line-1.time": {"from": "09:00"}}, "'line-1' has no calendar, so no time zone is its own"),
        ({"line.line-1.weekday": "mon"}, "ask calendar.NAME.weekday, or give the line a calendar"),
        ({"line.line-1.open": True}, "'line-1' has no calendar, so it is always open"),
        ({"any": [{"not": {"line.line-9.open": True}}]}, "there is no line 'line-9'"),
        (
            {"line.line-1.avialable": {"at least": 1}},
            "unknown field 'line.line-1.avialable'\n    did you mean line.line-1.available",
        ),
        ({"calendar.office.available": {"at least": 1}}, "unknown field 'calendar.office.available'"),
        ({"staff.lena.open": True}, "unknown field 'staff.lena.open'"),
        ({"time": {"from": "09:00"}}, "unknown field 'time'"),
        ({"weekday": "mon"}, "unknown field 'weekday'"),
        ({"line.phones.time": {"from": "9:00"}}, "this is not a time of day\n    write 09:00"),
        ({"line.phones.time": {"from": "25:00"}}, "this is not a time of day"),
        ({"line.phones.time": {"from": 9}}, "this is not a time of day"),
        ({"line.phones.time": {}}, "there is nothing here"),
        ({"line.phones.time": "09:00"}, "needs a word"),
        ({"line.phones.time": {"from": "09:00", "until": "09:00"}}, "this is no part of the day"),
        ({"line.phones.time": {"from": "00:00", "until": "24:00"}}, "this is no part of the day"),
        ({"line.phones.time": {"at": "09:00"}}, "unknown field 'at'\n    allowed: from, until"),
        ({"line.phones.weekday": "monday"}, "'monday' is not possible here\n    did you mean mon?"),
        ({"line.phones.open": "yes"}, "true or false is expected here, not 'yes'"),
        ({"line.line-1.available": 1}, "needs a word\n    write {at least: 1}"),
        ({"line.line-1.available": True}, "needs a word"),
        ({"line.line-1.available": {"at least": "1"}}, "number"),
        ({"line.line-1.available": {"at least": 3, "at most": 2}}, "can never match"),
        (
            {"line.line-1.available": {"at least": 3}, "all": [{"line.line-1.available": {"at most": 2}}]},
            "can never match",
        ),
        ({"staff.lena.available": {"at least": 1}}, "true or false is expected here"),
    ],
    ids=str,
)
def test_a_mistake_says_where_what_and_what_to_do(when: dict[str, Any], said: str) -> None:
    with pytest.raises(DocumentError) as refused:
        rules(changed=[rule("r", when)])
    assert said in str(refused.value)


def test_kept_rules_are_read_without_a_directory() -> None:
    source = rules(changed=[rule("r", {"line.phones.time": {"from": "09:00"}})]).source
    assert parse_kept_rules(source, "kept").rules("changed")[0].id == "r"


def test_the_digest_says_what_such_a_rule_says() -> None:
    digests = {
        rules(changed=[rule("r", {"line.phones.time": {"from": at}})]).digest for at in ("09:00", "10:00")
    }
    assert len(digests) == 2


# --- Rules about time ---------------------------------------------------------------------------


def waited(minutes: float, **when: Any) -> dict[str, Any]:
    return rule("wait", {"minutes waiting": {"at least": minutes}, **when})


def look(
    listed: list[dict[str, Any]], kind: str = "timed_due", **known: Any
) -> tuple[list[str], datetime | None]:
    state = chat(waiting_since=minutes_ago(30), customer_wrote_at=minutes_ago(1), wrote_at=minutes_ago(1))
    happened = event(kind) if kind == "timed_due" else event(kind, "ivan", text="x")
    ruling = play(rules(timed=listed), state, happened, facts(**known))
    return fired(ruling), ruling.wake_at


def test_a_customer_who_writes_twice_waits_since_the_first_message() -> None:
    assert look([waited(30)]) == (["wait"], None)
    assert look([waited(31)]) == ([], NOW + timedelta(minutes=1))


def test_nobody_waits_in_a_chat_that_was_answered() -> None:
    state = chat(status=Status.PENDING, customer_wrote_at=minutes_ago(30), last_author=author("ivan"))
    ruling = play(rules(timed=[waited(5)]), state, event("timed_due"))
    assert (fired(ruling), ruling.wake_at) == ([], None)


def test_a_timed_rule_within_hours_waits_for_the_opening() -> None:
    opening = NOW + timedelta(hours=11)
    closed = shown("2027-03-01T22:00", open=False, turns_at=opening)
    rule_of_day = waited(10, **{"line.phones.open": True})
    assert look([rule_of_day], **closed) == ([], opening)
    assert look([rule_of_day], "note_added", **closed) == ([], opening)
    assert look([rule_of_day], **shown("2027-03-02T09:00", open=True)) == (["wait"], None)


def test_a_timed_rule_for_a_part_of_the_day_waits_for_it() -> None:
    nightly = waited(10, **{"calendar.office.time": {"from": "22:00", "until": "06:00"}})
    at_noon = facts().now  # 12:00 in UTC, 13:00 in Berlin
    found = look([nightly], **shown("2027-03-01T13:00"))
    assert found == ([], at_noon + timedelta(hours=9))


def test_a_timed_rule_for_a_weekday_waits_for_midnight_there() -> None:
    on_tuesday = waited(10, **{"calendar.office.weekday": "tue"})
    assert look([on_tuesday], **shown("2027-03-01T13:00")) == (
        [],
        datetime(2027, 3, 1, 23, 0, tzinfo=UTC),
    )


def test_a_timed_rule_asks_what_time_it_is_only_when_it_is_due() -> None:
    assert look([waited(31, **{"calendar.office.open": True})]) == ([], NOW + timedelta(minutes=1))
    with pytest.raises(MissingClock):
        look([waited(29, **{"calendar.office.open": True})])


@pytest.mark.parametrize(
    "when",
    [
        {"line.line-1.available": {"at most": 0}},
        {"case.assignee.available": False},
        {"staff.lena.available": False},
    ],
    ids=str,
)
def test_a_timed_rule_may_ask_who_is_available(when: dict[str, Any]) -> None:
    away = {**line(0), "available": {"lena": False, "ivan": False}}
    here = {**line(1), "available": {"lena": True, "ivan": True}}
    state = chat(assignee="ivan", waiting_since=minutes_ago(30))
    listed = rules(timed=[waited(10, **when)])
    assert fired(play(listed, state, event("timed_due"), facts(**away))) == ["wait"]
    assert fired(play(listed, state, event("timed_due"), facts(**here))) == []


def test_a_ticket_s_customer_waits_too() -> None:
    listed = rules(timed=[rule("wait", {"minutes waiting": {"at least": 30}}, cases="tickets")])
    state = ticket(waiting_since=minutes_ago(30))
    assert fired(decide(listed, facts(), state, state, of_ticket("timed_due"))) == ["wait"]


def test_minutes_waiting_needs_a_timed_rule() -> None:
    with pytest.raises(DocumentError, match="only a timed rule can ask for 'minutes waiting'"):
        rules(changed=[rule("r", {"minutes waiting": {"at least": 5}})])


def test_an_ended_chat_that_nobody_answered_still_waits() -> None:
    state = chat(Activity.ENDED, Status.OPEN, waiting_since=minutes_ago(90))
    assert fired(play(rules(timed=[waited(60)]), state, event("timed_due"))) == ["wait"]
