"""The codec server as a process, asked by Temporal's own command."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from baton.contract import SUBMIT
from baton.settings import CHECKOUT
from baton.temporal.codec import ENCODING, PLACE, EncryptionCodec
from baton.temporal.keys import KeyRing, key_line, new_key
from baton.temporal.plugin import BatonPlugin
from lab.rig import Rig, event, eventually, fresh, open_rig
from lab.server import temporal_binary
from local.machine import free_port

SECRET = "the card is 4711"


@dataclass(frozen=True)
class Desk:
    """A rig whose payloads are encrypted, and its codec server."""

    rig: Rig
    url: str
    token: str
    process: Process

    async def temporal(self, *words: str, codec: bool = True, token: str | None = None) -> tuple[int, str]:
        """How a command of Temporal ended, and what it printed."""
        options = ["--address", self.rig.client.temporal.service_client.config.target_host]
        environment = dict(os.environ)
        if codec and token:  # by options, which is possible, too
            options += ["--codec-endpoint", self.url, "--codec-auth", f"Bearer {token}"]
        elif codec:  # by variables, as the documentation does
            environment["TEMPORAL_CODEC_ENDPOINT"] = self.url
            environment["TEMPORAL_CODEC_AUTH"] = f"Bearer {self.token}"
        ended = await asyncio.create_subprocess_exec(
            temporal_binary(), *words, *options, stdout=PIPE, stderr=PIPE, env=environment
        )
        out, err = await ended.communicate()
        assert ended.returncode is not None
        return ended.returncode, (out + err).decode(errors="replace")


@asynccontextmanager
async def gateway(folder: Path, keys: Path, **settings: str) -> AsyncIterator[tuple[Process, str]]:
    """``python -m gateway`` and its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway",
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("BATON_")}
        | {
            "BATON_DATA_DIR": str(folder),
            "BATON_ENCRYPTION_KEYS_FILE": str(keys),
            "BATON_GATEWAY_PORT": str(free_port()),
            "BATON_LOG_LEVEL": "DEBUG",
        }
        | settings,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        yield process, f"{line.removeprefix('gateway ready: ').strip()}/codec"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()


@pytest.fixture
async def desk(server: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Desk]:
    keys = tmp_path / "keys"
    keys.write_text(key_line("k", new_key()))
    plugin = BatonPlugin(EncryptionCodec(KeyRing.read(keys)))
    client = await Client.connect(server.client.service_client.config.target_host, plugins=[plugin])
    environment = WorkflowEnvironment.from_client(client)
    async with (
        gateway(tmp_path / "data", keys) as (process, url),
        open_rig(environment, tmp_path / "rig", fresh("codec")) as rig,
    ):
        yield Desk(rig, url, (tmp_path / "data/gateway.token").read_text().strip(), process)


async def test_temporals_command_shows_texts_with_the_codec_server_and_none_without(desk: Desk) -> None:
    chat = fresh("chat")
    await desk.rig.customer(chat, SECRET)
    await desk.rig.settled(chat)
    show = ("workflow", "show", "--workflow-id", desk.rig.handle(chat).id, "--detailed")
    query = ("workflow", "query", "--workflow-id", desk.rig.handle(chat).id, "--type", "timeline")
    metadata = ("workflow", "metadata", "--workflow-id", desk.rig.handle(chat).id)

    for words, text in ((show, SECRET), (query, "customer_message"), (metadata, "Nobody has it")):
        for token in (None, desk.token):
            code, shown = await desk.temporal(*words, token=token)
            assert (code, text in shown) == (0, True), shown
        _, hidden = await desk.temporal(*words, codec=False)
        assert text not in hidden
        assert base64.b64encode(text.encode()).decode()[:-4] not in hidden

    # The command does not say that the token is wrong, only that it got nothing.
    code, refused = await desk.temporal(*show, token="guessed")
    assert (code, SECRET in refused) == (1, False)


async def test_what_temporals_command_sends_is_encrypted_and_taken(desk: Desk) -> None:
    chat = fresh("chat")
    await desk.rig.customer(chat)
    sent = event("agent_message", "ivan", text=SECRET)
    code, said = await desk.temporal(
        *("workflow", "signal", "--workflow-id", desk.rig.handle(chat).id),
        *("--name", SUBMIT, "--input", json.dumps(sent)),
    )
    assert code == 0, said

    async def taken() -> bool:
        return (await desk.rig.snapshot(chat)).pinned_to == "ivan"

    await eventually(taken, "the signal was not taken")
    (signal,) = (
        item.workflow_execution_signaled_event_attributes.input.payloads[0]
        for item in (await desk.rig.history(chat)).events
        if item.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED
    )
    assert signal.metadata["encoding"] == ENCODING
    # The command does not tell the codec server which workflow it is for.
    assert json.loads(signal.metadata[PLACE]) == [desk.rig.client.temporal.namespace]


async def test_the_process_writes_no_text_and_stops_when_it_is_told(desk: Desk) -> None:
    written = base64.b64encode(b'"4711"').decode()
    payload = {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": written}
    headers = {"authorization": f"Bearer {desk.token}", "x-namespace": "default"}
    async with httpx.AsyncClient(base_url=desk.url, headers=headers, timeout=None) as client:
        encoded = (await client.post("/encode", json={"payloads": [payload]})).json()
        decoded = (await client.post("/decode", json=encoded)).json()
        assert decoded == {"payloads": [payload]}
        assert (await client.get("/")).status_code == 200
    desk.process.terminate()
    out, err = await desk.process.communicate()
    assert desk.process.returncode == 0
    for text in ("4711", written, desk.token):
        assert text not in (out + err).decode()
