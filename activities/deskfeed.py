"""``read_desk``: what people did at a desk, read since a cursor and handed to the cases.

This is a door, as the client and the file feed are: it makes events out of what it reads and sends them with
the client. What happened in one case is sent in order; cases do not wait for one another.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, cast

from temporalio import activity
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy

from activities.starting import workflow_id_of
from baton.client import BatonClient
from baton.contract import AgentMessage, BaseEvent, ChatStart, ReplySent, TicketStage
from baton.desk.feed import DESK_FEED_WORKFLOW, READ_DESK, FeedStart, Look, Looked, desk_feed_workflow_id
from baton.errors import HelpDeskUnavailable, IllegalTransition, Refused
from baton.model.decision import Kept
from baton.model.effects import CaseRef
from baton.model.ticket.state import TicketState
from helpdesks.base import Ledger
from helpdesks.deliveries import Deliveries
from helpdesks.outside.adapter import (
    Adapter,
    Capability,
    Change,
    Changes,
    Difference,
    HeardThere,
    Saying,
    applied,
    undone,
)
from helpdesks.outside.opening import Beside

MOST = 200
"""What one look reads at most, about: it has five minutes, and starts from its beginning if it fails."""
AT_ONCE = 8
"""Cases that get their events at the same time."""

_log = logging.getLogger("baton.desk")


class DeskFeeding:
    """The activity that reads a desk.

    Args:
        adapter: the desk; None if this worker has none, such as during a change of the settings.
    """

    def __init__(
        self, ledger: Ledger, deliveries: Deliveries, adapter: Adapter | None, task_queue: str
    ) -> None:
        self._ledger = ledger
        self._deliveries = deliveries
        self._adapter = adapter
        self._task_queue = task_queue

    @activity.defn(name=READ_DESK)
    async def read_desk(self, look: Look) -> Looked:
        """One look. Raises ``HelpDeskUnavailable``, and is then tried again from the same cursor."""
        adapter, began = self._adapter, datetime.now(UTC)
        if adapter is None or adapter.name != look.desk:
            raise HelpDeskUnavailable(f"this worker has no desk {look.desk!r}: set BATON_DESK_FILE for it")
        changes = await adapter.changes(look.cursor, MOST)
        counts = await self._hand_over(adapter, changes)
        if not changes.more:
            await self._deliveries.looked(adapter.name, began)
        return Looked(
            cursor=changes.cursor,
            more=changes.more,
            at=began,
            latest_at=changes.latest_at,
            lag=(datetime.now(UTC) - changes.latest_at).total_seconds() if changes.latest_at else 0.0,
            heard=len(changes.heard),
            **counts,
        )

    async def _hand_over(self, adapter: Adapter, changes: Changes) -> dict[str, int]:
        by_case: dict[str, list[HeardThere]] = {}
        for heard in changes.heard:
            by_case.setdefault(heard.desk_id, []).append(heard)
        client = BatonClient(activity.client(), task_queue=self._task_queue)
        turn, counted = asyncio.Semaphore(AT_ONCE), Counter[str]()

        async def one_case(several: Sequence[HeardThere]) -> None:
            async with turn:
                for heard in several:
                    activity.heartbeat()
                    counted[await self._hear(adapter, client, heard)] += 1

        async with asyncio.TaskGroup() as cases:
            for several in by_case.values():
                cases.create_task(one_case(several))
        refused = counted["refused"]
        return {
            "told": counted["told"] + refused,
            "refused": refused,
            "passed_over": counted["passed_over"],
        }

    async def _hear(self, adapter: Adapter, client: BatonClient, heard: HeardThere) -> str:
        """What became of it: told, refused, passed_over or nothing."""
        event = heard.event
        if event is None:
            return "nothing"
        case = CaseRef.at(workflow_id_of(heard.start))
        kept = await self._ledger.kept(case)
        if not heard.opens and _takes_nothing(kept):
            return "passed_over"
        before = await self._deliveries.shows(adapter.name, heard.desk_id)
        await self._deliveries.heard(adapter.name, heard.desk_id, heard.shows, event.id)
        try:
            await _send(client, heard, may_be_the_reply=kept is not None and _awaits_a_reply(kept, event))
        except Refused as refusal:
            if isinstance(refusal, IllegalTransition) and _takes_nothing(await self._ledger.kept(case)):
                return "passed_over"
            _log.info("%s at %s was refused: %s", event.kind, adapter.name, refusal.type)
            await self._put_back(adapter, heard, before, refusal)
            return "refused"
        if heard.then:
            await self._carry_out(adapter, heard, heard.then)
        return "told"

    async def _carry_out(self, adapter: Adapter, heard: HeardThere, then: Difference) -> None:
        """Make the desk show what somebody has asked for in words."""
        assert heard.event is not None
        now = (await adapter.show(heard.desk_id)).is_now
        await adapter.change(heard.desk_id, applied(then, now), heard.event.id)
        await self._deliveries.heard(adapter.name, heard.desk_id, then, heard.event.id)

    async def _put_back(self, adapter: Adapter, heard: HeardThere, before: Change, refusal: Refused) -> None:
        """Make the desk show again what is true, and say why."""
        assert heard.event is not None
        back = Change()
        if heard.shows:
            back = undone(heard.shows, before, (await adapter.show(heard.desk_id)).is_now)
        if back:
            await adapter.change(heard.desk_id, back, f"{heard.event.id}:back")
        await self._deliveries.heard(adapter.name, heard.desk_id, cast(Difference, back), None)
        if Capability.NOTES not in adapter.capabilities:
            return
        key = f"{heard.event.id}:refused"
        if not await adapter.has_said(heard.desk_id, key):
            await adapter.say(heard.desk_id, Saying(f"Not done: {refusal}", to_customer=False), key)


def _takes_nothing(kept: Kept | None) -> bool:
    """Whether a case takes nothing but messages: it is none of Baton's, or closed."""
    return kept is None or (kept.state.final and kept.state.merged_into is None)


def _awaits_a_reply(kept: Kept, event: BaseEvent) -> bool:
    """Whether a message that staff have written at the desk may be the consolidated reply of a ticket."""
    ticket = kept.state
    if not isinstance(event, AgentMessage) or not isinstance(ticket, TicketState):
        return False
    return ticket.stage is TicketStage.COMPOSING or len(ticket.asked) == 1


async def _send(client: BatonClient, heard: HeardThere, *, may_be_the_reply: bool) -> None:
    start, event = heard.start, cast(Any, heard.event)
    if isinstance(start, ChatStart):
        await client.chat(start.channel, start.conversation).send(event, customer=start.customer)
        return
    ticket = client.ticket(start.ticket_id)
    if may_be_the_reply and event.message_id is not None:
        fields = {name: getattr(event, name) for name in ("id", "at", "author", "message_id", "text")}
        # Only the ticket knows whether its author may write the reply. If not, it is a message like others.
        with suppress(Refused):
            await ticket.send(ReplySent(**fields))
            return
    await ticket.send(
        event,
        customer=start.customer,
        subject=start.subject,
        channel=start.channel,
        conversation=start.conversation,
    )


async def start_feed(client: Client, task_queue: str, beside: Beside) -> None:
    """Start the feed of the desk, unless it runs already."""
    desk = beside.adapter.name
    await client.start_workflow(
        DESK_FEED_WORKFLOW,
        FeedStart(desk=desk, every=beside.mapping.every),
        id=desk_feed_workflow_id(desk, task_queue),
        task_queue=task_queue,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        static_summary=f"what people do at {desk}",
    )
