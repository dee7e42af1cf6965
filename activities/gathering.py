"""What a decision must know about the world: looked up within the transaction of its event.

Most of it is looked up at once. The members of a line, and what only a rule asks for, are added when the
model or the rules get as far as asking. Whoever has waited longer for the same people is served on the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from activities import absences, askedfor, hearing, ticketfacts
from activities.places import fill, look_at_line
from baton.contract import CustomerMessage, Event, PlaceFreed
from baton.documents.directory import Directory
from baton.model.chat.state import ChatState
from baton.model.deeds import deeds
from baton.model.effects import GivenPlace
from baton.model.facts import Facts, MissingCount, MissingFact, MissingLine, Person, people
from baton.model.kinds import kind_of, model_of
from baton.model.queueing import waits_since
from baton.model.ticket.state import TicketState
from baton.rules.ruleset import RuleSet
from baton.templates.templateset import Templates
from helpdesks.base import Intake
from helpdesks.known import Kind


@dataclass(frozen=True)
class Policy:
    """Times that the owner of the help desk may choose, in seconds."""

    idle_after: float = 600.0
    idle_after_by_channel: Mapping[str, float] = field(default_factory=dict)
    offline_grace: float = 180.0
    offer_for: float = 120.0


class Gathering:
    """Gathers what one decision must know.

    Attributes:
        places: what is given to other cases on the way, by their workflow.
    """

    def __init__(
        self,
        case: ChatState | TicketState,
        event: Event,
        now: datetime,
        intake: Intake,
        directory: Directory,
        policy: Policy,
    ) -> None:
        self._case = case
        self._event = event
        self._now = now
        self._intake = intake
        self._directory = directory
        self._policy = policy
        self._grace = timedelta(seconds=policy.offline_grace)
        self._kind = kind_of(case)
        self.places: dict[str, GivenPlace] = {}

    def facts(self, rules: RuleSet, templates: Templates, arrived_at: datetime | None = None) -> Facts:
        """What nearly every event needs. ``arrived_at`` is set if it is decided once more."""
        case, event, intake, directory = self._case, self._event, self._intake, self._directory
        model = model_of(case)
        opening = model.opens(case, event)
        blocked = isinstance(event, CustomerMessage) and intake.blocked()
        previous = intake.previous() if opening and not blocked else None
        others = hearing.about(case, event, previous, intake)
        opens_chat = opening and isinstance(case, ChatState) and others["forward_to"] is None
        offering = opens_chat and isinstance(event, CustomerMessage)
        other_holder = intake.other_holder() if offering else None
        last = previous.assignee if previous is not None else None
        offered = people([other_holder, last])
        knowing = (*previous.contributed, previous.dispatcher) if previous is not None else ()
        # Whom the case before this one names is no matter: the workflow may or may not have it still.
        start = case.anew() if opening else case
        named = (*model.named(start, event), *rules.named_staff)
        involved = people((*named, *offered, *knowing, last, others["message_author"]))
        if offering:
            self._serve(offered, "chat")
        load = intake.load(offered, "chat") if offering else {}
        more: Mapping[str, Any] = {"departments": ticketfacts.renamed(event, directory)}
        if isinstance(case, TicketState):
            labels = previous.labels if previous is not None else ()
            stand_ins = ticketfacts.stand_ins(case, directory)
            attendance = intake.attendance(stand_ins)
            more = {
                **ticketfacts.about(case, event, self._now, directory, rules, templates, labels),
                "dispatchers": absences.present(stand_ins, attendance, directory, self._now),
            }
        lines = people([case.line, previous.line if previous is not None else None, *directory.lines])
        idle_after = self._policy.idle_after_by_channel.get(case.channel or "", self._policy.idle_after)
        return Facts(
            now=self._now,
            arrived_at=arrived_at,
            people=self._people(involved, load),
            **more,
            **others,
            queues=directory.unwatched_lines,
            empty_lines=tuple(line for line in lines if line not in directory.staffed_lines),
            case_id=intake.case_id(),
            other_holder=other_holder,
            blocked=blocked,
            idle_after=idle_after,
            offer_for=self._policy.offer_for,
        )

    def with_(self, missing: MissingLine | MissingFact, facts: Facts) -> Facts:
        """The facts with what was missing. Raises ``missing`` if nobody can look it up."""
        if isinstance(missing, MissingLine):
            since = waits_since(self._case) if self._case.queue == missing.line else self._case.waiting_since
            line = look_at_line(
                *(self._intake, self._directory, missing.line, self._kind, self._now),
                until=since,
                named=self._named(facts),
                counted=isinstance(missing, MissingCount),
            )
            self._give(line.places)
            lines = {**facts.lines, missing.line: line.members}
            counted = {missing.line: line.available} if line.available is not None else {}
            return facts.model_copy(
                update={"lines": lines, "available_in": {**facts.available_in, **counted}}
            )
        known = askedfor.look_up(missing, self._case, facts, self._intake, self._directory)
        previous = known.previous.assignee if known.previous is not None else None
        if previous is None or previous in known.people:
            return known
        return known.model_copy(update={"people": {**known.people, **self._people([previous], {})}})

    def _named(self, facts: Facts) -> tuple[str, ...]:
        """Whoever may be preferred to others: who has or had the case, or the one before it."""
        before = facts.previous.holders.values() if facts.previous is not None else ()
        return people([*facts.people, *self._case.holders.values(), *before])

    def give_what_is_free(self, after: ChatState | TicketState) -> None:
        """Give the places that this event makes free to those who wait for them."""
        case, intake = self._case, self._intake
        free = {case.holder}
        if case.queue is not None and (after.queue != case.queue or isinstance(self._event, PlaceFreed)):
            free.add(intake.redeem(case.queue))
        self._serve(free - {after.holder}, self._kind, people([after.holder]))

    def wakes_at(self, after: ChatState | TicketState, *more: datetime | None) -> datetime | None:
        """The earliest of ``more``, the opening of the line for which the case waits, and an absence."""
        ats = [*more]
        if after.queue is not None:
            calendar = self._directory.calendar_of_line(after.queue)
            ats.append(None if calendar.is_open(self._now) else calendar.next_opening(self._now))
        if isinstance(after, TicketState) and isinstance(self._case, TicketState):
            ats.append(self._gone_at(self._case, after))
        return min((at for at in ats if at is not None), default=None)

    def _gone_at(self, before: TicketState, after: TicketState) -> datetime | None:
        """When the absence of whoever has to act will count; none if it never will, or already does."""
        staff, since = absences.who_has_to_act(before, after, self._now)
        if staff is None or staff not in self._directory.staff:
            return None
        attends = self._intake.attendance([staff]).get(staff)
        gone_at = absences.gone_at(
            self._directory.staff[staff],
            attends,
            self._directory,
            self._grace,
            since,
            after.acted_at.get(staff),
        )
        return gone_at if gone_at is not None and gone_at > self._now else None

    def _people(self, involved: Iterable[str], load: Mapping[str, int]) -> dict[str, Person]:
        """Those whom the directory knows. ``load`` is that of the people who may be offered a chat."""
        case, directory, now = self._case, self._directory, self._now
        members = {staff: directory.staff[staff] for staff in involved if staff in directory.staff}
        attendance = self._intake.attendance(members)
        acted_at = deeds(case, self._event, now)
        known = {
            staff: absences.person(
                member,
                directory,
                attendance.get(staff),
                now,
                self._grace,
                acted_at=acted_at.get(staff),
                full=load.get(staff, 0) >= member.max_chats,
            )
            for staff, member in members.items()
        }
        if not isinstance(case, TicketState):
            return known
        return {
            staff: absences.of_ticket(
                one,
                members[staff],
                attendance.get(staff),
                directory,
                now,
                self._grace,
                acted_at.get(staff),
                absences.composing_since(case, staff),
            )
            for staff, one in known.items()
        }

    def _serve(self, staff: Iterable[str | None], kind: Kind, busier: Iterable[str] = ()) -> None:
        """Give the places that the lines of these people have to those who wait there."""
        lines = [self._directory.staff[one].line for one in people(staff) if one in self._directory.staff]
        self._give(fill(self._intake, self._directory, lines, self._now, [kind], tuple(busier)))

    def _give(self, places: Iterable[GivenPlace]) -> None:
        self.places |= {one.case: one for one in places}
