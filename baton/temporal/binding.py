"""Which database belongs to a task queue: written down in Temporal, where every worker of it can read it.

A worker with another database would take in some of the messages, and nobody who reads the first one would
ever see them. So the first worker *binds* its database to its task queue, and one with another database
refuses to poll.

What is written down is a workflow that never does anything: its memo names the database. Temporal runs one
workflow under an ID at a time, so of several workers that start together one binds. Nobody polls its task
queue, and it has no task there either, because its start is delayed for longer than anybody will wait: no
metric of a backlog counts it. Its memo is never encrypted, so that a start does not depend on keys.
"""

from __future__ import annotations

import socket
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from temporalio.client import Client, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from baton.errors import SettingsError
from baton.temporal.executions import describe
from baton.temporal.queries import DATABASE_WORKFLOW

_NEVER = timedelta(days=36_500)


@dataclass(frozen=True)
class Bindable:
    """A database of a help desk.

    Args:
        database: its identity; empty for a database that is yet to be made.
        place: its URL, without a password.
        host: the machine on which a worker uses it.
    """

    database: str
    place: str
    host: str = ""

    @classmethod
    def here(cls, database: str | None, place: str) -> Self:
        """The database that a process on this machine uses."""
        return cls(database or "", place, socket.gethostname())

    def __str__(self) -> str:
        return f"{self.place} on {self.host} ({f'ID {self.database}' if self.database else 'new'})"


@dataclass(frozen=True)
class Binding:
    """The database that belongs to a task queue, and since when."""

    to: Bindable
    since: datetime

    def __str__(self) -> str:
        return f"{self.to}, since {self.since:%Y-%m-%d %H:%M} UTC"


async def binding_of(client: Client, task_queue: str) -> Binding | None:
    """What is bound to a task queue; ``None`` if nothing is. Raises ``RPCError``."""
    plain = _plain(client)
    try:
        described = await describe(plain, _workflow_id(task_queue))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    if not described.living:
        return None  # somebody has terminated it
    memo = described.info.memo.fields
    said = {name: (await plain.data_converter.decode([value]))[0] for name, value in memo.items()}
    to = Bindable(*(str(said.get(name, "unknown")) for name in ("database", "place", "host")))
    return Binding(to, described.start_time)


async def require_own(client: Client, task_queue: str, own: Bindable) -> bool:
    """Whether this database is bound to the task queue already.

    Raises ``SettingsError``, which says which database belongs there, if it is another one.
    """
    binding = await binding_of(client, task_queue)
    if binding is not None and binding.to.database != own.database:
        raise SettingsError(
            f"another database belongs to the task queue {task_queue!r} of the namespace "
            f"{client.namespace!r}.\n"
            f"    belongs there: {binding}\n"
            f"    this worker's: {own}\n"
            "A worker with this one would take in some of the messages, and nobody would find them.\n"
            "Start it with the database that belongs there (BATON_COMPANY, BATON_DATA_DIR,\n"
            "BATON_DATABASE_URL), or on a task queue of its own (BATON_TASK_QUEUE). To move the\n"
            "task queue to this database on purpose: `baton ops bind`, with the same settings."
        )
    return binding is not None


async def bind(client: Client, task_queue: str, own: Bindable) -> bool:
    """Bind a database to a task queue to which none is bound. False if this one was bound before.

    Raises as `require_own`, also if another worker was first.
    """
    while not await require_own(client, task_queue, own):
        try:
            await _start(client, task_queue, own, WorkflowIDConflictPolicy.FAIL)
        except WorkflowAlreadyStartedError:
            continue
        return True
    return False


async def move(client: Client, task_queue: str, own: Bindable) -> None:
    """Bind a database to a task queue, whatever was bound to it before. Raises ``RPCError``."""
    await _start(client, task_queue, own, WorkflowIDConflictPolicy.TERMINATE_EXISTING)


async def release(client: Client, task_queue: str) -> None:
    """Let no database be bound to a task queue that nobody will use again. Raises ``RPCError``."""
    await _handle(client, task_queue).terminate("the task queue is no longer used")


async def _start(client: Client, task_queue: str, own: Bindable, conflict: WorkflowIDConflictPolicy) -> None:
    workflow_id = _workflow_id(task_queue)
    await _plain(client).start_workflow(
        DATABASE_WORKFLOW,
        id=workflow_id,
        task_queue=workflow_id,
        id_conflict_policy=conflict,
        start_delay=_NEVER,
        memo=asdict(own),
        static_summary="Which database belongs to this task queue. Workers need it.",
    )


def _handle(client: Client, task_queue: str) -> WorkflowHandle[Any, Any]:
    return _plain(client).get_workflow_handle(_workflow_id(task_queue))


def _workflow_id(task_queue: str) -> str:
    return f"database:{task_queue}"


def _plain(client: Client) -> Client:
    """A client on the same connection that encrypts nothing, and makes no traces."""
    return Client(client.service_client, namespace=client.namespace)
