"""A worker that gets stuck at a chosen moment, says so, and waits to be killed.

    python -m tests.e2e.stuck_worker decided | before_write | after_write [decisions before it gets stuck]

It is the real worker with the real help desk; only the help desk's answer never comes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NoReturn

from baton.client import connect
from baton.contract import Event
from baton.decision import CaseState
from baton.effects import CaseWrite
from baton.settings import load_settings
from helpdesks.base import Intake
from helpdesks.caserows import place_of
from helpdesks.embedded import EmbeddedHelpDesk
from worker import running_worker

MOMENTS = ("decided", "before_write", "after_write")


async def _stuck(conversation: str) -> NoReturn:
    print(f"stuck {conversation}", flush=True)
    await asyncio.Event().wait()
    raise AssertionError("a stuck worker went on")


class StuckHelpDesk(EmbeddedHelpDesk):
    moment = "decided"
    decisions_left = 0

    @asynccontextmanager
    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str
    ) -> AsyncIterator[Intake]:
        async with super().intake(before, event, now, chain) as intake:
            yield intake
        if self.moment == "decided":  # the event is taken in, but its decision is not yet recorded
            if self.decisions_left == 0:
                await _stuck(place_of(before).conversation)
            self.decisions_left -= 1

    async def write_case(self, write: CaseWrite) -> bool:
        if self.moment == "after_write":
            await super().write_case(write)
        await _stuck(place_of(write.case).conversation)


async def main(moment: str, decisions: str = "0") -> None:
    assert moment in MOMENTS
    StuckHelpDesk.moment = moment
    StuckHelpDesk.decisions_left = int(decisions)
    settings = load_settings()
    client = await connect()
    async with (
        StuckHelpDesk.open(settings.database_url) as desk,
        running_worker(client, desk, settings),
    ):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
