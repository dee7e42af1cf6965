"""Hooks under a restart: many deliveries, each doubled and shuffled, while Temporal is started anew.

    python -m lab.hookload --events 1000 --deliveries 10000

People write, answer and note in tickets of a desk on paper, and the desk runs some hooks for each event. Each
is delivered to a real gateway twice, in no order, and in the middle Temporal is stopped and started again.
The same events are then read without any hook and without a restart. Both must have come to the same tickets,
with each event once.
"""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click
import httpx
from sqlalchemy import select
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from baton.desk.feed import FEED_STATUS, FeedStatus, desk_feed_workflow_id
from baton.temporal.plugin import BatonPlugin
from helpdesks.outside.mapping import DeskMapping
from helpdesks.outside.opening import Beside
from helpdesks.schema import cases, events
from lab.gateways import gateway_of
from lab.ledger import rows
from lab.paper import PaperDesk
from lab.rig import NO_RULES, Rig, eventually, open_rig
from lab.server import RestartableServer, restartable_server

DESK = "rt"
"""Whose hooks are read. What people do there happens on paper."""
SECRET = "the secret of these hooks"
AT_ONCE = 40
PEOPLE = ("ivan", "lena", "maria", "petra")
WITHIN = 1800.0
"""Seconds within which everything must have arrived; a busy machine needs some."""


@dataclass
class Played:
    """What a run came to."""

    tickets: dict[str, Any]
    """By ticket: its row, and who wrote what in which order."""
    happened: int
    doubled: int
    lost: int
    delivered: int = 0
    answers: Counter[int] | None = None
    """By status; 0 counts connections that broke."""
    seconds: float = 0.0


def happen(desk: PaperDesk, number: int, tickets: int, rng: random.Random) -> None:
    """One thing that somebody does."""
    ticket, who = f"T-{number % tickets}", rng.choice(PEOPLE)
    match rng.randrange(4) if number >= tickets else 0:
        case 0:
            desk.writes(ticket, "carol", f"question {number}")
        case 1:
            desk.answers(ticket, who, f"answer {number}")
        case 2:
            desk.notes(ticket, who, f"note {number}")
        case _:
            desk.assigns(ticket, who, rng.choice(PEOPLE))


async def play(number: int, tickets: int, deliveries: int = 0, seed: int = 1) -> Played:
    """Let so many events happen, and wait until all have arrived.

    Args:
        deliveries: of hooks, each of which is doubled; without any, nothing is restarted either.
    """
    desk = PaperDesk(name=DESK)
    # A look by itself comes late, so that with hooks it is them who bring things in.
    mapping = DeskMapping(
        desk=DESK, url="https://paper.example", every=60 if deliveries else 1, notices=False
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "secret").write_text(SECRET)
        async with restartable_server(folder) as server:
            client = await Client.connect(f"127.0.0.1:{server.port}", plugins=[BatonPlugin()])
            rig = open_rig(
                WorkflowEnvironment.from_client(client),
                folder / "rig",
                "hooks",
                rules=NO_RULES,
                templates=NO_RULES,
                beside=Beside(mapping, desk),
                hook_secret_file=folder / "secret",
            )
            async with rig as opened:
                await _has_read(opened, desk)
                began = time.perf_counter()
                if deliveries:
                    hooks = Hooks(number, tickets, deliveries, seed)
                    delivered, answers = await _with_hooks(opened, server, desk, hooks)
                else:
                    rng, delivered, answers = random.Random(seed), 0, None
                    for one in range(number):
                        happen(desk, one, tickets, rng)
                await _has_read(opened, desk)
                for one in range(tickets):
                    await opened.settled(f"ticket:T-{one}")
                played = await _came_to(opened, desk)
                played.delivered, played.answers = delivered, answers
                played.seconds = time.perf_counter() - began
                return played


class Hooks(NamedTuple):
    """How many there are of everything."""

    events: int
    tickets: int
    deliveries: int
    seed: int


