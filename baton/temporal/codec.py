"""Encrypts what Temporal stores, so that nobody can read texts in its database or its UI.

A payload becomes another payload. Its data is the nonce (12 bytes) and the whole original payload, encrypted
with AES-256-GCM. Its metadata is readable:

    encoding            binary/encrypted
    encryption-key-id   the name of the key, such as 2027-03/5f0c2a91
    encryption-place    where it belongs, as JSON: ["default","workflow","chat:telegram:42"]

The place is authenticated (it is the associated data), and compared with the place where the payload is
found. So a payload that somebody moves to another case is not accepted there. The place is in the metadata
because Temporal's UI asks for the text of a payload without saying where it found it.

A payload that cannot be read becomes one that says why, and that cannot be converted. So nothing fails
before it is clear what the payload is for: a workflow refuses an event that was moved or changed, as it
refuses any other nonsense, and waits for a missing key. An exception here would fail the workflow task, which
is retried for ever: one bad signal would stop a case.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, Self

from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from baton.errors import NoKeys, UnknownKey, Unreadable
from baton.temporal.keys import KeyRing
from baton.temporal.payloads import (
    LONGEST_NAME,
    UNREADABLE,
    EncodedFailures,
    PlainFailures,
    TolerantConverter,
    encoding_of,
)

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
PLACE = "encryption-place"
_FORMAT = b"baton/1 "

Place = tuple[str, ...]
"""Namespace, ``workflow`` or ``activity``, and its ID; or only the first parts, where no more is known."""


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """Temporal's hook for payloads, bound to the place that the SDK is working for.

    Args:
        keys: the first encrypts; all can decrypt.
        required: whether to treat an unencrypted payload as unreadable.
        place: what new payloads are bound to, and what payloads must be bound to in order to be read.
        follow: whether to use the place that the SDK names on each call.
    """

    def __init__(
        self, keys: KeyRing, *, required: bool = False, place: Place = (), follow: bool = True
    ) -> None:
        self.keys = keys
        self.required = required
        self._place = place
        self._follow = follow

    def with_context(self, context: SerializationContext) -> EncryptionCodec:
        """The codec for one workflow, or for one activity that was not started by a workflow."""
        return self.at(place_of(context)) if self._follow else self

    def at(self, place: Place) -> EncryptionCodec:
        """The codec for one place."""
        return EncryptionCodec(self.keys, required=self.required, place=place, follow=self._follow)

    def anywhere(self) -> EncryptionCodec:
        """A codec that reads everything, wherever it is found: for replays of recorded histories."""
        return EncryptionCodec(self.keys, follow=False)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return [self.encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The original payloads; each unreadable one is replaced by one that says why."""
        return [_or_why(self.decrypted, payload) for payload in payloads]

    def encrypted(self, payload: Payload) -> Payload:
        """The payload, encrypted and bound to this place."""
        place = json.dumps(self._place, ensure_ascii=False, separators=(",", ":")).encode()
        return Payload(
            metadata={"encoding": ENCODING, KEY_ID: self.keys.writing.encode(), PLACE: place},
            data=self.keys.seal(payload.SerializeToString(), _FORMAT + place),
        )

    def decrypted(self, payload: Payload) -> Payload:
        """The payload before it was encrypted.

        Raises:
            UnknownKey: the key is not in the ring.
            Unreadable: it was changed, or belongs elsewhere, or is not encrypted although it must be.
        """
        if payload.metadata.get("encoding") != ENCODING:
            if self.required:
                raise Unreadable("it is not encrypted, and BATON_ENCRYPTION_REQUIRED is set")
            return payload
        place = payload.metadata.get(PLACE, b"")
        name = _key_name(payload)
        whole = self.keys.open(name, payload.data, _FORMAT + place)
        self._check(tuple(json.loads(place)))
        return Payload.FromString(whole)

    def _check(self, found: Place) -> None:
        # Compare only the parts that both sides know: see `Place`.
        known = min(len(found), len(self._place))
        if found[:known] != self._place[:known]:
            raise Unreadable(f"it belongs to {_shown(found)}, and was found in {_shown(self._place)}")


class WithoutKeys(PayloadCodec):
    """Encrypts nothing, and distinguishes payloads that somebody else encrypted from nonsense.

    Without it, a worker started without its keys would fail a case because the first payload cannot be
    decoded.
    """

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """The payloads as they are; each encrypted one is replaced by one that says so."""
        return [_or_why(_not_encrypted, payload) for payload in payloads]


def _not_encrypted(payload: Payload) -> Payload:
    if payload.metadata.get("encoding") == ENCODING:
        raise NoKeys(
            f"a payload is encrypted with the key {_key_name(payload)!r}, and this process has no keys: set "
            "BATON_ENCRYPTION_KEYS_FILE"
        )
    return payload


def _or_why(read: Callable[[Payload], Payload], payload: Payload) -> Payload:
    try:
        found = read(payload)
        if encoding_of(found) in UNREADABLE:
            # Otherwise anybody could make a case wait for a key.
            raise Unreadable("it says of itself that it cannot be read")
    except Unreadable as error:
        (encoding,) = (name for name, kind in UNREADABLE.items() if kind is type(error))
        why = str(error) if isinstance(error, UnknownKey) else f"a payload cannot be read: {error}"
        return Payload(metadata={"encoding": encoding.encode()}, data=why.encode())
    return found


def place_of(context: SerializationContext) -> Place:
    """The place of the payloads that the SDK is working on.

    A whole workflow is one place, including its activities and what others send it. So it does not matter
    which of them the SDK names when it reads what it wrote for another.
    """
    match context:
        case WorkflowSerializationContext():
            return context.namespace, "workflow", context.workflow_id
        case ActivitySerializationContext() if context.workflow_id:
            return context.namespace, "workflow", context.workflow_id
        case ActivitySerializationContext() if context.activity_id:
            return context.namespace, "activity", context.activity_id
        case ActivitySerializationContext():
            return (context.namespace,)
        case _:
            return ()


def _key_name(payload: Payload) -> str:
    """Cut, because logs quote it and anyone with write access to Temporal can put anything there."""
    return payload.metadata.get(KEY_ID, b"?")[:LONGEST_NAME].decode(errors="replace")


def _shown(place: Place) -> str:
    match place:
        case (namespace, kind, found_id):
            return f"the {kind} {found_id} of namespace {namespace!r}"
        case _:
            return " ".join(("namespace", *map(repr, place))) if place else "no namespace"


class _Converter(DataConverter):
    """Tolerant about what a workflow receives, and strict when a value is asked for."""

    async def decode(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        """See base class."""
        return await super().decode(payloads, type_hints or [object] * len(payloads))


class _Plain(_Converter):
    """Converts alike everywhere. The SDK asks several times for each payload what holds where it belongs."""

    def with_context(self, context: SerializationContext) -> Self:
        """See base class."""
        return self


PLAIN: DataConverter = _Plain(
    payload_converter_class=TolerantConverter,
    payload_codec=WithoutKeys(),
    failure_converter_class=PlainFailures,
)
"""How Baton converts payloads that are not encrypted."""


def encrypting(codec: EncryptionCodec) -> DataConverter:
    """How Baton converts payloads that are encrypted. The texts of failures are payloads, too."""
    return _Converter(
        payload_converter_class=TolerantConverter,
        payload_codec=codec,
        failure_converter_class=EncodedFailures,
    )
