"""Words that hide something, on the real server: refused at every way in, harmless where they were taken."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from baton.codec import EncryptionCodec
from baton.contract import HANDLE, SUBMIT, Presence
from baton.deskclient import DeskClient
from baton.directory import Directory
from baton.errors import InvalidEvent
from baton.keys import KeyRing, new_key
from baton.names import STORED
from baton.plugin import BatonPlugin
from tests.commands import Baton
from tests.conftest import HouseOpener, running_server
from tests.house import CHANNEL, House, event, eventually, fresh, open_house
from tests.unit.rulekit import DIRECTORY

OLD = "iv\u200ban\u202e"
"""Somebody whom a release before this one took into the directory."""


def directory_with(**staff: Any) -> Directory:
    document = DIRECTORY.model_dump(mode="json")
    document["staff"] |= staff
    return Directory.model_validate(document, context=STORED)


async def test_an_event_by_plain_temporal_is_judged_as_one_by_the_client(house: House) -> None:
    chat = fresh("hidden")
    await house.customer(chat)
    bad = event("customer_message", "customer", id=f"m\u202e-{chat}")
    with pytest.raises(InvalidEvent, match=r"id: U\+202E must not stand in an ID"):
        await house.send(chat, bad)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await house.handle(chat).execute_update(HANDLE, bad, id=fresh())
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "InvalidEvent"
    await house.handle(chat).signal(SUBMIT, bad)
    last = await the_refused(house, chat)
    assert "U+202E must not stand in an ID" in last
    assert "\u202e" not in last


async def the_refused(house: House, chat: str) -> str:
    """Why the chat's last event was refused."""

    async def is_refused() -> bool:
        return (await house.client.timeline(CHANNEL, chat))[-1].refused is not None

    await eventually(is_refused, "nothing was refused")
    return (await house.client.timeline(CHANNEL, chat))[-1].refused or ""


async def test_whom_an_older_release_took_into_the_directory_is_shown_and_can_leave(
    house: House, tmp_path: Path
) -> None:
    chat = fresh("old")
    await house.desk.change_directory(directory_with(**{OLD: {"line": "line-1"}}), based_on=None)
    await house.presence(OLD, Presence.ONLINE)
    await house.customer(chat)
    # As a history may have it: his case goes on, and so does what Baton itself says about him.
    await house.handle(chat).signal(SUBMIT, event("agent_message", OLD, text="Hello!"))
    await eventually(lambda: _is_of(house, chat, OLD), "he never got the chat")

    run = Baton(house, tmp_path)
    shown = await run("directory", "show")
    assert '"iv\\u200ban\\u202e"' in shown
    (tmp_path / "d.yaml").write_text(shown, encoding="utf-8")
    again = await run.run("directory", "apply", "d.yaml")
    assert again.code == 1
    assert "U+200B, U+202E must not stand in an ID" in again.err
    for written in (await run("chat", "show", f"{CHANNEL}:{chat}", "--timeline"), await run("staff", "list")):
        assert "iv\ufffdan\ufffd" in written

    desk = DeskClient(house.client.temporal, task_queue=house.settings.task_queue)
    await desk.change_directory(directory_with().model_dump(mode="json"))
    await house.customer(chat, "Anybody there?")
    assert not await _is_of(house, chat, OLD)


async def _is_of(house: House, chat: str, staff: str) -> bool:
    return (await house.snapshot(chat)).pinned_to == staff


# --- Summaries that are longer than Temporal takes ------------------------------------------------

WIDE = "𐍈"
"""A letter of four bytes."""


@asynccontextmanager
async def encrypted(folder: Path) -> AsyncIterator[House]:
    """A house on a server of its own, with a key of the longest name."""
    plugin = BatonPlugin(EncryptionCodec(KeyRing({"k" * 64: new_key()})))
    async with running_server(plugin) as environment, open_house(environment, folder, fresh("keys")) as house:
        yield house


@pytest.mark.parametrize("keys", [False, True], ids=["plain", "encrypted"])
async def test_the_longest_ids_and_labels_do_not_stop_a_case(
    keys: bool, open_a_house: HouseOpener, server: WorkflowEnvironment, tmp_path: Path
) -> None:
    opened = encrypted(tmp_path / "keys") if keys else open_a_house()
    async with opened as house:
        staff, labels = WIDE * 100, [f"{WIDE * 250}{number}" for number in range(20)]
        known = directory_with(**{staff: {"line": "line-1"}}).model_copy(
            update={"labels": (*DIRECTORY.labels, *labels)}
        )
        await house.desk.change_directory(known, based_on=None)
        desk = DeskClient(house.client.temporal, task_queue=house.settings.task_queue)
        row = await desk.set_presence(staff, Presence.ONLINE)
        assert row.presence is Presence.ONLINE

        chat = (fresh() + WIDE * 255)[:230]
        await house.customer(chat)
        await house.staff(chat, staff)
        added = await house.by(staff, chat, "labels_changed", add=labels)
        assert list(added.snapshot.labels) == labels
        await house.settled(chat)
        described = await house.handle(chat).describe()
        summary = await described.static_summary()
        assert summary is not None
        assert len(summary.encode()) <= 180
        events = (await house.history(chat)).events
        assert max(len(item.user_metadata.summary.data) for item in events) > 100
        assert keys or max(item.user_metadata.summary.ByteSize() for item in events) <= 400
