"""A simulated help desk: just enough to make decisions without a server or a database."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from activities.decide import Deciding
from activities.gathering import Policy
from baton.contract import (
    ChatEvent,
    ChatStart,
    Event,
    Fired,
    Presence,
    TicketEvent,
    TicketStart,
    parse_chat_event,
    parse_ticket_event,
)
from baton.documents.directory import Directory
from baton.documents.directoryfile import load_directory
from baton.errors import REFUSALS, Refused
from baton.model.chat import model as chat
from baton.model.chat.state import ChatState
from baton.model.decision import CaseState, DecideRequest, Decision
from baton.model.effects import CaseRef, Effect
from baton.model.facts import Previous
from baton.model.previous import previous_of
from baton.model.reactions import reactions
from baton.model.settlement import Settlement
from baton.model.ticket import clock as tickettime
from baton.model.ticket import model as ticket
from baton.model.ticket.state import TicketState
from baton.rules.loading import load_rules
from baton.rules.ruleset import RuleSet
from baton.settings import CHECKOUT
from baton.templates.loading import load_templates
from baton.templates.templateset import Templates
from helpdesks.known import Attendance, CaseAt, Kind, KnownEvent, Queued, Standing, VersionedDirectory

T = TypeVar("T")

MORNING = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""A Monday."""


def shipped_directory() -> Directory:
    return load_directory(CHECKOUT / "deploy/directory/demo.yaml")


def shipped_rules(directory: Directory, path: Path | None = None) -> RuleSet:
    return load_rules(path or CHECKOUT / "deploy/rules/support-lines.yaml", directory)


def shipped_templates(directory: Directory) -> Templates:
    return load_templates(CHECKOUT / "deploy/templates/several-departments.yaml", directory)


class _Book(NamedTuple):
    current: RuleSet
    templates: Templates


@dataclass
class SimulatedDesk:
    """One customer's conversation or ticket, and who is there."""

    directory: Directory
    attending: dict[str, Attendance] = field(default_factory=dict)
    busy: dict[str, int] = field(default_factory=dict)
    """Chats that people hold beside this one."""
    previous: Previous | None = None
    number: int = 0
    blocked: bool = False
    """Whether the customer is there."""
    writers: dict[str, str] = field(default_factory=dict)
    """The author of each message, by its ID."""
    others: dict[str, CaseAt] = field(default_factory=dict)
    """How other cases stand, by their workflows."""

    def is_now(self, staff: str, presence: Presence, since: datetime) -> None:
        self.attending[staff] = Attendance(presence, since)

    async def intake(
        self,
        before: CaseState,
        event: Event,
        now: datetime,
        chain: str,
        decide: Callable[[_SimulatedIntake], T],
    ) -> T:
        return decide(_SimulatedIntake(self, before, event, now))


@dataclass
class _SimulatedIntake:
    desk: SimulatedDesk
    before: CaseState
    event: Event
    now: datetime

    def known_event(self) -> KnownEvent | None:
        return None

    def directory(self) -> VersionedDirectory:
        return VersionedDirectory(1, self.desk.directory)

    def attendance(self, staff: Iterable[str]) -> Mapping[str, Attendance]:
        return {one: self.desk.attending[one] for one in staff if one in self.desk.attending}

    def load(self, staff: Iterable[str], kind: Kind) -> Mapping[str, int]:
        return {one: self.desk.busy.get(one, 0) for one in staff}

    def standing(self, staff: Iterable[str], kind: Kind) -> Sequence[Standing]:
        return sorted(
            (Standing(one, self._is_online(one), self.desk.busy.get(one, 0), None) for one in staff),
            key=lambda one: (one.load, one.staff),
        )

    def first(
        self, staff: Iterable[str], kind: Kind, fits: Callable[[Standing], bool], most: int
    ) -> Sequence[Standing]:
        return [one for one in self.standing(staff, kind) if one.online and fits(one)][:most]

    def _is_online(self, staff: str) -> bool:
        attends = self.desk.attending.get(staff)
        return attends is not None and attends.presence is Presence.ONLINE

    def waiting(self, line: str, kind: Kind, until: datetime, most: int) -> Sequence[Queued]:
        return ()  # there is only one case

    def promise(self, places: Mapping[str, str], kind: Kind) -> None:
        raise AssertionError("nobody waits")

    def redeem(self, line: str) -> None:
        return None

    def previous(self) -> Previous | None:
        return self.desk.previous

    def other_holder(self) -> str | None:
        return None

    def author_of(self, message_id: str, elsewhere: Iterable[CaseRef] = ()) -> str | None:
        return self.desk.writers.get(message_id)

    def was_sent(self, message_id: str, elsewhere: Iterable[CaseRef] = ()) -> bool:
        return message_id in self.desk.writers

    def case_at(self, case: CaseRef) -> CaseAt | None:
        return self.desk.others.get(case.workflow_id)

    def blocked(self) -> bool:
        return self.desk.blocked

    def case_id(self) -> str:
        model: Any = ticket if isinstance(self.before, TicketState) else chat
        if model.opens(self.before, self.event):
            return f"simulated-{self.desk.number + 1}"
        return self.before.case_id or "?"

    def lost(self) -> None:
        return None

    def take_in(
        self,
        folded: CaseState,
        settled: CaseState,
        rules: Sequence[str],
        effects: Sequence[Effect] = (),
        waiting: Collection[str] = (),
        *,
        opened: bool,
    ) -> None:
        if opened:
            self.desk.number += 1
        if settled.case_id is not None:
            self.desk.previous = previous_of(settled, self.now)


