"""The scene of a help desk that is down: what is decided waits in order, and then so does what happens."""

from __future__ import annotations

from typing import Any

from baton.errors import HelpDeskUnavailable
from baton.model.effects import CaseWrite
from helpdesks.embedded import EmbeddedHelpDesk
from lab.departments import SEPARATE_RIG
from lab.ledger import events_of
from lab.rig import Rig, event, eventually, rules_but
from tests.replay.scene import Scene
from workflows.backlog import OUTBOX_BUDGET

LONGEST_NOTE = 10_000
# After one message, more waits for the help desk than may before events are held back.
NOTES: dict[str, Any] = {
    "id": "notes",
    "name": "Notes at length",
    "cases": "tickets",
    "when": {"event.kind": "customer_message"},
    "then": [{"note": "." * LONGEST_NOTE}] * (OUTBOX_BUDGET // LONGEST_NOTE + 1),
}


class DownHelpDesk(EmbeddedHelpDesk):
    """Does not answer while it is down."""

    down = False

    async def write_case(self, write: CaseWrite) -> bool:
        self._answer()
        return await super().write_case(write)

    def _answer(self) -> None:
        if self.down:
            raise HelpDeskUnavailable("down for a scene")


async def ticket_outage_order(rig: Rig, ticket: str) -> None:
    """The help desk is down until a run has handed over events that wait; then it gets all, in order."""
    desk, case = rig.desk, rig.handle(f"ticket:{ticket}")
    assert isinstance(desk, DownHelpDesk)
    desk.down = True
    sent = [event("customer_message", "customer", text="Where is my parcel?")]
    await rig.to_ticket(ticket, sent[0])
    first_run = (await case.describe()).run_id

    async def next_run() -> bool:
        sent.append(event("note_added", "ada", text=f"Note {len(sent)}."))
        await rig.client.ticket(ticket).submit(sent[-1])
        return (await case.describe()).run_id != first_run

    await eventually(next_run, f"{ticket} holds nothing back")
    desk.down = False

    async def all_arrived() -> bool:
        return [row.event_id for row in await events_of(desk, ticket)] == [one["id"] for one in sent]

    await eventually(all_arrived, "events are missing, or not in order")


OUTAGE_SCENES = {
    "ticket_outage_order": Scene(
        ticket_outage_order,
        SEPARATE_RIG | {"desk_class": DownHelpDesk, "rules": rules_but(drop=[""], add={"incoming": [NOTES]})},
        impatient=True,
        cases=("ticket:{}",),
    )
}
