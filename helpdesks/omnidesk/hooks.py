"""What a webhook of Omnidesk says: which case to look at.

A webhook is an action of a rule. Whoever owns the account writes its body, as JSON or as a form, so the names
of its fields are found by what they end with; values come as text, statuses in the language of the account. A
custom channel sends a body of its own, in which ``object`` has the fields. It is a hint only: deliveries are
lost, doubled and late, and the feed has it all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from baton.contract import Status
from helpdesks.omnidesk.events import message_id
from helpdesks.omnidesk.mapping import STATUSES

_WORDS = {
    **STATUSES,
    "pending": Status.PENDING,
    "открытое": Status.OPEN,
    "открыто": Status.OPEN,
    "в ожидании": Status.PENDING,
    "закрытое": Status.CLOSED,
    "закрыто": Status.CLOSED,
}
_MOST_FIELDS = 500


@dataclass(frozen=True)
class Hint:
    """That something has happened to a case."""

    case_id: str
    event_id: str | None = None
    """The ID that the feed gives to the message, if it is one."""
    status: Status | None = None


def hint_in(body: bytes, content_type: str) -> Hint | None:
    """The hint in the body of a webhook; None if it names no case, and everything is to be looked at."""
    fields = dict(_fields(_data(body, content_type)))
    case_id = fields.get("case_id", "")
    if not case_id.isdecimal():
        return None
    message = fields.get("message_id", "")
    return Hint(
        case_id,
        message_id(case_id, message) if message.isdecimal() else None,
        status_in(fields.get("status", "")),
    )


def status_in(word: str) -> Status | None:
    """A status as Omnidesk writes it for people, in Russian or English, or as its API does."""
    return _WORDS.get(word.strip().strip("«»\"'").casefold())


def _data(body: bytes, content_type: str) -> Any:
    text = body.decode(errors="replace")
    # The owner of the account may have chosen the wrong type, so the other one is tried, too.
    for read in (_form, json.loads) if "form" in content_type else (json.loads, _form):
        with suppress(ValueError):
            return read(text)
    return None


def _form(text: str) -> dict[str, str]:
    return dict(parse_qsl(text, max_num_fields=_MOST_FIELDS, strict_parsing=True))


def _fields(data: Any) -> Iterator[tuple[str, str]]:
    """Each field by its name: ``object[case_id]`` of a form is the same as ``case_id``."""
    if isinstance(data, Mapping):
        for name, value in data.items():
            if isinstance(value, Mapping):
                yield from _fields(value)
            else:
                yield str(name).rstrip("]").rpartition("[")[2], str(value)
