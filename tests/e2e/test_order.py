"""Events count in the order in which they arrive, also where Temporal hands over many of them at once.

Of what comes with one workflow task, Temporal shows all signals before all updates.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.enums.v1 import UpdateWorkflowExecutionLifecycleStage as Stage
from temporalio.api.update.v1 import UpdateRef
from temporalio.api.workflowservice.v1 import PollWorkflowExecutionUpdateRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from baton.contract import (
    HANDLE,
    NOTE_ADDED,
    SUBMIT,
    Event,
    Status,
    Tab,
    TicketStage,
    TimelineEntry,
)
from baton.model.decision import CaseState
from baton.temporal.plugin import BatonPlugin
from helpdesks.base import Intake
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import QUIET
from lab.ledger import events_of
from lab.rig import CHANNEL, NO_RULES, Rig, event, eventually, failed_tasks, fresh
from tests.conftest import RigOpener
from workflows.chat import Chat
from workflows.ticket import Ticket

T = TypeVar("T")

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Call:
    """An event on its way: by an update (``send``) or by a signal (``submit``), or by a signal of its own."""

    by: str
    event: dict[str, Any]


def send(kind: str, author: str, **fields: Any) -> Call:
    return Call(HANDLE, event(kind, author, **fields))


def submit(kind: str, author: str, **fields: Any) -> Call:
    return Call(SUBMIT, event(kind, author, **fields))


def asks(**fields: Any) -> Call:
    """A customer's message, by an update."""
    return send("customer_message", "customer", text="Well?", **fields)


def answers(who: str = "ivan", **fields: Any) -> Call:
    """A message of staff, by a signal."""
    return submit("agent_message", who, text="Yes.", **fields)


class Case:
    """A chat or a ticket that is called through the client, or as the contract says, by Temporal's own."""

    def __init__(self, rig: Rig, name: str, *, plain: bool = False) -> None:
        self.rig, self.name, self.plain = rig, name, plain
        self.handle = rig.handle(name)
        ticket = name.removeprefix("ticket:")
        self._case: Any = rig.client.chat(CHANNEL, name) if ticket == name else rig.client.ticket(ticket)

    async def call(self, call: Call) -> object:
        """Make a call; an update returns once it is answered."""
        if self.plain:
            return await self._call_plainly(call)
        if call.by == HANDLE:
            return await self._case.send(call.event, customer=f"of-{self.name}", timeout=60)
        if call.by == NOTE_ADDED:
            return await self._case.note(call.event)
        return await self._case.submit(call.event, customer=f"of-{self.name}")

    async def _call_plainly(self, call: Call) -> object:
        if call.by != HANDLE:
            await self.handle.signal(call.by, call.event)
            return None
        return await self.handle.execute_update(HANDLE, call.event, id=call.event["id"])

    async def accepts(self, calls: Iterable[Call]) -> list[asyncio.Task[object]]:
        """Make calls without a worker, each after Temporal has the one before. Returns the updates."""
        waiting = []
        for call in calls:
            if call.by != HANDLE:
                await self.call(call)
                continue
            waiting.append(asyncio.create_task(self.call(call)))
            await self._has(call)
        return waiting

    async def _has(self, call: Call) -> None:
        """Wait until an update is on the server."""
        execution = WorkflowExecution(workflow_id=self.handle.id)
        request = PollWorkflowExecutionUpdateRequest(
            namespace=self.rig.client.temporal.namespace,
            update_ref=UpdateRef(workflow_execution=execution, update_id=call.event["id"]),
        )

        async def is_there() -> bool:
            service = self.rig.client.temporal.workflow_service
            try:
                polled = await service.poll_workflow_execution_update(request)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                return False
            return polled.stage >= Stage.UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_ADMITTED

        await eventually(is_there, f"Temporal does not have {call}")

    async def has_taken(self, call: Call) -> None:
        """Wait until the help desk has an event."""

        async def is_kept() -> bool:
            return any(row.event_id == call.event["id"] for row in await events_of(self.rig.desk, self.name))

        await eventually(is_kept, f"the help desk does not have {call}")

    async def took(self, calls: Sequence[Call]) -> list[str]:
        """The order in which one run took these, once it has: by their numbers, such as ``["2", "1"]``."""
        numbers = {call.event["id"]: str(number) for number, call in enumerate(calls, 1)}
        order: list[str] = []

        async def all_of_them() -> bool:
            timeline: list[TimelineEntry] = await self._case.timeline()
            assert not [entry for entry in timeline if entry.refused]
            order[:] = [numbers[entry.event_id] for entry in timeline if entry.event_id in numbers]
            return len(order) == len(calls)

        await eventually(all_of_them, lambda: f"{self.name} took {order} of {len(calls)}")
        return order

    async def looks(self) -> dict[str, Any]:
        """The case, but for names and times."""
        snapshot = await self._case.snapshot()
        of_case = ("activity", "status", "tab", "stage", "assignee", "pinned_to", "reserved_for", "line")
        return {name: getattr(snapshot, name, None) for name in (*of_case, "labels", "last_author")}

    async def replays(self) -> None:
        """Raise if its history does not replay."""
        await self.rig.settled(self.name)
        history = await self.rig.history(self.name)
        assert failed_tasks(history) == []
        await Replayer(workflows=[Chat, Ticket], plugins=[BatonPlugin()]).replay_workflow(history)


