"""What every case does in the same way, whatever its kind.

    1. Events wait in the inbox. One loop takes them one at a time, in the order in which they arrived: two
       handlers acting on their own would interleave at every await.
    2. Is the event possible now? Then the activity ``decide`` asks the rules and the help desk about it.
    3. What was decided is folded into the state. The outbox carries the effects to the help desk.
    4. When the alarm rings, the case makes the events that are due, and takes them in the same way.
    5. When nothing is left to take, the case is shown to operations.
    6. A case that is over completes. A long run hands over to the next.

The traps that this mechanism exists for:

* Nothing that an event can cause is raised in the loop: a refusal is a value that reaches its caller.
  An exception of another type would fail the workflow task, which would be retried forever.
* A run ends only when no handler is running and no event waits.
* A workflow task that brings more than 4 MB makes the server close the workflow by force. So each answer,
  decision and effect has a bound, and the loop ends its task before their sum gets near.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, cast

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from baton.contract import EndReason
from baton.errors import Refused
from baton.model.decision import DecideRequest, Decision, Kept
from baton.temporal import metrics
from workflows import refusals
from workflows.alarm import Alarm
from workflows.backlog import OUTBOX_BUDGET, Backlog
from workflows.carrying import Carried
from workflows.deciding import ask, count_rules, refusal_in
from workflows.handover import Handover
from workflows.inbox import Entry, Inbox, OutcomeT
from workflows.kind import Handled, Kind, StateT, SummaryT
from workflows.outbox import Outbox
from workflows.published import SearchAttributes, show
from workflows.timeline import Timeline

TASK_BUDGET = 300_000
"""Bytes of decisions and answers after which the loop ends its task. The server takes 4 MB, and one more
decision and a write may come on top. A long task is bad for another reason, too: if a hundred signals arrive
meanwhile, the server has it done again."""
ASK_THE_LEDGER = "ask-the-ledger"
"""The patch that asks the ledger about an event that is not possible: it may be known, and there may be a
case."""
_END_OF_TASK = timedelta(milliseconds=1)


class Case(Kind[StateT, OutcomeT, SummaryT]):
    """The durable shell around one case. Callers reach it through ``workflows.caseworkflow``."""

    def __init__(self, state: StateT, carried: Carried) -> None:
        self.state = state
        self.inbox: Inbox[OutcomeT] = Inbox(self.parse, carried.seen, carried.seen_until, carried.waiting)
        self.timeline = Timeline(carried.timeline)
        self.outbox = Outbox(
            carried.unsent,
            carried.unsent_size,
            failed=self.timeline.could_not_write,
            sent=lambda: show(self.details()),
        )
        self.backlog = Backlog(self.inbox, self.outbox)
        self.handover = Handover(self.backlog, self.outbox)
        self._alarm = Alarm(self.alarm_summary)
        self._search_attributes = SearchAttributes()
        self._answer_size = carried.answer_size
        self._spent = 0
        """Bytes added to the present workflow task, as far as they are counted."""
        self.events = carried.events
        self.refused = carried.refused
        self.ended_as: EndReason = "empty"
        self.earlier: Any = None
        """The snapshot of the earlier case that a late duplicate belongs to."""

    # --- The life of a run ------------------------------------------------------------------------

    async def live(self) -> Carried | None:
        """Take events until the case is over (``None``) or goes on in a new run (what to carry there)."""
        self.outbox.start()
        self._alarm.set(self.next_due())
        try:
            while True:
                await self._work()
                if self.over() and self._at_rest():
                    return None
                if self.handover.is_due() and await self.handover.begins(self._work):
                    carried = await self._hand_over()
                    if carried is not None:
                        return carried
                await workflow.wait_condition(self._has_work)
        except (asyncio.CancelledError, FailureError) as error:
            if not is_cancelled_exception(error):
                raise
            # Somebody cancelled the workflow. What was accepted is still folded and written, and so is what
            # arrives meanwhile: a cancellation comes only once, and senders wait for their answers.
            self.outbox.start_again()
            while not self._at_rest():
                await self._work()
                await workflow.wait_condition(lambda: self._lets_through() or self._at_rest())
            raise

    async def _hand_over(self) -> Carried | None:
        """End this run without losing an event. ``None`` if too much waits: then it goes on."""
        while True:
            await self._work_off()
            self.inbox.leaves = self.backlog.full
            if self.inbox.leaves and not self.backlog.fits:
                self.inbox.leaves = False
                self.handover.put_off()
                return None
            await workflow.wait_condition(
                lambda: self.backlog.lets_through or workflow.all_handlers_finished()
            )
            if not self.backlog.lets_through:
                break
        self._publish()
        self._alarm.cancel()
        return self.with_state(
            Carried(
                answer_size=self._answer_size,
                seen=self.inbox.seen,
                seen_until=self.inbox.seen_until,
                unsent=self.outbox.unsent,
                unsent_size=self.outbox.size,
                waiting=self.inbox.waiting(),
                timeline=self.timeline.carried(),
                events=self.events,
                refused=self.refused,
            )
        )

    def _has_work(self) -> bool:
        return (
            self._lets_through()
            or self.handover.is_forced()
            or self.handover.belongs_elsewhere()
            or (self.over() and self._at_rest())
        )

    def _lets_through(self) -> bool:
        """Whether there is something to take that need not wait for the help desk."""
        return (bool(self.inbox) or self._alarm.rang) and not self.backlog.full

    def _at_rest(self) -> bool:
        return not self.inbox and self.outbox.empty and workflow.all_handlers_finished()

    # --- The loop ---------------------------------------------------------------------------------

    async def _work(self) -> None:
        await self._work_off()
        self._publish()

    async def _work_off(self) -> None:
        """Take what waits in the inbox, and what has come due."""
        while self.inbox or self._alarm.rang:
            self.inbox.in_order(self.state.last_message_at)
            self.backlog.look()
            if self.backlog.full:
                break
            if not self.inbox:
                self._alarm.hear()
                for event in self.due_events(workflow.now()):
                    await self._take(self.inbox.by_itself(event))
                    await self._end_full_task()
                self._alarm.set(self.next_due())
                continue
            entry = self.inbox.head()
            # A case that was taken over brings the IDs of the events that were handled before.
            if entry.known or self.inbox.remembers(entry.event):
                entry.outcome = self.answer(entry.event.id)
                self._spent += self._answer_size
                entry.done = True
            else:
                await self.outbox.at_most(OUTBOX_BUDGET)  # in runs of older code; others are below it here
                await self._take(entry)
            self.inbox.drop(entry)
            self._alarm.set(self.next_due())
            await self._end_full_task()

    async def _end_full_task(self) -> None:
        """Send the server what was decided and answered so far, if that is a lot."""
        if self._spent >= TASK_BUDGET:
            self.handover.let_answers_go()
            # Nothing else ends a task while there is something to do: local activities run in the same task.
            await workflow.sleep(_END_OF_TASK, summary="much at once: in several tasks")
            self._spent = 0

    def _publish(self) -> None:
        """Show the case to operations: details always, search attributes only where one changed."""
        show(self.details())
        self._search_attributes.publish(self.search_attributes())

    # --- One event --------------------------------------------------------------------------------

    async def _take(self, entry: Entry[OutcomeT]) -> None:
        event = entry.event
        now = workflow.now()
        try:
            self._check(event)
            settled = await self._decide(event, now, entry)
        except Refused as refusal:
            entry.refusal = refusal
            self._spent += refusals.REFUSAL_SIZE
            self.note_refusal(event.id, event.kind, str(event.author), refusal)
        else:
            entry.outcome = settled.outcome
            if settled.folded:
                self.state = settled.state
                self.inbox.remember(event, now)
                self.events += 1
                self.timeline.folded(event, now, settled.what, settled.rules, moved=settled.moved)
                self.outbox.add(settled.effects, entry.context, settled.effects_size)
                metrics.EVENTS.count(workflow.metric_meter(), kind=event.kind)
        entry.done = self.handover.settled = True

    def _check(self, event: Any) -> None:
        """Refuse what is not possible, unless only the ledger can say so."""
        try:
            self.check(event)
        except Refused:
            # In histories of older code, such an event was refused at once.
            if self.remembers_all() or not workflow.patched(ASK_THE_LEDGER):
                raise

    def remembers_all(self) -> bool:
        """Whether the case itself knows every event of its conversation or ticket.

        If not, an event that is not possible now may be a late duplicate, which is answered and not refused:
        one that it has forgotten, or one of an earlier case. And without a case, the ledger may have one.
        """
        return self.state.exists and self.state.previous_case is None and self.inbox.seen_until is None

    async def _decide(self, event: Any, now: datetime, entry: Entry[OutcomeT]) -> Handled[StateT, OutcomeT]:
        """Decide about an event and fold it. If this raises a ``Refused``, nothing has changed."""
        self.ended_as = "refused"
        decision = await self._ask(event, now, entry)
        if decision.revived is not None:
            await self.go_on_with(decision.revived)
            if self.inbox.remembers(event):
                return Handled(self.state, self.answer(event.id), folded=False)
            self.check(event)
            decision = await self._ask(event, now, entry)
        self._spent += decision.task_size
        self._answer_size = decision.answer_size or self._answer_size
        if (refusal := refusal_in(decision)) is not None:
            raise refusal
        if decision.duplicate is not None:
            self.ended_as, self.earlier = "duplicate", decision.duplicate
            metrics.LATE_DUPLICATES.count(workflow.metric_meter(), kind=event.kind)
            answer = self.answer(event.id).model_copy(update={"snapshot": decision.duplicate})
            return Handled(self.state, answer, folded=False)
        self.ended_as = _ends_as(decision)
        settled = self.settle(event, decision)._replace(effects_size=decision.effects_size)
        count_rules(decision, moved=settled.moved)
        return settled

    async def _ask(self, event: Any, now: datetime, entry: Entry[OutcomeT]) -> Decision:
        request = DecideRequest(
            before=self.asked_about(),
            event=event,
            now=now,
            seen_until=entry.seen_until,
            chain=workflow.info().first_execution_run_id,
            unsent=tuple(effect.key for effect in self.outbox.unsent),
        )
        return await ask(request, entry.context)

    async def go_on_with(self, kept: Kept) -> None:
        """Take over a case whose workflow was closed by force, as the ledger kept it."""
        self.state = cast(StateT, kept.state)
        self.inbox.take_over(kept.seen)
        self.outbox.take_over(kept.unsent, kept.unsent_size)
        metrics.REVIVED.count(workflow.metric_meter())
        self.timeline.revived()
        # Recorded before anything is decided about it: if a worker dies later, the next one asks about the
        # same case again.
        await workflow.sleep(_END_OF_TASK, summary="goes on from the ledger")
        self._spent = 0

    def note_refusal(self, event_id: str, kind: str, author: str, refusal: Refused) -> None:
        """Count a refusal and note it in the timeline, with ``?`` for what could not be read."""
        self.refused += 1
        refusals.tell(event_id, kind, refusal)
        self.timeline.refused(event_id, kind, author, refusal)


def _ends_as(decision: Decision) -> EndReason:
    """Why the run completes, if there is no case after this decision, or only a closed one."""
    if decision.facts.blocked:
        return "blocked"
    return "forwarded" if decision.facts.forward_to is not None else "closed"
