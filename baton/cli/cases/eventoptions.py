"""Turns the options of ``baton chat send`` and ``baton ticket send`` into an event."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic_core import from_json

from baton.cli.shared import fresh_id
from baton.contract import AUTHORS, AuthorType, Status

CURRENT = "current"
"""The value of ``--end`` if none is given: the chat's current status."""

STATUSES = [status.value for status in Status]

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

ticket_argument = click.argument("ticket", metavar="TICKET")

author_option = click.option("--from", "author", metavar="WHO", required=True, help="staff:NAME or system.")
"""Who does it, for events that a customer cannot send."""

id_option = click.option("--id", "event_id", help="The event's ID. The default is a fresh one.")

timeout_option = click.option(
    "--timeout",
    type=click.FloatRange(min=0.1),
    default=60.0,
    show_default=True,
    help="Seconds to wait for the answer.",
)


def event_options(case: str) -> Callable[[FunctionT], FunctionT]:
    """The argument TEXT, and the options of an event that both a chat and a ticket can take."""

    def decorated(function: FunctionT) -> FunctionT:
        for option in reversed(
            (
                click.argument("text", required=False),
                click.option(
                    "--from",
                    "author",
                    metavar="WHO",
                    help="customer, staff:NAME or system; customer:ID, system:ID.",
                ),
                click.option("--note", is_flag=True, help="TEXT is an internal note."),
                click.option("--take", is_flag=True, help=f"Take the {case}."),
                click.option("--status", type=click.Choice(STATUSES), help="Set the status."),
                click.option("--assign", metavar="STAFF", help=f"Transfer the {case} to a person."),
                click.option("--assign-line", metavar="LINE", help=f"Transfer the {case} to a line."),
                click.option("--release", is_flag=True, help=f"Take the {case} from whoever has it."),
                click.option(
                    "--label", multiple=True, metavar="±LABEL", help="Add (+x) or remove (-x) a label."
                ),
                click.option(
                    "--event",
                    "document",
                    metavar="JSON|@FILE|-",
                    help="Any event, as JSON, from a file or stdin.",
                ),
                id_option,
                timeout_option,
            )
        ):
            function = option(function)
        return function

    return decorated


def payload_of(
    *, author: str | None, text: str | None, event_id: str | None, document: str | None, **options: Any
) -> dict[str, Any]:
    """The event that the options describe. Raises ``click.UsageError`` if they contradict one another."""
    given = {name: value for name, value in options.items() if value}
    name = _chosen([*given, *(["event"] if document is not None else [])])
    payload = _document(document) if document is not None else {}
    if document is None and author is None:
        raise click.UsageError("Say with --from who does this: customer, staff:NAME or system.")
    if author is not None:
        payload["author"] = author_of(author)
    if event_id is not None or "id" not in payload:
        payload["id"] = event_id or fresh_id()
    takes_text = name in _WITH_TEXT
    if takes_text and text is None:
        raise click.UsageError("TEXT is missing: what does the message say?")
    if not takes_text and text is not None:
        raise click.UsageError(f"TEXT {text!r} goes only with a message, a note or a reply.")
    if document is None:
        payload |= _FIELDS[name](given)
    if takes_text:
        payload["text"] = text
        payload.setdefault("kind", _MESSAGES[AuthorType(payload["author"]["type"])])
    return payload


def author_of(written: str) -> dict[str, Any]:
    """An author; a customer without an ID is filled in once the case is known.

    Raises ``click.UsageError``, which says how to write an author.
    """
    kind, _, name = written.partition(":")
    match kind, name:
        case AuthorType.CUSTOMER, "":
            return {"type": AuthorType.CUSTOMER}
        case AuthorType.SYSTEM, "":
            return {"type": AuthorType.SYSTEM, "id": "cli"}
        case ((AuthorType.CUSTOMER | AuthorType.STAFF | AuthorType.SYSTEM), str()) if name:
            return {"type": AuthorType(kind), "id": name}
    raise click.UsageError(f"--from {written!r}: give customer, staff:NAME or system.")


# --- What the options say -----------------------------------------------------------------------


def _labels(written: tuple[str, ...]) -> dict[str, list[str]]:
    for label in written:
        if label[:1] not in ("+", "-") or not label[1:]:
            raise click.UsageError(f"--label {label!r}: begin with + to add the label, with - to remove it.")
    return {
        "add": [label[1:] for label in written if label.startswith("+")],
        "remove": [label[1:] for label in written if label.startswith("-")],
    }


def _declined(given: Mapping[str, Any]) -> dict[str, Any]:
    if "reason" not in given:
        raise click.UsageError("--decline needs --reason: why is this not the department's matter?")
    return {
        "kind": "department_declined",
        "label": given["decline"],
        "to": given.get("to"),
        "reason": given["reason"],
    }


_MESSAGES = {
    author_type: kind
    for kind in ("customer_message", "agent_message", "system_message")
    for author_type in AUTHORS[kind]
}

_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "text": lambda _: {},
    "note": lambda _: {"kind": "note_added"},
    "take": lambda _: {"kind": "taken"},
    "end": lambda given: {
        "kind": "chat_ended",
        "status": None if given["end"] == CURRENT else given["end"],
    },
    "status": lambda given: {"kind": "status_set", "status": given["status"]},
    "assign": lambda given: {"kind": "assigned", "staff": given["assign"]},
    "assign_line": lambda given: {"kind": "assigned", "line": given["assign_line"]},
    "release": lambda _: {"kind": "assigned"},
    "label": lambda given: {"kind": "labels_changed", **_labels(given["label"])},
    "reply": lambda given: {
        "kind": "send_reply",
        "status": given.get("status"),
        "force": given.get("force", False),
    },
    "decline": _declined,
    "ask_again": lambda given: {
        "kind": "department_asked_again",
        "label": given["ask_again"],
        "question": given.get("question"),
    },
    "close": lambda given: {
        "kind": "status_set",
        "status": Status.CLOSED,
        "force": given.get("force", False),
        "reason": given.get("reason"),
    },
}
"""What each option does to the event."""

_DETAILS: Mapping[str, frozenset[str]] = {
    "reply": frozenset({"status", "force"}),
    "decline": frozenset({"to", "reason"}),
    "ask_again": frozenset({"question"}),
    "close": frozenset({"force", "reason"}),
}
"""The options that go with another one, and say more about the same event."""

_ONLY_DETAILS = frozenset().union(*_DETAILS.values()) - _FIELDS.keys()

_WITH_TEXT = frozenset({"text", "note", "reply"})


def _chosen(names: list[str]) -> str:
    """The option that says which event it is. Raises ``click.UsageError`` if there are several."""
    deciding = [name for name in names if name not in _ONLY_DETAILS] or ["text"]
    for name in deciding:
        if set(names) - {name} <= _DETAILS.get(name, frozenset()):
            return name
    if len(deciding) > 1:
        raise click.UsageError(f"One event at a time: {' and '.join(map(_option, deciding))} are several.")
    stray = next(name for name in names if name not in (deciding[0], *_DETAILS.get(deciding[0], ())))
    owners = [_option(name) for name, details in _DETAILS.items() if stray in details]
    raise click.UsageError(f"{_option(stray)} goes with {' or '.join(owners)} only.")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


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
