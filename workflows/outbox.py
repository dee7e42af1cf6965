"""The effects of a case on their way to the help desk, one at a time and in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import Context, copy_context
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from baton.contract import Tell
from baton.model.effects import (
    CaseWrite,
    ConsolidatedReply,
    CopyToTicket,
    Effect,
    Escalation,
    Forward,
    GivePlaces,
    Message,
    Notice,
    Prompt,
    Reminder,
)
from baton.signs import summary
from baton.temporal import metrics

# This is also how long the server takes to notice that a worker died in the middle of a write.
_TIMEOUT = timedelta(seconds=10)
# If the help desk is down for a day, no write may be lost, and none may wait long once it is back.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))

_STUCK_AFTER = timedelta(minutes=1)


class _Waiting(NamedTuple):
    """An effect with the context of its event, whose trace it belongs to, and its share of the bytes."""

    effect: Effect
    context: Context
    size: int


class Outbox:
    """Carries out effects while the case goes on deciding.

    An effect leaves the outbox when its activity has completed, so that one in flight at a
    continue-as-new is handed to the next run and repeated there: its key makes that harmless. An effect
    that the help desk refuses permanently is reported to ``failed`` and does not hold up the next one;
    ``sent`` is called after each effect that has left.
    """

    def __init__(
        self,
        unsent: Sequence[Effect],
        size: int,
        failed: Callable[[Effect, str], None],
        sent: Callable[[], None],
    ) -> None:
        self._effects: deque[_Waiting] = deque()
        self._failed = failed
        self._sent = sent
        self._sender: asyncio.Task[None] | None = None
        self._stopping = self._let_go = False
        self._since: datetime | None = None
        """Since when the first effect has been on its way."""
        self._queue(unsent, copy_context(), size)

    @property
    def empty(self) -> bool:
        return not self._effects

    @property
    def stuck(self) -> bool:
        """Whether the same effect has been on its way for so long that it was tried several times."""
        return self._since is not None and workflow.now() - self._since >= _STUCK_AFTER

    @property
    def unsent(self) -> tuple[Effect, ...]:
        return tuple(waiting.effect for waiting in self._effects)

    @property
    def size(self) -> int:
        """Bytes that are unsent, as they were counted when they were decided."""
        return sum(waiting.size for waiting in self._effects)

    async def at_most(self, size: int) -> None:
        """Wait until at most ``size`` bytes are unsent: a help desk that is down must not fill a run."""
        if self.size > size:
            pausing, let_go = self._stopping, self._let_go
            self.start_again()
            await workflow.wait_condition(lambda: self.size <= size)
            if let_go:
                await self.stop()
            elif pausing:
                self.pause()

    def add(self, effects: Sequence[Effect], context: Context, size: int) -> None:
        """Send these, in order, after what is there. Together they have ``size`` bytes."""
        self._queue(effects, context, size)
        for effect in effects:
            metrics.EFFECTS_DECIDED.count(workflow.metric_meter(), effect=effect.do)
        self.start()

    def take_over(self, effects: Sequence[Effect], size: int) -> None:
        """Send what another workflow has decided. Together they have ``size`` bytes."""
        self._queue(effects, copy_context(), size)
        self.start()

    def _queue(self, effects: Sequence[Effect], context: Context, size: int) -> None:
        self._effects.extend(_Waiting(effect, context, size // len(effects)) for effect in effects)

    def start(self) -> None:
        """Send what is there, unless it is being sent already."""
        if self._effects and self._sender is None and not self._stopping:
            self._sender = asyncio.create_task(self._send())

    @property
    def busy(self) -> bool:
        """Whether an effect is on its way."""
        return self._sender is not None and not self._sender.done()

    def pause(self) -> None:
        """Start nothing more; what is in flight is completed."""
        self._stopping = True

    async def stop(self) -> None:
        """Start nothing more and cancel what is in flight; it stays among the unsent."""
        self._stopping = self._let_go = True
        if self._sender is not None:
            self._sender.cancel()
            await workflow.wait([self._sender])

    def start_again(self) -> None:
        """Go on after a ``pause`` or a ``stop``, when the run does not end after all."""
        if self._let_go:
            self._sender = None
        self._stopping = self._let_go = False
        self.start()

    async def _send(self) -> None:
        while self._effects and not self._stopping:
            effect, context, _ = self._effects[0]
            self._since = workflow.now()
            result = "carried_out"
            try:
                await context.run(_start, effect)
            except ActivityError as error:
                if is_cancelled_exception(error):
                    return  # stopped: the effect stays among the unsent
                self._failed(effect, str(error.cause or error))
                result = "refused"
            self._effects.popleft()
            self._since = None
            metrics.EFFECTS_DONE.count(workflow.metric_meter(), effect=effect.do, result=result)
            self._sent()
        self._sender = None


def _start(effect: Effect) -> workflow.ActivityHandle[Any]:
    return workflow.start_activity(
        effect.do,
        effect,
        start_to_close_timeout=_TIMEOUT,
        retry_policy=_RETRY,
        cancellation_type=workflow.ActivityCancellationType.TRY_CANCEL,
        summary=summary(summary_of(effect)),
    )


def summary_of(effect: Effect) -> str:
    """A few words for the Temporal UI. Only IDs: by default nothing is encrypted, and lists show them."""
    match effect:
        case CaseWrite(do="reassign"):
            who = effect.assignee or (f"the queue of {effect.line}" if effect.line else "nobody")
            return f"to {who}: {effect.stage or effect.activity}, {effect.status}"
        case CaseWrite():
            added = [f"+{label}" for label in effect.add_labels]
            removed = [f"-{label}" for label in effect.remove_labels]
            how = effect.stage or f"tab {effect.tab}"
            return " ".join([f"{effect.status}, {how}", *added, *removed])
        case Message():
            by = f"template {effect.template}" if effect.template else ", ".join(effect.rules)
            return f"said by {by}"
        case Prompt():
            return f"round {effect.round}: {effect.composer or 'nobody yet'} writes the reply"
        case ConsolidatedReply():
            return f"round {effect.round}, by {effect.author.id}"
        case Reminder():
            return f"{effect.label}, due {effect.due_at.isoformat(timespec='minutes')}"
        case Escalation():
            return f"{effect.label} is overdue → {effect.to or 'everyone online'}"
        case CopyToTicket():
            return f"to ticket {effect.ticket_id}"
        case GivePlaces():
            return ", ".join(f"{place.case} is next, for {place.staff}" for place in effect.places)
        case Forward():
            return f"to {effect.to}"
        case Notice():
            return "; ".join(f"{tell.reason} → {_audience(tell)}" for tell in effect.tell)


def _audience(tell: Tell) -> str:
    if tell.everyone:
        return "everyone online"
    named = [*tell.staff, *(f"department {label}" for label in tell.departments)]
    return ", ".join([*named, *([f"everyone online in {tell.line}"] if tell.line else [])])
