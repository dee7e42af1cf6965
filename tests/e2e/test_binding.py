"""A task queue belongs to one database: a worker with another one refuses, until somebody moves it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment

from baton.client import BatonClient
from baton.errors import SettingsError
from baton.temporal.binding import Bindable, bind, binding_of, move, release, require_own
from baton.temporal.codec import EncryptionCodec
from baton.temporal.keys import KeyRing
from baton.temporal.plugin import BatonPlugin
from helpdesks.firststart import identity_at
from lab.postgres import fresh_database
from lab.rig import Rig, event, eventually, fresh
from tests.commands import Baton
from tests.conftest import RigOpener
from tests.e2e.test_worker import settings_in, until_ready, worker_process

ONE = Bindable("1" * 32, "sqlite:////one.db", "desk-1")
TWO = Bindable("2" * 32, "postgresql://baton:***@db/two", "desk-2")


def marker_of(queue: str) -> str:
    return f"database:{queue}"


def file_in(folder: Path) -> str:
    return f"sqlite:///{folder}/baton.db"


@asynccontextmanager
async def started(server: WorkflowEnvironment, settings: Mapping[str, str]) -> AsyncIterator[None]:
    async with worker_process(server, settings) as child:
        await until_ready(child)
        yield


async def refused(server: WorkflowEnvironment, settings: Mapping[str, str]) -> str:
    """What a worker says that must not start."""
    async with worker_process(server, settings) as child:
        out, said = await child.communicate()
    assert (child.returncode, out) == (1, b"")
    assert b"Traceback" not in said
    return said.decode()


class TestWorkers:
    @pytest.mark.parametrize("processes", ["1", "2"])
    async def test_a_second_one_with_a_fresh_database_refuses_says_why_and_leaves_nothing(
        self, server: WorkflowEnvironment, tmp_path: Path, processes: str
    ) -> None:
        queue, mine, other = fresh("queue"), tmp_path / "mine", tmp_path / "other"
        more = {"BATON_WORKER_PROCESSES": processes}
        client = BatonClient(server.client, task_queue=queue)
        async with started(server, settings_in(mine, queue, **more)):
            said = await refused(server, settings_in(other, queue, **more))
            identity = await identity_at(file_in(mine))
            assert said.count("another database belongs to the task queue") == 1
            assert queue in said
            assert f"belongs there: {file_in(mine)} on " in said
            assert f"(ID {identity})" in said
            assert f"this worker's: {file_in(other)} on " in said
            assert "baton ops bind" in said
            assert not other.exists()
            for number in range(8):
                chat = client.chat("telegram", fresh(f"chat-{number}"))
                await chat.send(event("customer_message", "customer"))
        assert not other.exists(), "all eight are in the database that belongs there"

    async def test_one_with_another_database_of_long_ago_refuses_too(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        queue, other = fresh("queue"), fresh("queue")
        async with (
            started(server, settings_in(tmp_path / "one", queue)),
            started(server, settings_in(tmp_path / "two", other)),
        ):
            said = await refused(server, settings_in(tmp_path / "two", queue))
        assert f"(ID {await identity_at(file_in(tmp_path / 'two'))})" in said

    async def test_the_same_database_by_another_path_is_accepted(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        queue = fresh("queue")
        async with started(server, settings_in(tmp_path / "data", queue)):
            (tmp_path / "link").symlink_to(tmp_path / "data")
            async with started(server, settings_in(tmp_path / "link", queue)):
                pass
        (tmp_path / "data").rename(tmp_path / "moved")
        async with started(server, settings_in(tmp_path / "moved", queue)):
            pass

    async def test_the_same_database_by_another_url_is_accepted(
        self, server: WorkflowEnvironment, tmp_path: Path, postgresql: str
    ) -> None:
        queue, url = fresh("queue"), await fresh_database(postgresql)
        for one in (url, f"{url}{'&' if '?' in url else '?'}application_name=second"):
            async with started(server, settings_in(tmp_path, queue, BATON_DATABASE_URL=one)):
                pass
        said = await refused(server, settings_in(tmp_path, queue))
        assert "postgresql://" in said
        assert not (tmp_path / "baton.db").exists()

    async def test_of_two_that_start_together_with_different_databases_exactly_one_wins(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        queue = fresh("queue")

        async def start(name: str) -> bool:
            async with worker_process(server, settings_in(tmp_path / name, queue)) as child:
                assert child.stdout is not None
                ready = (await child.stdout.readline()).strip() == b"worker ready"
                if ready:
                    await everybody_tried.wait()
                everybody_tried.set()
                return ready

        everybody_tried = asyncio.Event()
        assert sorted(await asyncio.gather(start("one"), start("two"))) == [False, True]

    async def test_of_those_that_start_together_with_one_database_all_are_accepted(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        queue = fresh("queue")
        async with (
            worker_process(server, settings_in(tmp_path, queue)) as one,
            worker_process(server, settings_in(tmp_path, queue)) as two,
            worker_process(server, settings_in(tmp_path, queue, BATON_WORKER_PROCESSES="2")) as more,
        ):
            await asyncio.gather(*map(until_ready, (one, two, more)))

    async def test_another_task_queue_has_a_database_of_its_own(
        self, server: WorkflowEnvironment, tmp_path: Path
    ) -> None:
        async with (
            started(server, settings_in(tmp_path / "one", fresh("queue"))),
            started(server, settings_in(tmp_path / "two", fresh("queue"))),
        ):
            pass


class TestMarker:
    async def test_of_many_that_bind_at_once_exactly_one_is_first(self, server: WorkflowEnvironment) -> None:
        queue = fresh("queue")
        many = [replace(ONE, database=f"{number:032}") for number in range(20)]
        outcomes = await asyncio.gather(
            *(bind(server.client, queue, one) for one in many), return_exceptions=True
        )
        assert [one for one in outcomes if one is not True and not isinstance(one, SettingsError)] == []
        bound = await binding_of(server.client, queue)
        assert [one for one, outcome in zip(many, outcomes, strict=True) if outcome is True] == [
            bound.to if bound else None
        ]

    async def test_it_says_what_it_was_given(self, server: WorkflowEnvironment) -> None:
        queue = fresh("queue")
        assert await binding_of(server.client, queue) is None
        assert await bind(server.client, queue, TWO)
        assert not await bind(server.client, queue, replace(TWO, place="elsewhere"))
        bound = await binding_of(server.client, queue)
        assert bound is not None
        assert bound.to == TWO
        with pytest.raises(SettingsError, match=re.escape(str(bound))):
            await bind(server.client, queue, ONE)

    async def test_it_is_read_without_the_keys_of_whoever_made_it(self, server: WorkflowEnvironment) -> None:
        queue, keys = fresh("queue"), KeyRing({"k1": bytes(range(32))})
        config = server.client.config()
        config["plugins"] = [BatonPlugin(EncryptionCodec(keys, required=True))]
        assert await bind(Client(**config), queue, ONE)
        assert not await bind(server.client, queue, ONE)

    async def test_one_that_was_terminated_is_made_anew(self, server: WorkflowEnvironment) -> None:
        queue = fresh("queue")
        await bind(server.client, queue, ONE)
        await server.client.get_workflow_handle(marker_of(queue)).terminate("by mistake")
        assert await binding_of(server.client, queue) is None
        assert await bind(server.client, queue, TWO)
        assert not await require_own(server.client, fresh("queue"), ONE)

    async def test_it_moves_on_purpose_and_goes_when_it_is_released(
        self, server: WorkflowEnvironment
    ) -> None:
        queue = fresh("queue")
        await bind(server.client, queue, ONE)
        await move(server.client, queue, TWO)
        assert await require_own(server.client, queue, TWO)
        with pytest.raises(SettingsError):
            await require_own(server.client, queue, ONE)
        await release(server.client, queue)
        assert await binding_of(server.client, queue) is None

    async def test_no_backlog_counts_it(self, server: WorkflowEnvironment) -> None:
        queue = fresh("queue")
        await bind(server.client, queue, ONE)
        for name in (queue, marker_of(queue)):
            described = await server.client.workflow_service.describe_task_queue(
                DescribeTaskQueueRequest(
                    namespace=server.client.namespace,
                    task_queue=TaskQueue(name=name),
                    task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
                    report_stats=True,
                )
            )
            assert described.stats.approximate_backlog_count == 0
        described_marker = await server.client.get_workflow_handle(marker_of(queue)).describe()
        assert described_marker.status is WorkflowExecutionStatus.RUNNING
        assert not described_marker.raw_description.HasField("pending_workflow_task")


class TestCommand:
    async def test_bind_says_what_follows_and_moves(self, rig: Rig, tmp_path: Path) -> None:
        new = tmp_path / "new.db"
        baton = Baton(rig, tmp_path, BATON_DATABASE_URL=f"sqlite:///{new}")
        was = await binding_of(rig.client.temporal, rig.settings.task_queue)
        assert was is not None
        await rig.customer(fresh("bound"))

        async def listed() -> bool:
            return "1 case running there" in await baton("ops", "bind", "--dry-run")

        await eventually(listed, "the case is not counted")
        would = await baton("ops", "bind", "--dry-run")
        assert str(was) in would
        assert f"sqlite:///{new} on " in would
        assert "(new)" in would
        assert "baton-test" in would, "the worker that still runs is named"
        assert would.endswith("Nothing was changed.\n")
        assert max(map(len, would.replace(str(tmp_path), "").splitlines())) <= 130

        asked = await baton.run("ops", "bind")
        assert asked.code == 1
        assert "Add --yes" in asked.err
        assert not new.exists()
        assert await binding_of(rig.client.temporal, rig.settings.task_queue) == was

        done = await baton("ops", "bind", "--yes")
        identity = await identity_at(f"sqlite:///{new}")
        assert done.splitlines()[-1].startswith(f"Bound: sqlite:///{new} on ")
        now = await binding_of(rig.client.temporal, rig.settings.task_queue)
        assert now is not None
        assert now.to.database == identity
        assert "already" in await baton("ops", "bind", "--yes")
        await rig.stop_worker()
        with pytest.raises(SettingsError, match="another database belongs"):
            await rig.start_worker()

    async def test_bind_answers_programs_too(self, open_a_rig: RigOpener, tmp_path: Path) -> None:
        async with open_a_rig(working=False) as rig:
            baton = Baton(rig, tmp_path, BATON_DATABASE_URL=rig.settings.database_url)
            first = (await baton.run("ops", "bind", "--json")).json
            assert (first["before"], first["bound"], first["dry_run"]) == (None, True, False)
            assert first["database"]["database"] == await rig.desk.identity()
            again = (await baton.run("ops", "bind", "--json")).json
            assert (again["before"]["database"], again["bound"]) == (first["database"]["database"], False)
            await rig.start_worker()

    async def test_no_repair_and_no_replay_takes_it_for_a_case(self, rig: Rig, tmp_path: Path) -> None:
        marker = marker_of(rig.settings.task_queue)
        query = f"WorkflowId = '{marker}' AND ExecutionStatus = 'Running'"

        async def listed() -> bool:
            return (await rig.client.temporal.count_workflows(query)).count == 1

        await eventually(listed, "the binding is not listed")
        baton = Baton(rig, tmp_path)
        for repair in (
            ("poke",),
            ("resend",),
            ("reset", "--before", "2026-01-01T00:00:00Z", "--reason", "x"),
        ):
            assert "No case was found." in await baton("ops", *repair, "--query", query, "--dry-run")
        replayed = await baton.run("replay", "--query", query, "--json")
        assert (replayed.code, replayed.json["skipped"]) == (1, 0)
