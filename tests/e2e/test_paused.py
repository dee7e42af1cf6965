"""A workflow that somebody has paused holds up no other, and is named.

Pausing is a feature of the server, off by default. The SDK raises ``ValueError`` at a paused workflow.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.workflowservice.v1 import PauseWorkflowExecutionRequest, UnpauseWorkflowExecutionRequest

from baton.contract import Tab
from baton.errors import Unanswered
from baton.temporal.executions import listed
from baton.temporal.queries import quoted
from lab.rig import CHANNEL, Rig, event, eventually, fresh
from lab.server import running_server
from tests.commands import Baton
from tests.conftest import RigOpener


@pytest.fixture(scope="module")
async def pausing() -> AsyncIterator[object]:
    """A server that lets workflows be paused."""
    async with running_server(**{"frontend.WorkflowPauseEnabled": "true"}) as environment:
        yield environment


@pytest.fixture
async def rig(open_a_rig: RigOpener, pausing: object) -> AsyncIterator[Rig]:
    async with open_a_rig(pausing) as opened:
        yield opened


@pytest.fixture
def baton(rig: Rig, tmp_path: Path) -> Baton:
    return Baton(rig, tmp_path)


async def pause(rig: Rig, workflow_id: str) -> None:
    client = rig.client.temporal
    await client.workflow_service.pause_workflow_execution(
        PauseWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_id=workflow_id,
            request_id=str(uuid.uuid4()),
            identity="olga",
            reason="looking into it",
        )
    )

    async def shown() -> bool:
        return any([one.paused async for one in listed(client, f"WorkflowId = {quoted(workflow_id)}")])

    await eventually(shown, "it is not on the list as paused")


async def unpause(rig: Rig, workflow_id: str) -> None:
    client = rig.client.temporal
    await client.workflow_service.unpause_workflow_execution(
        UnpauseWorkflowExecutionRequest(
            namespace=client.namespace, workflow_id=workflow_id, request_id=str(uuid.uuid4())
        )
    )


async def of_ivan(rig: Rig) -> list[str]:
    """Three chats that Ivan has, the second of them paused."""
    chats = [fresh("paused") for _ in range(3)]
    for chat in chats:
        await rig.customer(chat)
        await rig.by("ivan", chat, "taken")
    await pause(rig, f"chat:{CHANNEL}:{chats[1]}")
    return [f"chat:{CHANNEL}:{chat}" for chat in chats]


def mine(rig: Rig) -> str:
    return f"TaskQueue = {quoted(rig.settings.task_queue)}"


SAID = " by olga (looking into it). Nothing happens in it until `temporal workflow unpause --workflow-id "


@pytest.mark.parametrize(
    ("command", "others"),
    [
        (("poke",), "done"),
        (("poke", "--dry-run"), "would be done"),
        (("resend",), "nothing to do"),
        (("reset", "--before", "2020-01-01", "--reason", "try", "--dry-run"), "would be done"),
        (("move",), "nothing to do"),
    ],
    ids=["poke", "poke, dry run", "resend", "reset", "move"],
)
async def test_a_repair_of_many_repairs_the_others_and_names_the_paused_one(
    rig: Rig, baton: Baton, command: tuple[str, ...], others: str
) -> None:
    first, paused, last = await of_ivan(rig)
    said = await baton.run("ops", *command, "--query", mine(rig), "--json")
    told = {one["case"]: (one["verdict"], one["detail"]) for one in said.json}
    assert said.code == 1
    assert told.keys() == {first, paused, last}
    assert told[paused][0] == "failed"
    assert told[paused][1].startswith("it has been paused since ")
    assert SAID + paused in told[paused][1]
    assert {told[first][0], told[last][0]} == {others}


async def test_reassigning_gives_on_the_others_and_names_the_paused_one(rig: Rig, baton: Baton) -> None:
    first, paused, last = await of_ivan(rig)
    command = (
        "ops",
        "reassign",
        "--from",
        "staff:ivan",
        "--to",
        "staff:petra",
        "--query",
        mine(rig),
        "--json",
    )
    said = await baton.run(*command)
    told = {one["case"]: one["verdict"] for one in said.json}
    assert told == {first: "done", paused: "failed", last: "done"}
    (detail,) = (one["detail"] for one in said.json if one["case"] == paused)
    assert SAID + paused in detail

    await unpause(rig, paused)
    again = await baton.run(*command)
    assert [(one["case"], one["verdict"]) for one in again.json] == [(paused, "done")]


async def test_a_replay_replays_the_paused_one_with_the_others(rig: Rig, baton: Baton) -> None:
    await of_ivan(rig)
    said = await baton.run("replay", "--query", mine(rig), "--json")
    assert (said.code, said.json["passed"], said.json["replayed"]) == (0, True, 3)


async def test_it_has_a_filter_and_is_not_lost(rig: Rig, baton: Baton) -> None:
    _, paused, _ = await of_ivan(rig)
    (found,) = (await baton.run("ops", "filters", "paused", "--json")).json
    client = rig.client.temporal
    assert [one.id async for one in listed(client, f"{found['query']} AND {mine(rig)}")] == [paused]
    said = await baton.run("ops", "revive", paused, "--dry-run", "--json")
    assert [(one["verdict"], SAID + paused in one["detail"]) for one in said.json] == [
        ("nothing to do", True)
    ]


async def test_whoever_asks_or_sends_is_told_and_what_is_handed_over_waits(rig: Rig) -> None:
    chat = fresh("paused")
    workflow_id = f"chat:{CHANNEL}:{chat}"
    await rig.customer(chat)
    await pause(rig, workflow_id)
    client = rig.client.chat(CHANNEL, chat)
    for asked in (client.snapshot(), client.send(event("customer_message", "customer", text="Hello?"))):
        with pytest.raises(Unanswered) as told:
            await asked
        assert str(told.value).startswith(f"{workflow_id} does not answer: it has been paused since ")
    await client.submit(event("agent_message", "ivan", text="Good morning."))
    await unpause(rig, workflow_id)

    async def answered() -> bool:
        return (await client.snapshot()).tab is Tab.MINE

    await eventually(answered, "what was handed over meanwhile was lost")
