"""What IDs and names are, for everything that uses them: events, the directory, rules, templates.

An ID (of an event, a case, a person, a line, a rule) is compared and typed. A name (a label, what people are
called) is read. Neither may have invisible characters, or characters that control how text is shown;
`baton.signs` says which these are.

What was accepted before there was this check must stay readable. So there are two sorts of types:

* Those of events (``Id``, ``Name``) accept whatever histories and databases may hold, and are strict where an
  event comes in, which is validated with the context `Outside`.
* Those of documents that people write (``Key``, ``Label``, ``Title``) are strict, except with the context
  ``STORED``, which is for reading a document that was accepted before.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Set
from typing import Annotated, Any, NamedTuple

from pydantic import (
    AfterValidator,
    StringConstraints,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import PydanticCustomError

from baton.signs import hidden_in

LONGEST_ID = 255
LONGEST_NAME = 255
LONGEST_KEY = 100
MAX_WORKFLOW_ID_LENGTH = 255
"""Characters of the ID of a workflow that is started. PostgreSQL, in which a cluster keeps its workflows, has
columns of this width; the development server's SQLite takes more, up to the server's own 999 bytes."""
LONGEST_TICKET_ID = MAX_WORKFLOW_ID_LENGTH - len("ticket:")

STORED = "stored"
"""The context for reading a document that was accepted before: its words are taken as they are."""


class Outside(NamedTuple):
    """The context for reading an event that comes from outside."""

    known: Set[str] = frozenset()
    """Words that exist already, and are taken as they are."""


def without_controls(text: str) -> bool:
    """Whether a text has no control characters, which no release has ever accepted in an event."""
    return all(unicodedata.category(sign) != "Cc" for sign in text)


def require_id(text: str) -> str:
    """The ID. Raises a pydantic error that names the characters that it must not have."""
    return _checked(text, "an ID", hidden_in(text, word=True))


def require_name(text: str) -> str:
    """The name. Raises like `require_id`."""
    return _checked(text, "a name", hidden_in(text))


def _checked(text: str, what: str, hidden: str) -> str:
    if hidden:
        raise PydanticCustomError(
            "hidden_sign",
            "{hidden} must not stand in {what}",
            {"hidden": hidden, "what": what, "hint": "it cannot be seen: write it without"},
        )
    return text


def _id_of_event(value: str, info: ValidationInfo) -> str:
    return _of_event(value, info.context, require_id)


def _name_of_event(value: str, info: ValidationInfo) -> str:
    return _of_event(value, info.context, require_name)


def _ticket_of_event(value: str, info: ValidationInfo) -> str:
    is_new = isinstance(info.context, Outside) and value not in info.context.known
    if is_new and len(value) > LONGEST_TICKET_ID:
        raise PydanticCustomError(
            "long_ticket_id",
            "a ticket's ID may have at most {most} characters, and this one has {length}",
            {"most": LONGEST_TICKET_ID, "length": len(value)},
        )
    return value


def _of_event(value: str, context: Any, require: Any) -> str:
    if isinstance(context, Outside) and value not in context.known:
        require(value)
    elif not without_controls(value):
        raise ValueError("control characters are not allowed")
    return value


def _unless_stored(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    return value if info.context == STORED and isinstance(value, str) else handler(value)


Id = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_ID, strip_whitespace=True),
    AfterValidator(_id_of_event),
]
"""An ID in an event."""
TicketId = Annotated[Id, AfterValidator(_ticket_of_event)]
"""The ID of a ticket that an event opens: a workflow is started for it."""
WorkflowId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1000, strip_whitespace=True),
    AfterValidator(_id_of_event),
]
"""The ID of a workflow in an event. It exists, and may be older than `MAX_WORKFLOW_ID_LENGTH`."""
Name = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_NAME), AfterValidator(_name_of_event)
]
"""A label in an event."""

Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_KEY, pattern=r"^[^\s:]+$"),
    AfterValidator(require_id),
    WrapValidator(_unless_stored),
]
"""An ID in a document: opaque to Baton, without spaces and colons."""
Label = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_NAME),
    AfterValidator(require_name),
    WrapValidator(_unless_stored),
]
"""A label, or what something is called, in a document."""
Title = Annotated[str, AfterValidator(require_name), WrapValidator(_unless_stored)]
"""What somebody or something is called for people; may be empty."""
