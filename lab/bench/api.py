"""What the HTTP API costs: the same conversations through a gateway and by the Python client.

The gateway is a process of its own, as in production; the worker is here. Rounds of both alternate, so that
other load on the machine affects both. The caller's side of HTTP is as small as can be: it is not measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from baton.settings import CHECKOUT, HOST
from lab.bench.tables import table_of
from lab.gateways import key_for
from lab.rig import CHANNEL, Rig, event, fresh, open_rig
from lab.server import running_server
from local.machine import free_port
from local.stack import GATEWAY_READY

MESSAGES = 20
CHATS = 20
AT_ONCE = 10
ROUNDS = 5

Send = Callable[[str, dict[str, Any]], Awaitable[None]]


class _Caller:
    """A connection to the gateway that is kept open."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._head = f"host: desk\r\ncontent-type: application/json\r\nauthorization: Bearer {key}\r\n"

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(HOST, self._port)

    async def send(self, chat: str, payload: dict[str, Any]) -> None:
        """Send one event. Raises ``RuntimeError`` unless it is accepted."""
        body = json.dumps({"event": payload, "customer": f"of-{chat}"}).encode()
        head = f"POST /v1/chats/{CHANNEL}/{chat}/events HTTP/1.1\r\n{self._head}"
        self._writer.write(f"{head}content-length: {len(body)}\r\n\r\n".encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        said = await self._reader.readexactly(length)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{answer.decode()}{said.decode()}")

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def _gateway(rig: Rig) -> AsyncIterator[int]:
    """A gateway as a process; its port."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway"),
        cwd=CHECKOUT,
        env=os.environ
        | rig.settings.model_copy(update={"gateway_port": port, "gateway_rate": 100_000}).as_environment()
        | {"TEMPORAL_ADDRESS": rig.client.temporal.service_client.config.target_host},
        stdout=PIPE,
    )
    try:
        assert process.stdout is not None
        line = await process.stdout.readline()
        if not line.startswith(GATEWAY_READY.encode()):
            raise RuntimeError("the gateway did not start")
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _talk(send: Send, chat: str, latencies: list[float]) -> None:
    """A conversation: the customer and Ivan write in turn."""
    for number in range(MESSAGES):
        kind, author = (("customer_message", "customer"), ("agent_message", "ivan"))[number % 2]
        began = time.perf_counter()
        await send(chat, event(kind, author, text="Hello"))
        latencies.append(time.perf_counter() - began)


async def _round(senders: list[Send], latencies: list[float]) -> float:
    """Messages a second, with as many conversations at once as there are senders."""
    began, left = time.perf_counter(), [fresh("talk") for _ in range(CHATS)]

    async def one(send: Send) -> None:
        while left:
            await _talk(send, left.pop(), latencies)

    await asyncio.gather(*map(one, senders))
    return CHATS * MESSAGES / (time.perf_counter() - began)


async def _measure() -> Table:
    rates: dict[str, list[float]] = {"client": [], "api": []}
    latencies: dict[str, list[float]] = {"client": [], "api": []}
    with tempfile.TemporaryDirectory() as folder:
        async with (
            running_server() as server,
            open_rig(server, Path(folder), "bench-api") as rig,
            _gateway(rig) as port,
        ):
            key = await key_for(rig.desk)
            callers = [_Caller(port, key) for _ in range(AT_ONCE)]

            async def directly(chat: str, payload: dict[str, Any]) -> None:
                await rig.send(chat, payload)

            sides: dict[str, list[Send]] = {
                "client": [directly] * AT_ONCE,
                "api": [caller.send for caller in callers],
            }
            for turn in range(ROUNDS + 1):
                for name in list(sides)[:: -1 if turn % 2 else 1]:
                    found: list[float] = []
                    for caller in callers:  # a server closes what is idle for longer than a round
                        await caller.open()
                    rate = await _round(sides[name], found)
                    if turn:  # the first is to warm up
                        rates[name].append(rate)
                        latencies[name] += found
                    for caller in callers:
                        caller.close()
    table = table_of(f"Events by the client and by the API, {AT_ONCE} at once", "client", "API", "ratio")
    figures: tuple[tuple[str, str, Callable[[str], float]], ...] = (
        ("events a second, median of the rounds", ".0f", lambda name: statistics.median(rates[name])),
        ("latency, median, ms", ".1f", lambda name: statistics.median(latencies[name]) * 1000),
        ("latency, p99, ms", ".1f", lambda name: statistics.quantiles(latencies[name], n=100)[98] * 1000),
    )
    for said, form, value in figures:
        floor, above = value("client"), value("api")
        table.add_row(said, format(floor, form), format(above, form), f"{above / floor:.2f}")
    return table


def main() -> None:
    """Measure, and print the table."""
    console = Console()
    console.print(f"{ROUNDS} rounds of each, in turns …")
    console.print(asyncio.run(_measure()))
