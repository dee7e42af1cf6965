"""One thing that somebody did at the desk, on its way to the case.

This is a door, as the client and the file feed are: it sends events with the client, and hears refusals. What
a case refuses was done at the desk all the same. So it is undone there, and a note says why.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from enum import StrEnum
from typing import Any, cast

from temporalio import activity

from activities.starting import workflow_id_of
from baton.client import BatonClient
from baton.contract import AgentMessage, BaseEvent, ChatStart, ReplySent, TicketStage
from baton.errors import DeskRefused, IllegalTransition, Refused, Unanswered
from baton.model.decision import Kept
from baton.model.effects import CaseRef
from baton.model.ticket.state import TicketState
from helpdesks.base import Ledger
from helpdesks.deliveries import Deliveries
from helpdesks.outside.adapter import (
    Adapter,
    Capability,
    Change,
    Difference,
    HeardThere,
    Saying,
    applied,
    undone,
)
from helpdesks.outside.expressing import overwritten, still_to_undo, wanted

ANSWERED_WITHIN = 20.0
"""Seconds that a case has for its answer: what it refuses is to be put back at the desk."""
ASKED_AGAIN_WITHIN = 1.0
"""Seconds that a case has which gave no answer the last time, such as one that holds events back because the
desk does not take its writes. One that is stuck must not keep the others from hearing."""

_log = logging.getLogger("baton.desk")


class Heard(StrEnum):
    """What became of it."""

    NOTHING = "nothing"
    """It was no event, such as what Baton did itself."""
    TOLD = "told"
    REFUSED = "refused"
    PASSED_OVER = "passed_over"
    """It was about no case that Baton has."""


class DeskHearing:
    """Hands over to cases what people did at a desk. Only from within an activity.

    Args:
        silent: the desk's own IDs of cases that gave no answer the last time.
    """

    def __init__(
        self,
        ledger: Ledger,
        deliveries: Deliveries,
        adapter: Adapter,
        task_queue: str,
        silent: Iterable[str] = (),
    ) -> None:
        self._ledger = ledger
        self._deliveries = deliveries
        self._adapter = adapter
        self._client = BatonClient(activity.client(), task_queue=task_queue)
        self._silent = dict.fromkeys(silent)
        self._given_up: set[str] = set()

    @property
    def silent(self) -> tuple[str, ...]:
        """The desk's own IDs of cases that gave no answer the last time, the latest last."""
        return tuple(self._silent)

    async def hear(self, heard: HeardThere) -> Heard:
        """Tell the case. Raises ``HelpDeskUnavailable``."""
        if heard.answer:
            with self._whatever_the_desk_says(heard):
                await self._answer(heard)
        event, name = heard.event, self._adapter.name
        if event is None:
            if heard.own:
                with self._whatever_the_desk_says(heard):
                    await self._stand_by_others(heard)
            elif heard.shows:
                await self._deliveries.heard(name, heard.desk_id, heard.shows, None)
            return Heard.NOTHING
        case = CaseRef.at(workflow_id_of(heard.start))
        kept = await self._ledger.kept(case)
        # The ledger knows nothing yet of a case that has not come to its first message.
        if not heard.opens and _takes_nothing(kept) and heard.desk_id not in self._silent:
            return Heard.PASSED_OVER
        before = await self._deliveries.shows(name, heard.desk_id)
        await self._deliveries.heard(name, heard.desk_id, heard.shows, event.id)
        try:
            await self._send(heard, may_be_the_reply=kept is not None and _awaits_a_reply(kept, event))
        except Refused as refusal:
            kept = await self._ledger.kept(case)
            if isinstance(refusal, IllegalTransition) and _takes_nothing(kept):
                return Heard.PASSED_OVER
            _log.info("%s at %s was refused: %s", event.kind, name, refusal.type)
            # What was known of the desk may be this very change, if a look was broken off here before.
            so = {**before, **(wanted(kept.state, self._adapter.capabilities) if kept else {})}
            with self._whatever_the_desk_says(heard):
                await self._put_back(heard, cast(Change, so), refusal)
            return Heard.REFUSED
        return Heard.TOLD

    async def _stand_by_others(self, heard: HeardThere) -> None:
        """Give back what somebody did just before a write of Baton's own, which nothing could hold back then.

        The case has heard of it meanwhile, so that the case is right where the two differ.
        """
        kept = await self._ledger.kept(CaseRef.at(workflow_id_of(heard.start)))
        if kept is None or kept.state.final:
            return
        case = wanted(kept.state, self._adapter.capabilities)
        if not overwritten(heard.shows, case, applied(heard.shows, Change())):
            return
        change = overwritten(heard.shows, case, (await self._adapter.show(heard.desk_id)).is_now)
        if change:
            await self._adapter.change(heard.desk_id, change, f"{kept.state.case_id}:again")
            await self._deliveries.heard(self._adapter.name, heard.desk_id, cast(Difference, change), None)

    async def _put_back(self, heard: HeardThere, so: Change, refusal: Refused) -> None:
        """Make the desk show again what is ``so``, and say why. What somebody has changed since, stays."""
        assert heard.event is not None
        back = Change()
        if heard.shows:
            now = (await self._adapter.show(heard.desk_id)).is_now
            back = undone(heard.shows, so, now)
            if change := still_to_undo(back, heard.shows, now):
                await self._adapter.change(heard.desk_id, change, f"{heard.event.id}:back")
        await self._deliveries.heard(self._adapter.name, heard.desk_id, cast(Difference, back), None)
        await self._note(heard, f"{heard.event.id}:refused", f"Not done: {refusal}")

    async def _answer(self, heard: HeardThere) -> None:
        """Tell whoever asked for something in words why it is not done, if it is a case of ours."""
        if heard.event is not None and await self._ledger.kept(CaseRef.at(workflow_id_of(heard.start))):
            await self._note(heard, f"{heard.event.id}:answer", f"Not done: {heard.answer}")

    async def _note(self, heard: HeardThere, key: str, text: str) -> None:
        can_be_said = Capability.NOTES in self._adapter.capabilities
        if can_be_said and not await self._adapter.has_said(heard.desk_id, key):
            await self._adapter.say(heard.desk_id, Saying(text, to_customer=False), key)

    @contextmanager
    def _whatever_the_desk_says(self, heard: HeardThere) -> Iterator[None]:
        """The case has the event: that the desk refuses a change must not keep others from hearing."""
        try:
            yield
        except DeskRefused as refused:
            _log.warning("%s: case %s: %s", self._adapter.name, heard.desk_id, refused)

    async def _send(self, heard: HeardThere, *, may_be_the_reply: bool) -> None:
        """Send an event and wait for the answer; or just hand it over, to a case that gives none."""
        start, event, desk_id = heard.start, cast(Any, heard.event), heard.desk_id
        case: Any
        if isinstance(start, ChatStart):
            case = self._client.chat(start.channel, start.conversation)
            opening = {"customer": start.customer}
        else:
            case = self._client.ticket(start.ticket_id)
            names = ("customer", "subject", "channel", "conversation")
            opening = {name: getattr(start, name) for name in names}
        if desk_id not in self._given_up:
            within = ASKED_AGAIN_WITHIN if desk_id in self._silent else ANSWERED_WITHIN
            try:
                if not (may_be_the_reply and await self._is_the_reply(case, event, within)):
                    await case.send(event, **opening, timeout=within)
            except Unanswered:
                self._given_up.add(desk_id)
                self._silent.pop(desk_id, None)
                self._silent[desk_id] = None
            except Refused:
                self._silent.pop(desk_id, None)
                raise
            else:
                self._silent.pop(desk_id, None)
                return
        # It may have the event; under the same ID it takes it once. Nobody hears a refusal then.
        await case.submit(event, **opening)

    async def _is_the_reply(self, ticket: Any, event: Any, within: float) -> bool:
        """Tell a ticket that this was its reply. False if it is a message like any other."""
        if event.message_id is None:
            return False
        fields = {name: getattr(event, name) for name in ("id", "at", "author", "message_id", "text")}
        # Only the ticket knows whether its author may write the reply.
        with suppress(Refused):
            await ticket.send(ReplySent(**fields), timeout=within)
            return True
        return False


def _takes_nothing(kept: Kept | None) -> bool:
    """Whether a case takes nothing but messages: it is none of Baton's, or closed."""
    return kept is None or (kept.state.final and kept.state.merged_into is None)


def _awaits_a_reply(kept: Kept, event: BaseEvent) -> bool:
    """Whether a message that staff have written at the desk may be the consolidated reply of a ticket."""
    ticket = kept.state
    if not isinstance(event, AgentMessage) or not isinstance(ticket, TicketState):
        return False
    return ticket.stage is TicketStage.COMPOSING or len(ticket.asked) == 1
