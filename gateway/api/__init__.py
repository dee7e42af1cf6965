"""The HTTP API: one module for each kind of thing, and the list of their routers."""

from __future__ import annotations

from gateway.api import (
    chats,
    directory,
    lists,
    messages,
    presence,
    reports,
    templates,
    tickets,
    ways,
    webhooks,
)

ROUTERS = (
    chats.router,
    tickets.router,
    messages.router,
    lists.router,
    presence.router,
    directory.router,
    templates.router,
    webhooks.router,
    ways.router,
    reports.router,
)
"""Every router behind API keys, in the order in which the description lists them."""
