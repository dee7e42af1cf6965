"""A stand-in for the load balancer in front of a cluster's frontends."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from baton.settings import HOST

CHUNK = 1 << 16
CONNECT_SECONDS = 1.0


@asynccontextmanager
async def balancing(port: int, behind: Sequence[int]) -> AsyncIterator[None]:
    """Pass each connection to ``port`` on to one of the ports ``behind``, in turn; skip those that refuse.

    It balances connections, not calls, as such balancers do: a connected client stays with its process until
    that process ends, and then connects again.
    """
    turns = itertools.count()
    connections: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        task.add_done_callback(connections.discard)
        first = next(turns)
        with suppress(asyncio.CancelledError):  # when the balancer ends
            for number in range(len(behind)):
                target = behind[(first + number) % len(behind)]
                with suppress(OSError, TimeoutError):
                    async with asyncio.timeout(CONNECT_SECONDS):
                        opened = await asyncio.open_connection(HOST, target)
                    await _both_ways((reader, writer), opened)
                    break
        writer.close()

    server = await asyncio.start_server(serve, HOST, port)
    try:
        yield
    finally:
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _both_ways(one: Ends, other: Ends) -> None:
    """Pass on what comes from either side, until one side is gone."""
    ways = [asyncio.create_task(_pass_on(one[0], other[1])), asyncio.create_task(_pass_on(other[0], one[1]))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        other[1].close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
