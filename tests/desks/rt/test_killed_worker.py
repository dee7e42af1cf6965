"""A worker that is a process of its own is killed (-9) again and again beside a real RT, and so is the RT.

The same play as in ``test_faults``, for several tickets. What RT has kept is the measure: nothing is lost,
nothing is doubled. ``-s`` prints the figures.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from baton.documents.yamlwriting import write_yaml
from baton.settings import CHECKOUT
from helpdesks.outside.opening import Beside
from lab.rig import Rig
from local.rt import BATON, password
from tests.conftest import RigOpener
from tests.desks.rt.playing import (
    REPLY,
    answered,
    answered_by_the_last,
    asked_and_answered_by_one,
    feed_of,
    listens,
    prompts_in,
)
from tests.desks.rt.site import Site
from tests.desks.rt.test_faults import BY_BATON, done_by, heard_once

TICKETS = 2


class WorkerProcess:
    """``worker.py`` beside the RT, as users run it."""

    def __init__(self, site: Site, rig: Rig, folder: Path) -> None:
        mapping, secret = folder / "desk.yaml", folder / "desk.secret"
        given = site.mapping_of(every=1).model_dump(mode="json", exclude_defaults=True)
        mapping.write_text(write_yaml(given), encoding="utf-8")
        secret.write_text(password(BATON), encoding="utf-8")
        config = rig.client.temporal.service_client.config
        self._environment = {
            **os.environ,
            **rig.settings.as_environment(),
            "TEMPORAL_ADDRESS": config.target_host,
            "TEMPORAL_NAMESPACE": rig.client.temporal.namespace,
            "BATON_DESK_FILE": str(mapping),
            "BATON_DESK_SECRET_FILE": str(secret),
            "BATON_WORKER_PROCESSES": "1",
        }
        self._child: asyncio.subprocess.Process | None = None
        self.killed = 0

    async def start(self) -> None:
        self._child = await asyncio.create_subprocess_exec(
            sys.executable,
            str(CHECKOUT / "worker.py"),
            cwd=CHECKOUT,
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
        )
        assert self._child.stdout is not None
        while (line := await self._child.stdout.readline()).strip() != b"worker ready":
            assert line, "the worker ended by itself"

    async def kill(self) -> None:
        assert self._child is not None
        self._child.kill()
        await self._child.wait()
        self.killed += 1

    async def killed_and_started(self) -> None:
        await self.kill()
        await self.start()


@asynccontextmanager
async def working(site: Site, rig: Rig, folder: Path) -> AsyncIterator[WorkerProcess]:
    worker = WorkerProcess(site, rig, folder)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.kill()


async def test_killed_workers_and_a_killed_rt_lose_and_double_nothing(
    site: Site, open_a_rig: RigOpener, tmp_path: Path
) -> None:
    desk = site.desk(every=1)
    beside = Beside(site.mapping_of(every=1), desk)
    async with (
        open_a_rig(beside=beside, working=False) as rig,
        working(site, rig, tmp_path) as worker,
    ):
        await listens(rig)
        tickets = [await site.ticket() for _ in range(TICKETS)]

        async def play(ticket: str) -> None:
            await asked_and_answered_by_one(site, ticket)
            await answered_by_the_last(site, rig, ticket)

        # The first is asked while a worker dies, and so on: each kill is at another place of the play.
        for number, ticket in enumerate(tickets):
            playing = asyncio.create_task(play(ticket))
            await asyncio.sleep(0)
            await worker.killed_and_started()
            if number == TICKETS - 1:
                await playing  # people cannot work in an RT that is not there
                await site.killed()
            await playing
        reply = partial(rig.on_ticket, "maria", kind="send_reply", text=REPLY)
        sending = [asyncio.create_task(reply(ticket)) for ticket in tickets]
        await worker.killed_and_started()
        await asyncio.gather(*sending)

        events = writes = 0
        for ticket in tickets:
            await answered(site, rig, ticket)
            record = await site.record(ticket)
            assert done_by(record, BATON) == BY_BATON, ticket
            assert await site.said(ticket, "Correspond") == [REPLY]
            assert len(await prompts_in(site, ticket)) == 1
            assert set(Counter(await site.said(ticket, "Comment")).values()) == {1}
            await heard_once(site, rig, ticket)
            writes += sum(row["Creator"]["Name"] == BATON for row in record)
            events += len(record)
        status = await feed_of(rig)
        print(
            f"\n{len(tickets)} tickets, {events} transactions in RT, {writes} by Baton and all as wanted; "
            f"{status.told} events told, {status.refused} refused, last lag {status.lag:.1f} s; "
            f"{worker.killed} workers killed, 1 RT killed; 0 lost, 0 doubled"
        )
        assert status.refused == 0
    await desk.aclose()
