"""What tests wait for, and what counts as a failure of a workflow, on a machine of any speed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from lab import server as servers
from lab.rig import becomes, eventually, failed_tasks, fresh
from lab.server import plain_server, temporal_binary


class Counting:
    """Something that changes each time that somebody looks."""

    def __init__(self) -> None:
        self.looks = 0

    async def look(self) -> int:
        self.looks += 1
        return self.looks


async def test_a_wait_ends_when_it_has_what_is_wanted() -> None:
    counting = Counting()
    await becomes(counting.look, 5, "looks")
    assert counting.looks == 5


async def test_a_wait_in_vain_says_what_it_saw_last() -> None:
    counting = Counting()
    with pytest.raises(AssertionError) as raised:
        await becomes(counting.look, 0, "looks", within=0.1)
    assert counting.looks > 1
    assert str(raised.value) == f"looks: {counting.looks}, and not 0"

    async def never() -> bool:
        return await counting.look() < 0

    for otherwise in ("it never was", lambda: "it never was"):
        with pytest.raises(AssertionError, match=r"^it never was$"):
            await eventually(never, otherwise, within=0)


@workflow.defn(sandboxed=False)
class Slow:
    """Its first task takes so long that the SDK gives it up; or the first one fails."""

    begun = 0

    @workflow.run
    async def run(self, fails: bool) -> None:
        Slow.begun += 1
        if Slow.begun == 1:
            if fails:
                raise RuntimeError("a mistake in the code")
            _think()


def _think() -> None:
    time.sleep(3)  # longer than the SDK takes a task to be alive


async def play(client: Client, fails: bool) -> tuple[int, int]:
    """How many of its tasks failed by its history, and how many count as failed."""
    Slow.begun = 0
    queue = fresh("slow")
    async with Worker(
        client, task_queue=queue, workflows=[Slow], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await client.start_workflow(Slow.run, fails, id=queue, task_queue=queue)
        await handle.result()
    history = await handle.fetch_history()
    failed = [item for item in history.events if item.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
    return len(failed), len(failed_tasks(history))


async def test_a_task_that_took_long_once_is_no_failure_of_its_workflow(server: WorkflowEnvironment) -> None:
    recorded, counted = await play(server.client, fails=False)
    assert recorded >= 1
    assert counted == 0


async def test_one_that_failed_is(server: WorkflowEnvironment) -> None:
    recorded, counted = await play(server.client, fails=True)
    assert recorded >= counted >= 1


def dying(folder: Path, *, times: int) -> Path:
    """A program that is the server, but ends at once as often as this."""
    program = folder / "temporal"
    program.write_text(
        f"""#!/bin/sh
echo start >>{folder}/starts
test "$(wc -l <{folder}/starts)" -gt {times} || exit 2
exec {temporal_binary()} "$@"
"""
    )
    program.chmod(0o700)
    return program


async def test_a_server_that_died_while_it_was_starting_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = dying(tmp_path, times=1)
    monkeypatch.setattr(servers, "temporal_binary", lambda: str(program))
    monkeypatch.setattr(servers, "_PATIENCE", (5, 600))
    async with plain_server() as environment:
        assert await environment.client.service_client.check_health()
    assert (tmp_path / "starts").read_text() == "start\n" * 2


async def test_one_that_cannot_start_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = dying(tmp_path, times=9)
    monkeypatch.setattr(servers, "temporal_binary", lambda: str(program))
    monkeypatch.setattr(servers, "_PATIENCE", (1, 1))
    with pytest.raises(RuntimeError, match="did not start within 1s"):
        async with plain_server():
            pytest.fail("it started")
