"""The connection of a command to Temporal, and what is said when it fails.

Imported when a command connects, and not before: see ``baton.cli.shared``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio.client import Client, RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError
from temporalio.service import RPCStatusCode

from baton.client import connect
from baton.client.failures import not_taken
from baton.errors import BatonError, Unanswered
from baton.settings import load_settings

_NO_ANSWER = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})


@asynccontextmanager
async def connected() -> AsyncIterator[tuple[Client, str]]:
    """A client, and the task queue of the workers, as the environment configures them."""
    settings = load_settings()
    task_queue = settings.task_queue
    client = await connect(settings)
    try:
        yield client, task_queue
    except RPCError as error:
        raise _explained(error, task_queue) from None
    except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
        raise BatonError(f"The worker could not answer: {_readable(error)}") from None


def _readable(error: Exception) -> str:
    # The server passes on nothing else of an encrypted failure.
    hidden = str(error) == "Encoded failure"
    return (
        "the reason is in the worker's log (encrypted failures are not shown here)" if hidden else str(error)
    )


def _explained(error: RPCError, task_queue: str) -> BatonError:
    if error.status in _NO_ANSWER:
        return Unanswered(
            f"No answer in time. Is a worker listening on the task queue {task_queue!r} (`baton up`)?"
        )
    return not_taken(error)
