"""What the ledger knows of a case without a running workflow, for a client about to say there is none."""

from __future__ import annotations

from typing import Any

from activities.calls import call
from activities.reviving import start_of
from baton.contract import FIND_CASE, CaseQuery, FoundCase
from baton.model.effects import CaseRef
from helpdesks.base import Ledger


class Finding:
    """The activity ``find_case``."""

    def __init__(self, desk: Ledger) -> None:
        self._desk = desk

    @call(FIND_CASE)
    async def find_case(self, query: CaseQuery) -> FoundCase:
        """Whether a closed case has had an event, and how its conversation or ticket can go on."""
        place = CaseRef.at(query.workflow_id)
        kept = await self._desk.kept(place)
        start: dict[str, Any] | None = None
        if kept is not None:
            start = start_of(kept).model_dump(exclude_none=True)
        heard = await self._desk.heard(place, query.event_id)
        if heard is None:
            return FoundCase(start=start, merged=kept is not None and kept.state.merged_into is not None)
        if heard.snapshot is not None:
            return FoundCase(known=True, snapshot=heard.snapshot.model_dump(mode="json"), start=start)
        # It opened no case, such as a blocked customer's message.
        empty = start or {**_place(place), "customer": heard.event.author.id}
        return FoundCase(known=True, snapshot=empty, start=start)


def _place(case: CaseRef) -> dict[str, str]:
    if case.ticket_id is not None:
        return {"ticket_id": case.ticket_id}
    return {"channel": case.channel, "conversation": case.conversation}
