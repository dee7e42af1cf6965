"""`baton ops reset` after a bad release: two versions of the workers on the real server."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from baton.contract import chat_workflow_id
from lab.deployment import Deployment, harmful_checkout
from lab.ledger import applied_keys, cases_of, events_of
from lab.rig import CHANNEL, NO_RULES, failed_tasks, fresh
from lab.server import running_server
from tests.commands import Baton
from tests.conftest import RigOpener

WRITERS = 4
"""Customers who write in a chat at the moment in which it is reset."""


@pytest.fixture
async def deployment(open_a_rig: RigOpener) -> AsyncIterator[Deployment]:
    """A server without versions yet, and a rig without a worker."""
    async with (
        running_server() as environment,
        open_a_rig(environment=environment, rules=NO_RULES, working=False) as rig,
    ):
        yield Deployment(rig, fresh("deployment"))


class Release:
    """Chats that are assigned by hand, by workers of one version and then of another."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.rig = deployment.rig
        self.sent: dict[str, list[str]] = {}

    async def customer(self, *chats: str) -> None:
        for chat in chats:
            self._note(chat, (await self.rig.customer(chat)).event_id)

    async def assign(self, staff: str, *chats: str) -> None:
        for chat in chats:
            outcome = await self.rig.by("lena", chat, "assigned", staff=staff)
            self._note(chat, outcome.event_id)

    async def lead_over(self, build: str, *chats: str) -> None:
        """Make a version the current one; each of the chats moves there after an event or two."""
        await self.deployment.make_current(build)
        for chat in chats:
            while await self.version_of(chat) != build:
                await self.assign("ivan", chat)
                await self.rig.settled(chat)

    async def version_of(self, chat: str) -> str:
        return await self.deployment.version_of(chat_workflow_id(CHANNEL, chat))

    async def assignees(self, *chats: str) -> list[str | None]:
        return [(await self.rig.snapshot(chat)).assignee for chat in chats]

    def _note(self, chat: str, event_id: str) -> None:
        self.sent.setdefault(chat, []).append(event_id)


async def test_what_a_bad_release_decided_is_taken_back(deployment: Deployment, tmp_path: Path) -> None:
    """The bad one gives petra every chat that is assigned to somebody.

    A chat with a version begins a new run when it changes versions, so bad decisions are in a run of their
    own, and good ones may be in runs before and after it.
    """
    rig, baton, release = deployment.rig, Baton(deployment.rig, tmp_path), Release(deployment)
    untouched, on_bad, begun, back = chats = [fresh(one) for one in ("untouched", "on-bad", "begun", "back")]
    async with deployment.worker("good"), deployment.worker("bad", harmful_checkout(tmp_path / "bad")):
        await deployment.make_current("good")
        began = datetime.now(UTC)
        await release.customer(untouched, on_bad, back)
        await release.lead_over("bad", on_bad, back)
        await release.customer(begun)
        await release.assign("lena", on_bad, begun, back)
        assert await release.assignees(on_bad, begun, back) == ["petra"] * 3
        await release.lead_over("good", back)
        await release.assign("ivan", back)
        for chat in chats:
            await rig.settled(chat)
        keys = Counter(await applied_keys(rig.desk))

        reset = ("ops", "reset", *(f"telegram:{chat}" for chat in chats), "--json")
        bad = ("--before", "bad", "--reason", "the bad release")
        would = (await baton.run(*reset, *bad, "--dry-run")).json
        assert [one["verdict"] for one in would] == ["nothing to do", *["would be done"] * 3]
        assert would[0]["detail"] == "nothing since then; build IDs: good"
        assert [", in the earlier run " in one["detail"] for one in would] == [False, False, False, True]
        assert all(one["detail"].startswith("to event 4 of ") for one in would[1:])
        assert await release.assignees(on_bad, begun) == ["petra"] * 2

        # The latest run of each ends in the middle of what its customers write.
        writing = asyncio.gather(
            *(release.customer(chat) for chat in (on_bad, begun, back) for _ in range(WRITERS))
        )
        done = await baton.run(*reset, *bad)
        assert (done.code, [one["verdict"] for one in done.json]) == (0, ["nothing to do", *["done"] * 3])
        await writing
        for chat in chats:
            await rig.settled(chat)

        assert await release.assignees(on_bad, begun, back) == ["lena", "lena", "ivan"]
        assert [await release.version_of(chat) for chat in chats] == ["good"] * 4
        for chat in chats:
            assert Counter(one.event_id for one in await events_of(rig.desk, chat)) == Counter(
                release.sent[chat]
            )
            taken = [entry.event_id for entry in await rig.client.chat(CHANNEL, chat).timeline()]
            assert sorted(taken) == sorted(release.sent[chat])
            assert failed_tasks(await rig.history(chat)) == []
            (row,) = await cases_of(rig.desk, chat)
            assert row.assignee == (await rig.snapshot(chat)).assignee
        now = Counter(await applied_keys(rig.desk))
        assert keys <= now
        assert set(now.values()) == {1}

        assert {one["verdict"] for one in (await baton.run(*reset, *bad)).json} == {"nothing to do"}
        # Further back is before the reset: the server would not bring back what came after that.
        one = ("ops", "reset", f"telegram:{back}", "--reason", "all of it")
        refused = await baton.run(*one, "--before", began.isoformat())
        assert refused.code == 1
        assert "was reset after that: what has come since then would be lost" in refused.out
        assert f"baton ops reset chat:telegram:{back} --to 3" in refused.out
        assert "done" in await baton(*one, "--to", "3")
        await rig.settled(back)
        assert await release.assignees(back) == ["ivan"]
