"""What a worker process writes about its work, as JSON."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.errors import IllegalTransition, Unanswered, UnknownStaff
from tests.e2e.test_worker import settings_in, until_ready, worker_process
from tests.house import CHANNEL, event, fresh
from tests.waiting import refused


@pytest.mark.timeout(120)
async def test_refusals_and_errors_are_logged_once_with_case_and_event_and_without_texts(
    server: WorkflowEnvironment, tmp_path: Path
) -> None:
    queue, chat, secret = fresh("queue"), fresh("logged"), "Sesame-4711"
    client = BatonClient(server.client, task_queue=queue)
    settings = settings_in(tmp_path, queue, BATON_LOG_FORMAT="json")
    async with worker_process(server, settings) as child:
        await until_ready(child)
        await client.send(CHANNEL, chat, event("customer_message", "customer", text=secret))
        unknown = event("taken", f"staff-{secret}")
        await refused(UnknownStaff, client.send(CHANNEL, chat, unknown))
        await client.send(CHANNEL, chat, event("chat_ended", "ivan"))
        early = event("taken", "ivan")
        await refused(IllegalTransition, client.send(CHANNEL, chat, early))
        # The help desk's database is held by somebody else for longer than it waits.
        locked = sqlite3.connect(tmp_path / "baton.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        waits = event("customer_message", "customer", text=secret)
        with pytest.raises(Unanswered):
            await client.send(CHANNEL, chat, waits, timeout=12)
        locked.execute("ROLLBACK")
        locked.close()
        await client.send(CHANNEL, chat, waits)
        child.terminate()
        printed, said = await asyncio.wait_for(child.communicate(), 40)
    assert printed == b"", "Temporal's own records go the same way"
    assert secret not in said.decode()
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
    assert {one["error"] for one in failed} == {"HelpDeskUnavailable: intake was not answered in time"}
    assert len({one["attempt"] for one in failed}) == len(failed), "once for each attempt"
