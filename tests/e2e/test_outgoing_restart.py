"""Temporal is restarted while letters are on their way: nothing is lost, and nothing has two IDs."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from baton.contract import SEARCH_ATTRIBUTES
from baton.temporal.plugin import BatonPlugin
from lab.rig import fresh, open_rig
from lab.server import temporal_binary
from local.machine import free_port
from tests.e2e.test_outgoing import LIFE, arrived, by_case, life, subscribed
from tests.outgoing import Answer, Received, receiving

CHATS = 20
"""In each half: before Temporal goes away, and after it is back."""


@asynccontextmanager
async def temporal(database: Path, port: int) -> AsyncIterator[None]:
    """A server on this port that keeps everything in a file; at the end it is killed."""
    attributes = [f"{name}={kind}" for name, kind in SEARCH_ATTRIBUTES.items()]
    server = await asyncio.create_subprocess_exec(
        temporal_binary(),
        *("server", "start-dev", "--headless", "--db-filename", str(database), "--port", str(port)),
        *("--log-level", "never"),
        *(part for one in attributes for part in ("--search-attribute", one)),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        server.kill()
        await server.wait()


async def connected(port: int) -> Client:
    while True:
        try:
            return await Client.connect(f"127.0.0.1:{port}", plugins=[BatonPlugin()])
        except RuntimeError:
            await asyncio.sleep(0.1)


async def test_nothing_is_lost_and_no_letter_has_two_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.delivering.PAUSES", (0.1,) * 200)
    port, database = free_port(), tmp_path / "temporal.db"
    numbers, hold = itertools.count(1), asyncio.Event()

    def answer(_: Received) -> Answer:
        """Every seventh request fails, and while Temporal is away nothing is answered."""
        return Answer(500 if next(numbers) % 7 == 0 else 204, wait=hold)

    hold.set()
    async with receiving() as receiver:
        async with temporal(database, port):
            environment = WorkflowEnvironment.from_client(await connected(port))
            rig_opened = open_rig(environment, tmp_path / "rig", fresh("queue"), outgoing_private=True)
            rig = await rig_opened.__aenter__()
            await subscribed(rig, receiver)
            receiver.answer = answer
            before = [fresh() for _ in range(CHATS)]
            await asyncio.gather(*(life(rig, chat) for chat in before[: CHATS // 2]))
            hold.clear()
            await asyncio.gather(*(life(rig, chat) for chat in before[CHATS // 2 :]))
        hold.set()
        async with temporal(database, port):
            await connected(port)
            after = [fresh() for _ in range(CHATS)]
            await asyncio.gather(*(life(rig, chat) for chat in after))
            expected = 2 * CHATS * len(LIFE)
            await arrived(receiver, expected)
            assert by_case(receiver) == dict.fromkeys([*before, *after], LIFE)
            ids = Counter(one.webhook_id for one in receiver.accepted)
            bodies = {(one.webhook_id, one.body) for one in receiver.accepted}
            assert len(ids) == len(bodies) == expected
            print(
                f"{expected} letters expected, {len(ids)} delivered; {len(receiver.received)} requests, "
                f"{sum(ids.values()) - len(ids)} accepted again under the same ID"
            )
            await rig_opened.__aexit__(None, None, None)
