"""A ticket as a workflow: ``ticket:{ticket_id}``.

    1. The first event opens it: a message, a template, a label. Departments may be asked at once or later.
    2. Departments answer with notes, each a signal. Notes are folded one at a time, so however they arrive,
       one of them is the last: it ends the round, and its author is prompted to write the reply.
    3. The reply is an update, so that its sender learns whether it was refused; it goes out exactly once.
    4. While departments are asked, the ticket sleeps until the next reminder or escalation.
    5. When it is closed, and nothing is left to do, the workflow completes with a summary.

The model decides (``baton.model.ticket``), the activity ``decide`` asks the rules, the templates and the
directory, and ``workflows.case`` is the mechanism, which chats share.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from temporalio import workflow

from baton.contract import (
    DRAFT,
    NOTE_ADDED,
    SNAPSHOT,
    TICKET_WORKFLOW,
    DepartmentState,
    Draft,
    TicketEvent,
    TicketOutcome,
    TicketSnapshot,
    TicketStart,
    TicketSummary,
    parse_ticket_event,
    parse_ticket_start,
)
from baton.model.decision import Decision
from baton.model.merging import is_forwarded
from baton.model.reactions import reactions
from baton.model.settlement import before_in
from baton.model.story import told_before
from baton.model.ticket import clock, model, story
from baton.model.ticket.state import TicketState
from baton.temporal import metrics
from workflows.carrying import Carried
from workflows.case import Case
from workflows.caseworkflow import CaseWorkflow, Start
from workflows.kind import Handled


class CarriedTicket(Carried):
    """What one run of a ticket hands to the next."""

    state: TicketState


class ContinuedTicket(TicketStart):
    """The start argument that one run of a ticket hands to the next."""

    carried: CarriedTicket | None = None


class _TicketCase(Case[TicketState, TicketOutcome, TicketSummary]):
    """The ticket's side of the mechanism."""

    alarm_summary = "a reminder, an escalation, a timed rule or an absence"

    def __init__(self, start: ContinuedTicket) -> None:
        carried = start.carried
        super().__init__(carried.state if carried else TicketState.before_first(start), carried or Carried())

    def parse(self, payload: object) -> TicketEvent:
        return parse_ticket_event(payload, strict=False)

    def check(self, event: TicketEvent) -> None:
        model.check(self.state, event)

    def asked_about(self) -> TicketState:
        return self.state.without_notes()

    def settle(self, event: TicketEvent, decision: Decision) -> Handled[TicketState, TicketOutcome]:
        settlement = model.settle(self.state, event, decision)
        after = settlement.state
        before = before_in(after, self.state)
        _measure(before, after)
        what = story.what_happened(
            before,
            after,
            blocked=decision.facts.blocked,
            forwarded_to=decision.facts.forward_to if is_forwarded(event, decision.facts) else None,
        )
        return Handled(
            after,
            TicketOutcome(event_id=event.id, snapshot=after.head(), fired=decision.fired, what=what),
            effects=tuple(reactions(before, event, decision, settlement)),
            what=what,
            moved=story.moved(before, after),
            rules=tuple(fired.rule for fired in decision.fired),
        )

    def answer(self, event_id: str) -> TicketOutcome:
        what = told_before(event_id, self.timeline.lines())
        return TicketOutcome(event_id=event_id, duplicate=True, snapshot=self.head(), what=what)

    def snapshot(self) -> TicketSnapshot:
        """The ticket; if a late duplicate opened none, the ticket that the duplicate belongs to."""
        return self.earlier if self.earlier and not self.state.exists else self.state.snapshot()

    def head(self) -> TicketSnapshot:
        """Like `snapshot`, without the notes."""
        return self.earlier if self.earlier and not self.state.exists else self.state.head()

    def due_events(self, now: datetime) -> Iterable[TicketEvent]:
        # A list, made at one moment: what one of these events changes must not make another one due.
        return list(clock.due_events(self.state, now))

    def next_due(self) -> datetime | None:
        return clock.next_due(self.state)

    def over(self) -> bool:
        return self.state.final or not self.state.exists

    def search_attributes(self) -> Mapping[str, Any]:
        ticket = self.state
        return {
            "TicketStage": ticket.stage,
            "CaseStatus": ticket.status,
            "Assignee": ticket.assignee,
            "Line": ticket.line,
            "Channel": ticket.channel,
            "Labels": list(ticket.labels),
            "DueAt": ticket.due_at,
        }

    def details(self) -> str:
        return story.details(self.state, self.timeline.lines(), len(self.outbox.unsent))

    def with_state(self, carried: Carried) -> CarriedTicket:
        return CarriedTicket(state=self.state, **dict(carried))

    def summary(self) -> TicketSummary:
        return TicketSummary(
            reason="closed" if self.state.final else self.ended_as,
            snapshot=self.head(),
            events=self.events,
            refused=self.refused,
        )


def _measure(before: TicketState, after: TicketState) -> None:
    """Time the answers of departments, and count prompts and replies."""
    meter = workflow.metric_meter()
    for one in after.departments:
        if one.label in before.asked and one.state is DepartmentState.ANSWERED and one.answered_at:
            waited = (one.answered_at - one.asked_at).total_seconds()
            metrics.DEPARTMENT_WAITING.time(meter, waited, department=one.label)
    if after.prompts > before.prompts:
        metrics.PROMPTS.count(meter)
    if after.replies > before.replies:
        metrics.REPLIES.count(meter)


_START = Start(
    parse=partial(parse_ticket_start, strict=False),
    continued=ContinuedTicket,
    unreadable=ContinuedTicket(ticket_id="?", customer="?"),
    case=_TicketCase,
)


@workflow.defn(name=TICKET_WORKFLOW)
class Ticket(CaseWorkflow[_TicketCase, TicketOutcome, TicketSummary]):
    """One ticket, from its first event until it is closed."""

    @workflow.init
    def __init__(self, *start: Any) -> None:
        super().__init__(_START, start)

    @workflow.run
    async def run(self, *start: Any) -> TicketSummary:
        return await self._run()

    @workflow.signal(name=NOTE_ADDED)
    def note_added(self, *note: Any) -> None:
        """A note in, such as a department's answer. Refusals are found in the timeline."""
        self._submit(note, kind=NOTE_ADDED)

    @workflow.query(name=SNAPSHOT)
    def snapshot(self, *_: Any) -> TicketSnapshot:
        return self._case.snapshot()

    @workflow.query(name=DRAFT)
    def draft(self, *_: Any) -> Draft:
        """The consolidated reply as drafted from the notes; empty if there is nothing to draft."""
        ticket = self._case.state
        with workflow.unsafe.imports_passed_through():
            # Only this query needs the code that renders texts; no decision of the workflow depends on it.
            # Rendering a template for the first time also imports something.
            from baton.templates.drafting import drafted

            text = drafted(ticket)
        return ticket.draft.model_copy(update={"text": text})
