"""The HTTP API: one module for each kind of thing, and the list of their routers."""

from __future__ import annotations

from gateway.api import chats, tickets

ROUTERS = (
    chats.router,
    tickets.router,
)
"""Every router of the API, in the order in which its description lists them."""
