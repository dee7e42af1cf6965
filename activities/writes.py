"""The activities that carry out decisions, such as ``reassign``, ``notify``, ``send_reply``.

Each runs at least once; the help desk recognises by its key what it has already done.
"""

from __future__ import annotations

from collections.abc import Sequence

from temporalio import activity

from activities.copies import copied, forwarded, is_copy
from activities.places import place_freed
from activities.telling import tell, tell_or_open
from baton.contract import (
    BaseEvent,
    ChatStart,
    Event,
    MergedFrom,
    ReplySent,
    TicketOpened,
    TicketStart,
    chat_workflow_id,
    derived_id,
    ticket_workflow_id,
)
from baton.model.effects import (
    COPY_TO_TICKET,
    ESCALATE,
    FORWARD,
    GIVE_PLACES,
    NOTIFY,
    PROMPT_REPLY,
    REASSIGN,
    REMIND,
    REMOVE_LABEL,
    SEND_MESSAGE,
    SEND_REPLY,
    UPDATE_CASE,
    CaseRef,
    CaseWrite,
    ConsolidatedReply,
    CopyToTicket,
    Escalation,
    Forward,
    GivePlaces,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from baton.model.ticket.state import TicketState
from baton.templates.drafting import drafted
from helpdesks.base import Desk, Ledger


class Writing:
    """The writing activities, the ledger that they read and the desk that they write to.

    All may raise ``HelpDeskUnavailable``, and are then retried.

    Args:
        desk: where people work: of the embedded help desk, the ledger itself.
        task_queue: the task queue for the workflow of a ticket that a chat opens.
    """

    def __init__(self, ledger: Ledger, desk: Desk, task_queue: str) -> None:
        self._ledger = ledger
        self._desk = desk
        self._task_queue = task_queue

    @activity.defn(name=REASSIGN)
    async def reassign(self, write: CaseWrite) -> bool:
        """Assignee, ending and status in one call. False if this was done before."""
        return await self._desk.write_case(write)

    @activity.defn(name=UPDATE_CASE)
    async def update_case(self, write: CaseWrite) -> bool:
        """Any other fields of a case, in one call. False if this was done before."""
        return await self._desk.write_case(write)

    @activity.defn(name=REMOVE_LABEL)
    async def remove_label(self, write: CaseWrite) -> bool:
        """Remove labels from a case, such as that of a department that has answered. False if done before."""
        return await self._desk.write_case(write)

    @activity.defn(name=SEND_MESSAGE)
    async def send_message(self, message: Message) -> bool:
        """A message from a rule to the customer. False if it was sent before."""
        return await self._desk.send_message(message)

    @activity.defn(name=NOTIFY)
    async def notify(self, notice: Notice) -> tuple[str, ...]:
        """Tell everybody who must know; returns who was told now."""
        return await self._desk.notify(notice)

    @activity.defn(name=PROMPT_REPLY)
    async def prompt_reply(self, prompt: Prompt) -> bool:
        """Tell the composer that it is their turn, with a draft. False if this was done before.

        The draft is made here, from the notes as they are now, so that it is in no history.
        """
        kept = await self._ledger.kept(prompt.case)
        draft = drafted(kept.state) if kept is not None and isinstance(kept.state, TicketState) else ""
        return await self._desk.prompt_reply(prompt, draft)

    @activity.defn(name=SEND_REPLY)
    async def send_reply(self, reply: ConsolidatedReply) -> bool:
        """Send the consolidated reply, once. False if it was sent before.

        If a chat opened the ticket, the chat is told, because the reply went out there.
        """
        sent = await self._desk.send_reply(reply)
        if reply.case.conversation:
            # Even if it was sent before: the previous attempt may have died at this point.
            event = ReplySent(
                id=derived_id("reply", reply.case.case_id, reply.event_id),
                at=reply.decided_at,
                author=reply.author,
                message_id=derived_id(reply.case.case_id, reply.event_id),
                text=reply.text,
                ticket_id=reply.case.ticket_id,
            )
            chat = ChatStart(
                channel=reply.case.channel,
                conversation=reply.case.conversation,
                customer=reply.case.customer,
            )
            await tell_or_open(self._task_queue, chat, event)
        return sent

    @activity.defn(name=REMIND)
    async def remind(self, reminder: Reminder) -> tuple[str, ...]:
        """Remind a department that its answer is due soon; returns who was told now."""
        return await self._desk.remind(reminder)

    @activity.defn(name=ESCALATE)
    async def escalate(self, escalation: Escalation) -> tuple[str, ...]:
        """Tell a department's lead that its answer is overdue; returns who was told now."""
        return await self._desk.escalate(escalation)

    @activity.defn(name=COPY_TO_TICKET)
    async def copy_to_ticket(self, copy: CopyToTicket) -> int:
        """Copy what the customer says in a chat to its ticket; returns the number of messages.

        The first copy opens the ticket and brings everything that was said so far; a later one brings only
        its own message. The ticket recognises by its ID a message that it already has.
        """
        chat = copy.case
        workflow_id = ticket_workflow_id(copy.ticket_id)
        if copy.opened_by is not None:
            opening = TicketOpened(
                id=derived_id("opened", chat.case_id, copy.event_id),
                at=copy.decided_at,
                author=copy.opened_by,
                ticket_id=copy.ticket_id,
            )
            ticket = TicketStart(
                ticket_id=copy.ticket_id,
                customer=chat.customer,
                channel=chat.channel,
                conversation=chat.conversation,
            )
            await tell_or_open(self._task_queue, ticket, opening)
            said: Sequence[Event] = await self._ledger.customer_messages(chat)
        else:
            heard = await self._ledger.heard(chat, copy.event_id)
            said = [heard.event] if heard is not None else []
        for event in said:
            await self._tell(workflow_id, copied(event))
        return len(said)

    @activity.defn(name=GIVE_PLACES)
    async def give_places(self, given: GivePlaces) -> int:
        """Tell the cases that are next that there is room for them; returns how many."""
        for place in given.places:
            await self._tell(place.case, place_freed(place, given.key, given.decided_at))
        return len(given.places)

    @activity.defn(name=FORWARD)
    async def forward(self, forward: Forward) -> int:
        """Forward what was written to a case that was merged into another; returns the number of events.

        The event that merged it brings all that the customer wrote, and then says so. The other case
        recognises by its ID what it already has. If it is closed, this opens it again.
        """
        source = forward.case.workflow_id
        events: list[Event] = []
        if forward.merged_by is None:
            heard = await self._ledger.heard(forward.case, forward.event_id)
            events += [forwarded(heard.event, source)] if heard is not None else []
        else:
            linked = forward.to in map(ticket_workflow_id, forward.tickets)
            from_there = forward.to == _chat_of(forward.case)
            for message in await self._ledger.customer_messages(forward.case):
                if not (from_there and is_copy(message)):
                    # A chat's own ticket has its messages already, under the IDs of copies.
                    events.append(copied(message) if linked else forwarded(message, source))
            events.append(
                MergedFrom(
                    id=derived_id("merged", source, forward.event_id),
                    at=forward.decided_at,
                    author=forward.merged_by,
                    case=source,
                    cases=forward.merged_from,
                    departments=forward.departments,
                    tickets=tuple(one for one in forward.tickets if ticket_workflow_id(one) != forward.to),
                )
            )
        for event in events:
            await self._tell(forward.to, event, reopens=True)
        await self._ledger.note_forwarded(forward)
        return len(events)

    async def _tell(self, workflow_id: str, event: BaseEvent, *, reopens: bool = False) -> None:
        await tell(self._ledger, self._task_queue, workflow_id, event, reopens=reopens)


def _chat_of(case: CaseRef) -> str | None:
    """The workflow of the chat that a ticket is linked to."""
    linked = case.ticket_id is not None and case.channel and case.conversation
    return chat_workflow_id(case.channel, case.conversation) if linked else None
