"""Words that hide something, on the real server: refused at every entry, harmless if once accepted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment

from baton.contract import HANDLE, SUBMIT, Presence
from baton.contract.words import STORED
from baton.desk.client import DeskClient
from baton.documents.directory import Directory
from baton.errors import InvalidEvent
from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing, new_key
from baton.temporal.plugin import BatonPlugin
from lab.rig import CHANNEL, Rig, event, eventually, fresh, open_rig
from lab.server import running_server
from tests.commands import Baton
from tests.conftest import RigOpener
from tests.unit.rules.kit import DIRECTORY

OLD = "iv\u200ban\u202e"
"""Somebody whom a release before this one took into the directory."""


def directory_with(**staff: Any) -> Directory:
    document = DIRECTORY.model_dump(mode="json")
    document["staff"] |= staff
    return Directory.model_validate(document, context=STORED)


async def test_an_event_by_plain_temporal_is_judged_as_one_by_the_client(rig: Rig) -> None:
    chat = fresh("hidden")
    await rig.customer(chat)
    bad = event("customer_message", "customer", id=f"m\u202e-{chat}")
    with pytest.raises(InvalidEvent, match=r"id: U\+202E must not stand in an ID"):
        await rig.send(chat, bad)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await rig.handle(chat).execute_update(HANDLE, bad, id=fresh())
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "InvalidEvent"
    await rig.handle(chat).signal(SUBMIT, bad)
    last = await the_refused(rig, chat)
    assert "U+202E must not stand in an ID" in last
    assert "\u202e" not in last


async def the_refused(rig: Rig, chat: str) -> str:
    """Why the chat's last event was refused."""

    async def is_refused() -> bool:
        return (await rig.client.chat(CHANNEL, chat).timeline())[-1].refused is not None

    await eventually(is_refused, "nothing was refused")
    return (await rig.client.chat(CHANNEL, chat).timeline())[-1].refused or ""


async def test_whom_an_older_release_took_into_the_directory_is_shown_and_can_leave(
    rig: Rig, tmp_path: Path
) -> None:
    chat = fresh("old")
    await rig.desk.change_directory(directory_with(**{OLD: {"line": "line-1"}}), based_on=None)
    await rig.presence(OLD, Presence.ONLINE)
    await rig.customer(chat)
    # A history may contain this: his case goes on, and so does what Baton itself says about him.
    await rig.handle(chat).signal(SUBMIT, event("agent_message", OLD, text="Hello!"))
    await eventually(lambda: _is_of(rig, chat, OLD), "he never got the chat")

    run = Baton(rig, tmp_path)
    shown = await run("directory", "show")
    assert '"iv\\u200ban\\u202e"' in shown
    (tmp_path / "d.yaml").write_text(shown, encoding="utf-8")
    again = await run.run("directory", "apply", "d.yaml")
    assert again.code == 1
    assert "U+200B, U+202E must not stand in an ID" in again.err
    for written in (await run("chat", "show", f"{CHANNEL}:{chat}", "--timeline"), await run("staff", "list")):
        assert "iv\ufffdan\ufffd" in written

    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
    await desk.change_directory(directory_with().model_dump(mode="json"))
    await rig.customer(chat, "Anybody there?")
    assert not await _is_of(rig, chat, OLD)


async def _is_of(rig: Rig, chat: str, staff: str) -> bool:
    return (await rig.snapshot(chat)).pinned_to == staff


# --- Summaries that are longer than Temporal takes ------------------------------------------------

WIDE = "𐍈"
"""A letter of four bytes."""


@asynccontextmanager
async def encrypted(folder: Path) -> AsyncIterator[Rig]:
    """A rig on a server of its own, with a key of the longest name."""
    plugin = BatonPlugin(EncryptionCodec(KeyRing({"k" * 64: new_key()})))
    async with (
        running_server(plugin) as environment,
        open_rig(environment, folder, fresh("keys")) as rig,
    ):
        yield rig


@pytest.mark.parametrize("keys", [False, True], ids=["plain", "encrypted"])
async def test_the_longest_ids_and_labels_do_not_stop_a_case(
    keys: bool, open_a_rig: RigOpener, server: WorkflowEnvironment, tmp_path: Path
) -> None:
    opened = encrypted(tmp_path / "keys") if keys else open_a_rig()
    async with opened as rig:
        staff, labels = WIDE * 100, [f"{WIDE * 250}{number}" for number in range(20)]
        known = directory_with(**{staff: {"line": "line-1"}}).model_copy(
            update={"labels": (*DIRECTORY.labels, *labels)}
        )
        await rig.desk.change_directory(known, based_on=None)
        desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue)
        row = await desk.set_presence(staff, Presence.ONLINE)
        assert row.presence is Presence.ONLINE

        chat = (fresh() + WIDE * 255)[:230]
        await rig.customer(chat)
        await rig.staff(chat, staff)
        added = await rig.by(staff, chat, "labels_changed", add=labels)
        assert list(added.snapshot.labels) == labels
        await rig.settled(chat)
        described = await rig.handle(chat).describe()
        summary = await described.static_summary()
        assert summary is not None
        assert len(summary.encode()) <= 180
        events = (await rig.history(chat)).events
        assert max(len(item.user_metadata.summary.data) for item in events) > 100
        assert keys or max(item.user_metadata.summary.ByteSize() for item in events) <= 400
