"""What the ledger knows of a case without a running workflow: a question to the workers that opens no run."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import cast

from temporalio.client import ActivityFailureError, Client
from temporalio.common import RetryPolicy
from temporalio.service import RPCError

from baton.contract import FIND_CASE, CaseQuery, FoundCase
from baton.errors import Unanswered
from baton.temporal.failures import Call, failure, meaning_of
from baton.temporal.reasons import reason

_WITHIN = timedelta(seconds=10)
"""How long a worker may take. It looks up two rows."""
_RETRIES = RetryPolicy(initial_interval=timedelta(milliseconds=200))


class Ledger:
    """Asks the workers on one task queue."""

    def __init__(self, client: Client, task_queue: str) -> None:
        self._client = client
        self._task_queue = task_queue

    async def find(self, workflow_id: str, event_id: str) -> FoundCase:
        """What is known of the case, and of an event for it. Raises ``Unanswered``, or
        ``ConnectionFailed`` if Temporal does not take the call."""
        try:
            found = await self._client.execute_activity(
                FIND_CASE,
                CaseQuery(workflow_id=workflow_id, event_id=event_id),
                id=f"{FIND_CASE}:{uuid.uuid4()}",
                task_queue=self._task_queue,
                result_type=FoundCase,
                schedule_to_close_timeout=_WITHIN,
                retry_policy=_RETRIES,
            )
        except ActivityFailureError as error:
            raise Unanswered(self._unanswered(workflow_id, event_id, str(error))) from None
        except RPCError as error:
            unanswered = self._unanswered(workflow_id, event_id, error.message)
            raise failure(meaning_of(Call.DESK, error), error, unanswered=unanswered) from None
        return cast(FoundCase, found)

    def _unanswered(self, workflow_id: str, event_id: str, why: str) -> str:
        return (
            f"{workflow_id} is not running, and no worker on {self._task_queue!r} says whether it had "
            f"event {event_id!r}: {reason(why)}. Send it again under the same ID."
        )
