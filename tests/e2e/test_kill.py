"""A worker is killed (-9) between an event and its write. Nothing is lost, nothing is done twice."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from typing import Any

import pytest

from baton.contract import Outcome
from baton.settings import CHECKOUT
from lab.ledger import applied_keys, cases_of, events_of
from lab.notices import to_each
from lab.rig import CHANNEL, Rig, event, eventually, fresh
from tests.conftest import RigOpener


async def _nothing(rig: Rig, chat: str) -> None:
    """The event under test is the first one."""


async def _ended(rig: Rig, chat: str) -> None:
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.by("ivan", chat, "chat_ended", status="pending")


async def _closed(rig: Rig, chat: str) -> None:
    await rig.customer(chat)
    await rig.by("ivan", chat, "taken")
    await rig.by("ivan", chat, "chat_ended", status="closed")
    await rig.handle(chat).result()


async def _new(rig: Rig, chat: str) -> None:
    await rig.customer(chat)


async def _held(rig: Rig, chat: str) -> None:
    await rig.customer(chat)
    await rig.staff(chat, "ivan")


SITUATIONS: dict[str, tuple[Any, dict[str, Any]]] = {
    "1a": (_nothing, {"kind": "agent_message", "author": "lena"}),
    "1b": (_closed, {"kind": "agent_message", "author": "lena"}),
    "2": (_ended, {"kind": "agent_message", "author": "lena"}),
    "3a": (_new, {"kind": "agent_message", "author": "lena"}),
    "3b": (_held, {"kind": "agent_message", "author": "lena"}),
    "4": (_ended, {"kind": "customer_message", "author": "customer"}),
}


@pytest.mark.parametrize("moment", ["after decide", "before write", "after write"])
async def test_a_killed_worker_loses_and_doubles_nothing(open_a_rig: RigOpener, moment: str) -> None:
    async with open_a_rig() as rig:
        chats = {name: fresh(f"kill-{name}") for name in SITUATIONS}
        for name, (prepare, _) in SITUATIONS.items():
            await prepare(rig, chats[name])
            if prepare is not _nothing:
                await rig.settled(chats[name])
        await rig.stop_worker()
        written = Counter(await applied_keys(rig.desk))

        doomed = await start_stuck(rig, moment)
        sent = {name: event(**fields) for name, (_, fields) in SITUATIONS.items()}
        sending = [asyncio.ensure_future(rig.send(chats[name], sent[name])) for name in SITUATIONS]
        await wait_until_stuck(doomed, set(chats.values()))
        doomed.kill()
        await doomed.wait()
        await rig.start_worker()

        outcomes: list[Outcome] = await asyncio.gather(*sending)
        for name, outcome in zip(SITUATIONS, outcomes, strict=True):
            chat = chats[name]
            await rig.settled(chat)
            assert len(outcome.fired) == 1, name
            row, now = (await cases_of(rig.desk, chat))[-1], await rig.snapshot(chat)
            assert outcome.snapshot == now, name
            for field in ("assignee", "line", "pinned_to", "reserved_for", "activity", "status", "tab"):
                assert getattr(row, field) == getattr(now, field), (name, field)
            kept = await events_of(rig.desk, chat)
            assert [item.event_id for item in kept].count(sent[name]["id"]) == 1, name
        new = Counter(await applied_keys(rig.desk)) - written
        assert all(number == 1 for number in new.values()), new
        notices = to_each(await rig.desk.notices(None, 1000))
        told = Counter((row.staff, row.case_id, row.at) for row in notices)
        assert all(number == 1 for number in told.values()), told
        writes = [key for key in new if key.endswith(":write")]
        assert len(writes) == len(SITUATIONS)


async def test_events_decided_by_a_dead_worker_are_not_taken_for_late_duplicates(
    open_a_rig: RigOpener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when so many events are folded at once that the chat forgets the first ones meanwhile."""
    async with open_a_rig(working=False) as rig:
        chat, number = fresh("burst"), 8
        for _ in range(number):
            await rig.client.chat(CHANNEL, chat).submit(event("customer_message", "customer"))
        doomed = await start_stuck(rig, "after decide", str(number - 1))
        await wait_until_stuck(doomed, {chat})
        doomed.kill()
        await doomed.wait()

        monkeypatch.setattr("workflows.inbox.REMEMBERED_EVENTS", 3)
        await rig.start_worker()
        assert (await rig.by("ivan", chat, "taken")).snapshot.pinned_to == "ivan"
        timeline = await rig.client.chat(CHANNEL, chat).timeline()
        assert [entry.kind for entry in timeline] == ["customer_message"] * number + ["taken"]


@pytest.mark.parametrize(
    ("where", "moment"),
    [("ended", "after decide"), ("next", "before tell_case"), ("next", "after tell_case")],
)
async def test_a_promised_place_is_neither_lost_nor_given_twice(
    open_a_rig: RigOpener, where: str, moment: str
) -> None:
    directory = """
lines: {line-1: {}, line-2: {}}
staff: {ivan: {line: line-1, max_chats: 1}, lena: {line: line-2}}
"""
    nothing = "version: 1\n"
    async with open_a_rig(
        directory=directory, rules=nothing, templates=nothing, online=("ivan", "lena")
    ) as rig:
        chats = {name: fresh(f"kill-{name}") for name in ("ended", "next", "last")}
        for chat in chats.values():
            await rig.customer(chat)
            await rig.by("lena", chat, "assigned", line="line-1")
        for chat in chats.values():
            await rig.settled(chat)
        await rig.stop_worker()

        doomed = await start_stuck(rig, f"{chats[where]}={moment}")
        sending = asyncio.ensure_future(rig.by("ivan", chats["ended"], "chat_ended", status="closed"))
        await wait_until_stuck(doomed, {chats[where]})
        doomed.kill()
        await doomed.wait()
        await rig.start_worker()
        await sending

        async def given() -> bool:
            return (await rig.snapshot(chats["next"])).pinned_to == "ivan"

        await eventually(given, "the place was lost")
        assert (await rig.snapshot(chats["last"])).pinned_to is None
        told = [
            entry.kind
            for name in ("next", "last")
            for entry in await rig.client.chat(CHANNEL, chats[name]).timeline()
        ]
        assert told.count("place_freed") == 1


async def start_stuck(rig: Rig, *arguments: str) -> asyncio.subprocess.Process:
    """A worker that is ready, and will get stuck: see ``stuck_worker``."""
    config = rig.client.temporal.service_client.config
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.e2e.stuck_worker", *arguments),
        cwd=CHECKOUT,
        env={
            **os.environ,
            **rig.settings.as_environment(),
            "TEMPORAL_ADDRESS": config.target_host,
            "TEMPORAL_NAMESPACE": rig.client.temporal.namespace,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    assert (await child.stdout.readline()).strip() == b"ready"
    return child


async def wait_until_stuck(child: asyncio.subprocess.Process, conversations: set[str]) -> None:
    """Wait until the worker is stuck with each of these cases."""
    assert child.stdout is not None
    waiting = set(conversations)
    while waiting:
        line = await child.stdout.readline()
        assert line, "the worker ended by itself"
        waiting.discard(line.decode().removeprefix("stuck ").strip())
