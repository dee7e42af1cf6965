"""The replay gate on the real server: a change from its patch to its end, and the command on a namespace."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from baton.client import plugin_for
from baton.settings import CHECKOUT
from baton.temporal.keys import key_line, new_key
from docs.examples.safechange import FITS, REMINDER, VERSIONS, After, Before
from lab.rig import Rig, eventually, fresh, written
from replaygate.gate import Gate
from replaygate.result import HistoryVerdict, Result
from tests.commands import Baton
from tests.conftest import RigOpener
from tests.replay.record import histories_of

# --- A change, from its patch to its end --------------------------------------------------------


async def reminder(client: Client, version: type) -> WorkflowHistory:
    """The history of a reminder that runs on a worker with one version, after its first task."""
    queue = fresh("reminder")
    async with Worker(
        client, task_queue=queue, workflows=[version], workflow_runner=UnsandboxedWorkflowRunner()
    ):
        handle = await client.start_workflow(REMINDER, "T-1", id=fresh(REMINDER), task_queue=queue)

        async def decided() -> bool:
            described = (await handle.describe()).raw_description
            return described.workflow_execution_info.history_length > 4

        await eventually(decided, "the reminder did not begin")
    history = await handle.fetch_history()
    await handle.terminate("its history is all that is wanted")
    return history


@pytest.fixture(scope="module")
async def recorded(server: WorkflowEnvironment) -> dict[type, WorkflowHistory]:
    return {version: await reminder(server.client, version) for version in VERSIONS}


@pytest.mark.parametrize("code", VERSIONS)
async def test_a_change_fits_the_histories_of_the_release_before(
    recorded: dict[type, WorkflowHistory], code: type
) -> None:
    async with Gate.open([code]) as gate:
        for version, history in recorded.items():
            result = await gate.replay(history)
            fits = code in FITS[version]
            assert (version, result.verdict) == (
                version,
                HistoryVerdict.REPLAYED if fits else HistoryVerdict.BROKEN,
            )
            assert result.differences == []


async def test_the_change_without_a_patch_says_what_it_breaks(
    recorded: dict[type, WorkflowHistory],
) -> None:
    """As docs/releases.md shows it."""
    async with Gate.open([After]) as gate:
        result = await gate.replay(recorded[Before])
    assert (result.event, result.what) == (
        5,
        "the history has here: activity send_reminder; this code has: timer",
    )
    guide = (CHECKOUT / "docs/releases.md").read_text(encoding="utf-8")
    assert f"```text\nevent {result.event}: {result.what}\n```" in guide


# --- The command --------------------------------------------------------------------------------


@pytest.fixture
async def rig(open_a_rig: RigOpener) -> AsyncIterator[Rig]:
    async with open_a_rig() as opened:
        yield opened


async def chats(rig: Rig, number: int) -> list[str]:
    """This many chats in which line 2 answers in line 1's place."""
    names = [fresh("replay") for _ in range(number)]
    for name in names:
        await rig.customer(name)
        await rig.staff(name, "lena")
        await rig.settled(name)
    return names


def running(rig: Rig) -> str:
    return f"TaskQueue IN ('{rig.settings.task_queue}', '{nobody_works(rig)}')"


def nobody_works(rig: Rig) -> str:
    """A task queue for what is not Baton's."""
    return f"{rig.settings.task_queue}-other"


async def visible(rig: Rig, number: int) -> None:
    async def counted() -> bool:
        found = await rig.client.temporal.count_workflows(running(rig))
        return found.count == number

    await eventually(counted, "visibility did not catch up")


async def test_the_cases_of_a_namespace_are_replayed(rig: Rig, tmp_path: Path) -> None:
    baton = Baton(rig, tmp_path)
    names = await chats(rig, 3)
    await rig.by("ivan", names[0], "status_set", status="closed")
    await rig.reset(names[1])
    client = rig.client.temporal
    foreign = await client.start_workflow(REMINDER, "T-1", id=fresh(REMINDER), task_queue=nobody_works(rig))
    await visible(rig, 5)

    said = await baton.run(
        "replay",
        "--query",
        running(rig),
        "--strict",
        "--json",
        "--junit",
        "report.xml",
        "--processes",
        "2",
    )
    await foreign.terminate("seen")
    assert said.err == ""
    assert (said.code, said.json["passed"], said.json["replayed"], said.json["skipped"]) == (0, True, 4, 1)
    assert said.json["skipped_because"] == {f"another workflow type: {REMINDER}": 1}
    assert (said.json["different"], said.json["accepted"]) == (0, 0)

    suite = ElementTree.parse(tmp_path / "report.xml").getroot().find("testsuite")
    assert suite is not None
    cases = suite.findall("testcase")
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["5", "0", "0", "1"]
    assert len({case.get("name") for case in cases}) == 5
    assert {case.get("classname") for case in cases} == {"Chat", REMINDER}

    limited = await baton.run(
        "replay", "--query", f"{running(rig)} AND WorkflowType = 'Chat'", "--limit", "2", "--json"
    )
    assert (limited.code, limited.json["replayed"]) == (0, 2)


