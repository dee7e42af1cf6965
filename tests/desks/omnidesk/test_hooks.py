"""Webhooks of Omnidesk: whatever the owner of the account wrote, the case to look at is found."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from helpdesks.omnidesk.hooks import read
from helpdesks.outside.hooks import Delivery, Hint, Unusable

JSON, FORM = "application/json; charset=utf-8", "application/x-www-form-urlencoded"
CHANNEL = {
    "type": "message_new",
    "object": {"message_id": 42577887, "case_id": 985687, "staff_id": 7235, "note": 0, "sent_via_rule": 0},
}
MESSAGE = Hint("985687", "omnidesk:985687:42577887")


def hint_in(body: bytes, content_type: str) -> Hint:
    return read(Delivery(body, {"content-type": content_type}), None)


@pytest.mark.parametrize("content_type", [JSON, "text/plain", ""])
def test_the_hook_of_a_custom_channel_names_case_and_message(content_type: str) -> None:
    assert hint_in(json.dumps(CHANNEL).encode(), content_type) == MESSAGE


@pytest.mark.parametrize("content_type", [FORM, "text/plain", JSON])
def test_as_a_form_it_is_the_same(content_type: str) -> None:
    form = {"type": "message_new", "object[case_id]": 985687, "object[message_id]": 42577887}
    assert hint_in(urlencode(form).encode(), content_type) == MESSAGE


def test_a_hook_of_a_rule_has_text() -> None:
    fields = {"case_id": "2000", "status": "в ожидании", "custom_field_25": "some text"}
    assert hint_in(json.dumps(fields).encode(), JSON) == Hint("2000")
    assert hint_in(urlencode(fields).encode(), FORM) == Hint("2000")


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
        b'{"case_id": ' + b"9" * 5000 + b"}",
        b'{"object":' * 40 + b'{"case_id": 1}' + b"}" * 40,
        b'{"object":' * 100_000,
    ],
)
def test_a_hook_that_names_no_case_is_no_hint(body: bytes) -> None:
    for content_type in (JSON, FORM):
        with pytest.raises(Unusable):
            hint_in(body, content_type)


def test_too_many_fields_are_no_hint() -> None:
    fields: dict[str, Any] = {f"field_{number}": number for number in range(1000)}
    with pytest.raises(Unusable):
        hint_in(urlencode(fields).encode(), FORM)
