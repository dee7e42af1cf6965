"""The mapping of names for RT: what is a mistake in it, and what it makes of RT's words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from baton.contract import Status
from baton.errors import DeskRefused
from helpdesks.rt.desk import RtDesk
from helpdesks.rt.mapping import RtMapping
from helpdesks.rt.transactions import quoted
from tests.desks.documenting import check_fields
from tests.desks.rt.site import mapping_of

URL = "https://rt.example.com"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"queues": []}, "at least 1 item"),
        ({"queues": ["First line"]}, "the queue 'First line' is line-1's, and cannot be one of 'queues'"),
        ({"people": {"lena": "Baton"}}, "'Baton' is no person in RT, and cannot be lena"),
        ({"people": {"lena": "nobody"}}, "'nobody' is no person in RT, and cannot be lena"),
        ({"statuses": {"open": ["open"], "pending": ["Open"]}}, "the status 'open' is named twice"),
        ({"statuses": {"pending": []}}, "at least 1 item"),
        ({"marker_field": "Baton}Event"}, "should match pattern"),
        ({"commands": {"ask": "/ask them"}}, "should match pattern"),
        ({"auth": "cookie"}, "'token' or 'password'"),
        ({"queue": "General"}, "Extra inputs are not permitted"),
    ],
)
def test_what_makes_no_sense_is_a_mistake(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match="1 validation error") as raised:
        mapping_of(URL, **fields)
    assert problem in str(raised.value)


def test_the_first_status_of_each_is_set_and_the_others_are_understood_in_any_case() -> None:
    mapping = mapping_of(URL, statuses={"open": ["active", "new", "Waiting for Parts"]})
    assert mapping.statuses.to_set(Status.OPEN) == "active"
    assert mapping.statuses.there["waiting for parts"] is Status.OPEN
    assert mapping.statuses.there["stalled"] is Status.PENDING
    assert "open" not in mapping.statuses.there


def test_every_queue_is_named_once_and_people_are_known_in_any_case() -> None:
    mapping = mapping_of(URL, queues=["General", "Complaints"], people={"lena": "Lena.M"})
    assert mapping.all_queues == ("General", "Complaints", "First line", "Experts", "Phones")
    assert mapping.people_by_login == {"lena.m": "lena"}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"assignee": "newcomer"}, r"newcomer has no login in RT: add 'people: \{newcomer: …\}'"),
        ({"line": "line-9"}, r"line-9 has no queue in RT: add 'lines: \{line-9: …\}'"),
    ],
)
async def test_who_and_what_has_no_name_in_rt_is_refused_with_what_to_do(change: Any, problem: str) -> None:
    desk = RtDesk(mapping_of("http://127.0.0.1:9"), "secret")
    with pytest.raises(DeskRefused, match=problem):
        await desk.change("1", change, "key")
    await desk.aclose()


def test_a_name_cannot_end_its_place_in_a_query() -> None:
    assert quoted("It's a \\ queue") == "'It\\'s a \\\\ queue'"


def test_the_documentation_has_every_field_and_its_default() -> None:
    check_fields("rt", RtMapping)


def test_what_the_mapping_leaves_out_has_a_value() -> None:
    mapping = RtMapping(desk="rt", url=URL, login="baton", queues=("General",))
    assert (mapping.auth, mapping.labels_field, mapping.marker_field) == ("token", "Labels", "BatonEvent")
    assert mapping.statuses.all == ("open", "new", "stalled", "resolved", "rejected", "deleted")
