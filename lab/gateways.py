"""A real gateway beside a rig, and keys for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from baton.desk.apikeys import NewApiKey, Scope, new_key
from baton.desk.tokens import digest_of
from baton.settings import HOST, Settings
from gateway.__main__ import server_for
from gateway.backend import Backend
from helpdesks.embedded import EmbeddedHelpDesk
from lab.rig import Rig, eventually, fresh
from local.machine import free_port


async def key_for(desk: EmbeddedHelpDesk, *scopes: Scope) -> str:
    """A new key with these scopes, or with all."""
    key = new_key()
    wanted = scopes or tuple(Scope)
    await desk.api_keys.add(NewApiKey(name=fresh("key"), digest=digest_of(key), scopes=wanted))
    return key


@asynccontextmanager
async def serving(settings: Settings, backend: Backend | None = None, **limits: Any) -> AsyncIterator[str]:
    """A gateway that serves in this process; its address."""
    server = server_for(settings, backend=backend, **limits)
    running = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    try:
        await eventually(started, "the gateway does not serve")
        yield f"http://{HOST}:{settings.gateway_port}"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def gateway_of(rig: Rig, **settings: Any) -> AsyncIterator[str]:
    """A gateway for the worker of a rig; its address."""
    chosen = rig.settings.model_copy(update={"gateway_port": free_port(), **settings})
    async with serving(chosen, Backend(chosen, client=rig.client.temporal)) as url:
        yield url