def in_turn(number: int) -> list[str]:
    return [str(one) for one in range(1, number + 1)]


async def both_ways(rig: Rig, calls: Callable[[], Sequence[Call]], *, opened: bool = True) -> list[Case]:
    """Make calls twice: with a worker, one after the other, and without one. Returns both chats.

    Args:
        opened: whether there is a chat before that.
    """
    chats = []
    for away in (False, True):
        case = Case(rig, fresh("chat"))
        chats.append(case)
        if opened:
            await case.call(asks())
            await rig.settled(case.name)
        made = calls()
        if away:
            await rig.stop_worker()
            waiting = await case.accepts(made)
            await rig.start_worker()
            await asyncio.gather(*waiting)
        else:
            for call in made:
                await case.call(call)
                await case.has_taken(call)
        await case.replays()
    assert await case.took(made) == in_turn(len(made))
    return chats


SITUATIONS: dict[str, Callable[[], list[Call]]] = {
    "a customer's update, then a signal of staff": lambda: [asks(), answers()],
    "a signal of staff, then a customer's update": lambda: [answers(), asks()],
    "several of both": lambda: [
        *(asks(), answers(), asks(), answers("petra"), answers()),
        *(asks(), asks(), send("taken", "petra"), answers("petra"), asks()),
    ],
    "the chat is closed, and the next one begins": lambda: [
        *(answers(), send("chat_ended", "ivan", status="closed"), submit("customer_message", "customer")),
        *(send("taken", "petra"), submit("status_set", "petra", status="pending")),
    ],
    "by system and staff": lambda: [
        send("assigned", "lena", staff="petra"),
        submit("status_set", "petra", status="pending"),
        send("labels_changed", "ivan", add=["vip"]),
        submit("assigned", "lena", staff="ivan"),
    ],
}


@pytest.mark.parametrize("situation", SITUATIONS)
async def test_what_came_without_a_worker_counts_as_if_there_had_been_one(
    open_a_rig: RigOpener, situation: str
) -> None:
    async with open_a_rig(rules=NO_RULES) as rig:
        there, away = await both_ways(rig, SITUATIONS[situation])
        assert await away.looks() == await there.looks()


async def test_staff_who_answered_have_the_chat(open_a_rig: RigOpener) -> None:
    """What once ended as open, in New, and with nobody."""
    async with open_a_rig(rules=NO_RULES) as rig:
        _, away = await both_ways(rig, SITUATIONS["a customer's update, then a signal of staff"])
        found = await away.looks()
        assert (found["status"], found["tab"], found["assignee"]) == (Status.PENDING, Tab.MINE, "ivan")


async def test_a_chat_that_opens_without_a_worker(open_a_rig: RigOpener) -> None:
    async with open_a_rig(rules=NO_RULES) as rig:
        there, away = await both_ways(rig, lambda: [asks(), answers(), asks(), answers()], opened=False)
        assert await away.looks() == await there.looks()


