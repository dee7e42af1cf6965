"""When a run of a case hands over to the next, and how it finds the right moment.

The server refuses the end of a run if a signal or the result of a write arrived while the worker had the
task that ends it. The run is then replayed from its first event before it can go on, and everybody waits.
In a busy case this would happen at nearly every end, again and again. So:

* Runs are kept short, so that their replay is short, too.
* It ends in a task in which there is nothing to decide. Such a task takes milliseconds.
* Answers wait until then: a caller who waits for an answer sends nothing that could come in between.
* If no such task comes, the run goes on and tries again a little later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from baton.model.effects import BREATHE
from workflows.backlog import Backlog
from workflows.outbox import Outbox

LONGEST_RUN = 500
"""Events of history after which a run looks for a moment to hand over: long before the server's advice."""

YOUNGEST = timedelta(seconds=2)
"""A younger run does not hand over because of its length: the server starts one run a second for a case."""

TASKS_TRIED = 5
"""For how many tasks a run waits for one with nothing to decide."""

ANSWERS_WAIT = timedelta(seconds=1)
"""The longest that answers wait for that: a help desk that hangs must not hold up what is already decided."""

TRY_AGAIN_AFTER = 50
"""Events of history after which a run that found no such task tries again."""

_PATCH = "quiet-end"
_TASK_WITHIN = timedelta(seconds=1)


class Handover:
    """The end of a run: whether it is due, whether this is the moment, and whether answers wait for it."""

    def __init__(self, backlog: Backlog, outbox: Outbox) -> None:
        self._backlog = backlog
        self._outbox = outbox
        self.settled = False
        """Whether this run has settled an event, accepted or refused."""
        self._answers_from: datetime | None = None
        """Set while this run is ending: the time after which it answers anyway."""
        self._try_again_at = 0
        """The number of the task from which this run tries again to end."""

    def is_due(self) -> bool:
        """Whether this run should end now, if it can."""
        if self._backlog.full:
            return self.is_forced()
        if _task_number() < self._try_again_at:
            return False
        return _is_long() or _must_end() or self.belongs_elsewhere()

    def is_forced(self) -> bool:
        """Whether this run should end although it holds events back. It need not have settled any."""
        if not (self._backlog.full and self._backlog.fits) or _task_number() < self._try_again_at:
            return False
        return _must_end() or (_version_changed() and self._outbox.stuck)

    def belongs_elsewhere(self) -> bool:
        """Whether new cases go to another version of the workers, and this run has come to rest there.

        Only after an event of its own, so that every run does something before it hands over. Not in the
        middle of a write, which would then be made twice – unless the help desk does not accept it: then the
        new version may be what the write needs.
        """
        if self._backlog.full or _task_number() < self._try_again_at:
            return False
        return _version_changed() and self.settled and (self._outbox.empty or self._outbox.stuck)

    async def begins(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether this is a moment to end, with the outbox stopped. If not, this run goes on for a while.

        Args:
            work: works off what is in the inbox.
        """
        # Nothing is decided while events are held back, so any task is a quiet one.
        quiet = self._backlog.full or not _ends_apart() or await self._came_to_rest(work)
        if not quiet and not _must_end():
            self.put_off()
            return False
        await self._outbox.stop()
        return True

    def put_off(self) -> None:
        """This run goes on for a while before it tries again to end."""
        self._outbox.start_again()
        self._try_again_at = _task_number() + TRY_AGAIN_AFTER

    async def _came_to_rest(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Whether nothing is left to do in this task except to answer and to end."""
        self._outbox.pause()
        self._answers_from = workflow.now() + ANSWERS_WAIT
        try:
            for _ in range(TASKS_TRIED):
                later = asyncio.create_task(_next_task())
                while not later.done() or self._backlog.lets_through:
                    await work()
                    worked_in = _task_number()
                    await workflow.wait_condition(lambda: self._backlog.lets_through or later.done())  # noqa: B023
                if _task_number() > worked_in and not self._outbox.busy:
                    # By now the version of the workers may be the right one again.
                    return _is_long() or _version_changed()
            return False
        finally:
            self._answers_from = None

    def answers_wait(self) -> bool:
        return self._answers_from is not None and workflow.now() < self._answers_from

    def let_answers_go(self) -> None:
        """Answers that were held back go out with this task."""
        self._answers_from = None


def version_of_next_run() -> workflow.ContinueAsNewVersioningBehavior | None:
    """Which version the next run goes to: the one that new cases go to, if that has changed."""
    if _version_changed():
        return workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE
    return None


def _task_number() -> int:
    """Tells the workflow tasks of a run apart: a later one has a higher number."""
    return workflow.info().get_current_history_length()


def _version_changed() -> bool:
    """Whether new cases go to another version of the workers."""
    return workflow.info().is_target_worker_deployment_version_changed()


def _is_long() -> bool:
    """Whether a replay of this run would begin to take long, and the run is old enough to end."""
    old = workflow.now() - workflow.info().workflow_start_time >= YOUNGEST
    return _task_number() >= LONGEST_RUN and old and _ends_apart()


def _ends_apart() -> bool:
    """Whether this run looks for a quiet moment; runs that older code began to end do not."""
    return workflow.patched(_PATCH)


def _must_end() -> bool:
    """Whether this run is near the limits of the server, and must end now."""
    return workflow.info().is_continue_as_new_suggested()


async def _next_task() -> None:
    """Return in a later workflow task, by running an activity that does nothing.

    A timer would also do, but the server's timers may be late by a second.
    """
    with suppress(ActivityError):
        await workflow.execute_activity(
            BREATHE,
            schedule_to_close_timeout=_TASK_WITHIN,
            retry_policy=RetryPolicy(maximum_attempts=1),
            summary="looks for a quiet moment to end this run",
        )
