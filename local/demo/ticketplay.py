"""Plays a situation of a ticket as real events, and looks at the result of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from temporalio.api.enums.v1 import EventType
from temporalio.service import RPCError

from baton.client import BatonClient
from baton.contract import (
    NOTE_ADDED,
    AuthorType,
    DepartmentState,
    Draft,
    Status,
    TicketSnapshot,
    TimelineEntry,
    ticket_workflow_id,
)
from baton.desk.client import DeskClient
from baton.errors import ConnectionFailed, IllegalTransition
from baton.model.effects import SEND_REPLY
from local.demo.case import ANSWER_SECONDS, Difference, PlayedCase, differences, until
from local.demo.skip import skip_to
from local.demo.table import CUSTOMER, NOBODY
from local.demo.tickettable import (
    DUE,
    IN_SECONDS,
    IN_TIME,
    MEMBERS,
    PETRA,
    TicketEnding,
    TicketSituation,
    TicketStand,
    TicketStep,
)


@dataclass(frozen=True)
class TicketSeen:
    """The result of one step."""

    step: TicketStep
    ticket: TicketSnapshot
    draft: Draft
    sent: int
    """How many replies the help desk has sent to the customer."""
    at: datetime
    fired: tuple[str, ...]
    told: tuple[tuple[str, str], ...] = ()

    @property
    def stand(self) -> TicketStand:
        """The part of it that the table of situations specifies."""
        ticket = self.ticket
        assert ticket.stage is not None
        assert ticket.status is not None
        return TicketStand(
            ticket.stage,
            ticket.status,
            tuple(one.label for one in ticket.departments if one.state is DepartmentState.ASKED),
            tuple(label for label in ticket.labels if label in MEMBERS),
            ticket.assignee,
            ticket.composer,
            ticket.prompts,
            self.sent,
            self._drafted(),
            self.fired,
            self.told,
        )

    def _drafted(self) -> tuple[str, ...]:
        notes = {note.event_id: note for one in self.ticket.departments for note in one.notes}.values()
        places = [(self.draft.text.find(note.text), note.author.id) for note in notes]
        return tuple(author for place, author in sorted(places) if place >= 0)


@dataclass(frozen=True)
class TicketPlay:
    """One situation, played with or without its rule."""

    situation: TicketSituation
    with_rule: bool
    workflow_id: str
    seen: tuple[TicketSeen, ...]
    skipped: bool
    """Whether hours were skipped; otherwise its due times were seconds."""

    @property
    def expected(self) -> TicketEnding:
        return dict(self.situation.endings())[self.with_rule]

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Everything that is not as expected; empty means that all is well."""
        first = len(self.situation.before)
        stands = (seen.stand for seen in self.seen[first:])
        return tuple(differences(first + 1, self.expected.stands, stands))

    def hours_before(self, step: TicketStep) -> float:
        """How many hours pass between the previous step and a step that comes with time."""
        within, remind = DUE[IN_TIME if self.skipped else IN_SECONDS]
        return within - remind if step.kind == "reminder_due" else remind


TicketPlays = Sequence[TicketPlay]
"""One situation: played with its rule and, if it is about the rule, without it."""


class PlayedTicket(PlayedCase):
    """One ticket, in which a situation is played step by step."""

    def __init__(self, name: str, client: BatonClient, desk: DeskClient, *, skips_time: bool) -> None:
        super().__init__(ticket_workflow_id(name), name, client, desk)
        self._skips_time = skips_time

    async def see(self, step: TicketStep) -> TicketSeen:
        """Do one step, wait until all that it caused is done, and look. `heard` later adds who was told."""
        if step.by == NOBODY:
            await self._let_time_pass(step)
            entry = await self._entry(f"{step.kind} did not come", kind=step.kind)
        else:
            event_id = await self.do(step)
            entry = await self._entry(f"{step.kind} was not taken", event_id=event_id)
        await self.at_rest()
        return TicketSeen(
            step,
            await self.client.ticket(self.name).snapshot(),
            await self.client.ticket(self.name).draft(),
            await self._sent() if step.kind == SEND_REPLY else 0,
            entry.at,
            entry.rules,
        )

    async def heard(self, seen: Sequence[TicketSeen]) -> tuple[TicketSeen, ...]:
        """What was seen, and who was told what in each step. A notice has the time of its event."""
        told: dict[datetime, list[tuple[str, str]]] = {one.at: [] for one in seen}
        for row in await self.newly_told(lambda row: row.ticket_id == self.name):
            # A notice that belongs to no step would be a surprise; it is shown in the last step.
            told.get(row.at, told[seen[-1].at]).extend((staff, row.reason) for staff in row.told)
        return tuple(replace(one, told=tuple(sorted(told[one.at]))) for one in seen)

    async def do(self, step: TicketStep, **fields: object) -> str:
        """Send the event of one step; returns its ID. A department's note is a signal."""
        by_customer = step.by == CUSTOMER
        event = {
            "kind": step.kind,
            "id": self.next_event_id(),
            "author": {
                "type": AuthorType.CUSTOMER if by_customer else AuthorType.STAFF,
                "id": self.customer if by_customer else step.by,
            },
            "reason" if step.kind == "department_declined" else "text": step.text or None,
            "template": self._template(step) or None,
            "label": step.label or None,
            "to": step.to or None,
            **fields,
        }
        if step.kind == NOTE_ADDED:
            await self.client.ticket(self.name).note(event)
        else:
            await self.client.ticket(self.name).send(event, customer=self.customer, timeout=ANSWER_SECONDS)
        return str(event["id"])

    async def close(self) -> None:
        with suppress(IllegalTransition, ConnectionFailed, RPCError):
            await self.do(TicketStep(PETRA, "status_set"), status=Status.CLOSED)
            await self.over()
            return
        await self.give_up()

    def _template(self, step: TicketStep) -> str:
        return IN_SECONDS if step.template == IN_TIME and not self._skips_time else step.template

    async def _let_time_pass(self, step: TicketStep) -> None:
        """Wait for the next reminder or escalation; if time cannot be skipped, it is seconds away."""
        if not self._skips_time:
            return
        departments = (await self.client.ticket(self.name).snapshot()).departments
        moments = [one.remind_at if step.kind == "reminder_due" else one.due_at for one in departments]
        moment = min((at for at in moments if at is not None), default=None)
        if moment is not None:
            await skip_to(self.client.temporal, self.workflow_id, moment)

    async def _entry(self, otherwise: str, **fields: str) -> TimelineEntry:
        """The line of the ticket's story that has these fields, once it is there."""
        found: list[TimelineEntry] = []

        async def there() -> bool:
            timeline = await self.client.ticket(self.name).timeline()
            found[:] = [
                entry
                for entry in timeline
                if all(getattr(entry, name) == value for name, value in fields.items())
            ]
            return bool(found)

        await until(there, f"{self.workflow_id}: {otherwise}")
        return found[-1]

    async def _sent(self) -> int:
        """How many replies the help desk sent; it would not send a second one with the same key."""
        history = await self.client.temporal.get_workflow_handle(self.workflow_id).fetch_history()
        scheduled = {
            event.event_id
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
            and event.activity_task_scheduled_event_attributes.activity_type.name == SEND_REPLY
        }
        done = [
            event.activity_task_completed_event_attributes
            for event in history.events
            if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED
        ]
        results = [one.result for one in done if one.scheduled_event_id in scheduled]
        decoded = [
            (await self.client.temporal.data_converter.decode(result.payloads))[0] for result in results
        ]
        return sum(map(bool, decoded))
