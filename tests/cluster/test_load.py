"""The load and its proof, on the development server: the proof finds what is lost or stuck there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import delete
from temporalio.testing import WorkflowEnvironment

from baton.settings import load_settings
from baton.temporal.codec import ENCODING
from baton.temporal.keys import key_line, new_key
from helpdesks.schema import events
from lab.cluster import proof
from lab.cluster.clients import CONNECTIONS, ONLINE, Load
from lab.cluster.load import _rig
from lab.cluster.proof import differences, gather
from lab.rig import CHANNEL, Rig, event, eventually
from tests import steps
from tests.conftest import RigOpener


async def played(rig: Rig) -> Load:
    """At least a ticket, a chat that is left open, one that is closed, and another one that is left open."""
    load = Load([rig])
    working = asyncio.create_task(load.work(0))

    async def enough() -> bool:
        return working.done() or len(load.played.chats) == 3

    await eventually(enough, "the load does not get on")
    load.over = True
    await working
    return load


async def test_what_is_lost_or_stuck_after_a_load_is_found(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_a_rig(online=ONLINE) as rig:
        load = await played(rig)
        assert sorted(load.played.chats.values()) == [False, False, True]
        assert len(load.played.tickets) == 1
        found = await gather(rig, rig.desk, load.played)
        assert differences(load.played, found) == []
        assert sum(found.events.values()) == len(load.answers)

        chat, (first, *_) = next(iter(load.played.accepted.items()))
        async with steps.step_by_step(rig.desk._database.write) as connection:
            connection.execute(delete(events).where(events.c.event_id == first))
        found = await gather(rig, rig.desk, load.played)
        assert differences(load.played, found) == [
            f"lost or doubled: event {first} of {chat} is 0 times in the help desk"
        ]

        left_open = next(name for name, closed in load.played.chats.items() if not closed)
        monkeypatch.setattr(proof, "REST_SECONDS", 0.1)
        await rig.stop_worker()
        await rig.client.chat(CHANNEL, left_open).submit(event("customer_message", "customer"))
        assert "workflow task" in await proof._pending(rig, left_open)
        await rig.start_worker()


async def test_the_load_has_the_keys_that_the_workers_have(
    server: WorkflowEnvironment, tmp_path: Path
) -> None:
    (tmp_path / "keys").write_text(key_line("k", new_key()))
    settings = load_settings(data_dir=tmp_path, encryption_keys_file=tmp_path / "keys")
    address = server.client.service_client.config.target_host
    async with _rig(address, server.client.namespace, settings) as (_, rigs):
        converters = [rig.client.temporal.data_converter for rig in rigs]
        written = [payload for one in converters for payload in await one.encode(["text"])]
    assert [payload.metadata["encoding"] for payload in written] == [ENCODING] * CONNECTIONS
