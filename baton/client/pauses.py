"""How long a call that was turned away waits before it is tried again."""

from __future__ import annotations

import random

from temporalio.api.enums.v1 import ResourceExhaustedCause
from temporalio.api.errordetails.v1 import ResourceExhaustedFailure
from temporalio.service import RPCError, RPCStatusCode

from baton.temporal.failures import details

_FIRST, _LONGEST = 0.05, 2.0
_FIRST_OF_OVERLOAD, _LONGEST_OF_OVERLOAD = 1.0, 4.0
_FIRST_OF_BUSY, _LONGEST_OF_BUSY = 0.05, 0.25

_ODD_TRIES = 10


class Pauses:
    """The pauses of one call, in seconds. They grow, depending on what the server said each time."""

    def __init__(self) -> None:
        self._pause, self._overload, self._busy, self._odd = _FIRST, _FIRST_OF_OVERLOAD, _FIRST_OF_BUSY, 0

    def odd(self) -> bool:
        """Count one more error of the connection or the server; return whether they are still few."""
        self._odd += 1
        return self._odd < _ODD_TRIES

    def next(self, error: RPCError | None) -> float:
        """How long to wait after ``error``; ``None`` means that the server did not answer."""
        if error is not None and error.status is RPCStatusCode.RESOURCE_EXHAUSTED:
            if workflow_is_busy(error):
                pause, self._busy = self._busy, min(self._busy * 1.5, _LONGEST_OF_BUSY)
            else:
                pause, self._overload = self._overload, min(self._overload * 2, _LONGEST_OF_OVERLOAD)
        else:
            pause, self._pause = self._pause, min(self._pause * 2, _LONGEST)
        # Calls that were turned away at the same moment must not come back at the same moment.
        return pause * random.uniform(0.5, 1.0)


def workflow_is_busy(error: RPCError) -> bool:
    """Whether the server is not overloaded, but the run of this workflow is just ending."""
    busy = ResourceExhaustedCause.RESOURCE_EXHAUSTED_CAUSE_BUSY_WORKFLOW
    return any(found.cause == busy for found in details(error, ResourceExhaustedFailure))
