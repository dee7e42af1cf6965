"""What a worker process writes about its work, as JSON."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import sys
from base64 import b64encode
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.contract import Presence
from baton.desk.client import DeskClient
from baton.errors import IllegalTransition, InvalidEvent, Unanswered, UnknownStaff
from baton.settings import CHECKOUT
from baton.temporal.codec import ENCODING
from baton.temporal.keys import key_line, new_key
from lab.rig import CHANNEL, event, fresh
from lab.scraping import free_port
from tests.e2e.test_worker import settings_in, until_ready, worker_process
from tests.waiting import refused


async def test_refusals_and_errors_are_logged_once_with_case_and_event_and_without_texts(
    server: WorkflowEnvironment, tmp_path: Path
) -> None:
    queue, chat, secret = fresh("queue"), fresh("logged"), "Sesame-4711"
    client = BatonClient(server.client, task_queue=queue)
    settings = settings_in(
        tmp_path,
        queue,
        BATON_LOG_FORMAT="json",
        BATON_LOG_LEVEL="DEBUG",  # even this level must quote nobody
        BATON_DATABASE_URL=f"sqlite:///{tmp_path / 'baton.db'}?timeout=0.2",
    )
    async with worker_process(server, settings) as child:
        await until_ready(child)
        await client.chat(CHANNEL, chat).send(event("customer_message", "customer", text=secret))
        unknown = event("taken", f"staff-{secret}")
        await refused(UnknownStaff, client.chat(CHANNEL, chat).send(unknown))
        await client.chat(CHANNEL, chat).send(event("chat_ended", "ivan", status="pending"))
        early = event("taken", "ivan")
        await refused(IllegalTransition, client.chat(CHANNEL, chat).send(early))
        # Somebody else locks the help desk's database for longer than the help desk waits.
        locked = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        waits = event("customer_message", "customer", text=secret)
        with pytest.raises(Unanswered):
            await client.chat(CHANNEL, chat).send(waits, timeout=2)
        locked.execute("ROLLBACK")
        locked.close()
        await client.chat(CHANNEL, chat).send(waits)
        child.terminate()
        printed, said = await child.communicate()
    assert printed == b"", "Temporal's own records go the same way"
    assert secret not in said.decode()
    assert b"SELECT" not in said, "nor is it about each query"
    records: list[dict[str, Any]] = [json.loads(line) for line in said.decode().splitlines()]
    of_case = [one for one in records if one.get("case") == f"chat:{CHANNEL}:{chat}"]
    refusals = {one["event"]: one for one in of_case if "reason" in one}
    assert {name: one["reason"] for name, one in refusals.items()} == {
        unknown["id"]: "UnknownStaff",
        early["id"]: "IllegalTransition",
    }
    assert len([one for one in of_case if "reason" in one]) == 2, "once each"
    assert {one["level"] for one in refusals.values()} == {"INFO"}
    failed = [one for one in of_case if "HelpDeskUnavailable" in one.get("error", "")]
    assert {(one["event"], one["activity"], one["level"]) for one in failed} == {
        (waits["id"], "decide", "WARNING")
    }
    (error,) = {one["error"] for one in failed}
    assert error.startswith("HelpDeskUnavailable: ")
    assert error.endswith("database is locked")
    assert len({one["attempt"] for one in failed}) == len(failed) > 1, "once for each attempt"


async def test_the_codec_server_writes_json_too_and_never_its_token(tmp_path: Path) -> None:
    keys, port = tmp_path / "keys", free_port()
    keys.write_text(key_line("k1", new_key()), encoding="utf-8")
    settings = {
        "BATON_DATA_DIR": str(tmp_path),
        "BATON_ENCRYPTION_KEYS_FILE": str(keys),
        "BATON_GATEWAY_PORT": str(port),
        "BATON_LOG_FORMAT": "json",
    }
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway"),
        cwd=CHECKOUT,
        env={**os.environ, **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert child.stdout is not None
    try:
        await child.stdout.readline()
        token = (tmp_path / "gateway.token").read_text(encoding="utf-8").strip()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None) as http:
            unreadable = {"metadata": {"encoding": b64encode(ENCODING).decode()}, "data": "AAAA"}
            read = await http.post(
                f"/codec/decode?token={token}",
                headers={"Authorization": f"Bearer {token}", "X-Namespace": "default"},
                json={"payloads": [unreadable]},
            )
            strange = await http.post("/codec/decode", headers={"Authorization": f"Bearer {token[1:]}"})
        assert (read.status_code, strange.status_code) == (200, 401)
    finally:
        child.terminate()
        _, said = await child.communicate()
    assert token[1:] not in said.decode()
    records = [json.loads(line) for line in said.decode().splitlines()]
    assert "baton.gateway" in {one["logger"] for one in records}


async def test_a_call_that_the_help_desk_refuses_is_one_line_and_no_traceback(
    server: WorkflowEnvironment, tmp_path: Path
) -> None:
    queue, secret = fresh("queue"), "Sesame-4711"
    desk = DeskClient(server.client, task_queue=queue)
    async with worker_process(server, settings_in(tmp_path, queue)) as child:
        await until_ready(child)
        await refused(UnknownStaff, desk.set_presence(f"bob-{secret}", Presence.ONLINE))
        await refused(InvalidEvent, desk.messages(f"nothing-{secret}"))
        child.terminate()
        _, said = await child.communicate()
    assert secret not in said.decode()
    assert "Traceback" not in said.decode()
    lines = [line for line in said.decode().splitlines() if "refused" in line]
    assert [re.findall(r" (\w+) +\S+: (.*?) \[", line) for line in lines] == [
        [("INFO", "call refused: UnknownStaff")],
        [("INFO", "call refused: InvalidEvent")],
    ]
    assert "WARNING" not in said.decode()
