"""What a hook of RT says: which ticket to look at.

RT has none built in. `baton desk setup` makes a scrip that posts, for each transaction in Baton's queues, a
JSON object with the numbers of ticket and transaction (`helpdesks.rt.setup`), and the secret as bearer token.
"""

from __future__ import annotations

from helpdesks.outside.hooks import Delivery, Hint, Unusable, json_object, require_token

_LONGEST = 20
"""Digits of a number."""


def read(delivery: Delivery, secret: str | None) -> Hint:
    """See `helpdesks.outside.hooks`."""
    require_token(delivery, secret)
    fields = json_object(delivery.body)
    ticket = _number(fields.get("ticket"))
    if ticket is None:
        raise Unusable(
            "the field 'ticket' has no number of a ticket: make the scrip anew, see docs/desks/rt.md"
        )
    transaction = _number(fields.get("transaction"))
    return Hint(ticket, f"transaction {transaction}" if transaction else "")


def _number(value: object) -> str | None:
    """A number of RT's, which may come as text."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return text if text.isascii() and text.isdigit() and len(text) <= _LONGEST else None
