"""What a webhook of Libredesk says: which conversation to look at.

Its header ``X-Libredesk-Signature`` has ``sha256=`` and the HMAC of the body, with the secret of the webhook.
It is a hint only: Libredesk tries a delivery once, drops it when too many wait, and says when it was *sent*.
The feed has it all.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256

from helpdesks.libredesk.wire import is_uuid
from helpdesks.outside.hooks import Delivery, Hint, NotAuthentic, Unusable, json_object

SIGNATURE = "x-libredesk-signature"
_LONGEST_EVENT = 100


def read(delivery: Delivery, secret: str | None) -> Hint:
    """See `helpdesks.outside.hooks`. The event is what Libredesk calls it, such as ``message.created``."""
    if secret is not None and not _is_signed(delivery, secret):
        raise NotAuthentic("the delivery is not signed with the secret of the webhook")
    data = json_object(delivery.body)
    about = data.get("payload")
    if not isinstance(about, Mapping):
        raise Unusable("the body has no object 'payload'")
    # Of a message and of what happens to a conversation it is this field; of a new conversation its own.
    named = about.get("conversation_uuid") or about.get("uuid")
    event = data.get("event")
    return Hint(
        named if isinstance(named, str) and is_uuid(named) else None,
        event[:_LONGEST_EVENT] if isinstance(event, str) else "",
    )


def _is_signed(delivery: Delivery, secret: str) -> bool:
    expected = "sha256=" + hmac.new(secret.encode(), delivery.body, sha256).hexdigest()
    given = delivery.headers.get(SIGNATURE, "").strip()
    return hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())
