"""The three calls to a case: an update that is answered, a signal that is not, a query."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, TypeVar, cast

from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from baton.client.addressing import Address, OutcomeT
from baton.client.gates import Gates
from baton.client.ledger import Ledger
from baton.client.once import UpdatesOnce
from baton.client.pauses import Pauses
from baton.client.whereabouts import closed_by_force, paused, whereabouts
from baton.contract import HANDLE, SUBMIT, BaseEvent, check_event_size
from baton.errors import ConnectionFailed, Unanswered
from baton.temporal.failures import (
    Call,
    Meaning,
    failure,
    may_work_later,
    meaning_of,
    refusal,
    said_by_worker,
)
from baton.temporal.reasons import reason

QUERY_TIMEOUT = 20.0
"""Seconds within which a case must answer a question."""

_TOO_LATE = frozenset({RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED})

ResultT = TypeVar("ResultT")


class Calls:
    """Makes the calls over one connection, to workers on one task queue.

    Each raises ``ConnectionFailed`` if Temporal does not take the call, and ``InvalidEvent`` if Temporal does
    not take what is sent.
    """

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue
        self._updates = UpdatesOnce(client)
        self._ledger = Ledger(client, task_queue)
        self._gates = Gates()
        self._closed = False

    def close(self) -> None:
        """Make no more calls: each raises ``ConnectionFailed``."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ConnectionFailed(
                "this client was closed, as it is at the end of its `async with` block. Connect again."
            )

    async def send(self, address: Address[OutcomeT], event: BaseEvent, timeout: float) -> OutcomeT:
        """The outcome of an event, once it is decided.

        Raises a ``Refused``, or ``Unanswered`` after ``timeout`` seconds.
        """
        self._check_open()
        _check_size(event)
        deadline = asyncio.get_running_loop().time() + timeout
        try:
            async with asyncio.timeout_at(deadline), self._gates.through(address.workflow_id):
                return await self._send_until_answered(address, event)
        except TimeoutError:
            where = await whereabouts(self._client, address.workflow_id, self._task_queue)
            raise Unanswered(
                f"event {event.id!r} to {address.workflow_id} was not answered within {timeout:g} s. It may "
                f"have been handled: send it again under the same ID. {where}"
            ) from None

    async def submit(self, address: Address[OutcomeT], event: BaseEvent, signal: str = SUBMIT) -> None:
        """Hand an event over. Raises ``IllegalTransition`` if it opens no case and there is none.

        Nothing is left to do about an event that a closed case has had already.
        """
        self._check_open()
        _check_size(event)
        try:
            if address.start is None:
                await self._client.get_workflow_handle(address.workflow_id).signal(signal, event)
            else:
                await self._client.start_workflow(
                    address.workflow,
                    address.start,
                    id=address.workflow_id,
                    task_queue=self._task_queue,
                    start_signal=signal,
                    start_signal_args=[event],
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    search_attributes=address.search_attributes,
                    static_summary=address.summary,
                )
        except RPCError as error:
            meaning = meaning_of(Call.SUBMIT if address.start is None else Call.SUBMIT_OR_OPEN, error)
            if meaning is Meaning.MISSING:
                found = await self._not_running(address, event)
                if isinstance(found, Address):
                    await self.submit(found, event, signal)
                return
            raise failure(
                meaning,
                error,
                missing=str(address.missing(event)),
                unanswered=f"Temporal did not confirm event {event.id!r} to {address.workflow_id}: "
                f"{reason(error.message)}. Send it again under the same ID.",
            ) from None

    async def ask(self, workflow_id: str, query: str, result: type[ResultT]) -> ResultT:
        """What a case answers. Raises ``IllegalTransition`` if there never was one, and ``Unanswered``."""
        self._check_open()
        handle: WorkflowHandle[Any, Any] = self._client.get_workflow_handle(workflow_id)
        try:
            answer = await handle.query(
                query, result_type=result, rpc_timeout=timedelta(seconds=QUERY_TIMEOUT)
            )
        except ValueError as error:
            # The SDK's, where the server turns the query away: it does not know the status "paused".
            raise await paused(self._client, workflow_id) or error from None
        except RPCError as error:
            why = f"not within {QUERY_TIMEOUT:g} s" if error.status in _TOO_LATE else reason(error.message)
            where = await whereabouts(self._client, workflow_id, self._task_queue)
            raise failure(
                meaning_of(Call.ASK, error),
                error,
                missing=f"there is no {workflow_id.partition(':')[0]} {workflow_id}",
                unanswered=f"{workflow_id} did not answer: {why}. {where}",
            ) from None
        except (WorkflowQueryFailedError, WorkflowQueryRejectedError) as error:
            raise Unanswered(f"{workflow_id} could not answer: {said_by_worker(error)}") from None
        return cast(ResultT, answer)

    async def _send_until_answered(self, address: Address[OutcomeT], event: BaseEvent) -> OutcomeT:
        # Most events find their case, and a plain update costs less than one with a start. An event that may
        # open its case is sent with a start once a plain update has said that nothing is running.
        pauses, opening = Pauses(), False
        while True:
            turned_away: RPCError | None = None
            try:
                if opening:
                    return await self._update_with_start(address, event)
                return await self._update(address, event)
            except WorkflowUpdateFailedError as error:
                if not may_work_later(error):
                    raise refusal(error) from None
                # Where no run follows, a plain update under this ID would be told so for ever.
                if address.start is not None:
                    opening = True
                elif (lost := await closed_by_force(self._client, address, event)) is not None:
                    raise lost from None
            except WorkflowUpdateRPCTimeoutOrCancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError from None
            except RPCError as error:
                meaning = meaning_of(Call.SEND_OR_OPEN if opening else Call.SEND, error)
                if meaning is Meaning.MISSING:
                    # Callers who wait for an answer get this, too, while the workflow is closed by force.
                    if address.start is None:
                        found = await self._not_running(address, event)
                        if not isinstance(found, Address):
                            return found
                        address = found
                    opening = True
                    continue
                if meaning is not Meaning.PASSING and not (meaning is Meaning.ODD and pauses.odd()):
                    if error.status is RPCStatusCode.FAILED_PRECONDITION:
                        said = await paused(self._client, address.workflow_id)
                        if said is not None:
                            raise said from None
                    raise failure(
                        meaning,
                        error,
                        missing=str(address.missing(event)),
                        unanswered=f"event {event.id!r} to {address.workflow_id} was not answered: "
                        f"{reason(error.message)}. It may have been handled: send it again under the same "
                        "ID.",
                    ) from None
                turned_away = error
            await asyncio.sleep(pauses.next(turned_away))

    async def _not_running(
        self, address: Address[OutcomeT], event: BaseEvent
    ) -> OutcomeT | Address[OutcomeT]:
        """What becomes of an event that cannot open a case by itself and finds no running workflow.

        The outcome of one that the ledger knows, a late duplicate; or an address at which a closed case is
        opened again. Raises ``IllegalTransition`` or ``Unanswered`` if it is neither.
        """
        refusal = await closed_by_force(self._client, address, event)
        if refusal is not None:
            raise refusal from None
        found = await self._ledger.find(address.workflow_id, event.id)
        if found.known:
            said = {"event_id": event.id, "duplicate": True, "snapshot": found.snapshot}
            return address.outcome.model_validate(said)
        reopening = address.reopening(event, found)
        if reopening is None:
            raise address.missing(event) from None
        return reopening

    async def _update_with_start(self, address: Address[OutcomeT], event: BaseEvent) -> OutcomeT:
        operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            address.workflow,
            address.start,
            id=address.workflow_id,
            task_queue=self._task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=address.search_attributes,
            static_summary=address.summary,
        )
        try:
            outcome = await self._updates.execute_update_with_start_workflow(
                HANDLE, event, start_workflow_operation=operation, id=event.id, result_type=address.outcome
            )
        except BaseException:
            # Otherwise the log fills with exceptions that were never retrieved.
            started = asyncio.ensure_future(operation.workflow_handle())
            started.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise
        return cast(OutcomeT, outcome)

    async def _update(self, address: Address[OutcomeT], event: BaseEvent) -> OutcomeT:
        handle: WorkflowHandle[Any, Any] = self._updates.get_workflow_handle(address.workflow_id)
        outcome = await handle.execute_update(HANDLE, event, id=event.id, result_type=address.outcome)
        return cast(OutcomeT, outcome)


def _check_size(event: BaseEvent) -> None:
    check_event_size(len(event.model_dump_json().encode()))
