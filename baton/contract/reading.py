"""How events and start arguments are read, and how their mistakes are described."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from pydantic import TypeAdapter, ValidationError

from baton.contract.cases import ChatStart, TicketStart
from baton.contract.events import (
    AUTHORS,
    CHAT_KINDS,
    INTERNAL_KINDS,
    TICKET_KINDS,
    AgentMessage,
    Assigned,
    BaseEvent,
    ChatEvent,
    CustomerMessage,
    SystemMessage,
    TicketEvent,
)
from baton.contract.names import MAX_EVENT_SIZE
from baton.contract.words import Outside
from baton.errors import InvalidEvent
from baton.wording import mistakes_by_field, mistakes_in

_CHAT_EVENT: TypeAdapter[ChatEvent] = TypeAdapter(ChatEvent)
_TICKET_EVENT: TypeAdapter[TicketEvent] = TypeAdapter(TicketEvent)
_START = "start argument"


def parse_chat_event(payload: object, *, strict: bool = True) -> ChatEvent:
    """Read an event as it came from outside. Unknown fields are ignored.

    Args:
        strict: false if a history may hold it: then an ID or a label may have invisible characters, and a
            message may be empty.

    Raises ``InvalidEvent``, which says what is wrong, where, and what would be right.
    """
    kind, fields = _event_fields(payload, "a chat", CHAT_KINDS)
    try:
        event = _CHAT_EVENT.validate_python(fields, context=Outside() if strict else None)
    except ValidationError as error:
        raise _invalid(f"event {fields.get('id')!r} ({kind})", error, skip=1) from None
    _check_sense(event)
    if strict:
        _require_content(event)
    return event


def parse_ticket_event(payload: object, *, strict: bool = True) -> TicketEvent:
    """Read an event of a ticket as it came from outside; otherwise like `parse_chat_event`."""
    kind, fields = _event_fields(payload, "a ticket", TICKET_KINDS)
    try:
        event = _TICKET_EVENT.validate_python(fields, context=Outside() if strict else None)
    except ValidationError as error:
        raise _invalid(f"event {fields.get('id')!r} ({kind})", error, skip=1) from None
    _check_sense(event)
    if strict:
        _require_content(event)
    return event


def check_event_size(size: int) -> None:
    """Raise ``InvalidEvent`` if an event of this many bytes of JSON is too large."""
    if size > MAX_EVENT_SIZE:
        raise InvalidEvent(
            f"an event of {size} bytes is too large, at most {MAX_EVENT_SIZE} are allowed: send links"
        )


def _event_fields(payload: object, case: str, kinds: frozenset[str]) -> tuple[str, dict[str, Any]]:
    """The kind and the fields of an event, once it is clear that the case takes events of this kind."""
    if not isinstance(payload, dict):
        raise InvalidEvent(
            f"an event is a JSON object with 'kind', 'id' and 'author', not {type(payload).__name__}"
        )
    kind = payload.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        what = (
            f"{kind!r} is not for {case}"
            if isinstance(kind, str) and kind in AUTHORS
            else f"{kind!r} is unknown"
        )
        said = f"kind {what}; {case} takes {', '.join(sorted(kinds - INTERNAL_KINDS))}"
        raise InvalidEvent(said, {"event.kind": said})
    if kind in INTERNAL_KINDS:
        raise InvalidEvent(f"kind {kind!r} is made by Baton itself and is not accepted from outside")
    # An absent field and a null one mean the same to the programs that call us.
    return kind, {name: value for name, value in payload.items() if value is not None}


def _check_sense(event: BaseEvent) -> None:
    """Check what no field can check alone. Raises ``InvalidEvent``."""
    kind, allowed = event.kind, AUTHORS[event.kind]
    if event.author.type not in allowed:
        types = f"{' or '.join(sorted(allowed))}, not {event.author.type.value}"
        raise InvalidEvent(
            f"event {event.id!r}: the author of {kind} is of type {types}",
            {"event.author.type": f"the author of {kind} is of type {types}"},
        )
    if isinstance(event, Assigned) and event.staff and event.line:
        raise InvalidEvent(f"event {event.id!r}: assigned takes a staff or a line, not both")
    if isinstance(event, Assigned) and event.not_to and not event.line:
        raise InvalidEvent(f"event {event.id!r}: not_to goes with a line: it says which member not to choose")


def _require_content(event: BaseEvent) -> None:
    if isinstance(event, CustomerMessage | AgentMessage | SystemMessage) and event.says_nothing:
        raise InvalidEvent(
            f"event {event.id!r} ({event.kind}): the text is empty, and nothing is attached: a message says "
            f"something; if you only report that there is one, leave the text out"
        )


def require_plain(event: BaseEvent, known: Set[str] = frozenset()) -> None:
    """Refuse an event if an ID or a label has invisible characters, except those in ``known``, or if it is an
    empty message.

    For an event that was not read as ``strict``. Raises ``InvalidEvent``.
    """
    _require_content(event)
    try:
        type(event).model_validate(event.model_dump(), context=Outside(known))
    except ValidationError as error:
        raise _invalid(f"event {event.id!r} ({event.kind})", error) from None


def parse_chat_start(payload: object, *, strict: bool = True) -> ChatStart:
    """Read the start argument of a ``Chat`` workflow, ``strict`` as in `parse_chat_event`. Raises
    ``InvalidEvent``."""
    try:
        return ChatStart.model_validate(payload, context=Outside() if strict else None)
    except ValidationError as error:
        raise _invalid(_START, error) from None


def parse_ticket_start(payload: object, *, strict: bool = True) -> TicketStart:
    """Read the start argument of a ``Ticket`` workflow, ``strict`` as in `parse_chat_event`. Raises
    ``InvalidEvent``."""
    try:
        return TicketStart.model_validate(payload, context=Outside() if strict else None)
    except ValidationError as error:
        raise _invalid(_START, error) from None


def _invalid(what: str, error: ValidationError, *, skip: int = 0) -> InvalidEvent:
    within = "" if what == _START else "event."
    found = mistakes_by_field(error, "", skip=skip, not_blank=True)
    fields = {f"{within}{field}".rstrip("."): mistake for field, mistake in found}
    return InvalidEvent(f"{what}: {mistakes_of(error, skip=skip)}", fields)


def mistakes_of(error: ValidationError, *, skip: int = 0) -> str:
    """What is wrong with an event or a start argument, in one line."""
    return mistakes_in(error, "event", skip=skip, most=3, not_blank=True)