async def test_a_closed_chat_whose_conversation_goes_on_without_a_worker(open_a_rig: RigOpener) -> None:
    async with open_a_rig(rules=NO_RULES) as rig:
        case = Case(rig, fresh("closed"))
        await case.call(asks())
        await case.call(send("chat_ended", "ivan", status="closed"))
        await case.handle.result()
        await rig.stop_worker()
        calls = [asks(), answers(), asks(), answers("petra")]
        waiting = await case.accepts(calls)
        await rig.start_worker()
        await asyncio.gather(*waiting)
        assert await case.took(calls) == in_turn(4)
        assert (await rig.handle(case.name).describe()).status is WorkflowExecutionStatus.RUNNING
        assert (await case.looks())["assignee"] == "ivan"


# --- Dates that tell nothing ----------------------------------------------------------------------

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: int) -> str:
    return (NOON + seconds * SECOND).isoformat()


@pytest.mark.parametrize(
    ("calls", "order"),
    [
        pytest.param([asks(at=at(1)), answers(at=at(2))], ["1", "2"], id="dated"),
        pytest.param([answers(at=at(1)), asks(at=at(1))], ["1", "2"], id="of one date, signals first"),
        pytest.param([asks(at=at(1)), answers(at=at(1))], ["2", "1"], id="of one date, wherever they came"),
        pytest.param([answers(), asks()], ["1", "2"], id="undated, as Temporal has it"),
        pytest.param([asks(), answers()], ["2", "1"], id="undated, as Temporal has it, also if it is wrong"),
        pytest.param(
            [asks(), asks(at=at(1)), answers(at=at(2)), answers()],
            ["1", "2", "3", "4"],
            id="one without a date keeps its place among its own",
        ),
        pytest.param(
            [answers(at=at(3)), asks(at=at(-60))],
            ["1", "2"],
            id="one that was dated before what is folded already comes when it comes",
        ),
    ],
)
async def test_plain_calls_are_merged_by_the_dates_that_their_callers_gave(
    open_a_rig: RigOpener, calls: list[Call], order: list[str]
) -> None:
    async with open_a_rig(rules=NO_RULES) as rig:
        case = Case(rig, fresh("plain"), plain=True)
        await rig.customer(case.name, at=at(0))
        await rig.settled(case.name)
        await rig.stop_worker()
        fresh_calls = [Call(one.by, {**one.event, "id": fresh()}) for one in calls]
        waiting = await case.accepts(fresh_calls)
        await rig.start_worker()
        await asyncio.gather(*waiting)
        assert await case.took(fresh_calls) == order
        await case.replays()


# --- Tickets --------------------------------------------------------------------------------------


async def test_a_ticket_whose_worker_was_away(open_separate: RigOpener) -> None:
    async with open_separate() as rig:
        case = Case(rig, f"ticket:{fresh('T')}")
        await rig.asked(case.name.removeprefix("ticket:"), QUIET)
        await rig.settled(case.name)
        await rig.stop_worker()
        calls = [
            asks(),
            Call(NOTE_ADDED, event("note_added", "ada", text="Ours.")),
            send("note_added", "ben", text="Ours, too."),
            Call(NOTE_ADDED, event("note_added", "cem", text="And ours.")),
            # Possible only after the last note: then it is known who writes the reply.
            send("send_reply", "cem", text="All in one."),
            submit("customer_message", "customer", text="Thanks!"),
        ]
        waiting = await case.accepts(calls)
        await rig.start_worker()
        await asyncio.gather(*waiting)
        assert await case.took(calls) == in_turn(6)
        found = await case.looks()
        assert (found["status"], found["stage"]) == (Status.OPEN, TicketStage.TRIAGE)
        await case.replays()


# --- Behind a decision that takes long ------------------------------------------------------------


