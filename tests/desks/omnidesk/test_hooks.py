"""Webhooks of Omnidesk: whatever the owner of the account wrote, the case to look at is found."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from baton.contract import Status
from helpdesks.omnidesk.hooks import Hint, hint_in, status_in

JSON, FORM = "application/json; charset=utf-8", "application/x-www-form-urlencoded"
CHANNEL = {
    "type": "message_new",
    "object": {"message_id": 42577887, "case_id": 985687, "staff_id": 7235, "note": 0, "sent_via_rule": 0},
}
MESSAGE = Hint("985687", "omnidesk:985687:42577887")


@pytest.mark.parametrize("content_type", [JSON, "text/plain", ""])
def test_the_hook_of_a_custom_channel_names_case_and_message(content_type: str) -> None:
    assert hint_in(json.dumps(CHANNEL).encode(), content_type) == MESSAGE


@pytest.mark.parametrize("content_type", [FORM, "text/plain", JSON])
def test_as_a_form_it_is_the_same(content_type: str) -> None:
    form = {"type": "message_new", "object[case_id]": 985687, "object[message_id]": 42577887}
    assert hint_in(urlencode(form).encode(), content_type) == MESSAGE


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("открытое", Status.OPEN),
        ("Открытое", Status.OPEN),
        ("в ожидании", Status.PENDING),
        ("«в ожидании»", Status.PENDING),
        ("закрытое", Status.CLOSED),
        ("open", Status.OPEN),
        ("Pending", Status.PENDING),
        ("waiting", Status.PENDING),
        ("closed", Status.CLOSED),
        ("Im Wartestand", None),
        ("", None),
    ],
)
def test_a_hook_of_a_rule_has_text_and_localised_statuses(word: str, status: Status | None) -> None:
    fields = {"case_id": "2000", "status": word, "custom_field_25": "some text"}
    assert status_in(word) is status
    assert hint_in(json.dumps(fields).encode(), JSON) == Hint("2000", None, status)
    assert hint_in(urlencode(fields).encode(), FORM) == Hint("2000", None, status)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"case_id": null}',
        b'{"case_id": "{{case_id}}"}',
        b"case_id=",
    ],
)
def test_a_hook_that_names_no_case_is_no_hint(body: bytes) -> None:
    assert hint_in(body, JSON) is None
    assert hint_in(body, FORM) is None


def test_too_many_fields_are_no_hint() -> None:
    fields: dict[str, Any] = {f"field_{number}": number for number in range(1000)}
    assert hint_in(urlencode(fields).encode(), FORM) is None