async def test_a_query_that_finds_nothing_does_not_pass(rig: Rig, tmp_path: Path) -> None:
    said = await Baton(rig, tmp_path).run("replay", "--query", "TaskQueue = 'nobody'")
    assert said.code == 1
    assert "Nothing was replayed" in said.err


async def test_a_query_that_the_server_refuses_is_an_error(rig: Rig, tmp_path: Path) -> None:
    said = await Baton(rig, tmp_path).run("replay", "--query", "Mood = 'good'")
    assert said.code == 1
    assert said.err.startswith("Error: Temporal refused the call (INVALID_ARGUMENT)")


async def test_a_history_that_was_exported_and_changed_is_noticed(rig: Rig, tmp_path: Path) -> None:
    """As if the code had changed: the recorded activity had another name, or another argument."""
    (name,) = await chats(rig, 1)
    (history,) = await histories_of(rig, name)
    exported = json.loads(history.to_json())
    scheduled = [
        event["activityTaskScheduledEventAttributes"]
        for event in exported["events"]
        if "activityTaskScheduledEventAttributes" in event
    ]
    folder = tmp_path / "exported"
    folder.mkdir()
    scheduled[0]["startToCloseTimeout"] = "7s"
    (folder / "different.json").write_text(json.dumps(exported), encoding="utf-8")
    scheduled[0]["activityType"]["name"] = "telephone"
    (folder / "broken.json").write_text(json.dumps(exported), encoding="utf-8")
    (folder / "nonsense.json").write_text("nonsense", encoding="utf-8")

    said = await Baton(rig, tmp_path).run("replay", "--folder", "exported")
    assert said.code == 1
    assert "broken.json: broken\n  event 7: the history has here: activity telephone; this code" in said.out
    assert "nonsense.json: unreadable\n  This is no history of a workflow" in said.out
    assert "activity notify, start_to_close_seconds: different in 1\n" in said.out
    assert "  the history has 7.0\n  this code has 10.0\n" in said.out
    assert max(map(len, said.out.splitlines())) <= 80
    assert said.err.startswith("Cases that run would be stuck. What to do: docs/releases.md")


# --- Encryption ---------------------------------------------------------------------------------


async def test_encrypted_histories_are_read_with_their_keys(
    open_a_rig: RigOpener, server: WorkflowEnvironment, tmp_path: Path
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(key_line("2027-03", new_key()) + "\n", encoding="utf-8")
    keys.chmod(0o600)
    async with open_a_rig(encryption_keys_file=keys) as plain:
        settings = plain.settings
        (name,) = await chats(plain, 1)
        (readable,) = await histories_of(plain, name)
    address = server.client.service_client.config.target_host
    client = await Client.connect(address, plugins=[plugin_for(settings)])
    encrypted = WorkflowEnvironment.from_client(client)
    async with open_a_rig(encrypted) as rig:
        (name,) = await chats(rig, 1)
        (history,) = await histories_of(rig, name)
    assert [b"Hello" in written(one) for one in (readable, history)] == [True, False]

    async with Gate.open(plugin=plugin_for(settings)) as gate:
        result = await gate.replay(history)
        other = json.loads(history.to_json())
        for event in other["events"]:
            event.get("timerStartedEventAttributes", {})["startToFireTimeout"] = "7s"
        changed = await gate.replay(WorkflowHistory.from_json(history.workflow_id, other))
    assert (result.verdict, result.differences) == (HistoryVerdict.REPLAYED, [])
    assert [(one.command, one.field) for one in changed.differences] == [("timer", "seconds")]

    async with Gate.open() as gate:
        without: Result = await gate.replay(history)
    assert without.verdict is HistoryVerdict.UNREADABLE
    assert "BATON_ENCRYPTION_KEYS_FILE" in without.what
