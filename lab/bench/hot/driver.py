"""Clients that send as fast as they are answered, in a process of their own.

    python -P driver.py (bare | baton) TASK_QUEUE

It runs with the Python of the checkout that is measured, which may be another one than this file's: of Baton
it uses the client only, and of this checkout nothing. Each line that it reads is an order in JSON, and gets
one line with the answer. Temporal is where ``TEMPORAL_ADDRESS`` says.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol, cast

from temporalio.client import Client, WorkflowHandle

from baton.temporal.ending import leave

CHANNEL = "bench"
AGENT, WRITER = "agent-1-1", "writer"
"""Who answers, and who is in a line of their own; see `lab.bench.hot.company`."""
TALK = (("customer_message", "customer"), ("agent_message", AGENT))
"""What is sent in turn in a conversation, and by whom."""
WITH_EFFECTS = ("handoff",)
"""Steps that cause more than their answer."""

_numbers = itertools.count(1)


def event(kind: str, author: str, **fields: str) -> dict[str, Any]:
    return {
        "kind": kind,
        "id": f"e-{os.getpid()}-{next(_numbers)}",
        "author": {"type": "customer" if author == "customer" else "staff", "id": author},
        **fields,
    }


def message(kind: str, author: str) -> dict[str, Any]:
    return event(kind, author, text="Where is my parcel?")


class Side(Protocol):
    """One client of what is measured."""

    async def open(self, chat: str, step: str) -> None:
        """Bring a chat to where ``step`` can be done again and again."""

    async def do(self, chat: str, step: str) -> None:
        """Do it once."""

    async def settle(self, chat: str) -> None:
        """Wait until everything is done that was caused."""

    async def history(self, chat: str) -> str:
        """The history of its workflow, as JSON."""

    async def online(self, staff: str) -> None:
        """Have somebody come to work."""


class BareSide:
    """Sends updates to a bare workflow; a step is the name of one."""

    def __init__(self, client: Client, queue: str) -> None:
        self._client, self._queue = client, queue
        self._handles: dict[str, WorkflowHandle[Any, Any]] = {}

    async def open(self, chat: str, step: str) -> None:
        self._handles[chat] = await self._client.start_workflow("Bare", id=chat, task_queue=self._queue)

    async def do(self, chat: str, step: str) -> None:
        await self._handles[chat].execute_update(step, message("customer_message", "customer"))

    async def settle(self, chat: str) -> None:
        """Nothing: a bare workflow answers when it is done."""

    async def history(self, chat: str) -> str:
        return (await self._handles[chat].fetch_history()).to_json()

    async def online(self, staff: str) -> None:
        raise NotImplementedError("a bare workflow has no staff")


class BatonSide:
    """Sends events to chats.

    A ``message`` changes nothing in a filter, a ``handoff`` makes a rule act, and to ``talk`` is to write
    in turn.
    """

    def __init__(self, baton: Any, desk: Any, online: Any) -> None:
        self._baton, self._desk, self._online = baton, desk, online
        self._turns = Counter[str]()

    async def open(self, chat: str, step: str) -> None:
        if step == "talk":
            return  # the first message opens it
        for kind, author in TALK:
            await self._send(chat, message(kind, author))
        if step == "handoff":
            await self._send(chat, event("chat_ended", AGENT, status="pending"))

    async def do(self, chat: str, step: str) -> None:
        self._turns[chat] += 1
        kinds = {
            "message": ("customer_message", "customer"),
            "handoff": ("agent_message", WRITER),
            "talk": TALK[1 - self._turns[chat] % 2],
        }
        await self._send(chat, message(*kinds[step]))

    async def settle(self, chat: str) -> None:
        """Wait until the effects are carried out: the answer comes before they are."""
        while True:
            described = (await self._handle(chat).describe()).raw_description
            if not described.pending_activities and not described.HasField("pending_workflow_task"):
                return
            await asyncio.sleep(0.005)

    async def history(self, chat: str) -> str:
        return (await self._handle(chat).fetch_history()).to_json()

    async def online(self, staff: str) -> None:
        await self._desk.set_presence(staff, self._online)

    def _handle(self, chat: str) -> WorkflowHandle[Any, Any]:
        workflow_id: str = self._baton.chat(CHANNEL, chat).workflow_id
        return cast(WorkflowHandle[Any, Any], self._baton.temporal.get_workflow_handle(workflow_id))

    async def _send(self, chat: str, payload: dict[str, Any]) -> None:
        await self._baton.chat(CHANNEL, chat).send(payload, customer=f"of-{chat}")


async def _bare(queue: str) -> Side:
    return BareSide(await Client.connect(os.environ["TEMPORAL_ADDRESS"]), queue)


async def _baton(queue: str) -> Side:
    from baton.client import BatonClient
    from baton.contract import Presence
    from baton.desk.client import DeskClient

    baton = await BatonClient.connect(task_queue=queue)
    return BatonSide(baton, DeskClient(baton.temporal, task_queue=queue), Presence.ONLINE)


SIDES: dict[str, Callable[[str], Awaitable[Side]]] = {"bare": _bare, "baton": _baton}


class Driver:
    """Carries out the orders. Each client has a connection, and chats of its own."""

    def __init__(self, kind: str, queue: str) -> None:
        self._kind, self._queue = kind, queue
        self._sides: list[Side] = []
        self._chats: list[tuple[Side, Sequence[str]]] = []

    async def online(self, staff: Iterable[str]) -> None:
        """Have these people come to work."""
        (side,) = await self._connected(1)
        for one in staff:
            await side.online(one)

    async def open(self, step: str, clients: int, chats: int, times: int = 1) -> None:
        """Make new chats for the next `run`, ``chats`` for each client, and do it so many times in each."""
        self._chats = [
            (side, [f"hot-{os.getpid()}-{next(_numbers)}" for _ in range(chats)])
            for side in await self._connected(clients)
        ]

        async def one(side: Side, chats: Iterable[str]) -> None:
            for chat in chats:
                await side.open(chat, step)
                for _ in range(times):  # the first one has more to change than those that are measured
                    await side.do(chat, step)
                await side.settle(chat)

        await asyncio.gather(*(one(*own) for own in self._chats))

    async def run(self, step: str, seconds: float) -> dict[str, float]:
        """Do it for so many seconds; then wait until everything is done that was caused.

        Returns how often it was done, the seconds that it took, and the median of the calls in seconds.
        """
        latencies: list[float] = []
        began = time.perf_counter()

        async def one(side: Side, chats: Iterable[str]) -> None:
            for chat in itertools.cycle(chats):
                sent = time.perf_counter()
                if sent - began >= seconds:
                    return
                await side.do(chat, step)
                latencies.append(time.perf_counter() - sent)

        await asyncio.gather(*(one(*own) for own in self._chats))
        if step in WITH_EFFECTS:
            await asyncio.gather(*(side.settle(chat) for side, chats in self._chats for chat in chats))
        took = time.perf_counter() - began
        return {"times": len(latencies), "seconds": took, "latency": statistics.median(latencies)}

    async def record(self, step: str, times: int) -> str:
        """The history of a new chat in which it was done so many times, as JSON.

        One after the other, each when everything is done that the one before has caused.
        """
        (side,) = await self._connected(1)
        chat = f"hot-{os.getpid()}-{next(_numbers)}"
        await side.open(chat, step)
        for _ in range(times):
            await side.do(chat, step)
            await side.settle(chat)
        return await side.history(chat)

    async def _connected(self, clients: int) -> Sequence[Side]:
        while len(self._sides) < clients:
            self._sides.append(await SIDES[self._kind](self._queue))
        return self._sides[:clients]


async def _obey(kind: str, queue: str) -> None:
    driver = Driver(kind, queue)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        answer = await getattr(driver, order.pop("order"))(**order)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(_obey(*sys.argv[1:]))
    leave(0)
