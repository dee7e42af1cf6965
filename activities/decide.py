"""``decide``: what the rules and the directory say about one event. A local activity.

It gathers the facts, folds the event, asks the rules, and has the help desk take in the event, all in
one transaction of the help desk. What it returns is recorded in the history; the workflow never asks the
rules, the templates, the directory or the clock itself. ``activities.gathering`` looks up the facts; what is
special about tickets (departments, due times, the draft) is in ``activities.ticketfacts``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from temporalio import activity

from activities import ticketfacts
from activities.gathering import Gathering, Policy
from activities.naming import check_names
from activities.weighing import weighed
from baton.errors import Refused
from baton.model.decision import DecideRequest, Decision, Refusal
from baton.model.effects import DECIDE
from baton.model.facts import Facts, MissingFact, MissingLine
from baton.model.kinds import model_of
from baton.model.merging import is_forwarded
from baton.model.ticket.relabelling import relabelled
from baton.model.ticket.state import TicketState
from baton.rules.engine import decide as ask_rules
from baton.rules.ruleset import RuleSet
from baton.templates.templateset import Templates
from helpdesks.base import Intake, Ledger


class RulesInForce(Protocol):
    """Where to find the present rules and templates; they may have changed by the next event."""

    @property
    def current(self) -> RuleSet: ...

    @property
    def templates(self) -> Templates: ...


class Deciding:
    """The activity ``decide`` and what it depends on.

    Args:
        beside: whether people work at a desk that stands beside the ledger.
    """

    def __init__(self, desk: Ledger, rules: RulesInForce, policy: Policy, *, beside: bool = False) -> None:
        self._desk = desk
        self._rules = rules
        self._policy = policy
        self._beside = beside

    @activity.defn(name=DECIDE)
    async def decide(self, request: DecideRequest) -> Decision:
        """Decide about one event of a case.

        A refusal or a late duplicate is a result, not an error. Raises ``HelpDeskUnavailable``, and is
        then tried again.
        """
        rules = self._rules.current
        try:
            return await self._desk.intake(
                request.before,
                request.event,
                request.now,
                request.chain,
                lambda intake: self._decide(request, intake, rules),
            )
        except Refused as refusal:
            # Raised out of the transaction, so that nothing of the event is kept.
            return Decision(
                facts=Facts(now=request.now),
                refusal=Refusal(type=refusal.type, message=str(refusal)),
                rules=_short(rules),
            )

    def _decide(self, request: DecideRequest, intake: Intake, rules: RuleSet) -> Decision:
        before, event, now = request.before, request.event, request.now
        lost = None if before.exists else intake.lost()
        if lost is not None:
            # The workflow asks again with this case, and then gets a decision about the event itself.
            return Decision(facts=Facts(now=now), revived=lost)
        known = intake.known_event()
        if known is not None and _is_late(known.chain, known.decided_at, request):
            return Decision(facts=Facts(now=now), duplicate=known.snapshot)
        entry = intake.directory()
        check_names(before, event, entry.directory)

        gathering = Gathering(before, event, now, intake, entry.directory, self._policy)
        arrived_at = known.decided_at if known is not None and known.decided_at < now else None
        facts = gathering.facts(rules, self._rules.templates, arrived_at)
        model = model_of(before)
        if isinstance(before, TicketState):
            before = relabelled(before, facts.departments, event)
        while True:
            try:
                folded = model.fold(before, event, facts).state
                decided = ask_rules(rules, facts, before, folded, event)
                break
            except (MissingLine, MissingFact) as missing:
                facts = gathering.with_(missing, facts)
        after = decided.state
        gathering.give_what_is_free(after)
        sources = None
        if isinstance(before, TicketState) and isinstance(after, TicketState):
            sources = ticketfacts.new_sources(before, after, entry.directory, self._rules.templates)
        decision = Decision(
            facts=facts,
            fired=decided.fired,
            wake_at=gathering.wakes_at(after, decided.wake_at),
            sources=sources,
            places=tuple(gathering.places.values()),
            timed=decided.timed,
            rules=_short(rules),
            directory=str(entry.version),
            beside=self._beside,
        )
        conclusion = weighed(request.before, event, decision)
        decision = conclusion.decision
        intake.take_in(
            folded,
            conclusion.state,
            [fired.rule for fired in decision.fired],
            conclusion.effects,
            request.unsent,
            opened=model.opens(before, event) and not facts.blocked and not is_forwarded(event, facts),
        )
        return decision


def _short(rules: RuleSet) -> str:
    """Enough of the digest to find the rule set."""
    return rules.digest[:12]


def _is_late(chain: str, decided_at: datetime, request: DecideRequest) -> bool:
    """Whether an event that the help desk knows was handled before, and is not just being retried.

    The same chain of runs decides an event again when its worker died before the decision was recorded, or
    after a reset; both keep the chain.
    """
    if chain != request.chain:
        return True
    return request.seen_until is not None and decided_at <= request.seen_until
