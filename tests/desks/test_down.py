"""A desk beside the ledger that is down for long while a case hears much, on the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sized
from typing import Any

import pytest
from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from helpdesks.outside.mapping import DeskMapping
from helpdesks.outside.opening import Beside
from lab.ledger import events_of
from lab.rig import Rig, becomes, event, eventually, failed_tasks, fresh, rules_but
from lab.server import running_server
from tests.conftest import RigOpener
from tests.desks.downdesk import DownDesk
from tests.desks.looking import look
from workflows.backlog import LARGEST_BACKLOG, OUTBOX_BUDGET
from workflows.carrying import LARGEST_START

SAYS_SOMETHING: dict[str, Any] = {
    "name": "Says something",
    "cases": "tickets",
    "when": {"event.kind": "customer_message"},
    "then": [{"reply": "We have read it. " * 200}],
}
ASKED = 5
"""Messages of callers who wait for an answer."""
SUGGESTED = 150
"""Events of history after which this server suggests that a run ends, rather than 4,096."""
RUNS_HELD = 3
"""Runs that hand over what waits while the desk is down."""


@pytest.fixture
async def hasty_server() -> AsyncIterator[WorkflowEnvironment]:
    async with running_server(**{"limit.historyCount.suggestContinueAsNew": str(SUGGESTED)}) as server:
        yield server


async def runs_of(rig: Rig, case: str) -> list[WorkflowHistory]:
    """The histories of all runs of a case, the earliest first."""
    run_id, found = (await rig.handle(case).describe()).run_id, []
    while run_id:
        history = await rig.client.temporal.get_workflow_handle(case, run_id=run_id).fetch_history()
        found.append(history)
        run_id = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return found[::-1]


def carried(run: WorkflowHistory) -> dict[str, Any]:
    """What a run was handed by the one before."""
    (start,) = run.events[0].workflow_execution_started_event_attributes.input.payloads
    assert len(start.data) <= LARGEST_START
    found: dict[str, Any] = json.loads(start.data).get("carried") or {}
    return found


async def _number_of(look: Callable[[], Awaitable[Sized]]) -> int:
    return len(await look())


@pytest.mark.parametrize(
    "largest", [LARGEST_BACKLOG, OUTBOX_BUDGET + 60_000], ids=["handed over", "too much to hand over"]
)
async def test_whatever_comes_while_the_desk_is_down_arrives_once_and_in_order(
    open_separate: RigOpener,
    hasty_server: WorkflowEnvironment,
    monkeypatch: pytest.MonkeyPatch,
    largest: int,
) -> None:
    monkeypatch.setattr("workflows.backlog.LARGEST_BACKLOG", largest)
    desk = DownDesk()
    rules = rules_but(drop=[""], add={"changed": [SAYS_SOMETHING | {"id": "says"}]})
    mapping = DeskMapping(desk="paper", url="https://paper.example", every=3600)
    async with open_separate(environment=hasty_server, rules=rules, beside=Beside(mapping, desk)) as rig:
        await look(rig, desk)
        ticket = fresh("T")
        case, to_case = f"ticket:{ticket}", rig.client.ticket(ticket)
        first = desk.writes(ticket, "carol")
        await look(rig, desk)
        await rig.settled(case)

        desk.down = True
        sent: list[dict[str, Any]] = []

        async def write() -> None:
            sent.append(event("customer_message", "customer", text=f"message {len(sent)}"))
            await to_case.submit(sent[-1], customer="carol")

        async def holds_back() -> bool:
            for _ in range(20):
                await write()
            return any(carried(run).get("waiting") for run in await runs_of(rig, case))

        await eventually(holds_back, "no run hands events over that wait")
        asked = [event("customer_message", "customer", text=f"question {number}") for number in range(ASKED)]
        doubled = sent[-1]["id"]  # waits already when somebody asks
        callers = [asyncio.create_task(rig.to_ticket(ticket, one)) for one in (sent[-1], *asked)]

        async def goes_on() -> bool:
            for _ in range(20):
                await write()
            runs = await runs_of(rig, case)
            if largest == LARGEST_BACKLOG:
                return sum(bool(carried(run).get("waiting")) for run in runs) >= RUNS_HELD
            return len(runs[-1].events) > 2 * SUGGESTED

        await eventually(goes_on, "the runs are too few, or too short")
        desk.down = False
        answers = await asyncio.gather(*callers)
        of_callers = {one["id"] for one in asked}

        async def taken() -> list[str]:
            return [row.event_id for row in await events_of(rig.desk, ticket)]

        async def said() -> list[str]:
            return [key.split(":reply:")[0] for key, _ in desk.sheets[ticket].said if ":reply:" in key]

        # A case that has much to do rests for a moment now and then, and looks settled.
        await becomes(
            lambda: _number_of(taken), 1 + len(sent) + len(asked), "the events that the case has taken"
        )
        arrived, case_id = await taken(), (await rig.ticket(ticket)).case_id
        wanted = [f"{case_id}:{event_id}" for event_id in arrived if event_id != first]
        await becomes(said, wanted, "what was said at the desk")
        await rig.settled(case)
        runs = await runs_of(rig, case)
        assert [one for one in arrived if one not in of_callers] == [first, *(one["id"] for one in sent)]
        assert sorted(set(arrived) & of_callers) == sorted(of_callers)
        assert [one.event_id for one in answers] == [doubled, *(one["id"] for one in asked)]
        assert [failed for run in runs for failed in failed_tasks(run)] == []

        for run in runs:
            found = carried(run)
            assert found.get("unsent_size", 0) <= largest
            assert not found.get("waiting") or found["unsent_size"] > OUTBOX_BUDGET


async def test_what_a_write_was_for_gets_there_though_something_later_was_decided(
    open_separate: RigOpener,
) -> None:
    """The later event asks nothing of the desk, so that only the earlier write can bring the labels."""
    desk = DownDesk()
    mapping = DeskMapping(desk="paper", url="https://paper.example", every=3600)
    async with open_separate(beside=Beside(mapping, desk)) as rig:
        await look(rig, desk)
        ticket = fresh("T")
        desk.writes(ticket, "carol")
        await look(rig, desk)
        await rig.settled(f"ticket:{ticket}")

        desk.down = True
        await rig.on_ticket("petra", ticket, "template_applied", template="three-departments-quiet")
        await rig.note("ada", ticket, "Paid.")
        await rig.note("petra", ticket, "Nobody hurries.")
        desk.down = False
        await rig.settled(f"ticket:{ticket}")
        now = await rig.ticket(ticket)
        assert now.labels
        assert desk.sheets[ticket].shows["labels"] == set(now.labels)
        notes = desk.texts(ticket, to_customer=False)
        assert len(notes) == len(set(notes)) >= 1
