"""Whether a ticket ever has two prompts, two composers or two replies, however its notes race.

Each ticket's three notes are sent at the same time by separate clients, in different ways, and one of them
twice; then its composer and its dispatcher press "send" at the same time. The measurement counts what the
help desk did: for every ticket, it must be one of each.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import Progress

from baton.client import BatonClient, Ticket
from baton.contract import TicketStage
from baton.errors import Refused
from lab.bench.tables import table_of
from lab.departments import ANSWERS, QUIET, SEPARATE_RIG
from lab.ledger import applied_keys, cases_of
from lab.rig import Rig, event, eventually, fresh, open_rig
from lab.server import running_server

TICKETS = 1000
AT_ONCE = 20
DISPATCHER = "petra"
WITHIN = 120.0
"""Seconds within which a ticket must have taken in its notes; a busy machine needs some."""
_WAYS = (Ticket.note, Ticket.send, Ticket.submit)


class Found(NamedTuple):
    """What the help desk has of one ticket."""

    prompts: int
    composers: int
    replies: int


async def _race(rig: Rig, ticket: str, number: int) -> None:
    await rig.asked(ticket, QUIET)
    notes = [event("note_added", who, text=f"By {who}.") for who in ANSWERS.values()]
    notes.append(notes[number % len(notes)])
    clients = [BatonClient(rig.client.temporal, task_queue=rig.settings.task_queue) for _ in notes]
    await asyncio.gather(
        *(
            _WAYS[(number + place) % len(_WAYS)](client.ticket(ticket), note)
            for place, (client, note) in enumerate(zip(clients, notes, strict=True))
        )
    )

    async def composing() -> bool:
        return (await rig.ticket(ticket)).stage is TicketStage.COMPOSING

    await eventually(composing, f"{ticket} did not come to composing", within=WITHIN)
    composer = (await rig.ticket(ticket)).composer or "nobody"
    results = await asyncio.gather(
        *(
            rig.on_ticket(who, ticket, "send_reply", text=f"From {who}.")
            for who in dict.fromkeys((composer, DISPATCHER))
        ),
        return_exceptions=True,
    )
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Refused):
            raise result  # of the two, one is refused


async def _found(rig: Rig, tickets: list[str]) -> dict[str, Found]:
    """Counted from the help desk's notices, its rows and its ledger; not from what the workflows say."""
    prompts, composers = Counter[str](), {ticket: set[str | None]() for ticket in tickets}
    for notice in await rig.desk.notices(None, 100 * len(tickets)):
        if notice.ticket_id is not None and notice.reason in ("prompt", "you write the reply now"):
            prompts[notice.ticket_id] += notice.reason == "prompt"
            composers[notice.ticket_id].update(notice.told)
    sent = Counter(key.partition(":")[0] for key in await applied_keys(rig.desk, ":send_reply"))
    found = {}
    for ticket in tickets:
        (row,) = await cases_of(rig.desk, ticket)
        found[ticket] = Found(prompts[ticket], len(composers[ticket] | {row.composer}), sent[row.case_id])
    return found


async def _play(console: Console) -> tuple[dict[str, Found], float]:
    many, tickets = asyncio.Semaphore(AT_ONCE), [fresh("race") for _ in range(TICKETS)]
    async with running_server() as server:
        with tempfile.TemporaryDirectory() as folder, Progress(console=console) as progress:
            async with open_rig(server, Path(folder), "bench-races", **SEPARATE_RIG) as rig:
                bar = progress.add_task("tickets", total=TICKETS)

                async def one(number: int, ticket: str) -> None:
                    async with many:
                        await _race(rig, ticket, number)
                    progress.advance(bar)

                started = time.perf_counter()
                await asyncio.gather(*(one(number, ticket) for number, ticket in enumerate(tickets)))
                seconds = time.perf_counter() - started
                for ticket in tickets:
                    await rig.settled(f"ticket:{ticket}")
                return await _found(rig, tickets), seconds


def main() -> int:
    """Play, and print what there was. Returns 1 if a ticket has not exactly one of each."""
    console = Console()
    console.print(f"{TICKETS:,} tickets of {len(ANSWERS)} departments, {AT_ONCE} at once …")
    found, seconds = asyncio.run(_play(console))
    table = table_of("Notes that race, and two who press send", "in all", "tickets with exactly one")
    for name in Found._fields:
        counts = [getattr(one, name) for one in found.values()]
        table.add_row(name, f"{sum(counts):,}", f"{counts.count(1):,} of {len(counts):,}")
    console.print(table)
    console.print(f"{seconds:.0f} s, {TICKETS / seconds:.1f} tickets a second")
    wrong = {ticket: one for ticket, one in found.items() if one != Found(1, 1, 1)}
    for ticket, one in wrong.items():
        console.print(f"{ticket}: {one}", style="red")
    return 1 if wrong else 0
