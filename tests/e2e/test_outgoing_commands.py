"""The commands about what is told elsewhere, as people run them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from baton.desk.outgoing import Way
from lab.rig import Rig, becomes, fresh
from tests.commands import Baton
from tests.conftest import RigOpener
from tests.mailserver import mail_host
from tests.outgoing import Answer, receiving


@pytest.fixture
async def mailing(open_a_rig: RigOpener, tmp_path: Path) -> AsyncIterator[Rig]:
    async with mail_host(tmp_path) as host, open_a_rig(outgoing_private=True, **host.settings) as rig:
        yield rig


async def test_dead_letters_are_seen_and_replayed_and_a_subscriber_is_paused(
    mailing: Rig, tmp_path: Path
) -> None:
    baton = Baton(mailing, tmp_path)
    async with receiving() as receiver:
        receiver.answer = lambda _: Answer(410)
        made, secret = await mailing.desk.subscribers.make(Way.STANDARD, "shop", receiver.url)
        await mailing.stop_worker()
        await mailing.start_worker()
        chat = fresh()
        await mailing.customer(chat)

        async def dead() -> int:
            return (await mailing.desk.letters.counts(made.id))[1]

        await becomes(dead, 1, "dead letters")
        listed = await baton.run("webhooks", "list")
        assert listed.code == 0, listed.err
        assert made.id in listed.out
        assert "off" in listed.out
        assert "410" in listed.out
        assert secret is not None
        assert secret not in listed.out
        assert "secret-path" not in listed.out
        shown = await baton.run("webhooks", "dead", made.id)
        assert f"chat:telegram:{chat}" in shown.out
        paused = await baton.run("webhooks", "pause", made.id)
        assert paused.out == f"{made.id} is paused, and 0 letters wait for it.\n"
        receiver.answer = lambda _: Answer()
        resumed = await baton.run("webhooks", "resume", made.id)
        assert resumed.out == f"{made.id} is active, and 0 letters wait for it.\n"
        replayed = await baton.run("webhooks", "replay", made.id)
        assert replayed.out == "1 letter tried again\n"

        async def accepted() -> int:
            return len(receiver.accepted)

        await becomes(accepted, 1, "letters that arrived")
        missing = await baton.run("webhooks", "dead", "wh_none")
        assert missing.code == 1
        assert "there is no subscriber 'wh_none'" in missing.err


async def test_how_somebody_is_told_is_set_and_shown(mailing: Rig, tmp_path: Path) -> None:
    baton = Baton(mailing, tmp_path)
    nobody = await baton.run("staff", "ways")
    assert nobody.out == "Nobody is told anything elsewhere.\n"
    told = ("--kinds", "prompt,due-soon", "--digest", "15", "--quiet", "--urgent", "prompt")
    set_ = await baton.run("staff", "ways", "ivan", "--email", "ivan@company.example", *told, "--json")
    assert set_.code == 0, set_.err
    (way,) = set_.json
    assert way["address"] == "ivan@company.example"
    assert (way["kinds"], way["digest_minutes"], way["quiet"], way["urgent"]) == (
        ["prompt", "due_soon"],
        15,
        True,
        ["prompt"],
    )
    everybody = await baton.run("staff", "ways")
    assert "i…@company.example" in everybody.out
    assert "gathered for 15 min; on duty only; at any time: prompt" in everybody.out
    wrong = await baton.run("staff", "ways", "ivan", "--email", "ivan")
    assert wrong.code == 2
    assert "is no address" in wrong.err
    assert (await baton.run("staff", "ways", "ivan", "--no-email", "--json")).json == []
