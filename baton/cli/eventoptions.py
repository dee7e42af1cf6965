"""From the options of ``baton chat send`` to an event."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from pydantic_core import from_json

from baton.contract import AUTHORS, AuthorType

CURRENT = "current"
"""The value of ``--end`` without one: the chat's current status."""


def payload_of(
    *, author: str | None, text: str | None, event_id: str | None, document: str | None, **actions: Any
) -> dict[str, Any]:
    """The event that the options describe. Raises ``click.UsageError`` if they contradict one another."""
    given = {name: value for name, value in actions.items() if value}
    if len(given) + (document is not None) > 1:
        names = [*given, *(["event"] if document is not None else [])]
        named = " and ".join(f"--{name.replace('_', '-')}" for name in names)
        raise click.UsageError(f"One event at a time: {named} are several.")
    payload = _document(document) if document is not None else {}
    if document is None and author is None:
        raise click.UsageError("Say with --from who does this: customer, staff:NAME or system.")
    if author is not None:
        payload["author"] = _author(author)
    if event_id is not None or "id" not in payload:
        payload["id"] = event_id or f"cli-{uuid.uuid4().hex[:16]}"
    name = next(iter(given), "text")
    takes_text = document is None and name in ("text", "note")
    if takes_text and text is None:
        raise click.UsageError("TEXT is missing: what does the message say?")
    if not takes_text and text is not None:
        raise click.UsageError(f"TEXT {text!r} does not go with an event that is no message and no note.")
    if document is None:
        payload |= _FIELDS[name](given.get(name))
    if takes_text:
        payload["text"] = text
        payload.setdefault("kind", _MESSAGES[AuthorType(payload["author"]["type"])])
    return payload


_MESSAGES = {
    author_type: kind
    for kind in ("customer_message", "agent_message", "system_message")
    for author_type in AUTHORS[kind]
}

_FIELDS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "text": lambda _: {},
    "note": lambda _: {"kind": "note_added"},
    "take": lambda _: {"kind": "taken"},
    "end": lambda status: {"kind": "chat_ended", "status": None if status == CURRENT else status},
    "status": lambda status: {"kind": "status_set", "status": status},
    "assign": lambda staff: {"kind": "assigned", "staff": staff},
    "assign_line": lambda line: {"kind": "assigned", "line": line},
    "release": lambda _: {"kind": "assigned"},
    "label": lambda labels: {"kind": "labels_changed", **_labels(labels)},
}
"""What each option adds to the event."""


def _labels(written: tuple[str, ...]) -> dict[str, list[str]]:
    for label in written:
        if label[:1] not in ("+", "-") or not label[1:]:
            raise click.UsageError(f"--label {label!r}: begin with + to add the label, with - to remove it.")
    return {
        "add": [label[1:] for label in written if label.startswith("+")],
        "remove": [label[1:] for label in written if label.startswith("-")],
    }


def _author(written: str) -> dict[str, Any]:
    """An author; a customer without an ID is filled in once the chat is known."""
    kind, _, name = written.partition(":")
    match kind, name:
        case AuthorType.CUSTOMER, "":
            return {"type": AuthorType.CUSTOMER}
        case AuthorType.SYSTEM, "":
            return {"type": AuthorType.SYSTEM, "id": "cli"}
        case ((AuthorType.CUSTOMER | AuthorType.STAFF | AuthorType.SYSTEM), str()) if name:
            return {"type": AuthorType(kind), "id": name}
    raise click.UsageError(f"--from {written!r}: it is customer, staff:NAME or system.")


def _document(written: str) -> dict[str, Any]:
    source = "--event"
    try:
        if written == "-":
            written = sys.stdin.read()
        elif written.startswith("@"):
            source = written[1:]
            written = Path(source).read_text(encoding="utf-8")
        payload = from_json(written)
    except (OSError, ValueError) as error:
        raise click.UsageError(f"{source}: {error}") from None
    if not isinstance(payload, dict):
        raise click.UsageError(f"{source}: an event is a JSON object, not {type(payload).__name__}.")
    return payload
