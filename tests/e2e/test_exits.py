"""A program that has used Baton's client ends as any other."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE

import pytest

from baton.client import BatonClient
from baton.contract import Tab
from baton.errors import ConnectionFailed
from baton.settings import CHECKOUT
from lab.rig import CHANNEL, Rig, event, fresh
from tests.commands import Said, ended

RUNS, AT_ONCE = 100, 4


async def play(rig: Rig, program: str, conversation: str) -> Said:
    """Run a program of ``tests.e2e.exits`` so often."""
    client = rig.client.temporal
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.e2e.exits", program, conversation, str(RUNS), str(AT_ONCE)),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=CHECKOUT,
        env={
            **os.environ,
            "TEMPORAL_ADDRESS": client.service_client.config.target_host,
            "TEMPORAL_NAMESPACE": client.namespace,
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "BATON_TASK_QUEUE": rig.settings.task_queue,
            "PYTHONUNBUFFERED": "",  # whole lines, as several runs write at once
        },
    )
    return await ended(process)


async def test_the_example_of_the_readme_ends_well_each_time(rig: Rig) -> None:
    said = await play(rig, "answered", fresh("exit"))
    *answers, codes = said.out.splitlines()
    assert json.loads(codes) == {"0": RUNS}, said.err
    assert answers == ["new None"] * RUNS
    assert said.err == ""


@pytest.mark.parametrize(("program", "code"), [("cancelled", "0"), ("failed", "3")])
async def test_a_program_that_leaves_calls_behind_ends_with_its_own_code(
    rig: Rig, program: str, code: str
) -> None:
    conversation = fresh("exit")
    await rig.customer(conversation)
    said = await play(rig, program, conversation)
    assert json.loads(said.out) == {code: RUNS}, said.err
    assert said.err == ""


async def test_a_client_takes_no_more_calls_after_its_block(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporal = rig.client.temporal
    monkeypatch.setenv("TEMPORAL_ADDRESS", temporal.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_NAMESPACE", temporal.namespace)
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("BATON_TASK_QUEUE", rig.settings.task_queue)
    async with BatonClient.connect() as baton:
        chat = baton.chat(CHANNEL, fresh("exit"))
        outcome = await chat.send(event("customer_message", "customer"))
        assert outcome.snapshot.tab is Tab.NEW
    for call in (
        chat.send(event("note_added", "ivan", text="A regular.")),
        chat.submit(event("note_added", "ivan", text="A regular.")),
        chat.snapshot(),
    ):
        with pytest.raises(ConnectionFailed, match="this client was closed"):
            await call
