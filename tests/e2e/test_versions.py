"""Workers are replaced by version while cases run: a rolling deploy, a rollback, a lost version.

The tests do what docs/releases.md says, on a real server. In the first test, each version has its own
checkout and process, and one of the processes is killed.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from baton.contract import chat_workflow_id, ticket_workflow_id
from baton.desk.client import DeskClient
from baton.errors import HelpDeskUnavailable, Unanswered
from baton.model.effects import CaseWrite
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import QUIET, SEPARATE
from lab.deployment import SECOND_VERSION, Deployment, changed_checkout
from lab.ledger import applied_keys, cases_of, events_of
from lab.rig import CHANNEL, FOUR_RULES, Rig, billed, event, eventually, failed_tasks, fresh, written
from lab.server import running_server
from replaygate.gate import Gate
from replaygate.result import HistoryVerdict
from tests.commands import Baton
from tests.conftest import RigOpener

CHATS, TICKETS = 10, 4
QUICKLY = {
    # The server checks after three minutes, and then every three, whether a version has drained.
    "matching.wv.VersionDrainageStatusVisibilityGracePeriod": '"1s"',
    "matching.wv.VersionDrainageStatusRefreshInterval": '"1s"',
}


@pytest.fixture(scope="module")
async def versions_server() -> AsyncIterator[WorkflowEnvironment]:
    async with running_server(**QUICKLY) as environment:
        yield environment


@pytest.fixture
async def deployment(
    versions_server: WorkflowEnvironment, open_a_rig: RigOpener
) -> AsyncIterator[Deployment]:
    """A rig without a worker: each test starts its own, by version."""
    async with open_a_rig(
        environment=versions_server,
        directory=SEPARATE,
        rules=FOUR_RULES,
        online=("ivan", "petra"),
        working=False,
    ) as rig:
        yield Deployment(rig, fresh("deployment"))


class Traffic:
    """Customers and staff who keep writing in cases that stay open, whatever happens to the workers."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.chats = [fresh("live") for _ in range(CHATS)]
        self.tickets = [fresh("T") for _ in range(TICKETS)]
        self.sent: dict[str, list[str]] = {case: [] for case in (*self.chats, *self.tickets)}
        self._going = True

    @property
    def cases(self) -> list[str]:
        chats = [chat_workflow_id(CHANNEL, chat) for chat in self.chats]
        return chats + [ticket_workflow_id(ticket) for ticket in self.tickets]

    async def open_tickets(self) -> None:
        for ticket in self.tickets:
            for kind, who, more in (
                ("customer_message", "customer", {"text": "Three questions."}),
                ("template_applied", "petra", {"template": QUIET}),
            ):
                await self._to_ticket(ticket, who, kind, **more)

    async def flow(self) -> None:
        """Write in every case, one event after the other, until ``stop``."""
        async with asyncio.TaskGroup() as group:
            for case in self.sent:
                group.create_task(self._write(case))

    def stop(self) -> None:
        self._going = False

    async def reach(self, more: int) -> None:
        """Wait until this many more events were answered in every case."""
        goal = {case: len(sent) + more for case, sent in self.sent.items()}

        async def reached() -> bool:
            return all(len(self.sent[case]) >= goal[case] for case in goal)

        await eventually(reached, "the traffic came to a halt")

    async def _write(self, case: str) -> None:
        writers = (("customer_message", "customer"), ("agent_message", "ivan"), ("note_added", "petra"))
        while self._going:
            for kind, who in writers:
                if case in self.chats:
                    sent = event(kind, who, text="And then?")
                    await self.rig.send(case, sent)
                    self.sent[case].append(sent["id"])
                else:
                    await self._to_ticket(case, who, kind, text="And then?")

    async def _to_ticket(self, ticket: str, who: str, kind: str, **fields: str) -> None:
        sent = event(kind, who, **fields)
        await self.rig.to_ticket(ticket, sent)
        self.sent[ticket].append(sent["id"])


