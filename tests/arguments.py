"""Arguments that no case can use, but that anybody with access to Temporal may send."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError

SECRET = "4711"
"""Stands in what cannot be read, and must not be in what is said about it."""


def raw(encoding: str, data: bytes, **metadata: bytes) -> RawValue:
    """An argument in this encoding, whatever the client's converter would make of it."""
    return RawValue(Payload(metadata={"encoding": encoding.encode(), **metadata}, data=data))


READABLE = raw("json/plain", b'{"kind": "taken"}')
ENCRYPTED = raw("binary/encrypted", b"x" * 40, **{"encryption-key-id": b"a-key", "encryption-place": b"[]"})
UNUSABLE: dict[str, RawValue] = {
    "no event": READABLE,
    "null": raw("binary/null", b""),
    "bytes": raw("binary/plain", b"\x00\xff" + SECRET.encode()),
    "a message": raw("json/protobuf", b'"4711s"', messageType=b"google.protobuf.Duration"),
    "an unknown message": raw("json/protobuf", b'{"n": 4711}', messageType=b"no.such.Message"),
    "an unknown encoding": raw("unheard/of", b"\x00\xff" + SECRET.encode()),
    "no encoding": RawValue(Payload(data=SECRET.encode())),
    "broken JSON": raw("json/plain", b'{"number": 4711'),
    "half a sign": raw("json/plain", b'{"kind": "4711\\ud800"}'),
    "JSON without a bottom": raw("json/plain", b"[" * 10_000),
    "encrypted": ENCRYPTED,
    "a made-up lack of keys": raw("baton/unknown-key", b"4711"),
}
"""One argument each, in every encoding that there is, which is no event and no start."""

ODD_ARGUMENTS: list[Sequence[RawValue]] = [
    [],
    *([one] for one in UNUSABLE.values()),
    [READABLE, READABLE],
    [READABLE, UNUSABLE["an unknown encoding"]],
    [ENCRYPTED, READABLE, READABLE],
]


async def invalid(update: Awaitable[object]) -> str:
    """The update must be refused as an ``InvalidEvent``. Returns the reason."""
    with pytest.raises(WorkflowUpdateFailedError) as raised:
        await update
    cause = raised.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "InvalidEvent"
    return cause.message
