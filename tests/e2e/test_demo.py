"""`baton demo`, for real: on a Temporal of its own, and beside others on one that is running."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from baton.settings import HOST, load_settings
from lab.rig import eventually
from lab.server import running_server
from local.machine import free_port
from local.stack import Stack

BATON = Path(sys.executable).with_name("baton")


EVERYBODY = ["ivan", "lena", "maria"]
# The rule, and where the customer's answer ends up: tab, pinned to, assignee, rules of that step, notified.
ENDINGS: dict[str, tuple[str, tuple[Any, ...], tuple[Any, ...]]] = {
    "1": (
        "line-2-opens-chat",
        ("mine", "ivan", "ivan", [], ["ivan"]),
        ("mine", "lena", "lena", [], []),
    ),
    "1-idle": (
        "line-2-opens-chat",
        ("mine", "ivan", "ivan", ["pin-to-assignee"], ["ivan"]),
        ("new", None, "lena", [], EVERYBODY),
    ),
    "1-closed": (
        "line-2-opens-chat",
        ("mine", "ivan", "ivan", [], ["ivan"]),
        ("mine", "lena", "lena", [], []),
    ),
    "2": (
        "line-2-writes-in-ended-chat",
        ("mine", "ivan", "ivan", ["pin-to-assignee"], ["ivan"]),
        ("mine", "lena", "lena", [], []),
    ),
    "3a": (
        "line-2-takes-over",
        ("mine", "ivan", "ivan", ["pin-to-assignee"], ["ivan"]),
        ("mine", "lena", "lena", [], []),
    ),
    "3b": (
        "line-2-takes-over",
        ("mine", "ivan", "ivan", ["pin-to-assignee"], ["ivan"]),
        ("mine", "lena", "lena", [], []),
    ),
    "4": (
        "pin-to-assignee",
        ("mine", "ivan", "ivan", ["pin-to-assignee"], ["ivan"]),
        ("new", None, "ivan", [], EVERYBODY),
    ),
}


MEMBERS = {"ivan": "billing", "maria": "delivery", "lena": "warranty"}


def ending(play: Mapping[str, Any]) -> tuple[Any, ...]:
    last = play["steps"][-1]
    chat = last["snapshot"]
    return chat["tab"], chat["pinned_to"], chat["assignee"], last["fired"], last["told"]


async def start_demo(folder: Path, address: str, *options: str) -> asyncio.subprocess.Process:
    return await start_demo_in(folder, {"TEMPORAL_ADDRESS": address}, *options)


async def start_demo_in(
    folder: Path, environment: Mapping[str, str], *options: str
) -> asyncio.subprocess.Process:
    outside = {
        name: value for name, value in os.environ.items() if not name.startswith(("TEMPORAL_", "BATON_"))
    }
    return await asyncio.create_subprocess_exec(
        str(BATON),
        "demo",
        *options,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**outside, **environment, "TMPDIR": str(folder), "COLUMNS": "80"},
    )


def address_of(server: WorkflowEnvironment) -> str:
    return server.client.service_client.config.target_host


async def test_on_a_temporal_of_its_own_everything_goes_as_in_the_table(tmp_path: Path) -> None:
    process = await start_demo(tmp_path, f"127.0.0.1:{free_port()}", "--json")
    output, errors = await process.communicate()

    assert process.returncode == 0, errors.decode()
    document = json.loads(output)
    assert document["as_expected"]
    assert {
        item["id"]: (item["rule"], ending(item["with_rule"]), ending(item["without_rule"]))
        for item in document["situations"]
    } == ENDINGS
    fired = {
        item["id"]: [rule for step in item["with_rule"]["steps"] for rule in step["fired"]]
        for item in document["situations"]
    }
    assert all(ENDINGS[name][0] in rules for name, rules in fired.items())
    orders = {
        tuple(step["by"] for step in item["with_rule"]["steps"] if step["kind"] == "note_added"): item
        for item in document["tickets"]
        if item["id"].startswith("5-")
    }
    assert set(orders) == set(itertools.permutations(MEMBERS))
    for order, item in orders.items():
        *_, composing, answered = item["with_rule"]["steps"]
        assert composing["told"] == [{"staff": order[-1], "reason": "prompt"}]
        assert (composing["snapshot"]["composer"], composing["snapshot"]["prompts"]) == (order[-1], 1)
        assert (answered["by"], answered["sent"], answered["snapshot"]["replies"]) == (order[-1], 1, 1)
        assert answered["snapshot"]["labels"] == ["several-departments"]
    [without] = (item["without_rule"] for item in orders.values() if "without_rule" in item)
    assert without["steps"][-1]["snapshot"]["labels"] == [*MEMBERS.values(), "several-departments"]
    assert (without["steps"][-1]["sent"], without["steps"][-1]["snapshot"]["prompts"]) == (1, 1)
    late = document["tickets"][-1]["with_rule"]
    assert late["time_skipped"]
    told = [(who["staff"], who["reason"]) for step in late["steps"] for who in step["told"]]
    for notice in (("lena", "due soon: warranty"), ("oleg", "overdue: warranty"), ("lena", "a late note")):
        assert told.count(notice) == 1
    assert not list(tmp_path.iterdir()), "the folder of the run is gone"


async def test_on_a_running_temporal_it_leaves_no_case_open(
    server: WorkflowEnvironment, tmp_path: Path
) -> None:
    process = await start_demo(tmp_path, address_of(server))
    output, errors = await process.communicate()

    text = output.decode()
    assert process.returncode == 0, text + errors.decode()
    assert "✓ All 22 plays went as expected" in text
    assert "6 hours pass." in text
    assert "\x1b" not in text
    assert max(len(line) for line in text.splitlines()) <= 80
    found = re.search(r"TaskQueue STARTS_WITH 'baton-demo-\w+'", text)
    assert found, text
    await cases_are_over(server, found[0], 22)


# Ready once somebody has written into the file that it is told.
WAITING_WORKER = """
import signal, sys
open(sys.argv[1]).read()
print("worker ready", flush=True)
signal.pause()
"""


async def test_it_plays_on_the_stack_of_the_data_folder_once_that_has_started(tmp_path: Path) -> None:
    settings = load_settings(
        data_dir=tmp_path / "data",
        temporal_port=free_port(),
        ui_port=free_port(),
        gateway_port=free_port(),
        shutdown_grace_seconds=1,
    )
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    worker = [sys.executable, "-c", WAITING_WORKER, str(gate)]
    waits = asyncio.Event()

    def hear(line: str) -> None:
        if line.startswith("Starting the worker"):
            waits.set()

    async def up(played: asyncio.Event) -> None:
        async with Stack(settings, worker=worker, say=hear):
            await played.wait()

    played = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(up(played))
        await waits.wait()
        process = await start_demo_in(temporary, {"BATON_DATA_DIR": str(settings.data_dir)})
        assert process.stderr is not None
        assert await process.stderr.readline() == "Waiting for `baton up`, which is starting …\n".encode()
        await asyncio.to_thread(gate.write_text, "go")
        output, errors = await process.communicate()
        played.set()

    assert process.returncode == 0, output.decode() + errors.decode()
    assert errors.decode().splitlines()[0] == f"Playing on the Temporal at {HOST}:{settings.temporal_port}."
    assert f"http://{HOST}:{settings.ui_port}/namespaces/default/workflows" in output.decode()


async def test_where_no_time_can_be_skipped_the_due_times_are_seconds(tmp_path: Path) -> None:
    async with running_server(**{"frontend.WorkflowTimeSkippingEnabled": "false"}) as server:
        process = await start_demo(tmp_path, address_of(server))
        output, errors = await process.communicate()

        text = output.decode()
        assert process.returncode == 0, text + errors.decode()
        assert "does not let time be skipped" in text
        assert "3 seconds pass." in text
        assert "Oleg is told: overdue: warranty" in text
        assert "✓ All 22 plays went as expected" in text
        await cases_are_over(server, "TaskQueue STARTS_WITH 'baton-demo-'", 22)


async def test_ctrl_c_stops_it_and_leaves_no_case_open(server: WorkflowEnvironment, tmp_path: Path) -> None:
    process = await start_demo(tmp_path, address_of(server))
    assert process.stdout is not None
    async for line in process.stdout:
        if b"With the rule" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()

    assert process.returncode == 130
    assert errors.decode().splitlines()[-1] == "interrupted"
    assert not list(tmp_path.iterdir()), "the folder of the run is gone"
    await cases_are_over(server, "TaskQueue STARTS_WITH 'baton-demo-'", 1)


async def cases_are_over(server: WorkflowEnvironment, query: str, at_least: int) -> None:
    """None runs of at least so many, and nothing says any more which database belonged to a task queue."""

    async def all_are_listed_and_none_runs(query: str, at_least: int) -> bool:
        found = [one async for one in server.client.list_workflows(query)]
        running = [one.id for one in found if one.status is WorkflowExecutionStatus.RUNNING]
        return len(found) >= at_least and not running

    await eventually(lambda: all_are_listed_and_none_runs(query, at_least), "a case of the demo still runs")
    bindings = query.replace("'baton-demo-", "'database:baton-demo-")
    await eventually(lambda: all_are_listed_and_none_runs(bindings, 2), "a binding of the demo still runs")
