"""What a webhook of Omnidesk says: which case to look at.

A webhook is an action of a rule. Whoever owns the account writes its body, as JSON or as a form, so the names
of its fields are found by what they end with; values come as text. A custom channel sends a body of its own,
in which ``object`` has the fields. Nothing is signed: the owner writes the secret into the address, or into a
header where the account can set one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from helpdesks.omnidesk.events import message_id
from helpdesks.outside.hooks import Delivery, Hint, Unusable, json_object, require_token

_MOST_FIELDS = 500
_LONGEST = 20
"""Digits of a number."""


def read(delivery: Delivery, secret: str | None) -> Hint:
    """See `helpdesks.outside.hooks`. The event is the ID that the feed gives to the message, if it is one."""
    require_token(delivery, secret)
    fields = dict(_fields(_data(delivery)))
    case_id = fields.get("case_id", "")
    if not _is_number(case_id):
        raise Unusable("no field case_id has the number of a case: look at the body that the rule sends")
    message = fields.get("message_id", "")
    return Hint(case_id, message_id(case_id, message) if _is_number(message) else "")


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _LONGEST


def _data(delivery: Delivery) -> Mapping[str, Any]:
    # The owner of the account may have chosen the wrong type, so the other one is tried, too.
    readers = (_form, json_object) if "form" in delivery.content_type.lower() else (json_object, _form)
    for reader in readers:
        with suppress(Unusable):
            return reader(delivery.body)
    raise Unusable("the body is neither a JSON object nor a form, or nested too deeply")


def _form(body: bytes) -> Mapping[str, str]:
    try:
        return dict(parse_qsl(body.decode(), max_num_fields=_MOST_FIELDS, strict_parsing=True))
    except ValueError:
        raise Unusable("the body is no form") from None


def _fields(data: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    """Each field by its name: ``object[case_id]`` of a form is the same as ``case_id``."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _fields(value)
        else:
            yield str(name).rstrip("]").rpartition("[")[2], str(value)
