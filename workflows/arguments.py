"""What others pass to a case: any number of arguments, in any encoding, where exactly one object is usable.

Temporal passes on whatever came. A signature that takes one argument raises if there are none or two, and
that fails the workflow task again and again, even after a reset: one careless signal would stop a case
forever. So everything that others can call takes ``*arguments``, and this module checks them and explains
what is wrong. What could not be converted is a ``RawValue`` among them: see
``baton.temporal.payloads.TolerantConverter``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from pydantic import ValidationError
from temporalio import workflow
from temporalio.common import RawValue

from baton.contract import Payload, check_event_size, mistakes_of
from baton.errors import InvalidEvent, NoKeys, UnknownKey, Unreadable
from baton.temporal.payloads import encoding_of, strictly

UNREAD = "unread-signal-"
"""The prefix of the marker of a signal that could not be read; the signal's number in the run follows."""
_NOT_READ = "the worker that took it could not read its payload: see the worker's BATON_ENCRYPTION_ settings"

StartT = TypeVar("StartT", bound=Payload)


def updated(arguments: Sequence[object]) -> object:
    """The payload of an event that came by update.

    Raises:
        InvalidEvent: it is not an event, or can never be read.
        UnknownKey: its key is missing. Raised in a handler, this makes the case wait for the key.
    """
    try:
        return _event(arguments)
    except UnknownKey:
        raise
    except Unreadable as error:
        raise InvalidEvent(str(error)) from None


def updated_now(arguments: Sequence[object]) -> object:
    """Like `updated`, for a validator: if the worker has no keys at all, encrypted events are refused."""
    try:
        return updated(arguments)
    except NoKeys:
        raise InvalidEvent(_NOT_READ) from None


def signalled(arguments: Sequence[object], number: int) -> object:
    """The payload of an event that came by signal. Raises what `updated_now` raises.

    A refusal because of this worker's settings is marked in the history: with other keys, a replay could read
    the payload and would go another way. And a worker without keys waits rather than refuse an event that a
    worker with keys has accepted.

    Args:
        number: of the signal in its run.
    """
    mark = f"{UNREAD}{number}"
    was_unread = workflow.unsafe.is_replaying() and workflow.patched(mark)
    try:
        payload = _event(arguments)
    except UnknownKey as error:
        if was_unread or (isinstance(error, NoKeys) and workflow.patched(mark)):
            raise InvalidEvent(_NOT_READ) from None
        raise
    except Unreadable as error:
        workflow.patched(mark)
        raise InvalidEvent(str(error)) from None
    if was_unread:
        raise InvalidEvent(_NOT_READ)
    return payload


def read_start(
    arguments: Sequence[object], parse: Callable[[object], object], continued: type[StartT]
) -> StartT:
    """The start argument of a case, as the caller or the previous run wrote it.

    Args:
        parse: raises ``InvalidEvent`` if something that a caller must give is wrong.
        continued: the argument with what one run hands to the next.

    Raises:
        InvalidEvent: it is wrong, or can never be read.
        UnknownKey: its key is missing. Then the case waits for the key.
    """
    needed = ", ".join(name for name, one in continued.model_fields.items() if one.is_required())
    try:
        payload = _one(arguments, f"a start takes one, an object with {needed}")
        parse(payload)
        return continued.model_validate(payload)
    except UnknownKey:
        raise
    except Unreadable as error:
        raise InvalidEvent(f"start argument: {error}") from None
    except ValidationError as error:
        raise InvalidEvent(f"start argument: {mistakes_of(error)}") from None


def _event(arguments: Sequence[object]) -> object:
    if len(arguments) == 1 and isinstance(arguments[0], RawValue):
        check_event_size(len(arguments[0].payload.data))
    return _one(arguments, "an event is one, an object with 'kind', 'id' and 'author'")


def _one(arguments: Sequence[object], wanted: str) -> object:
    """The value of the only argument, as its payload has it.

    Raises ``InvalidEvent``, which never quotes a payload, or ``Unreadable`` if another worker may read it.
    """
    if len(arguments) != 1:
        there = f"are {len(arguments)} arguments" if arguments else "is no argument"
        raise InvalidEvent(f"there {there}: {wanted}")
    (argument,) = arguments
    if not isinstance(argument, RawValue):
        return argument
    try:
        return strictly(workflow.payload_converter(), argument.payload)
    except Unreadable:
        raise
    except Exception:  # whatever a converter raises about bytes that we did not write
        encoding = encoding_of(argument.payload)
        raise InvalidEvent(
            f"the argument, in the encoding {encoding!r}, cannot be decoded: {wanted}"
        ) from None
