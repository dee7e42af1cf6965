"""When a run of a case hands over to the next, and how it finds a moment for that.

The server refuses the end of a run if a signal, or the result of a write, came while the task that ends it
was with the worker. The run is then replayed from its first event before it can go on, and everybody waits.
In a busy case this would happen at nearly every end, again and again. So:

* A run is not long, and its replay does not take long.
* It ends in a task in which there is nothing to decide. Such a task takes milliseconds.
* Answers wait until then: whoever waits for one sends nothing that could come in between.
* Where no such task comes, the run goes on and tries again a little later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from baton.model.effects import BREATHE
from workflows.inbox import Inbox
from workflows.outbox import Outbox

LONGEST_RUN = 500
"""Events of history after which a run looks for a moment to hand over: long before the server's advice."""

YOUNGEST = timedelta(seconds=2)
"""A run that is younger does not hand over for its length: of one case, the server starts a run a second."""

TASKS_TRIED = 5
"""How many tasks a run waits for one with nothing to decide."""

ANSWERS_WAIT = timedelta(seconds=1)
"""How long answers wait for that at most: a help desk that hangs must not hold up what is decided already."""

TRY_AGAIN_AFTER = 50
"""Events of history after which a run that found no such task tries again."""

_PATCH = "quiet-end"
_TASK_WITHIN = timedelta(seconds=1)


class Handover:
    """The end of a run: whether it is time, whether this is the moment, and whose answers wait for it."""

    def __init__(self, inbox: Inbox[Any], outbox: Outbox) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self.settled = False
        """Whether this run has settled an event, accepted or refused."""
        self._answers_from: datetime | None = None
        """When this run is ending: the time from which on it answers even so."""
        self._try_again_at = 0
        """The number of the task from which on this run tries again to end."""

    def is_due(self) -> bool:
        """Whether this run should end now, if it can."""
        if _task_number() < self._try_again_at:
            return False
        return _is_long() or _must_end() or self.belongs_elsewhere()

    def belongs_elsewhere(self) -> bool:
        """Whether new cases go to another version of the workers, and this run has come to rest there.

        Only after an event of its own: so no run can hand over to the next without having done something. And
        not in the middle of a write, which would be made twice, unless the help desk does not take it: then
        the new version may be what it waits for.
        """
        if _task_number() < self._try_again_at:
            return False
        version_changed = workflow.info().is_target_worker_deployment_version_changed()
        return version_changed and self.settled and (self._outbox.empty or self._outbox.stuck)

    async def begins(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether this is a moment to end, with the outbox stopped. If not, this run goes on for a while.

        Args:
            work: works off what is in the inbox.
        """
        if _ends_apart() and not await self._came_to_rest(work) and not _must_end():
            self._outbox.start_again()
            self._try_again_at = _task_number() + TRY_AGAIN_AFTER
            return False
        await self._outbox.stop()
        return True

    async def _came_to_rest(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether nothing is left to do in this task but to answer and to end."""
        self._outbox.pause()
        self._answers_from = workflow.now() + ANSWERS_WAIT
        try:
            for _ in range(TASKS_TRIED):
                later = asyncio.create_task(_next_task())
                while not later.done() or self._inbox:
                    await work()
                    worked_in = _task_number()
                    await workflow.wait_condition(lambda: bool(self._inbox) or later.done())  # noqa: B023
                if _task_number() > worked_in and not self._outbox.busy:
                    # The version of the workers may be the right one again meanwhile.
                    return _is_long() or workflow.info().is_target_worker_deployment_version_changed()
            return False
        finally:
            self._answers_from = None

    def answers_wait(self) -> bool:
        return self._answers_from is not None and workflow.now() < self._answers_from

    def let_answers_go(self) -> None:
        """Those that were held back go with this task."""
        self._answers_from = None


def version_of_next_run() -> workflow.ContinueAsNewVersioningBehavior | None:
    """Where a run that continues as new goes: to the version that new cases go to, if that has changed."""
    if workflow.info().is_target_worker_deployment_version_changed():
        return workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
    return None


def _task_number() -> int:
    """Tells the workflow tasks of a run apart: a later one has a higher number."""
    return workflow.info().get_current_history_length()


def _is_long() -> bool:
    """Whether the replay of this run would begin to take long, and it is old enough to end."""
    old = workflow.now() - workflow.info().workflow_start_time >= YOUNGEST
    return _task_number() >= LONGEST_RUN and old and _ends_apart()


def _ends_apart() -> bool:
    """Whether this run looks for a quiet moment; runs that older code began to end do not."""
    return workflow.patched(_PATCH)


def _must_end() -> bool:
    """Whether this run comes near the limits of the server, and ends at any moment."""
    return workflow.info().is_continue_as_new_suggested()


async def _next_task() -> None:
    """Return in a later workflow task, by way of an activity that does nothing.

    A timer would do, too, but those of the server may be late by a second.
    """
    with suppress(ActivityError):
        await workflow.execute_activity(
            BREATHE,
            schedule_to_close_timeout=_TASK_WITHIN,
            retry_policy=RetryPolicy(maximum_attempts=1),
            summary="looks for a quiet moment to end this run",
        )
