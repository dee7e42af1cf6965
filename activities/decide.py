"""``decide``: what the rules and the directory say about one event. A local activity.

It gathers the facts, folds the event, asks the rules, and has the help desk take in the event, all in
one transaction of the help desk. What it returns is recorded in the history; the workflow never asks the
rules, the templates, the directory or the clock itself. What is special about tickets (departments, due
times, the draft) is in ``activities.ticketfacts``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from temporalio import activity

from activities import askedfor, hearing, ticketfacts
from activities.naming import check_names
from activities.places import absent, fill, look_at_line
from activities.weighing import weighed
from baton.contract import (
    CustomerMessage,
    Event,
    PlaceFreed,
    Presence,
    Status,
    TicketStage,
)
from baton.documents.directory import Directory, Member
from baton.errors import Refused
from baton.model.chat.state import ChatState
from baton.model.decision import DecideRequest, Decision, Refusal
from baton.model.deeds import deeds
from baton.model.effects import DECIDE, GivenPlace
from baton.model.facts import Facts, MissingFact, MissingLine, Person, people
from baton.model.kinds import kind_of, model_of
from baton.model.merging import is_forwarded
from baton.model.queueing import waits_since
from baton.model.ticket.relabelling import relabelled
from baton.model.ticket.state import TicketState
from baton.rules.engine import decide as ask_rules
from baton.rules.ruleset import RuleSet
from baton.templates.templateset import Templates
from helpdesks.base import Attendance, HelpDesk, Intake


@dataclass(frozen=True)
class Policy:
    """Times that the owner of the help desk may choose, in seconds."""

    idle_after: float = 600.0
    idle_after_by_channel: Mapping[str, float] = field(default_factory=dict)
    offline_grace: float = 180.0
    offer_for: float = 120.0


class RulesInForce(Protocol):
    """Where to find the present rules and templates; they may have changed by the next event."""

    @property
    def current(self) -> RuleSet: ...

    @property
    def templates(self) -> Templates: ...


class Deciding:
    """The activity ``decide`` and what it depends on."""

    def __init__(self, desk: HelpDesk, rules: RulesInForce, policy: Policy) -> None:
        self._desk = desk
        self._rules = rules
        self._policy = policy

    @activity.defn(name=DECIDE)
    async def decide(self, request: DecideRequest) -> Decision:
        """Decide about one event of a case.

        A refusal or a late duplicate is a result, not an error. Raises ``HelpDeskUnavailable``, and is
        then tried again.
        """
        rules = self._rules.current
        try:
            async with self._desk.intake(request.before, request.event, request.now, request.chain) as intake:
                return await self._decide(request, intake, rules)
        except Refused as refusal:
            # Raised out of the block, so that nothing of the event is kept.
            return Decision(
                facts=Facts(now=request.now),
                refusal=Refusal(type=refusal.type, message=str(refusal)),
                rules=_short(rules),
            )

    async def _decide(self, request: DecideRequest, intake: Intake, rules: RuleSet) -> Decision:
        before, event, now = request.before, request.event, request.now
        lost = None if before.exists else await intake.lost()
        if lost is not None:
            # The workflow asks again with this case, and then gets a decision about the event itself.
            return Decision(facts=Facts(now=now), revived=lost)
        known = await intake.known_event()
        if known is not None and _is_late(known.chain, known.decided_at, request):
            return Decision(facts=Facts(now=now), duplicate=known.snapshot)
        entry = await intake.directory()
        check_names(before, event, entry.directory)

        model, kind = model_of(before), kind_of(before)
        places: dict[str, GivenPlace] = {}
        facts = await self._facts(before, event, now, intake, entry.directory, rules, places)
        if isinstance(before, TicketState):
            before = relabelled(before, facts.departments, event)
        while True:
            try:
                folded = model.fold(before, event, facts).state
                decided = ask_rules(rules, facts, before, folded, event)
                break
            except MissingLine as missing:
                until = _waits_since(before, missing.line)
                line = await look_at_line(intake, entry.directory, missing.line, kind, now, until=until)
                places |= {one.case: one for one in line.places}
                facts = facts.model_copy(update={"lines": {**facts.lines, missing.line: line.members}})
            except MissingFact as missing:
                facts = await self._with(missing, facts, before, event, intake, entry.directory)
        freed = await self._freed(before, decided.state, event, intake, entry.directory, now)
        places |= {one.case: one for one in freed}
        wake_at, sources = self._opens(decided.state, entry.directory, now, decided.wake_at), None
        if isinstance(before, TicketState):
            after: TicketState = decided.state
            sources = ticketfacts.new_sources(before, after, entry.directory, self._rules.templates)
            gone = await self._gone(before, after, now, intake, entry.directory)
            wake_at = min((at for at in (wake_at, gone) if at is not None), default=None)
        decision = Decision(
            facts=facts,
            fired=decided.fired,
            wake_at=wake_at,
            sources=sources,
            places=tuple(places.values()),
            timed=decided.timed,
            rules=_short(rules),
            directory=str(entry.version),
        )
        conclusion = weighed(request.before, event, decision)
        decision = conclusion.decision
        await intake.take_in(
            folded,
            conclusion.state,
            [fired.rule for fired in decision.fired],
            conclusion.effects,
            request.unsent,
            opened=model.opens(before, event) and not facts.blocked and not is_forwarded(event, facts),
        )
        return decision

    async def _with(
        self,
        missing: MissingFact,
        facts: Facts,
        case: ChatState | TicketState,
        event: Event,
        intake: Intake,
        directory: Directory,
    ) -> Facts:
        """The facts with one more, for which a rule asked."""
        known = await askedfor.look_up(missing, case, facts, intake, directory)
        previous = known.previous.assignee if known.previous is not None else None
        if previous is None or previous in known.people:
            return known
        people = await self._people([previous], case, event, facts.now, intake, directory, {})
        return known.model_copy(update={"people": {**known.people, **people}})

    async def _facts(
        self,
        before: ChatState | TicketState,
        event: Event,
        now: datetime,
        intake: Intake,
        directory: Directory,
        rules: RuleSet,
        places: dict[str, GivenPlace],
    ) -> Facts:
        """Look up what this event may need; the members of a line are added when they are asked for.

        Adds to ``places`` what is given to cases that have waited longer for whom this one may be offered to.
        """
        model = model_of(before)
        opening = model.opens(before, event)
        blocked = isinstance(event, CustomerMessage) and await intake.blocked()
        previous = await intake.previous() if opening and not blocked else None
        others = await hearing.about(before, event, previous, intake)
        opens_chat = opening and isinstance(before, ChatState) and others["forward_to"] is None
        offering = opens_chat and isinstance(event, CustomerMessage)
        other_holder = await intake.other_holder() if offering else None
        offered = [staff for staff in (other_holder, previous.assignee if previous else None) if staff]
        knowing = (*previous.contributed, previous.dispatcher) if previous is not None else ()
        concerned = (*offered, *knowing, previous.assignee if previous else None, others["message_author"])
        # Whom the case before this one names is no matter: the workflow may or may not have it still.
        start = before.anew() if opening else before
        involved = people((*model.named(start, event), *rules.named_staff, *concerned))
        if offering:
            lines = [directory.staff[staff].line for staff in offered if staff in directory.staff]
            places |= {one.case: one for one in await fill(intake, directory, lines, now, ["chat"])}
        load = await intake.load(offered, "chat") if offering else {}
        known = await self._people(involved, before, event, now, intake, directory, load)
        more: Mapping[str, Any] = {"departments": ticketfacts.renamed(event, directory)}
        if isinstance(before, TicketState):
            stand_ins = ticketfacts.stand_ins(before, directory)
            more = {
                **ticketfacts.about(
                    before,
                    event,
                    now,
                    directory,
                    rules,
                    self._rules.templates,
                    previous.labels if previous is not None else (),
                ),
                "dispatchers": ticketfacts.present(
                    stand_ins, await intake.attendance(stand_ins), directory, now
                ),
            }
        return Facts(
            now=now,
            people=known,
            **more,
            **others,
            queues=directory.unwatched_lines,
            empty_lines=(before.line,) if before.line and before.line not in directory.staffed_lines else (),
            case_id=await intake.case_id(),
            other_holder=other_holder,
            blocked=blocked,
            idle_after=self._policy.idle_after_by_channel.get(before.channel or "", self._policy.idle_after),
            offer_for=self._policy.offer_for,
        )

    async def _people(
        self,
        involved: Iterable[str | None],
        case: ChatState | TicketState,
        event: Event,
        now: datetime,
        intake: Intake,
        directory: Directory,
        load: Mapping[str, int],
    ) -> dict[str, Person]:
        """Those whom the directory knows. ``load`` is that of the people who may be offered a chat."""
        people = {staff: directory.staff[staff] for staff in involved if staff in directory.staff}
        attendance = await intake.attendance(people)
        acted_at = deeds(case, event, now)
        known = {
            staff: self._person(
                member,
                directory,
                attendance.get(staff),
                now,
                acted_at=acted_at.get(staff),
                full=load.get(staff, 0) >= member.max_chats,
            )
            for staff, member in people.items()
        }
        if not isinstance(case, TicketState):
            return known
        return {
            staff: ticketfacts.person(
                one,
                people[staff],
                attendance.get(staff),
                directory,
                self._policy.offline_grace,
                now=now,
                active_at=_latest(acted_at.get(staff), _composing_since(case, staff)),
            )
            for staff, one in known.items()
        }

    async def _freed(
        self,
        before: ChatState | TicketState,
        after: ChatState | TicketState,
        event: Event,
        intake: Intake,
        directory: Directory,
        now: datetime,
    ) -> tuple[GivenPlace, ...]:
        """Who gets the places that this event makes free."""
        free = {before.holder}
        if before.queue is not None and (after.queue != before.queue or isinstance(event, PlaceFreed)):
            free.add(await intake.redeem(before.queue))
        lines = [directory.staff[one].line for one in free - {after.holder} if one in directory.staff]
        busier = [after.holder] if after.holder is not None else []
        return await fill(intake, directory, lines, now, [kind_of(before)], busier)

    @staticmethod
    def _opens(
        case: ChatState | TicketState, directory: Directory, now: datetime, wake_at: datetime | None
    ) -> datetime | None:
        """When to look at the time again: also when the line opens for which the case waits."""
        if case.queue is None:
            return wake_at
        calendar = directory.calendar_of_line(case.queue)
        opening = None if calendar.is_open(now) else calendar.next_opening(now)
        return min((at for at in (wake_at, opening) if at is not None), default=None)

    async def _gone(
        self,
        before: TicketState,
        after: TicketState,
        now: datetime,
        intake: Intake,
        directory: Directory,
    ) -> datetime | None:
        """When the absence of whoever has to act will count; none if it never will, or already does."""
        staff = after.composer if after.stage is TicketStage.COMPOSING else None
        composing_since = after.composing_since if staff == before.composer else now
        if after.stage is TicketStage.TRIAGE and after.status is Status.OPEN:
            staff, composing_since = after.assignee, None
        if staff is None or staff not in directory.staff:
            return None
        attends = (await intake.attendance([staff])).get(staff)
        active_at = _latest(composing_since, after.acted_at.get(staff))
        gone_at = ticketfacts.gone_at(
            directory.staff[staff], attends, directory, self._policy.offline_grace, active_at
        )
        return gone_at if gone_at is not None and gone_at > now else None

    def _person(
        self,
        member: Member,
        directory: Directory,
        attends: Attendance | None,
        now: datetime,
        *,
        acted_at: datetime | None,
        full: bool,
    ) -> Person:
        line = directory.lines.get(member.line) if member.line else None
        on_duty = directory.on_duty(member, now)
        away = absent(attends) or not on_duty
        grace_ends = _latest(
            self._grace_ends(attends) if on_duty else None,
            acted_at + self._grace if acted_at is not None and _still_counts(acted_at, attends) else None,
        )
        in_grace = away and grace_ends is not None and now < grace_ends
        return Person(
            line=member.line,
            departments=member.departments,
            roles=member.roles,
            chats=member.chats,
            takes_over=line is None or line.takes_over,
            away=away and not in_grace,
            away_at=grace_ends if in_grace else None,
            full=full,
        )

    def _grace_ends(self, attends: Attendance | None) -> datetime | None:
        if attends is None or attends.presence is not Presence.OFFLINE:
            return None
        return attends.since + self._grace

    @property
    def _grace(self) -> timedelta:
        return timedelta(seconds=self._policy.offline_grace)


def _short(rules: RuleSet) -> str:
    """Enough of the digest to find the rule set."""
    return rules.digest[:12]


def _waits_since(case: ChatState | TicketState, line: str) -> datetime | None:
    """Since when the case has waited, seen from a line; ``None`` if it only comes now."""
    return waits_since(case) if case.queue == line else case.waiting_since


def _composing_since(ticket: TicketState, staff: str) -> datetime | None:
    """Since when somebody has been writing the reply. Whoever gets that task has the grace from then on."""
    composes = ticket.stage is TicketStage.COMPOSING and staff == ticket.composer
    return ticket.composing_since if composes else None


def _still_counts(acted_at: datetime, attends: Attendance | None) -> bool:
    """Whether somebody who did something in the case then may still be there.

    Not if they have said since that they do not work with chats now, which counts at once.
    """
    said_since = attends is not None and attends.since > acted_at
    return not (said_since and attends is not None and attends.presence is Presence.WITHOUT_CHATS)


def _latest(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def _is_late(chain: str, decided_at: datetime, request: DecideRequest) -> bool:
    """Whether an event that the help desk knows was handled before, and is not just being retried.

    The same chain of runs decides an event again when its worker died before the decision was recorded, or
    after a reset; both keep the chain.
    """
    if chain != request.chain:
        return True
    return request.seen_until is not None and decided_at <= request.seen_until
