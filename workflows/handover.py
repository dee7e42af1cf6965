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

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError

from baton.model.effects import BREATHE

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


def task_number() -> int:
    """Tells the workflow tasks of a run apart: a later one has a higher number."""
    return workflow.info().get_current_history_length()


def is_long() -> bool:
    """Whether the replay of this run would begin to take long, and it is old enough to end."""
    old = workflow.now() - workflow.info().workflow_start_time >= YOUNGEST
    return task_number() >= LONGEST_RUN and old and ends_apart()


def ends_apart() -> bool:
    """Whether this run looks for a quiet moment; runs that older code began to end do not."""
    return workflow.patched(_PATCH)


def must_end() -> bool:
    """Whether this run comes near the limits of the server, and ends at any moment."""
    return workflow.info().is_continue_as_new_suggested()


async def next_task() -> None:
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
