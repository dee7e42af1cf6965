"""Hooks of desks: what a delivery says, and whether it comes from the desk at all.

A hook is a hint, and the feed is the truth: whatever a delivery says, it only makes the feed look sooner. So
it may be lost, doubled, late or wrong. Each adapter has a module ``hooks`` with one function::

    def read(delivery: Delivery, secret: str | None) -> Hint:

It raises `NotAuthentic` if the delivery does not prove that its sender knows the secret, and `Unusable` if it
does, but its body cannot be used. Without a secret nothing is to be proved: the delivery was let in before.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, cast

from baton.errors import BatonError

MOST_BYTES = 256 * 1024
"""The largest body of a delivery."""
_DEEPEST = 32
"""How far objects and lists may be nested in a body. Those of desks are by far flatter."""
_BEARER = "bearer "


class NotAuthentic(BatonError):
    """Whoever sent the delivery does not know the secret."""


class Unusable(BatonError):
    """The delivery comes from the desk, but cannot be used. The message says why, and quotes nothing."""


@dataclass(frozen=True)
class Delivery:
    """What came in. The names of headers are in small letters."""

    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str = field(default="", repr=False)
    """The secret as a part of the address, for desks that cannot set headers."""

    @property
    def content_type(self) -> str:
        return self.headers.get("content-type", "")


@dataclass(frozen=True)
class Hint:
    """That something may have happened."""

    case_id: str | None = None
    """The desk's own ID of the case; none if the delivery names none, and everything is to be looked at."""
    event: str = ""
    """What has happened, in the desk's words or as the ID that the feed will give it; empty if not known."""


def read(desk: str, delivery: Delivery, secret: str | None) -> Hint:
    """What a delivery for a desk says, one of `helpdesks.outside.opening.desks_with_hooks`.

    Raises `NotAuthentic` or `Unusable`.
    """
    return cast(Hint, import_module(f"helpdesks.{desk}.hooks").read(delivery, secret))


def require_token(delivery: Delivery, secret: str | None) -> None:
    """Raise `NotAuthentic` unless the delivery has the secret itself, as bearer token or in its address."""
    if secret is None:
        return
    said = delivery.headers.get("authorization", "")
    bearer = said[len(_BEARER) :].strip() if said[: len(_BEARER)].lower() == _BEARER else ""
    # Both are compared, so that the time that this takes says nothing.
    matches = [hmac.compare_digest(_bytes(given), _bytes(secret)) for given in (bearer, delivery.token)]
    if not any(matches):
        raise NotAuthentic("the delivery does not have the secret of the hooks")


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def json_object(body: bytes) -> Mapping[str, Any]:
    """The JSON object that a body is. Raises `Unusable`."""
    try:
        data = json.loads(body)
    except RecursionError:
        raise Unusable("the body is nested too deeply") from None
    except ValueError:  # also for what is no text, and for numbers with too many digits
        raise Unusable("the body is no JSON") from None
    if not isinstance(data, dict):
        raise Unusable("the body is JSON, but no object")
    _require_flat(data)
    return data


def _require_flat(data: Any) -> None:
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise Unusable("the body is nested too deeply")
