"""The client for Python services.

    async with BatonClient.connect() as baton:
        outcome = await baton.chat("telegram", "42").send({
            "kind": "customer_message", "id": "m-1",
            "author": {"type": "customer", "id": "c-7"}, "text": "Hello",
        })

An event goes to the case that is there. Where none is, or the last one is closed, what may open one does: a
message to a chat, for example. Anything else needs a case. ``send`` answers when the decision is durable;
``submit`` only hands the event over, for bulk traffic.

A call that did not get through is tried again under the same event ID until its time is up. A time-out
means "unknown", not "failed": send the same event again. If an event was *refused* and the reason
has been fixed, send it under a new ID, because the server remembers the refusal under the old one.
"""

from __future__ import annotations

from baton.client.api import BatonClient, Chat, Ticket
from baton.client.connecting import connect, plugin_for

__all__ = ["BatonClient", "Chat", "Ticket", "connect", "plugin_for"]