async def _with_hooks(
    rig: Rig, server: RestartableServer, desk: PaperDesk, hooks: Hooks
) -> tuple[int, Counter[int]]:
    number, tickets, deliveries, seed = hooks
    rng, answers = random.Random(seed), Counter[int]()
    shuffled, some = random.Random(seed + 1), asyncio.Semaphore(AT_ONCE)
    async with (
        gateway_of(rig) as url,
        httpx.AsyncClient(headers={"authorization": f"Bearer {SECRET}"}, timeout=None) as client,
    ):

        async def deliver(about: int) -> None:
            async with some:
                body = {"ticket": about * number // deliveries % tickets, "transaction": about}
                while True:
                    try:
                        answer = await client.post(f"{url}/v1/hooks/{DESK}", json=body)
                    except httpx.TransportError:
                        # A connection that the gateway closed while this was on its way: sent again.
                        answers[0] += 1
                    else:
                        answers[answer.status_code] += 1
                        return

        half = number // 2
        for first, last in ((0, half), (half, number)):
            share = range(first * deliveries // number, last * deliveries // number)
            late = [about for about in share for _ in range(2)]
            shuffled.shuffle(late)
            again = asyncio.create_task(_again(server)) if first else None
            for one in range(first, last):
                happen(desk, one, tickets, rng)
                if one % 20 == 0:
                    await asyncio.sleep(0)
            await asyncio.gather(*map(deliver, late))
            if again is not None:
                await again
    return answers.total() - answers[0], answers


async def _again(server: RestartableServer) -> None:
    await server.stop()
    await server.start()


async def _has_read(rig: Rig, desk: PaperDesk) -> None:
    feed = rig.client.temporal.get_workflow_handle(desk_feed_workflow_id(DESK, rig.settings.task_queue))

    async def read() -> bool:
        status = await feed.query(FEED_STATUS, result_type=FeedStatus)
        return status.cursor is not None and int(status.cursor) >= len(desk.journal)

    await eventually(read, "the feed has not read everything", within=WITHIN)


async def _came_to(rig: Rig, desk: PaperDesk) -> Played:
    happened = [heard.event.id for _, heard in desk.journal if heard.event is not None]
    columns = (events.c.ticket_id, events.c.event_id, events.c.kind, events.c.author, events.c.text)
    kept = await rows(rig.desk, select(*columns).order_by(events.c.decided_at, events.c.id))
    shown = (
        cases.c.ticket_id,
        cases.c.stage,
        cases.c.status,
        cases.c.assignee,
        cases.c.line,
        cases.c.last_author,
    )
    tickets: dict[str, Any] = {
        row.ticket_id: (tuple(row), [])
        for row in await rows(rig.desk, select(*shown).order_by(cases.c.ticket_id))
    }
    for row in kept:
        if row.event_id in set(happened):
            tickets[row.ticket_id][1].append((row.kind, row.author, row.text))
    times = Counter(row.event_id for row in kept)
    return Played(
        tickets,
        happened=len(happened),
        doubled=sum(number - 1 for number in times.values()),
        lost=sum(one not in times for one in happened),
    )


def differences(one: Played, other: Played) -> Sequence[str]:
    """The tickets that are not the same."""
    names = one.tickets.keys() | other.tickets.keys()
    return sorted(name for name in names if one.tickets.get(name) != other.tickets.get(name))


@click.command()
@click.option("--events", "number", default=1000, show_default=True)
@click.option("--tickets", default=100, show_default=True)
@click.option("--deliveries", default=10_000, show_default=True, help="Of hooks; each comes twice.")
@click.option("--seed", default=1, show_default=True)
def main(number: int, tickets: int, deliveries: int, seed: int) -> None:
    """Play both, and print what came of it. Exits with 1 if something was lost or doubled."""

    async def both() -> tuple[Played, Played]:
        return (
            await play(number, tickets, deliveries, seed),
            await play(number, tickets, seed=seed),
        )

    hooked, clean = asyncio.run(both())
    different = differences(hooked, clean)
    print(f"{hooked.happened:,} events in {tickets:,} tickets, seed {seed}")
    print(f"delivered {hooked.delivered:,}, answered {dict(hooked.answers or {})}, in {hooked.seconds:.0f} s")
    print(f"lost {hooked.lost}, doubled {hooked.doubled}, tickets that differ {len(different)}")
    print(f"without hooks: lost {clean.lost}, doubled {clean.doubled}, in {clean.seconds:.0f} s")
    sys.exit(1 if hooked.lost or hooked.doubled or different else 0)


if __name__ == "__main__":
    main()