async def test_cases_go_over_to_a_new_version_and_back_while_everybody_writes(
    deployment: Deployment, tmp_path: Path
) -> None:
    rig, new_checkout = deployment.rig, changed_checkout(tmp_path / "new")
    traffic = Traffic(rig)
    quiet = [fresh("quiet") for _ in range(3)]
    quiet_cases = [chat_workflow_id(CHANNEL, chat) for chat in quiet]
    async with AsyncExitStack() as stack:
        async with asyncio.TaskGroup() as starting:
            versions = (deployment.worker("old"), deployment.worker("new", new_checkout))
            started = [starting.create_task(stack.enter_async_context(one)) for one in versions]
        old, new = (one.result() for one in started)
        await deployment.make_current("old")
        await traffic.open_tickets()
        for chat in quiet:
            await rig.customer(chat)
        writing = asyncio.create_task(traffic.flow())
        await traffic.reach(3)
        assert await deployment.versions_of(traffic.cases + quiet_cases) == {"old": CHATS + TICKETS + 3}

        # A ramp: some cases change versions, the others stay.
        await deployment.ramp("new", 50)
        await eventually(lambda: _on_both(deployment, traffic.cases), "the ramp led no case over")
        await traffic.reach(3)
        assert (await deployment.versions_of(traffic.cases)).keys() == {"old", "new"}

        # All change versions, although the old one is killed meanwhile, and comes back.
        await deployment.make_current("new")
        await traffic.reach(1)
        old.kill()
        await old.wait()
        async with deployment.worker("old") as again:
            await traffic.reach(1)
            await deployment.all_on("new", traffic.cases)
            assert await deployment.drainage("old") == "draining"

            # Roll back, and forward again.
            await deployment.make_current("old")
            await traffic.reach(1)
            await deployment.all_on("old", traffic.cases)
            await deployment.make_current("new")
            await traffic.reach(1)
            await deployment.all_on("new", traffic.cases)

            # A quiet case stays on the old version until somebody pokes it.
            assert await deployment.versions_of(quiet_cases) == {"old": 3}
            await _poked_from(deployment, "old", quiet_cases, Baton(rig, tmp_path))
            await deployment.all_on("new", quiet_cases)
            await deployment.drained("old")
            again.send_signal(signal.SIGTERM)
            assert await again.wait() == 0
        await traffic.reach(3)
        traffic.stop()
        await writing
        for case in (*traffic.chats, *(f"ticket:{ticket}" for ticket in traffic.tickets), *quiet):
            await rig.settled(case)

        await _nothing_lost_nor_doubled(rig, traffic)
        runs = [run for case in (*traffic.cases, *quiet_cases) for run in await _runs_of(rig, case)]
        assert [failure for run in runs for failure in failed_tasks(run)] == []
        by_version = {build: [run for run in runs if _build_of(run) == build] for build in ("old", "new")}
        assert all(len(found) > len(traffic.cases) for found in by_version.values())
        changed = {
            build: [SECOND_VERSION.encode() in written(run) for run in found]
            for build, found in by_version.items()
        }
        assert (any(changed["old"]), any(changed["new"])) == (False, True)
        # Changing versions costs an action, and one more for a timer.
        assert [billed(await rig.history(chat)) for chat in quiet] == [["start", "timer"]] * len(quiet)
        assert new.returncode is None


async def test_help_desk_calls_and_new_cases_go_to_the_current_version_only(deployment: Deployment) -> None:
    rig = deployment.rig
    desk = DeskClient(rig.client.temporal, task_queue=rig.settings.task_queue, timeout=1)
    async with AsyncExitStack() as one:
        await one.enter_async_context(deployment.working("one"))
        with pytest.raises(Unanswered):
            await desk.presence()
        await deployment.make_current("one")
        assert {row.staff for row in await desk.presence()} >= {"ivan", "petra"}
        async with deployment.working("two"):
            await one.aclose()
            with pytest.raises(Unanswered):
                await desk.presence()
            await deployment.make_current("two")
            assert {row.staff for row in await desk.presence()} >= {"ivan", "petra"}
            chat = fresh("new")
            await rig.customer(chat)
            assert await deployment.version_of(chat_workflow_id(CHANNEL, chat)) == "two"


