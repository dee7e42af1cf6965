"""The activities that carry out decisions, such as ``reassign``, ``notify``, ``send_reply``.

Each runs at least once; the help desk recognises by its key what it has already done.
"""

from __future__ import annotations

from temporalio import activity
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy

from activities.places import place_freed
from activities.telling import tell
from baton.contract import (
    SUBMIT,
    TICKET_WORKFLOW,
    BaseEvent,
    CustomerMessage,
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
    GIVE_PLACES,
    NOTIFY,
    PROMPT_REPLY,
    REASSIGN,
    REMIND,
    REMOVE_LABEL,
    SEND_MESSAGE,
    SEND_REPLY,
    UPDATE_CASE,
    CaseWrite,
    ConsolidatedReply,
    CopyToTicket,
    Escalation,
    GivePlaces,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from baton.model.ticket.state import TicketState
from baton.signs import summary
from baton.templates.drafting import drafted
from helpdesks.base import HelpDesk


class Writing:
    """The writing activities and the help desk that they write to.

    All may raise ``HelpDeskUnavailable``, and are then retried.

    Args:
        desk: the help desk.
        task_queue: the task queue for the workflow of a ticket that a chat opens.
    """

    def __init__(self, desk: HelpDesk, task_queue: str) -> None:
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
        kept = await self._desk.kept(prompt.case)
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
            )
            await self._tell(chat_workflow_id(reply.case.channel, reply.case.conversation), event)
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
            await activity.client().start_workflow(
                TICKET_WORKFLOW,
                TicketStart(
                    ticket_id=copy.ticket_id,
                    customer=chat.customer,
                    channel=chat.channel,
                    conversation=chat.conversation,
                ),
                id=workflow_id,
                task_queue=self._task_queue,
                start_signal=SUBMIT,
                start_signal_args=[opening],
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                static_summary=summary(f"ticket {copy.ticket_id}"),
            )
        messages = await self._desk.customer_messages(chat)
        if copy.opened_by is None:
            messages = [message for message in messages if message.id == copy.event_id]
        for message in messages:
            await self._tell(workflow_id, _copied(message))
        return len(messages)

    @activity.defn(name=GIVE_PLACES)
    async def give_places(self, given: GivePlaces) -> int:
        """Tell the cases that are next that there is room for them; returns how many."""
        for place in given.places:
            await self._tell(place.case, place_freed(place, given.key, given.decided_at))
        return len(given.places)

    async def _tell(self, workflow_id: str, event: BaseEvent) -> None:
        await tell(self._desk, self._task_queue, workflow_id, event)


def _copied(message: CustomerMessage) -> CustomerMessage:
    message_id = message.message_id and derived_id(message.message_id)  # unchanged, if possible
    return message.model_copy(update={"id": derived_id("chat", message.id), "message_id": message_id})
