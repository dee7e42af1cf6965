"""The effects of a case on their way to the help desk, one at a time and in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import Context, copy_context
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, is_cancelled_exception

from baton import metrics
from baton.contract import Tell
from baton.effects import (
    CaseWrite,
    ConsolidatedReply,
    CopyToTicket,
    Effect,
    Escalation,
    Message,
    Notice,
    Prompt,
    Reminder,
)

# Also the time until the server notices that a worker died in the middle of a write.
_TIMEOUT = timedelta(seconds=10)
# A help desk that is down for a day must not lose a write, and must not wait long once it is back.
_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1))

_STUCK_AFTER = timedelta(minutes=1)


class Outbox:
    """Carries out effects while the case goes on deciding.

    An effect leaves the outbox when its activity has completed, so that one in flight at a
    continue-as-new is handed to the next run and repeated there: its key makes that harmless. An effect
    that the help desk refuses for good is reported to ``failed`` and does not hold up the next one;
    ``sent`` is called after each that has left.
    """

    def __init__(
        self,
        unsent: Iterable[Effect],
        failed: Callable[[Effect, str], None],
        sent: Callable[[], None],
    ) -> None:
        # Each with the context of its event, whose trace it belongs to.
        self._effects: deque[tuple[Effect, Context]] = deque((effect, copy_context()) for effect in unsent)
        self._failed = failed
        self._sent = sent
        self._sender: asyncio.Task[None] | None = None
        self._stopping = False
        self._since: datetime | None = None
        """Since when the first effect has been on its way."""

    @property
    def empty(self) -> bool:
        return not self._effects

    @property
    def stuck(self) -> bool:
        """Whether the same effect has been on its way for so long that it was tried several times."""
        return self._since is not None and workflow.now() - self._since >= _STUCK_AFTER

    @property
    def unsent(self) -> tuple[Effect, ...]:
        return tuple(effect for effect, _ in self._effects)

    def add(self, effects: Iterable[Effect], context: Context) -> None:
        for effect in effects:
            self._effects.append((effect, context))
            metrics.EFFECTS_DECIDED.count(workflow.metric_meter(), effect=effect.do)
        self.start()

    def start(self) -> None:
        """Send what is there, unless it is being sent already."""
        if self._effects and self._sender is None and not self._stopping:
            self._sender = asyncio.create_task(self._send())

    async def stop(self) -> None:
        """Start nothing more and let go of what is in flight; it stays among the unsent."""
        self._stopping = True
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])

    def start_again(self) -> None:
        """Go on after a ``stop`` that came to nothing."""
        if self._stopping:
            self._stopping, self._sender = False, None
        self.start()

    async def _send(self) -> None:
        while self._effects and not self._stopping:
            effect, context = self._effects[0]
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
        summary=summary_of(effect),
    )


def summary_of(effect: Effect) -> str:
    """One line for the Temporal UI. Only IDs: by default nothing is encrypted, and lists show these lines."""
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
        case Notice():
            return "; ".join(f"{tell.reason} → {_audience(tell)}" for tell in effect.tell)


def _audience(tell: Tell) -> str:
    if tell.everyone:
        return "everyone online"
    named = [*tell.staff, *(f"department {label}" for label in tell.departments)]
    return ", ".join([*named, *([f"everyone online in {tell.line}"] if tell.line else [])])