async def test_a_case_of_a_version_that_is_gone_is_moved_by_command(deployment: Deployment) -> None:
    rig, chat = deployment.rig, fresh("orphan")
    workflow = chat_workflow_id(CHANNEL, chat)
    async with AsyncExitStack() as gone:
        await gone.enter_async_context(deployment.working("gone"))
        await deployment.make_current("gone")
        await rig.customer(chat)
        await rig.settled(chat)
        async with deployment.working("next"):
            await deployment.make_current("next")
            await gone.aclose()
            sending = asyncio.ensure_future(rig.by("ivan", chat, "taken"))
            await eventually(lambda: _waits(rig, chat), "the event did not arrive")
            assert await deployment.version_of(workflow) == "gone"

            await deployment.override(workflow, "one_time", "next")
            assert (await sending).snapshot.pinned_to == "ivan"
            await deployment.all_on("next", [workflow])
            assert failed_tasks(await rig.history(chat)) == []
            assert [entry.kind for entry in await rig.client.chat(CHANNEL, chat).timeline()] == [
                "customer_message",
                "taken",
            ]


class Broken(EmbeddedHelpDesk):
    """The help desk as a broken version knows it."""

    async def write_case(self, write: CaseWrite) -> bool:
        raise HelpDeskUnavailable("this version is broken")


async def test_a_write_that_the_old_version_cannot_make_is_made_by_the_new_one(
    deployment: Deployment,
) -> None:
    rig, chat = deployment.rig, fresh("unwritten")
    async with (
        Broken.open(rig.settings.database_url) as broken,
        deployment.working("broken", broken),
        deployment.working("mended"),
    ):
        await deployment.make_current("broken")
        await rig.customer(chat)
        outcome = await rig.staff(chat, "ada", "From another department.")
        assert [fired.rule for fired in outcome.fired] != []
        await deployment.make_current("mended")
        await rig.fast_forward(chat, seconds=61)
        assert await applied_keys(rig.desk, ":write") == []

        await _writes_until(deployment, chat, "mended")
        await rig.settled(chat)
        assert len(await applied_keys(rig.desk, ":write")) == 1
        (row,) = await cases_of(rig.desk, chat)
        now = await rig.snapshot(chat)
        assert (row.status, row.assignee, row.activity) == (now.status, now.assignee, now.activity)


async def test_a_case_that_is_held_in_its_version_does_not_begin_anew_again_and_again(
    deployment: Deployment,
) -> None:
    rig, held, free = deployment.rig, fresh("held"), fresh("free")
    workflow = chat_workflow_id(CHANNEL, held)
    async with deployment.working("one"), deployment.working("two"):
        await deployment.make_current("one")
        await rig.customer(held)
        await rig.customer(free)
        await deployment.override(workflow, "pinned", "one")
        await deployment.make_current("two")
        await _writes_until(deployment, free, "two")
        for _ in range(3):
            await rig.by("ivan", held, "note_added", text="Still here.")
        await rig.settled(held)
        assert len(await _runs_of(rig, workflow)) == 1
        assert await deployment.version_of(workflow) == "one"


async def test_a_ramp_that_ends_leads_the_cases_back(deployment: Deployment) -> None:
    rig, chat = deployment.rig, fresh("ramped")
    async with deployment.working("one"), deployment.working("two"):
        await deployment.make_current("one")
        await rig.customer(chat)
        await deployment.ramp("two", 100)
        await _writes_until(deployment, chat, "two")
        await deployment.ramp("two", 0)
        await _writes_until(deployment, chat, "one")


