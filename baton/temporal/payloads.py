"""Values and failures as payloads, and what becomes of a payload that makes no sense.

Anyone with write access to Temporal can send a case anything. None of that may raise before the case itself
can judge it: see ``TolerantConverter``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.common import RawValue
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    CompositePayloadConverter,
    DefaultFailureConverter,
    EncodingPayloadConverter,
    PayloadConverter,
    SerializationContext,
)

from baton.contract import MAX_EVENT_SIZE
from baton.errors import NoKeys, UnknownKey, Unreadable

LONGEST_NAME = 80
"""How many bytes of a name in a payload's metadata logs and refusals quote."""

UNREADABLE: dict[str, type[Unreadable]] = {
    "baton/unreadable": Unreadable,
    "baton/unknown-key": UnknownKey,
    "baton/no-keys": NoKeys,
}
"""What stands in the place of a payload that this process cannot read, and what wanting its value raises."""


def encoding_of(payload: Payload) -> str:
    """What a payload says of itself, cut short: refusals quote it, and anybody may write anything there."""
    return payload.metadata.get("encoding", b"")[:LONGEST_NAME].decode(errors="replace")


def readable(payload: Payload) -> Payload:
    """The payload that a codec gave. Raises ``Unreadable`` if it says why there is none."""
    kind = UNREADABLE.get(encoding_of(payload))
    if kind is not None:
        raise kind(payload.data.decode())
    return payload


class _UnreadableConverter(EncodingPayloadConverter):
    """Says why a payload is unreadable when its value is asked for."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding

    def to_payload(self, value: Any) -> Payload | None:
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        return readable(payload)


_CONVERTERS = {
    **PydanticPayloadConverter().converters,
    **{encoding.encode(): _UnreadableConverter(encoding) for encoding in UNREADABLE},
}
"""Shared: the SDK makes new converters for each activation, and each would build its own of these, with an
empty cache of types."""


class TolerantConverter(CompositePayloadConverter):
    """Pydantic models, and arguments without a declared type.

    Temporal converts the arguments of a handler before it calls it, and fails the task, or drops the signal,
    if that raises. So where no type is asked for, as by a handler that takes ``*arguments``, a payload that
    cannot be converted, or is too large to be an event, is handed over as it came, as a ``RawValue``.
    """

    converters = _CONVERTERS

    def __init__(self) -> None:
        """Make none: they are shared."""

    def with_context(self, context: SerializationContext) -> Self:
        """See base class. No converter depends on where a payload belongs."""
        return self

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """See base class. Raises only for payloads with a given type."""
        if type_hints:
            return super().from_payloads(payloads, type_hints)
        return [self._or_raw(payload) for payload in payloads]

    def _or_raw(self, payload: Payload) -> Any:
        if len(payload.data) > MAX_EVENT_SIZE:
            return RawValue(payload)
        try:
            return strictly(self, payload)
        except Exception:  # whatever a converter raises about bytes that we did not write
            return RawValue(payload)


def strictly(converter: PayloadConverter, payload: Payload) -> Any:
    """The value in a payload, whatever it is. Raises if it cannot be converted."""
    return converter.from_payload(payload, object)


class PlainFailures(DefaultFailureConverter):
    """Stops at a failure whose text is encrypted with a missing key: it would look like another failure."""

    def from_failure(self, failure: Failure, payload_converter: PayloadConverter) -> BaseException:
        """See base class. Raises ``UnknownKey``."""
        try:
            readable(failure.encoded_attributes)
        except UnknownKey:
            raise
        except Unreadable:
            pass  # it is as good as none
        return super().from_failure(failure, payload_converter)


class EncodedFailures(PlainFailures):
    """Writes the texts of failures as payloads, so that they are encrypted too."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)
