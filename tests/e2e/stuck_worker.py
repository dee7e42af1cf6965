"""A worker that gets stuck at a chosen moment, says so, and waits to be killed.

    python -m tests.e2e.stuck_worker MOMENT|CASE=MOMENT,… [decisions before it gets stuck]

A moment is ``before`` or ``after`` one of ``STEPS``, such as ``after decide``. If cases are named, by
conversation or ticket, each gets stuck at its own moment. It is the real worker with the real help desk; only
the answer of the help desk, or of the other case that is told something, never comes.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeVar

import activities.telling
from baton.client import connect
from baton.contract import BaseEvent, Event
from baton.model.decision import CaseState
from baton.model.effects import (
    DECIDE,
    NOTIFY,
    PROMPT_REPLY,
    REMOVE_LABEL,
    SEND_REPLY,
    CaseWrite,
    ConsolidatedReply,
    Notice,
    Prompt,
)
from baton.settings import load_settings
from helpdesks.base import Intake
from helpdesks.embedded import EmbeddedHelpDesk
from helpdesks.places import place_of
from worker import running_worker

WRITE = "write"
"""Any write of a case's fields; ``remove_label`` is one of them."""
TELL_CASE = "tell_case"
"""A case hears of something from another, as a chat of its ticket's reply."""
STEPS = (DECIDE, WRITE, REMOVE_LABEL, PROMPT_REPLY, NOTIFY, SEND_REPLY, TELL_CASE)

T = TypeVar("T")


class StuckHelpDesk(EmbeddedHelpDesk):
    moments: Mapping[str, str] = {}
    """By case; that of all others is under the empty name."""
    decisions_left = 0

    async def reach(self, moment: str, case: str) -> None:
        """Get stuck if this is the moment."""
        if self.moments.get(case, self.moments.get("")) == moment:
            print(f"stuck {case}", flush=True)
            await asyncio.Event().wait()
            raise AssertionError("a stuck worker went on")

    async def around(self, step: str, case: str, carry_out: Callable[[], Awaitable[T]]) -> T:
        await self.reach(f"before {step}", case)
        done = await carry_out()
        await self.reach(f"after {step}", case)
        return done

    async def intake(
        self, before: CaseState, event: Event, now: datetime, chain: str, decide: Callable[[Intake], T]
    ) -> T:
        case = place_of(before).name
        await self.reach(f"before {DECIDE}", case)
        decision = await super().intake(before, event, now, chain, decide)
        # The event is taken in, but its decision is not yet recorded.
        if self.decisions_left > 0:
            self.decisions_left -= 1
        else:
            await self.reach(f"after {DECIDE}", case)
        return decision

    async def write_case(self, write: CaseWrite) -> bool:
        written, case = super().write_case, place_of(write.case).name
        return await self.around(WRITE, case, lambda: self.around(write.do, case, lambda: written(write)))

    async def prompt_reply(self, prompt: Prompt, draft: str) -> bool:
        prompted, case = super().prompt_reply, place_of(prompt.case).name
        return await self.around(PROMPT_REPLY, case, lambda: prompted(prompt, draft))

    async def notify(self, notice: Notice) -> tuple[str, ...]:
        told, case = super().notify, place_of(notice.case).name
        return await self.around(NOTIFY, case, lambda: told(notice))

    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        sent, case = super().send_reply, place_of(reply.case).name
        return await self.around(SEND_REPLY, case, lambda: sent(reply))


def _stuck_between_cases(desk: StuckHelpDesk) -> None:
    """What one case tells another does not go through a help desk."""
    tell = activities.telling.submit

    async def submit(workflow_id: str, event: BaseEvent) -> bool:
        case = workflow_id.rpartition(":")[2]
        return await desk.around(TELL_CASE, case, lambda: tell(workflow_id, event))

    activities.telling.submit = submit


def _moments(where: str) -> dict[str, str]:
    pairs = [part.rpartition("=") for part in where.split(",")]
    moments = {case: moment for case, _, moment in pairs}
    for moment in moments.values():
        when, _, step = moment.partition(" ")
        assert when in ("before", "after"), f"{moment!r} is no moment"
        assert step in STEPS, f"{step!r} is no step"
    return moments


async def main(where: str, decisions: str = "0") -> None:
    StuckHelpDesk.moments = _moments(where)
    StuckHelpDesk.decisions_left = int(decisions)
    settings = load_settings()
    client = await connect()
    async with (
        StuckHelpDesk.open(settings.database_url) as desk,
        running_worker(client, desk, settings),
    ):
        _stuck_between_cases(desk)
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