async def test_workers_without_versions_are_replaced_by_versions_and_back(deployment: Deployment) -> None:
    rig, chat = deployment.rig, fresh("first")
    workflow = chat_workflow_id(CHANNEL, chat)
    async with AsyncExitStack() as plain, deployment.working("one"):
        await plain.enter_async_context(deployment.working(None))
        await rig.customer(chat)
        assert await deployment.version_of(workflow) == ""
        await deployment.make_current("one")
        await plain.aclose()
        assert (await rig.by("ivan", chat, "taken")).snapshot.pinned_to == "ivan"
        await deployment.all_on("one", [workflow])
        async with deployment.working(None):
            await deployment.make_current(None)
            await _writes_until(deployment, chat, "")
    runs = await _runs_of(rig, workflow)
    assert [failure for run in runs for failure in failed_tasks(run)] == []
    # Changing versions is no difference to the replay gate, either.
    async with Gate.open() as gate:
        replayed = [await gate.replay(run) for run in runs]
    assert [(one.verdict, one.what, one.differences) for one in replayed] == [
        (HistoryVerdict.REPLAYED, "", [])
    ] * 2


async def _writes_until(deployment: Deployment, chat: str, build: str) -> None:
    async def moved() -> bool:
        await deployment.rig.by("ivan", chat, "note_added", text="Where is it?")
        return await deployment.version_of(chat_workflow_id(CHANNEL, chat)) == build

    await eventually(moved, f"the chat did not go over to {build!r}")


async def _on_both(deployment: Deployment, cases: list[str]) -> bool:
    return (await deployment.versions_of(cases)).keys() == {"old", "new"}


async def _waits(rig: Rig, chat: str) -> bool:
    described = (await rig.handle(chat).describe()).raw_description
    return described.HasField("pending_workflow_task")


async def _poked_from(deployment: Deployment, build: str, cases: list[str], baton: Baton) -> None:
    """``baton ops poke``, with the filter that finds what is left on a version."""
    query = f"TemporalWorkerDeploymentVersion = '{deployment.name}:{build}' AND ExecutionStatus = 'Running'"

    async def all_found() -> bool:
        found = [one.id async for one in deployment.rig.client.temporal.list_workflows(query)]
        return sorted(found) == sorted(cases)

    await eventually(all_found, "the filter does not find what is left")
    said = await baton.run("ops", "poke", "--query", query)
    assert said.code == 0, said
    assert said.out.strip().endswith(f"{len(cases)} done"), said


async def _runs_of(rig: Rig, workflow_id: str) -> list[WorkflowHistory]:
    """The histories of all runs of a case, the latest first."""
    runs, run_id = [], None
    while True:
        handle = rig.client.temporal.get_workflow_handle(workflow_id, run_id=run_id)
        history = await handle.fetch_history()
        runs.append(history)
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        if not run_id:
            return runs


def _build_of(run: WorkflowHistory) -> str:
    """The version whose worker carried out this run; it must be the same for all of its tasks."""
    builds = {
        item.workflow_task_completed_event_attributes.deployment_version.build_id
        for item in run.events
        if item.HasField("workflow_task_completed_event_attributes")
    }
    assert len(builds) == 1, builds
    return builds.pop()


async def _nothing_lost_nor_doubled(rig: Rig, traffic: Traffic) -> None:
    for case, sent in traffic.sent.items():
        is_ticket = case in traffic.tickets
        kept = [row.event_id for row in await events_of(rig.desk, case)]
        assert Counter(kept) == Counter(sent), case
        now = await (rig.ticket(case) if is_ticket else rig.snapshot(case))
        (row,) = await cases_of(rig.desk, case)
        for field in ("assignee", "status", "line"):
            assert getattr(row, field) == getattr(now, field), (case, field)
        ask = rig.client.ticket(case).timeline() if is_ticket else rig.client.chat(CHANNEL, case).timeline()
        timeline = [entry.event_id for entry in await ask]
        assert timeline == sent[-len(timeline) :], case
    keys = Counter(await applied_keys(rig.desk))
    assert keys
    assert [key for key, times in keys.items() if times > 1] == []