@dataclass
class _Simulated:
    """A case that is played without Temporal: only the model, the rules, the templates and the directory."""

    desk: Any
    rules: RuleSet
    policy: Policy = field(default_factory=Policy)
    now: datetime = MORNING
    chain: str = "simulated"
    tick: timedelta = timedelta(seconds=1)
    """How much later each event comes."""
    templates: Templates | None = None
    """The shipped rules, if none are given."""
    decision: Decision = field(init=False)
    """The last one."""
    fired: tuple[Fired, ...] = ()
    """The rules that fired for the last event."""
    effects: tuple[Effect, ...] = ()
    """What the last decision asked of the help desk."""

    async def _decide(self, before: CaseState, event: Event) -> Decision:
        """What ``decide`` says one tick later. Raises a ``Refused``."""
        if self.templates is None:
            simulated = isinstance(self.desk, SimulatedDesk)
            self.templates = shipped_templates(self.desk.directory if simulated else shipped_directory())
        deciding = Deciding(self.desk, _Book(self.rules, self.templates), self.policy)
        request = DecideRequest(before=before, event=event, now=self.now, chain=self.chain)
        decision = await deciding.decide(request)
        if decision.refusal is not None:
            raise REFUSALS.get(decision.refusal.type, Refused)(decision.refusal.message)
        return decision

    def _settled(self, before: CaseState, event: Event, decision: Decision, done: Settlement[Any]) -> None:
        self.decision, self.fired = decision, decision.fired
        self.effects = tuple(reactions(before, event, decision, done))


@dataclass
class SimulatedChat(_Simulated):
    """A simulated chat."""

    state: ChatState = field(
        default_factory=lambda: ChatState.before_first(
            ChatStart(channel="telegram", conversation="simulated", customer="c")
        )
    )

    async def take(self, payload: Mapping[str, Any]) -> Settlement[ChatState]:
        """Fold one event. Raises a ``Refused``; then nothing has changed."""
        return await self.fold(parse_chat_event(dict(payload)))

    async def fold(self, event: ChatEvent) -> Settlement[ChatState]:
        self.now += self.tick
        chat.check(self.state, event)
        decision = await self._decide(self.state, event)
        settlement = chat.settle(self.state, event, decision)
        self._settled(self.state, event, decision, settlement)
        self.state = settlement.state
        return settlement


@dataclass
class SimulatedTicket(_Simulated):
    """A simulated ticket."""

    state: TicketState = field(
        default_factory=lambda: TicketState.before_first(
            TicketStart(ticket_id="t-1", customer="c", subject="Paper")
        )
    )

    async def take(self, payload: Mapping[str, Any]) -> Settlement[TicketState]:
        """Fold one event. Raises a ``Refused``; then nothing has changed."""
        return await self.fold(parse_ticket_event(dict(payload)))

    async def fold(self, event: TicketEvent) -> Settlement[TicketState]:
        self.now += self.tick
        ticket.check(self.state, event)
        decision = await self._decide(self.state.without_notes(), event)
        settlement = ticket.settle(self.state, event, decision)
        self._settled(self.state, event, decision, settlement)
        self.state = settlement.state
        return settlement

    async def pass_time(self, until: datetime) -> list[TicketEvent]:
        """Let time pass as the workflow's clock does; returns the events that the ticket made for itself."""
        made: list[TicketEvent] = []
        while (due := tickettime.next_due(self.state)) is not None and due <= until:
            self.now = max(self.now, due)
            events = list(tickettime.due_events(self.state, self.now))
            assert events, f"woken for nothing at {due}"
            for event in events:
                await self.fold(event)
            made += events
        self.now = max(self.now, until)
        return made
