"""What a webhook of Libredesk says: which conversation to look at.

Its header ``X-Libredesk-Signature`` has ``sha256=`` and the HMAC of the body, with the secret of the webhook.
It is a hint only: Libredesk tries a delivery once, drops it when too many wait, and says when it was *sent*.
The feed has it all.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from helpdesks.libredesk.wire import is_uuid

SIGNATURE = "x-libredesk-signature"


@dataclass(frozen=True)
class Hint:
    """That something has happened to a conversation."""

    case_id: str | None = None
    """Which one; None if everything is to be looked at."""
    event: str = ""
    """What Libredesk calls it, such as ``message.created``."""


def hint_in(headers: Mapping[str, str], body: bytes, secret: str) -> Hint | None:
    """The hint in a webhook; None if it was not signed with this secret, and nobody knows who sent it."""
    if not is_authentic(headers, body, secret):
        return None
    try:
        data: Any = json.loads(body)
    except ValueError:
        return Hint()
    if not isinstance(data, Mapping):
        return Hint()
    about = data.get("payload")
    fields = about if isinstance(about, Mapping) else {}
    # Of a message and of what happens to a conversation it is this field; of a new conversation its own.
    named = fields.get("conversation_uuid") or fields.get("uuid")
    return Hint(named if isinstance(named, str) and is_uuid(named) else None, str(data.get("event") or ""))


def is_authentic(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the body was signed with this secret."""
    given = next((value for name, value in headers.items() if name.lower() == SIGNATURE), "")
    expected = "sha256=" + hmac.new(secret.encode(), body, sha256).hexdigest()
    return hmac.compare_digest(given.strip().encode(), expected.encode())
