"""What the help desk has yet to get, and the events that wait because of it.

A help desk that is down for a day must not fill a case: what one run hands to the next may have 2 MB. So a
case whose unsent effects pass a bound takes no further event, neither from outside nor because it is due.
Nothing of what waits is lost, and it keeps its order. A run that the server advises to end hands it to the
next. If that is too much, the run goes on, until the server takes no more signals for it: senders are told.
"""

from __future__ import annotations

from typing import Any

from temporalio import workflow

from workflows.inbox import Inbox
from workflows.outbox import Outbox

OUTBOX_BUDGET = 250_000
"""Bytes of unsent effects above which no further event is taken."""

LARGEST_BACKLOG = 1_000_000
"""The most bytes of unsent effects and waiting events that a run hands over together. The last decision alone
may have brought 800 kB of effects."""

CARRY_WAITING = "carry-waiting"
"""The patch with which a run can end while events wait. In runs of older code, the loop waits for the
outbox."""


class Backlog:
    """Whether a case takes events, or holds them back."""

    def __init__(self, inbox: Inbox[Any], outbox: Outbox) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._holds_back = False

    def look(self) -> None:
        """To be called before an event is taken: from then on, `full` says whether it has to wait."""
        if self._outbox.size > OUTBOX_BUDGET:
            self._holds_back = workflow.patched(CARRY_WAITING)

    @property
    def full(self) -> bool:
        """Whether events are held back."""
        return self._holds_back and self._outbox.size > OUTBOX_BUDGET

    @property
    def lets_through(self) -> bool:
        """Whether an event of the inbox waits only for its turn."""
        return bool(self._inbox) and not self.full

    @property
    def fits(self) -> bool:
        """Whether the next run can be given all of it."""
        return self._outbox.size + self._inbox.size <= LARGEST_BACKLOG
