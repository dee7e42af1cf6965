"""Whether a queue is served in order: many chats, few people, and places that become free at random.

All chats are handed to one line, some at once. Whoever gets one closes it; some are pending before, and some
are handed to somebody of another line. Each transaction of the help desk is
watched (`lab.queuewatch`).
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from pathlib import Path

from rich.console import Console

from baton.contract import Tab
from baton.desk.api import InboxQuery
from lab.bench.tables import table_of
from lab.queuewatch import Watch, WatchedHelpDesk
from lab.rig import NO_RULES, Rig, eventually, fresh, open_rig
from lab.server import running_server

CHATS = 200
AT_ONCE = 20
PEOPLE = tuple(f"agent-{number}" for number in range(1, 6))
MOST = 3
"""``max_chats`` of each."""
ANSWERED, HANDED_ON = 0.5, 0.1
"""How many of the chats are pending before they are closed, and how many leave the line before."""
SEED = 11
WITHIN = 300.0
"""Seconds within which a chat must have found somebody; a busy machine needs some."""


def company(people: tuple[str, ...] = PEOPLE) -> str:
    """A directory with one line whose people take few chats, and somebody beside it."""
    staff = "".join(f"  {one}: {{line: line-1, max_chats: {MOST}}}\n" for one in people)
    return f"lines: {{line-1: {{}}, line-2: {{}}}}\nstaff:\n{staff}  lena: {{line: line-2}}\n"


async def serve(rig: Rig, chats: list[str], seed: int) -> None:
    """Hand these chats to the line; whoever gets one works it off. Fails if one is forgotten."""
    rng, some = random.Random(seed), asyncio.Semaphore(AT_ONCE)
    fate = {chat: rng.random() for chat in chats}

    async def arrive(chat: str) -> None:
        async with some:
            await rig.customer(chat)
            await rig.by("lena", chat, "assigned", line="line-1")

    async def work_off(chat: str, holder: str) -> None:
        if fate[chat] < ANSWERED:  # not by a message: whoever writes into a chat that nobody has takes it
            await rig.by("lena", chat, "status_set", status="pending")
        if fate[chat] < HANDED_ON:
            await rig.by(holder, chat, "assigned", staff="lena")
        await rig.by("lena", chat, "chat_ended", status="closed")

    given: dict[str, asyncio.Task[None]] = {}

    async def all_given() -> bool:
        for row in await rig.desk.inbox(InboxQuery(tab=Tab.MINE)):
            if row.conversation not in given and row.pinned_to is not None:
                given[row.conversation] = asyncio.create_task(work_off(row.conversation, row.pinned_to))
        return len(given) == len(chats)

    arrivals = asyncio.gather(*map(arrive, chats))
    await eventually(all_given, "somebody was forgotten", within=WITHIN)
    await asyncio.gather(arrivals, *given.values())


async def _play(console: Console) -> tuple[Watch, float]:
    chats = [fresh("queue") for _ in range(CHATS)]
    async with running_server() as server:
        with tempfile.TemporaryDirectory() as folder, console.status("serving"):
            rig = open_rig(
                server,
                Path(folder),
                "bench-queues",
                rules=NO_RULES,
                templates=NO_RULES,
                directory=company(),
                online=(*PEOPLE, "lena"),
                desk_class=WatchedHelpDesk,
            )
            async with rig as opened:
                started = time.perf_counter()
                await serve(opened, chats, SEED)
                seconds = time.perf_counter() - started
                assert isinstance(opened.desk, WatchedHelpDesk)
                return opened.desk.watch, seconds


def main() -> int:
    """Play, and print what there was. Returns 1 if somebody was overtaken, or a place given twice."""
    console = Console()
    console.print(f"{CHATS} chats, {len(PEOPLE)} people who take {MOST} each, seed {SEED} …")
    watch, seconds = asyncio.run(_play(console))
    table = table_of("A queue under random frees", "")
    table.add_row("transactions watched", f"{watch.transactions:,}")
    table.add_row("places given", f"{watch.given:,}")
    table.add_row("longest wait in the wrong order", f"{watch.overtaken.total_seconds():.3f} s")
    table.add_row("places given twice", str(watch.twice))
    console.print(table)
    console.print(f"{seconds:.0f} s")
    return 1 if watch.overtaken or watch.twice or watch.given < CHATS else 0