class SlowHelpDesk(EmbeddedHelpDesk):
    """A help desk that takes nothing in until it may."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.asked, self.may_go_on = asyncio.Event(), asyncio.Event()
        self.may_go_on.set()

    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str, decide: Callable[[Intake], T]
    ) -> T:
        self.asked.set()
        await self.may_go_on.wait()
        return await super().intake(before, event, now, chain, decide)


@asynccontextmanager
async def deciding(rig: Rig, case: Case, call: Call) -> AsyncIterator[list[asyncio.Task[object]]]:
    """While an event is being decided. Yields a list of updates to wait for after that."""
    assert isinstance(rig.desk, SlowHelpDesk)
    rig.desk.asked.clear()
    rig.desk.may_go_on.clear()
    waiting = [asyncio.create_task(case.call(call))]
    await rig.desk.asked.wait()
    yield waiting
    rig.desk.may_go_on.set()
    await asyncio.gather(*waiting)


@pytest.mark.parametrize("cached", [1000, 0])
async def test_what_came_behind_a_long_decision(open_a_rig: RigOpener, cached: int) -> None:
    options = {"rules": NO_RULES, "desk_class": SlowHelpDesk, "max_cached_workflows": cached}
    async with open_a_rig(**options) as rig:
        case = Case(rig, fresh("slow"))
        await case.call(asks())
        first, calls = asks(), [asks(), answers(), send("taken", "petra"), answers("petra"), asks()]
        async with deciding(rig, case, first) as waiting:
            waiting += await case.accepts(calls)
        assert await case.took([first, *calls]) == in_turn(6)
        found = await case.looks()
        assert (found["status"], found["assignee"]) == (Status.OPEN, "petra")
        await case.replays()


def accepted_updates(history: WorkflowHistory) -> int:
    kind = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    return sum(item.event_type == kind for item in history.events)


@pytest.mark.parametrize("cached", [1000, 0])
async def test_what_a_later_task_brings_is_taken_later_whatever_its_date(
    open_a_rig: RigOpener, cached: int
) -> None:
    options = {"rules": NO_RULES, "desk_class": SlowHelpDesk, "max_cached_workflows": cached}
    async with open_a_rig(**options) as rig:
        case = Case(rig, fresh("slow"), plain=True)
        await rig.customer(case.name, at=at(0))
        await rig.settled(case.name)
        accepted = accepted_updates(await rig.history(case.name))
        # The second task begins when the first has gone on for some seconds.
        calls = [
            asks(at=at(5)),
            answers(at=at(6)),
            send("taken", "petra", at=at(2)),
            answers("petra", at=at(1)),
        ]
        async with deciding(rig, case, asks(at=at(1))) as waiting:
            waiting += await case.accepts(calls[:2])

            async def the_first_two_are_in_the_history() -> bool:
                return accepted_updates(await rig.history(case.name)) == accepted + 2

            await eventually(the_first_two_are_in_the_history, "the task goes on and on")
            waiting += await case.accepts(calls[2:])
        # Of the last two, the date of the update is the later one.
        assert await case.took(calls) == ["1", "2", "4", "3"]
        await case.replays()


# --- Many -----------------------------------------------------------------------------------------


def many(number: int) -> list[Call]:
    """Updates and signals in turn, dated one after the other."""
    kinds = (asks, answers, answers, asks, asks)
    return [kinds[one % len(kinds)](at=at(one + 1)) for one in range(number)]


@pytest.mark.parametrize("cached", [1000, 0])
async def test_more_than_one_run_takes(
    open_a_rig: RigOpener, impatient_server: WorkflowEnvironment, cached: int
) -> None:
    """The server suggests to continue as new after 60 events."""
    async with open_a_rig(impatient_server, rules=NO_RULES, max_cached_workflows=cached) as rig:
        # The client has at most eight updates in flight for one case; plain ones may be more.
        case = Case(rig, fresh("many"), plain=True)
        await rig.customer(case.name, at=at(0))
        await rig.settled(case.name)
        await rig.stop_worker()
        calls = many(45)
        waiting = await case.accepts(calls)
        await rig.start_worker()
        await asyncio.gather(*waiting)
        assert await case.took(calls) == in_turn(45)


async def test_they_are_still_in_order_after_a_reset(open_a_rig: RigOpener) -> None:
    async with open_a_rig(rules=NO_RULES) as rig:
        case = Case(rig, fresh("reset"))
        await case.call(asks(at=at(0)))
        await rig.settled(case.name)
        await rig.stop_worker()
        calls = many(9)
        waiting = await case.accepts(calls)
        await rig.start_worker()
        await asyncio.gather(*waiting)
        before = await case.looks()
        await rig.settled(case.name)
        await rig.reset(case.name)
        assert await case.took(calls) == in_turn(9)
        assert await case.looks() == before
        await case.replays()
